"""The types of `hug.types` as JSON Schema."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeAlias

from hug import json_module
from hug.openapi.enums import enumerated
from hug.types import boolean, decimal, float_number, number, uuid
from hug.types.base import Type
from hug.types.collection import DelimitedList, InlineDictionary, Multiple, OneOf
from hug.types.combined import Chain, Multi, Nullable
from hug.types.scalar import GreaterThan, InRange, LessThan, SmartBoolean
from hug.types.textual import CutOff, Length, LongerThan, ShorterThan, Text
from hug.types.uploaded import File, Files

Schema: TypeAlias = dict[str, Any]
Of: TypeAlias = Callable[[Any], Schema]

_ALWAYS: Final[dict[type, Schema]] = {
    type(number): {"type": "integer"},
    type(float_number): {"type": "number"},
    type(decimal): {"type": ["string", "number"], "format": "decimal"},
    type(boolean): {"type": "boolean"},
    type(uuid): {"type": "string", "format": "uuid"},
    SmartBoolean: {"type": "boolean"},
    Text: {"type": "string"},
    InlineDictionary: {"type": "string"},
}

BINARY: Final[Schema] = {
    "type": "string",
    "format": "binary",
    "contentMediaType": "application/octet-stream",
}
"""Source of the last: https://spec.openapis.org/oas/v3.2.0.html#working-with-binary-data

The others are OpenAPI 3.0's, which generators of clients still go by.
"""


def schema_of_type(kind: Type, of: Of) -> Schema:
    """Return the schema of what a type takes, in its canonical form; that of a user's own has its docstring.

    Args:
        kind: The type.
        of: Returns the schemas of annotations within it.
    """
    schema = _shape(kind, of)
    if not type(kind).__module__.startswith("hug.") and kind.__doc__:
        schema["description"] = inspect.cleandoc(kind.__doc__)
    return schema


def _shape(kind: Type, of: Of) -> Schema:
    match kind:
        case Files():
            return {"type": "array", "items": dict(BINARY)}
        case File():
            return dict(BINARY)
        case InRange():
            return {**of(kind.convert), **_limits(minimum=kind.lower, exclusiveMaximum=kind.upper)}
        case LessThan():
            return {**of(kind.convert), **_limits(exclusiveMaximum=kind.limit)}
        case GreaterThan():
            return {**of(kind.convert), **_limits(exclusiveMinimum=kind.minimum)}
        case Length():
            return {**of(kind.convert), "minLength": max(kind.lower, 0), "maxLength": max(kind.upper - 1, 0)}
        case ShorterThan():
            return {**of(kind.convert), "maxLength": max(kind.limit - 1, 0)}
        case LongerThan():
            return {**of(kind.convert), "minLength": max(kind.limit + 1, 0)}
        case CutOff():
            return of(kind.convert)
        case OneOf():
            return _choices(kind.values)
        case Multiple() | DelimitedList():
            parts = kind._sub_types or ((str,) if isinstance(kind, DelimitedList) else (Any,))
            return {"type": "array", "items": of(parts[0])}
        case Multi():
            return {"anyOf": [of(each) for each in kind.types]}
        case Nullable():
            return {"anyOf": [of(kind.types[0]) if kind.types else {}, {"type": "null"}]}
        case Chain():
            return of(kind.types[0]) if kind.types else {}
    return dict(next((_ALWAYS[each] for each in type(kind).__mro__ if each in _ALWAYS), {}))


def _limits(**limits: Any) -> Schema:
    """Return those of ``limits`` that JSON has numbers for; others, such as dates, it cannot tell."""
    numbers: Schema = {}
    for name, limit in limits.items():
        if isinstance(limit, Decimal | Fraction):
            limit = float(limit)  # noqa: PLW2901  # the nearest number that JSON has
        if isinstance(limit, int | float) and math.isfinite(limit):
            numbers[name] = limit
    return numbers


def _choices(values: Iterable[Any]) -> Schema:
    try:
        return enumerated(json_module.loads(json_module.dumps(value)) for value in values)
    except (TypeError, ValueError):  # JSON has no such value
        return {}
