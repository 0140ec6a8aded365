# ruff: noqa: ARG001  (every formatter takes the request and the response, whether it looks at them or not)
"""Values to bytes: JSON in several shapes, text, and HTML. Pure functions.

Two attributes of a format say what is done with a result that has many items, one after the other: the format
of an item (``of_pieces``; default is the format itself), and whether a generator is written item by item
(``streams``). An async generator always is: there is no other way to write it.
"""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any, Final, TypeVar

from hug import json_module
from hug.format import camelcase, content_type

_DATA: Final = (dict, list, tuple, set, frozenset)

F = TypeVar("F", bound=Callable[..., Any])


def pieces(form: Callable[..., Any] | None = None, *, streams: bool = False) -> Callable[[F], F]:
    """Decorate a format: an item is written by ``form``, and generators item by item if it ``streams``."""

    def decorate(formatter: F) -> F:
        formatter.of_pieces = form or formatter  # type: ignore[attr-defined]  # functions take attributes
        formatter.streams = streams  # type: ignore[attr-defined]
        return formatter

    return decorate


@content_type("application/jsonl")
def _json_line(data: object, request: object = None, response: object = None) -> bytes:
    """JSON Lines: a line of JSON for each item"""
    return json_module.dump(data) + b"\n"


@content_type("application/jsonl")
def _json_camelcase_line(data: object, request: object = None, response: object = None) -> bytes:
    """JSON Lines with all keys camelCased: a line of JSON for each item"""
    return _json_line(_camelcased(data))


@pieces(_json_line, streams=True)
@content_type("application/jsonl")
def json_lines(data: object, request: object = None, response: object = None) -> bytes:
    """JSON Lines: a line of JSON for each item"""
    if isinstance(data, str | bytes | Mapping) or not isinstance(data, Iterable):
        return _json_line(data)
    return b"".join(map(_json_line, data))


@pieces(_json_line)
@content_type("application/json; charset=utf-8")
def json(data: object, request: object = None, response: object = None, **options: Any) -> bytes:
    """JSON (Javascript Serialized Object Notation)"""
    if not options:
        return json_module.dump(data)
    return json_module.dumps(data, **options).encode("utf-8", "backslashreplace")


# The words below are shown on documentation pages, spelled as they always were.
@pieces(_json_line)
@content_type("application/json; charset=utf-8")
def pretty_json(data: object, request: object = None, response: object = None, **options: Any) -> bytes:
    """JSON (Javascript Serialized Object Notion) pretty printed and indented"""
    return json(data, **{"indent": 4, **options})


@pieces(_json_camelcase_line)
@content_type("application/json; charset=utf-8")
def json_camelcase(data: object, request: object = None, response: object = None, **options: Any) -> bytes:
    """JSON (Javascript Serialized Object Notation) with all keys camelCased"""
    return json(_camelcased(data), **options)


@pieces(streams=True)
@content_type("text/plain; charset=utf-8")
def text(data: object, request: object = None, response: object = None) -> bytes:
    """Free form UTF-8 text"""
    return _encoded(data)


@pieces(streams=True)
@content_type("text/html; charset=utf-8")
def html(data: object, request: object = None, response: object = None) -> bytes:
    """HTML (Hypertext Markup Language)"""
    if isinstance(data, _DATA):
        return _encoded(escape(str(data)))  # that is no HTML: what looks like it inside is not to work as it
    return _encoded(data.render() if hasattr(data, "render") else data)


def _encoded(data: object) -> bytes:
    return data if isinstance(data, bytes) else str(data).encode("utf-8", "replace")


def _camelcased(data: object) -> object:
    """Return ``data`` with the text keys of its dicts in camelCase, at any depth; values stay as they are."""
    if isinstance(data, tuple) and hasattr(data, "_asdict"):
        data = data._asdict()
    if isinstance(data, dict):
        return {
            camelcase(key) if isinstance(key, str) else key: _camelcased(value) for key, value in data.items()
        }
    if isinstance(data, list | tuple):
        return [_camelcased(part) for part in data]
    return data
