"""Bodies to values: JSON, forms without files, text. No I/O but ``body.read()``."""

from collections.abc import Callable, MutableMapping
from functools import cache
from typing import Any, Protocol

from hug import json_module
from hug.exceptions import BodyUnreadable
from hug.format import content_type, underscore
from hug.json_module import MOST_MEMBERS

CHARSETS: MutableMapping[str, str] = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "utf-16": "utf-16",
}
"""The charsets that a client may name, in lower case, and the codec of each. An application may add to them.

Python's own list is not for clients to choose from: some of its codecs take a time that grows with the square
of the body's length, and each name that it does not know stays in memory for ever.
"""


class Body(Protocol):
    """What a formatter reads from: any binary file will do."""

    def read(self) -> bytes: ...


@content_type("text/plain")
def text(body: Body, charset: str = "utf-8", **_parameters: object) -> str:
    """Takes plain text data"""
    decoder = codec(charset)
    try:
        return body.read().decode(decoder)
    except ValueError as error:
        raise BodyUnreadable(f"Invalid {charset} text: {error}") from None


def codec(charset: str) -> str:
    """Return Python's name of a charset; raise `BodyUnreadable` for one that is not in `CHARSETS`."""
    found = CHARSETS.get(charset.lower())
    if found is None:
        raise BodyUnreadable(f"Unknown charset {charset!r}")
    return found


@content_type("application/json")
def json(body: Body, charset: str = "utf-8", max_members: int = MOST_MEMBERS, **_parameters: object) -> Any:
    """Takes JSON formatted data, converting it into native Python objects"""
    source = text(body, charset)
    try:
        return json_module.loads_unicode(source, max_members)
    except ValueError as error:
        raise BodyUnreadable(f"Invalid JSON: {error}") from None


@content_type("application/json")
def json_underscore(
    body: Body, charset: str = "utf-8", max_members: int = MOST_MEMBERS, **_parameters: object
) -> Any:
    """Converts JSON formatted data to native Python objects, with camelCase keys in snake_case

    Reaches the objects inside objects; those inside arrays keep their keys.
    """
    return _underscored(json(body, charset, max_members))


@content_type("application/x-www-form-urlencoded")
def urlencoded(
    body: Body, charset: str = "utf-8", max_members: int = MOST_MEMBERS, **_parameters: object
) -> dict[str, str | list[str]]:
    """Converts query strings into native Python objects

    As in a query, a name without a value is left out, and a name given twice, or a value with commas that
    are not percent-encoded, makes a list.
    """
    return _parser()(_form(body, charset, max_members, "&,"), keep_blank=False, csv=True)


@content_type("application/x-www-form-urlencoded")
def urlencoded_as_sent(
    body: Body, charset: str = "utf-8", max_members: int = MOST_MEMBERS, **_parameters: object
) -> dict[str, str | list[str]]:
    """Converts query strings into native Python objects

    Unlike `urlencoded` keeps blank values, and commas in values: only a name given twice makes a list.
    """
    return _parser()(_form(body, charset, max_members, "&"), keep_blank=True, csv=False)


def _form(body: Body, charset: str, max_members: int, between: str) -> str:
    form = text(body, charset)
    if sum(map(form.count, between)) >= max_members:
        raise too_many(max_members)
    return form


@cache
def _parser() -> Callable[..., dict[str, str | list[str]]]:
    from falcon.util.uri import parse_query_string  # noqa: PLC0415  # for requests; programs may have none

    return parse_query_string


def too_many(most: int) -> BodyUnreadable:
    """Return the error for a form of more than so many values."""
    return BodyUnreadable(f"The form has too many values: {most} are the most")


def _underscored(data: Any) -> Any:
    if isinstance(data, dict):
        return {underscore(key): _underscored(value) for key, value in data.items()}
    return data
