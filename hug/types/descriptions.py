"""What documentation and ``--help`` say of annotations."""

import inspect
import typing
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from types import NoneType, UnionType
from typing import Any, Final
from uuid import UUID

import msgspec

from hug.types.adapted import described
from hug.types.annotations import contains_itself, meant
from hug.types.base import Type

ANY_TEXT: Final = "Basic text / string value"

_WORDS: Final[dict[Any, str]] = {
    inspect.Parameter.empty: ANY_TEXT,
    str: "String",
    bool: "Boolean",
    list: "Multiple",
    tuple: "Multiple",
    set: "Multiple",
    frozenset: "Multiple",
    int: "Integer",
    float: "Float",
    Decimal: "Decimal",
    Fraction: "Fraction",
    UUID: "UUID",
    bytes: "Bytes",
    dict: "Dictionary",
    None: "null",
    NoneType: "null",
    Any: "Any value",
    date: "Date (ISO 8601)",
    datetime: "Date and time (ISO 8601)",
    time: "Time of day (ISO 8601)",
    timedelta: "Duration (ISO 8601, or seconds)",
}


def describe(annotation: Any) -> str:
    """Return what documentation says of ``annotation``: itself if it is text, the docstring of a type."""
    if isinstance(annotation, str):
        return annotation
    if contains_itself(annotation):
        return str(annotation)
    annotation = meant(annotation)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _describe_annotated(*arguments)
    if origin in (typing.Union, UnionType):
        return " or ".join(map(describe, arguments))
    if origin is typing.Literal:
        return _describe_choices(arguments)
    if isinstance(origin, type) and issubclass(origin, Collection):
        kind, to = ("Dictionary", " to ") if issubclass(origin, Mapping) else ("Multiple", ", ")
        inside = to.join(describe(part) for part in arguments if part is not ...)
        return f"{kind} ({inside})" if inside else kind
    try:
        return _WORDS[annotation]
    except (KeyError, TypeError):  # not there, or not hashable
        pass
    if isinstance(annotation, type) and issubclass(annotation, Enum) and not annotation.__doc__:
        return _describe_choices(member.value for member in annotation)
    if (own := described(annotation)) is not None:
        return own
    builtin = getattr(annotation, "__module__", None) == "builtins"  # those explain their constructors
    named = (isinstance(annotation, type) or origin is None) and not builtin
    return (named and annotation.__doc__) or getattr(annotation, "__name__", None) or str(annotation)


def _describe_annotated(kind: Any, *metadata: Any) -> str:
    for remark in metadata:
        if isinstance(remark, str | Type):
            return describe(remark)
        if isinstance(remark, msgspec.Meta) and remark.description:
            return remark.description
    return describe(kind)


def _describe_choices(values: Iterable[object]) -> str:
    return f"Accepts one of the following values: ({'|'.join(map(str, values))})"
