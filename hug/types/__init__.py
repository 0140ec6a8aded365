"""Types for annotations: callables that convert a value, or raise with a message for the client.

Lower-case names are what annotations use: instances (``text``), or the class where it takes arguments
(``in_range(1, 5)``).
"""

from typing import TYPE_CHECKING

from hug.types.adapted import MarshmallowInputSchema, MarshmallowReturnSchema
from hug.types.base import Type, accept, create
from hug.types.collection import (
    JSON,
    DelimitedList,
    InlineDictionary,
    Mapping,
    Multiple,
    OneOf,
    SubTyped,
    delimited_list,
    mapping,
    one_of,
)
from hug.types.combined import Chain, Multi, Nullable, multi
from hug.types.scalar import (
    GreaterThan,
    InRange,
    LessThan,
    SmartBoolean,
    greater_than,
    in_range,
    less_than,
)
from hug.types.schema import NewTypeMeta, Schema, TypedProperty
from hug.types.textual import (
    CutOff,
    Length,
    LongerThan,
    ShorterThan,
    Text,
    cut_off,
    length,
    longer_than,
    shorter_than,
)
from hug.types.uploaded import File, UploadedFile

if TYPE_CHECKING:
    # ruff: noqa: PYI042  # the names are hug's own
    # To a type checker an annotation is what the function gets.
    from decimal import Decimal
    from typing import Any, TypeAlias
    from uuid import UUID

    boolean: TypeAlias = bool
    comma_separated_list: TypeAlias = list[str]
    decimal: TypeAlias = Decimal
    float_number: TypeAlias = float
    inline_dictionary: TypeAlias = dict[str, str]
    json: TypeAlias = Any
    multiple: TypeAlias = list[Any]
    number: TypeAlias = int
    smart_boolean: TypeAlias = bool
    text: TypeAlias = str
    uuid: TypeAlias = UUID
    file: TypeAlias = UploadedFile
else:
    from hug.types.collection import comma_separated_list, inline_dictionary, json, multiple
    from hug.types.scalar import boolean, decimal, float_number, number, smart_boolean, uuid
    from hug.types.textual import text

    file = File()

__all__ = [
    "JSON",
    "Chain",
    "CutOff",
    "DelimitedList",
    "File",
    "GreaterThan",
    "InRange",
    "InlineDictionary",
    "Length",
    "LessThan",
    "LongerThan",
    "Mapping",
    "MarshmallowInputSchema",
    "MarshmallowReturnSchema",
    "Multi",
    "Multiple",
    "NewTypeMeta",
    "Nullable",
    "OneOf",
    "Schema",
    "ShorterThan",
    "SmartBoolean",
    "SubTyped",
    "Text",
    "Type",
    "TypedProperty",
    "UploadedFile",
    "accept",
    "boolean",
    "comma_separated_list",
    "create",
    "cut_off",
    "decimal",
    "delimited_list",
    "file",
    "float_number",
    "greater_than",
    "in_range",
    "inline_dictionary",
    "json",
    "length",
    "less_than",
    "longer_than",
    "mapping",
    "multi",
    "multiple",
    "number",
    "one_of",
    "shorter_than",
    "smart_boolean",
    "text",
    "uuid",
]
