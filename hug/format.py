"""What formatters share: media types and the two spellings of names. Pure functions."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

_Formatter = TypeVar("_Formatter", bound=Callable[..., Any])
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<!^)(?=[A-Z][a-z])")


def content_type(value: str) -> Callable[[_Formatter], _Formatter]:
    """Decorate a formatter: ``value`` is the media type it writes or reads, kept as ``.content_type``."""

    def decorate(formatter: _Formatter) -> _Formatter:
        formatter.content_type = value  # type: ignore[attr-defined]  # functions take attributes
        return formatter

    return decorate


def parse_content_type(header: str | None) -> tuple[str, dict[str, str]]:
    """Split a ``Content-Type`` value into the media type, in lower case, and its parameters.

    No header gives ``("", {})``.
    """
    media_type, parameters = _header_parser()(header or "")
    return media_type.lower(), parameters


@cache
def _header_parser() -> Callable[[str], tuple[str, dict[str, str]]]:
    from falcon import parse_header  # noqa: PLC0415  # for requests; programs may have none

    return parse_header


def underscore(name: str) -> str:
    """Return a camelCase name in snake_case: ``parseHTTPHeader`` becomes ``parse_http_header``."""
    return _WORD_START.sub("_", name).lower()


def camelcase(name: str) -> str:
    """Return a snake_case name in camelCase; underscores at its start are kept, as they mean something.

    Each word is capitalised as `str.title` does, which puts capitals inside a word in lower case.
    """
    words = name.lstrip("_")
    joined = "".join(word.title() for word in words.split("_"))
    return name[: len(name) - len(words)] + words[:1] + joined[1:]
