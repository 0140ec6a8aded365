"""Enumerations and literals in schemas: their types, and their values in the order of the source."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any, Final

_NAMES: Final[Mapping[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    list: "array",
    dict: "object",
}


def enumerated(values: Iterable[Any]) -> dict[str, Any]:
    """Return the schema of what is one of ``values``, which JSON has."""
    values = list(values)
    kinds = list(dict.fromkeys(_NAMES[type(value)] for value in values))
    return {"type": kinds[0] if len(kinds) == 1 else kinds, "enum": values} if kinds else {"enum": values}


def as_declared(annotation: Any) -> Callable[[Any], Any]:
    """Return a function that mends a schema which msgspec made of ``annotation``, or a list of values in it.

    msgspec sorts the values, and does not tell of what type they are.
    """
    declared = {_key(values): values for values in _declared(annotation, set())}

    def mend(schema: Any) -> Any:
        if isinstance(schema, list | tuple):
            return [mend(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        values = schema.get("enum")
        if not isinstance(values, list | tuple):  # it may be the name of a field
            return {key: mend(each) for key, each in schema.items()}
        return {**schema, **enumerated(declared.get(_key(values), values))}

    return mend


def _key(values: Iterable[Any]) -> frozenset[str]:
    return frozenset(map(repr, values))


def _declared(annotation: Any, seen: set[Any]) -> Iterator[list[Any]]:
    """Yield the values of each enumeration and literal in ``annotation``, and in fields of its classes."""
    if typing.get_origin(annotation) is typing.Literal:
        yield list(typing.get_args(annotation))
        return
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        yield [member.value for member in annotation]
        return
    parts = list(typing.get_args(annotation))
    if isinstance(kind := typing.get_origin(annotation) or annotation, type) and kind not in seen:
        seen.add(kind)
        with suppress(NameError, TypeError, AttributeError):  # of a name that is for type checkers only
            parts += typing.get_type_hints(kind, include_extras=True).values()
    for part in parts:
        yield from _declared(part, seen)
