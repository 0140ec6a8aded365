"""An output format, looked at once: which keywords it takes, and what it says its content type is."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

from hug.flexible import Flexible

OutputFormat: TypeAlias = Callable[..., Any]


class Output:
    """An output format, ``f(data, request=None, response=None)``.

    It gives bytes, text, a file, an iterable of pieces, or an awaitable of one of these.

    Attributes:
        function: The format itself.
        streams: Whether a generator is written item by item, rather than as one value.
        of_pieces: The format of an item, where a result is written so.
        of_data: Whether it is for data of any kind: a result that can be read, as a file, is sent as it is.
        choices: The formats that it may leave the work to; none, if it does that itself.
    """

    __slots__ = (
        "_call",
        "_choices_at",
        "_choose",
        "_content_type",
        "_takes_both",
        "choices",
        "function",
        "of_data",
        "of_pieces",
        "streams",
    )

    def __init__(self, function: OutputFormat) -> None:
        self.function = function
        self.streams: bool = getattr(function, "streams", False)
        self.of_pieces: OutputFormat = getattr(function, "of_pieces", function)
        self.of_data: bool = hasattr(function, "of_pieces")
        self.choices: tuple[OutputFormat, ...] = getattr(function, "choices", ())
        self._choices_at: Callable[[str], tuple[OutputFormat, ...]] | None = getattr(
            function, "choices_at", None
        )
        self._choose: Callable[[Any, Any], OutputFormat | None] | None = getattr(function, "choose", None)
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

    def choices_at(self, template: str) -> tuple[OutputFormat, ...]:
        """Return those of the `choices` that it can leave the work to at URLs of this template."""
        return self.choices if self._choices_at is None else self._choices_at(template)

    def announce(self, request: Any, response: Any) -> Output:
        """Set the response's content type; return the format that it is of: this one, or its choice."""
        if self._choose is not None:
            chosen = self._choose(request, response)
            return self if chosen is None else output(chosen).announce(request, response)
        kind = self._content_type
        if isinstance(kind, Flexible):
            kind = kind(request=request, response=response)
        if kind is not None:
            response.content_type = kind
        return self


output = lru_cache(maxsize=256)(Output)
"""The `Output` of a formatter: there are few formatters, and an API may change its own between requests."""
