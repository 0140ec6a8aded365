"""The fields of classes that are objects in JSON, by the names that they have there."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

import msgspec

from hug.exceptions import InvalidTypeData
from hug.types.annotations import is_record, meant, parts, pydantic_validator


class RecordField(NamedTuple):
    """One field.

    Attributes:
        annotation: What it is to be.
        required: Whether it has no default.
    """

    annotation: Any
    required: bool


def refused(reasons: Mapping[str, str]) -> InvalidTypeData:
    """Return the error that tells what is wrong with parts of a value, by their places."""
    return InvalidTypeData("; ".join(f"{place}: {reason}" for place, reason in reasons.items()), reasons)


def record_fields(kind: type) -> Mapping[str, RecordField]:
    """Return the fields of a dataclass, ``TypedDict``, struct, named tuple, attrs class or pydantic model.

    There are none where they cannot be told, as when an annotation means nothing at runtime.
    """
    try:
        return _fields(kind)
    except (NameError, TypeError, AttributeError):
        return {}


def anywhere(
    annotation: Any,
    holds: Callable[[Any], bool],
    seen: frozenset[Any] = frozenset(),
    *,
    in_models: bool = False,
) -> bool:
    """Tell whether something holds for an annotation, a type in it, or a field of a record in it.

    Fields of pydantic's models and dataclasses are left out unless ``in_models``: these take care of them.
    ``seen`` are the classes that this one is in.
    """
    annotation = meant(annotation)
    if holds(annotation):
        return True
    kind, inside = typing.get_origin(annotation) or annotation, parts(annotation)
    if is_record(kind) and (in_models or pydantic_validator(kind) is None) and kind not in seen:
        seen |= {kind}
        inside = (*inside, *(field.annotation for field in record_fields(kind).values()))
    return any(anywhere(each, holds, seen, in_models=in_models) for each in inside)


@lru_cache(maxsize=256)
def _fields(kind: Any) -> Mapping[str, RecordField]:
    if (of_model := getattr(kind, "__pydantic_fields__", None)) is not None:
        return {
            place: RecordField(field.annotation, field.is_required())
            for name, field in of_model.items()
            for place in {name, field.alias, field.validation_alias}
            if isinstance(place, str)
        }
    hints = typing.get_type_hints(kind, include_extras=True)
    told: Any = msgspec.inspect.type_info(kind)
    return {
        field.encode_name: RecordField(_bare(hints.get(field.name, Any)), field.required)
        for field in told.fields
    }


def _bare(annotation: Any) -> Any:
    """Return what ``Required`` and its kind, which are of use to a ``TypedDict`` only, stand around."""
    names = ("Required", "NotRequired", "ReadOnly")
    while getattr(typing.get_origin(annotation), "_name", None) in names:
        (annotation,) = typing.get_args(annotation)
    return annotation


@lru_cache(maxsize=256)
def struct_like(kind: Any) -> type[msgspec.Struct]:
    """Return a struct with the fields of the named tuple ``kind``."""
    hints = typing.get_type_hints(kind, include_extras=True)
    defaults = kind._field_defaults
    return msgspec.defstruct(
        kind.__name__,
        [
            (name, hints.get(name, Any), msgspec.field(default_factory=partial(defaults.get, name)))
            if name in defaults
            else (name, hints.get(name, Any))
            for name in kind._fields
        ],
    )
