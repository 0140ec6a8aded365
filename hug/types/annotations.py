"""What annotations stand for, and what they take: text as a whole, lists, objects of JSON. Pure functions."""

import typing
from collections.abc import Callable, Collection, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import reduce
from operator import or_
from pathlib import PurePath
from types import NoneType, UnionType
from typing import Any, Final
from uuid import UUID

import msgspec

TEXTUAL: Final = frozenset((date, datetime, time, timedelta, Decimal, UUID))
"""Classes that msgspec reads from text.

Their constructors are of no use to it (``date("2030-01-01")``), or explain nothing when they refuse it.
"""

_WHOLE: Final = (bytes, bytearray, Enum, Mapping, PurePath)
"""Classes that are made of one text, in which commas may be, beside `TEXTUAL`, `str` and records."""


def meant(annotation: Any) -> Any:
    """Return what a `NewType`, or an alias made by a ``type`` statement, stands for; all else as it is."""
    while True:
        if isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        elif hasattr(annotation, "__value__") and not isinstance(annotation, type):
            annotation = annotation.__value__
        else:
            return annotation


def contains_itself(annotation: Any, inside: tuple[Any, ...] = ()) -> bool:
    """Tell whether an alias of a ``type`` statement is part of what it stands for, or there is one inside.

    msgspec cannot convert to such, nor will any walk through its parts end. ``inside`` are the aliases that
    this one is part of.
    """
    if hasattr(annotation, "__value__") and not isinstance(annotation, type):
        if any(annotation is each for each in inside):
            return True
        inside = (*inside, annotation)
        return contains_itself(annotation.__value__, inside)
    return any(contains_itself(each, inside) for each in parts(annotation))


def beside_none(annotation: Any) -> Any:
    """Return the type of what is one type or None; all else as it is."""
    if typing.get_origin(annotation) in (typing.Union, UnionType):
        left = [each for each in typing.get_args(annotation) if each is not NoneType]
        if len(left) == 1:
            return left[0]
    return annotation


def parts(annotation: Any) -> tuple[Any, ...]:
    """Return the types in an annotation that is made of several."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return arguments[:1]
    return () if origin is typing.Literal else arguments


def rebuilt(annotation: Any, change: Callable[[Any], Any]) -> Any:
    """Return ``annotation`` with what ``change`` returns in place of each type in it, or of itself."""
    if typing.get_origin(annotation) is typing.Annotated:
        kind, *metadata = typing.get_args(annotation)
        return typing.Annotated[(rebuilt(kind, change), *metadata)]
    arguments = parts(annotation)
    changed = tuple(rebuilt(each, change) for each in arguments)
    if changed == arguments:
        return change(annotation)
    if isinstance(annotation, UnionType):
        return reduce(or_, changed)
    return (
        annotation.copy_with(changed) if hasattr(annotation, "copy_with") else annotation.__origin__[changed]
    )


def takes_whole_text(annotation: Any) -> bool:
    """Tell whether text for ``annotation`` is one value, whatever commas are in it.

    That holds for `str`, and for all that `hug.types.standard_typing` converts unless it is a list of what is
    no JSON object. What converts or checks it besides, in `Annotated`, gets that text. Types of `hug.types`
    that stand alone say by themselves what they make of the parts of a text.
    """
    annotation = meant(annotation)
    if typing.get_origin(annotation) is typing.Annotated:
        return takes_whole_text(typing.get_args(annotation)[0])
    if annotation is str:
        return True
    if isinstance(annotation, type):
        return annotation in TEXTUAL or is_record(annotation) or issubclass(annotation, _WHOLE)
    return typing.get_origin(annotation) is not None and (
        has_records(annotation) or not takes_list(annotation)
    )


def takes_list(annotation: Any) -> bool:
    """Tell whether ``annotation`` is, or may be, an array in JSON."""
    annotation = meant(annotation)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return takes_list(arguments[0])
    if origin in (typing.Union, UnionType):
        return any(map(takes_list, arguments))
    kind = origin or annotation
    return (
        isinstance(kind, type)
        and issubclass(kind, Collection)
        and not issubclass(kind, str | bytes | Mapping)
    )


def is_named_tuple(kind: Any) -> bool:
    """Tell whether a class is that of named tuples."""
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


def is_record(kind: Any) -> bool:
    """Tell whether a class has fields of its own, and so is an object in JSON."""
    return isinstance(kind, type) and (
        is_dataclass(kind)
        or typing.is_typeddict(kind)
        or issubclass(kind, msgspec.Struct)
        or hasattr(kind, "__attrs_attrs__")
        or hasattr(kind, "_fields")
        or pydantic_validator(kind) is not None
    )


def has_records(annotation: Any) -> bool:
    """Tell whether an object in JSON is, or is part of, what ``annotation`` takes."""
    annotation = meant(annotation)
    kind = typing.get_origin(annotation) or annotation
    return (
        is_record(kind)
        or (isinstance(kind, type) and issubclass(kind, Mapping))
        or any(map(has_records, typing.get_args(annotation)))
    )


def pydantic_validator(kind: Any) -> Callable[..., Any] | None:
    """Return the validator of a pydantic model or dataclass, known by its methods; None for other classes."""
    inner = getattr(kind, "__pydantic_validator__", None)
    return getattr(kind, "model_validate", None) or getattr(inner, "validate_python", None)
