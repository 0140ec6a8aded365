"""What users hand to hug to be called, looked at once: which keywords it takes, whether it is async."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any, TypeAlias

from hug.exceptions import BodyUnreadable
from hug.format import parse_content_type
from hug.input_format import codec
from hug.introspect import accepted, first, is_coroutine, keywords
from hug.output_format import json

InputFormat: TypeAlias = Callable[..., Any]
OutputFormat: TypeAlias = Callable[..., Any]

media_type = lru_cache(maxsize=64)(parse_content_type)
"""The media type and parameters of a ``Content-Type`` header; clients send few different ones.

`hug.web.before_falcon.LONGEST_MEDIA_TYPE` bounds their length, and so what is kept of them.
"""


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


class Input:
    """An input format, ``f(body, charset=..., content_length=..., max_members=..., **parameters)``."""

    __slots__ = ("_body", "_names", "asynchronous", "function")

    def __init__(self, function: InputFormat) -> None:
        self.function = function
        self.asynchronous = is_coroutine(function)
        self._names = keywords(function)
        self._body = first(function) or ""

    def __call__(self, data: bytes, parameters: Mapping[str, str], max_members: int) -> Any:
        """Return what the format makes of a body, or an awaitable of that.

        Args:
            data: The body.
            parameters: Those of the ``Content-Type`` header, which the client chooses.
            max_members: The most values it may have; a format that makes many of a body keeps to it.

        Raises:
            BodyUnreadable: The body is not what its content type says.
        """
        names = self._names
        given: dict[str, Any] = {}
        if parameters:
            given = {name: value for name, value in parameters.items() if names is None or name in names}
            given.pop(self._body, None)
            if "charset" in given:
                given["charset"] = codec(given["charset"])
        if names is None or "content_length" in names:
            given["content_length"] = len(data)
        if names is None or "max_members" in names:
            given["max_members"] = max_members
        try:
            return self.function(BytesIO(data), **given)
        except (LookupError, ValueError) as error:
            raise BodyUnreadable(str(error)) from error


def announce_error(formatter: Output, request: Any, response: Any) -> Output:
    """Announce the format of an error and return it: ``formatter``, but JSON in place of HTML.

    Errors quote what the client sent, and a browser would read that as part of a page.
    """
    formatter.announce(request, response)
    if media_type(response.content_type)[0] == "text/html":
        formatter = output(json)
        formatter.announce(request, response)
    response.set_header("X-Content-Type-Options", "nosniff")
    return formatter


def is_text(data: Any) -> bool:
    """Whether ``data`` is written as it stands in an HTML format: somebody has made it, and not only data."""
    return isinstance(data, str | bytes) or hasattr(data, "render")


input_format = lru_cache(maxsize=256)(Input)
"""The `Input` of a formatter."""
