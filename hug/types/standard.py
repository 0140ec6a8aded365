"""Standard typing as parameter types: unions, ``list[int]``, literals, dataclasses, dates, models, and so on.

msgspec does the work, with ``strict=False``, since what a query, a form or a command line has is text. Plain
classes such as `int` are called, as hug always did, and so have no converter here.
"""

import inspect
import typing
from collections.abc import Callable, Collection
from collections.abc import Mapping as Lookup
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache, partial
from types import NoneType, UnionType
from typing import Any
from uuid import UUID

import msgspec

from hug.exceptions import InvalidTypeData
from hug.types.base import Type
from hug.types.careful import careful
from hug.types.textual import text

Converter = Callable[[Any], Any]

# Their constructors are of no use to text (`date("2030-01-01")`), or explain nothing when they refuse it.
_TEXTUAL = frozenset((date, datetime, time, timedelta, Decimal, UUID))

_DESCRIPTIONS: dict[Any, str] = {
    inspect.Parameter.empty: str(text.__doc__),
    str: "String",
    bool: "Boolean",
    list: "Multiple",
    tuple: "Multiple",
    set: "Multiple",
    frozenset: "Multiple",
    int: "Integer",
    float: "Float",
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


def converter(annotation: Any) -> Converter | None:
    """Return a function that converts a value to ``annotation``; None when calling ``annotation`` does that.

    The converter raises ValueError, or `InvalidTypeData` for a pydantic model, with a message for the client
    that names the place of the error. A single text becomes a list of one where only a list will do. One of
    hug's own types in ``Annotated`` converts in place of the annotated type.

    Raises:
        TypeError: msgspec cannot convert to ``annotation``; the message says what is wrong with it.
    """
    if annotation is Any:
        return _unchanged
    if isinstance(annotation, type):
        return _class_converter(annotation)
    if isinstance(annotation, typing.NewType):
        return converter(annotation.__supertype__) or annotation.__supertype__
    if hasattr(annotation, "__value__"):  # an alias made by a `type` statement
        return converter(annotation.__value__) or annotation.__value__
    if typing.get_origin(annotation) is typing.Annotated:
        return _annotated_converter(annotation)
    if annotation is None or typing.get_origin(annotation) is not None:
        return _msgspec_converter(annotation)
    return None


def describe(annotation: Any) -> str:
    """Return what documentation says of ``annotation``: itself if it is text, the docstring of a type."""
    if isinstance(annotation, str):
        return annotation
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _describe_annotated(*arguments)
    if origin in (typing.Union, UnionType):
        return " or ".join(map(describe, arguments))
    if origin is typing.Literal:
        return _describe_choices(arguments)
    if isinstance(origin, type) and issubclass(origin, Collection):
        kind, to = ("Dictionary", " to ") if issubclass(origin, Lookup) else ("Multiple", ", ")
        return f"{kind} ({to.join(describe(part) for part in arguments if part is not ...)})"
    if isinstance(annotation, typing.NewType):
        return describe(annotation.__supertype__)
    try:
        return _DESCRIPTIONS[annotation]
    except (KeyError, TypeError):  # not there, or not hashable
        pass
    if isinstance(annotation, type) and issubclass(annotation, Enum) and not annotation.__doc__:
        return _describe_choices(member.value for member in annotation)
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


def _describe_choices(values: typing.Iterable[object]) -> str:
    return f"Accepts one of the following values: ({'|'.join(map(str, values))})"


def _unchanged(value: Any) -> Any:
    return value


def _class_converter(kind: type) -> Converter | None:
    if validate := _pydantic_validator(kind):
        return lambda value: _validated(validate, value)
    if (within_bounds := careful(kind)) is not kind:
        return within_bounds
    if issubclass(kind, Enum):
        return lambda value: _enum_member(kind, value)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _named_tuple_converter(kind)
    if (
        kind in _TEXTUAL
        or is_dataclass(kind)
        or typing.is_typeddict(kind)
        or issubclass(kind, msgspec.Struct)
        or hasattr(kind, "__attrs_attrs__")
    ):
        return _msgspec_converter(kind)
    return None


def _annotated_converter(annotation: Any) -> Converter:
    kind, *metadata = typing.get_args(annotation)
    for remark in metadata:
        if isinstance(remark, Type):
            return remark
    if any(isinstance(remark, msgspec.Meta) for remark in metadata):
        return _msgspec_converter(annotation)
    return converter(kind) or typing.cast("Converter", kind)


def _msgspec_converter(annotation: Any) -> Converter:
    try:
        msgspec.json.Decoder(annotation)
    except TypeError as error:
        raise TypeError(f"hug cannot convert values to {annotation}: {error}") from None
    except NameError:
        pass  # a class it mentions is not defined yet: the first value will find it
    wraps = _takes_list(annotation)

    def convert(value: Any) -> Any:
        try:
            return _msgspec_convert(value, annotation)
        except ValueError:
            if wraps and isinstance(value, str):
                return _msgspec_convert([value], annotation)
            raise

    return convert


def _msgspec_convert(value: Any, annotation: Any) -> Any:
    try:
        return msgspec.convert(value, annotation, strict=False, dec_hook=_call)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _call(kind: type, value: Any) -> Any:
    """Convert to a class that msgspec does not know, inside a type that it does."""
    if isinstance(value, typing.get_origin(kind) or kind):
        return value
    if validate := _pydantic_validator(kind):
        try:
            return _validated(validate, value)
        except InvalidTypeData as error:
            raise ValueError(str(error)) from None
    return careful(kind)(value)


def _takes_list(annotation: Any) -> bool:
    """Tell whether ``annotation`` is, or may be, an array in JSON."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _takes_list(arguments[0])
    if origin in (typing.Union, UnionType):
        return any(map(_takes_list, arguments))
    kind = origin or annotation
    return (
        isinstance(kind, type) and issubclass(kind, Collection) and not issubclass(kind, str | bytes | Lookup)
    )


def _enum_member(kind: type[Enum], value: Any) -> Enum:
    try:
        return kind(value)
    except ValueError:
        for member in kind:
            if str(member.value) == value:  # a number, come as text
                return member
        raise


def _named_tuple_converter(kind: Any) -> Converter:
    """Take an array, as msgspec does, and an object, which is what `hug.json_module` writes."""
    from_array = _msgspec_converter(kind)

    def convert(value: Any) -> Any:
        if isinstance(value, Lookup):
            return kind(*msgspec.structs.astuple(_msgspec_convert(value, _struct_like(kind))))
        return from_array(value)

    return convert


@lru_cache(maxsize=256)
def _struct_like(kind: Any) -> type[msgspec.Struct]:
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


def _pydantic_validator(kind: Any) -> Converter | None:
    """Return the validator of a pydantic model or dataclass, known by its methods; None for other classes."""
    inner = getattr(kind, "__pydantic_validator__", None)
    return getattr(kind, "model_validate", None) or getattr(inner, "validate_python", None)


def _validated(validate: Converter, value: Any) -> Any:
    try:
        return validate(value)
    except ValueError as error:
        errors = getattr(error, "errors", None)
        if errors is None:
            raise
        reasons = {".".join(map(str, one["loc"])): one["msg"] for one in errors()}
        if "" in reasons:
            raise ValueError(reasons[""]) from None
        message = "; ".join(f"{place}: {reason}" for place, reason in reasons.items())
        raise InvalidTypeData(message, reasons) from None
