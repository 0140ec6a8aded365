"""What users hand to hug to be called, looked at once: which keywords it takes, whether it is async."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from typing import Any, TypeAlias

from hug.exceptions import BodyUnreadable
from hug.format import parse_content_type
from hug.introspect import accepted, is_coroutine

InputFormat: TypeAlias = Callable[..., Any]
OutputFormat: TypeAlias = Callable[..., Any]

media_type = lru_cache(maxsize=256)(parse_content_type)
"""The media type and parameters of a ``Content-Type`` header; clients send few different ones."""


class Flexible:
    """A callable that is offered keywords and gets those it names.

    Attributes:
        function: The callable itself.
        names: Which of the offered keywords it gets.
        asynchronous: Whether it gives a coroutine.
    """

    __slots__ = ("asynchronous", "function", "names")

    def __init__(self, function: Callable[..., Any], *offered: str) -> None:
        self.function = function
        self.names = accepted(function, offered)
        self.asynchronous = is_coroutine(function)

    def __call__(self, *args: Any, **offered: Any) -> Any:
        """Call it with those of ``offered`` that it names."""
        return self.function(*args, **{name: offered[name] for name in self.names})


class Output:
    """An output format, ``f(data, request=None, response=None)``, which gives bytes, text or a file."""

    __slots__ = ("_call", "_content_type", "_takes_both", "function")

    def __init__(self, function: OutputFormat) -> None:
        self.function = function
        self._call = Flexible(function, "request", "response")
        self._takes_both = self._call.names == ("request", "response")
        content_type: Any = getattr(function, "content_type", None)
        self._content_type = (
            Flexible(content_type, "request", "response") if callable(content_type) else content_type
        )

    def __call__(self, data: Any, request: Any, response: Any) -> Any:
        """Return ``data`` as the format writes it, or an awaitable of that."""
        if self._takes_both:
            return self.function(data, request=request, response=response)
        return self._call(data, request=request, response=response)

    def announce(self, request: Any, response: Any) -> None:
        """Set the response's content type."""
        kind = self._content_type
        if isinstance(kind, Flexible):
            kind = kind(request=request, response=response)
        if kind is not None:
            response.content_type = kind


output = lru_cache(maxsize=256)(Output)
"""The `Output` of a formatter: there are few formatters, and an API may change its own between requests."""


def read(formatter: InputFormat, data: bytes, parameters: dict[str, str]) -> Any:
    """Return what ``formatter`` makes of a body, or an awaitable of that.

    Args:
        formatter: An input format: ``f(body, charset=None, content_length=None, **parameters)``.
        data: The body.
        parameters: Those of the ``Content-Type`` header.

    Raises:
        BodyUnreadable: The body is not what its content type says.
    """
    offered: dict[str, Any] = {**parameters, "content_length": len(data)}
    names = _taken(formatter, tuple(offered))
    try:
        return formatter(BytesIO(data), **{name: offered[name] for name in names})
    except (LookupError, ValueError) as error:  # an unknown charset is a LookupError
        raise BodyUnreadable(str(error)) from error


@lru_cache(maxsize=256)
def _taken(formatter: InputFormat, offered: tuple[str, ...]) -> tuple[str, ...]:
    return accepted(formatter, offered)
