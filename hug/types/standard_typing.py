"""Standard typing as parameter types: unions, ``list[int]``, literals, dataclasses, dates, models, and so on.

msgspec does the work, with ``strict=False``, since what a query, a form or a command line has is text. Plain
classes such as `int` are called, as hug always did, and so have no converter here; `bool` reads text.
"""

import typing
from collections import abc
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from enum import Enum
from functools import lru_cache, partial
from typing import Any

import msgspec

from hug import json_module
from hug.exceptions import InvalidTypeData
from hug.types.adapted import adapted
from hug.types.annotations import (
    TEXTUAL,
    beside_none,
    contains_itself,
    has_records,
    is_named_tuple,
    is_record,
    meant,
    pydantic_validator,
    rebuilt,
    takes_list,
)
from hug.types.base import Type
from hug.types.bounded_constructors import careful
from hug.types.bounded_values import bounded, bounded_model
from hug.types.by_pydantic import adapter, is_for_pydantic, validated
from hug.types.checks import checks_inside
from hug.types.choices import with_choices
from hug.types.records import anywhere, record_fields, refused, struct_like
from hug.types.truth import truth
from hug.types.uploaded import refuse_files

Converter = Callable[..., Any]


def converter(annotation: Any) -> Converter | None:
    """Return a function that converts a value to ``annotation``; None when calling ``annotation`` does that.

    It takes the context of the call by the name ``context`` if it has a parameter of that name.

    The converter raises ValueError, or `InvalidTypeData` by field for a record, with a message for the client
    that names the place of the error. A single text becomes a list of one where only a list will do. One of
    hug's own types in ``Annotated`` converts in place of the annotated type.

    Raises:
        TypeError: msgspec cannot convert to ``annotation``; the message says what is wrong with it.
    """
    if annotation is Any:
        return _unchanged
    if contains_itself(annotation):
        raise TypeError(
            f"hug cannot convert values to {annotation}, which contains itself: use a class, or Any"
        )
    if (own := adapted(annotation)) is not None:
        return own
    if anywhere(annotation, _is_of_functions):
        raise TypeError(f"hug cannot convert values to {annotation}: no client can send a function")
    if is_for_pydantic(annotation):
        refuse_files(annotation)
        _refuse_uncalled(annotation)
        return _lenient(_pydantic_converter(adapter(annotation).validate_python, annotation), annotation)
    if isinstance(annotation, type):
        return _class_converter(annotation)
    if (plain := meant(annotation)) is not annotation:
        return converter(plain) or typing.cast("Converter", plain)
    if typing.get_origin(annotation) is typing.Annotated:
        return _annotated_converter(annotation)
    one = beside_none(annotation)
    if one is bytes or one is bytearray:
        return _or_none(careful(one))
    if one is not annotation and _own(one) is not None:
        return _or_none(_annotated_converter(one))
    if annotation is None or typing.get_origin(annotation) is not None:
        return _msgspec_converter(annotation)
    return None


def _is_of_functions(annotation: Any) -> bool:
    return (typing.get_origin(annotation) or annotation) is abc.Callable


def _unchanged(value: Any) -> Any:
    return value


def _or_none(convert: Converter) -> Converter:
    return lambda value: None if value is None else convert(value)


def _class_converter(kind: type) -> Converter | None:
    if validate := pydantic_validator(kind):
        return _reading_json(_pydantic_converter(validate, kind))
    if kind in TEXTUAL:
        return _msgspec_converter(kind)
    if kind is bool:
        return truth
    if (within_bounds := careful(kind)) is not kind:
        return within_bounds
    if issubclass(kind, Enum):
        return lambda value: _enum_member(kind, value)
    if is_named_tuple(kind):
        return _reading_json(_named_tuple_converter(kind))
    abstract = kind.__module__ == "collections.abc" and issubclass(kind, Collection)
    return _msgspec_converter(kind) if abstract or is_record(kind) else None


def _pydantic_converter(validate: Callable[[Any], Any], annotation: Any) -> Converter:
    return bounded_model(partial(validated, validate), annotation)


def _reading_json(convert: Converter) -> Converter:
    """Return a converter that takes text, all that queries and forms have, for the JSON that it is, too."""

    def convert_text(value: Any) -> Any:
        try:
            return convert(value)
        except (ValueError, InvalidTypeData):
            if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
                raise
            try:
                parsed = json_module.loads_unicode(value)
            except ValueError as error:
                raise ValueError(f"Invalid JSON: {error}") from None
        return convert(parsed)

    return convert_text


def _annotated_converter(annotation: Any) -> Converter:
    if (own := _own(annotation)) is not None:
        return own
    kind, *metadata = typing.get_args(annotation)
    if any(isinstance(remark, msgspec.Meta) for remark in metadata):
        return _msgspec_converter(annotation)
    return converter(kind) or typing.cast("Converter", kind)


def _own(annotation: Any) -> Converter | None:
    """Return the first of hug's own types, or what is adapted to be one, in an ``Annotated``."""
    annotation = meant(annotation)
    remarks = typing.get_args(annotation)[1:] if typing.get_origin(annotation) is typing.Annotated else ()
    for remark in remarks:
        own = remark if isinstance(remark, Type) else adapted(remark)
        if own is not None:
            return own
    return None


def _refuse_uncalled(annotation: Any) -> None:
    """Raise TypeError for a check that others, who convert to ``annotation``, would leave out in silence."""
    if checks_inside(annotation) or anywhere(annotation, _is_own):
        raise TypeError(
            f"{annotation} has a function, or one of hug's types, in a field or part of another type, where "
            "it is not called: put it behind the whole type, as in Annotated[list[int], function], or use "
            "msgspec.Meta, or pydantic"
        )


def _is_own(annotation: Any) -> bool:
    return _own(annotation) is not None or (isinstance(annotation, type) and issubclass(annotation, Type))


def _msgspec_converter(annotation: Any) -> Converter:
    refuse_files(annotation)
    try:
        _check(annotation)
    except TypeError as error:
        raise TypeError(f"hug cannot convert values to {annotation}: {error}") from None
    _refuse_uncalled(annotation)
    target = _with_named_parts(annotation)
    converting = bounded(partial(_msgspec_convert, annotation=target), annotation)

    def convert(value: Any) -> Any:
        try:
            return converting(value)
        except ValueError:
            _refuse_by_field(annotation, value)
            raise

    return _lenient(convert, annotation)


def _lenient(convert: Converter, annotation: Any) -> Converter:
    """Return a converter that also takes a single text for a list of one, and JSON for objects."""
    wraps = takes_list(annotation)

    def convert_single(value: Any) -> Any:
        try:
            return convert(value)
        except (ValueError, InvalidTypeData):
            if wraps and isinstance(value, str):
                return convert([value])
            raise

    convert_single = convert_single if wraps else convert
    return _reading_json(convert_single) if has_records(annotation) else convert_single


def _check(annotation: Any) -> None:
    """Raise TypeError if msgspec cannot convert to ``annotation``."""
    with suppress(NameError):  # a class it mentions is not defined yet: the first value will find it
        msgspec.json.Decoder(annotation)


class _Named(type):
    """Makes what stands for a class of named tuples: msgspec itself makes them of arrays only."""

    kind: Any

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.kind)


@lru_cache(maxsize=256)
def _named(kind: Any) -> Any:
    return _Named(kind.__name__, (), {"kind": kind}) if is_named_tuple(kind) else kind


def _with_named_parts(annotation: Any) -> Any:
    """Return ``annotation`` for `_call` to make the named tuples that are parts of it."""
    if is_named_tuple(annotation) or not has_records(annotation):
        return annotation
    replaced = rebuilt(annotation, _named)
    try:
        _check(replaced)
    except TypeError:  # it is one of several types, of which msgspec has to know all
        return annotation
    return replaced


def _msgspec_convert(value: Any, annotation: Any) -> Any:
    try:
        return msgspec.convert(value, annotation, strict=False, dec_hook=_call)
    except msgspec.ValidationError as error:
        raise ValueError(with_choices(str(error), annotation)) from None


def _msgspec_bounded(value: Any, annotation: Any) -> Any:
    return bounded(partial(_msgspec_convert, annotation=annotation), annotation)(value)


def accepts(annotation: Any, value: Any) -> bool:
    """Tell whether msgspec makes ``annotation`` of a value as it is."""
    try:
        _msgspec_convert(value, annotation)
    except (ValueError, TypeError, NameError):
        return False
    return True


def _refuse_by_field(kind: Any, value: Any) -> None:
    """Raise `InvalidTypeData` with what is wrong with each field, as far as ``kind`` and ``value`` have some.

    msgspec tells of the first only.
    """
    if not is_record(kind) or not isinstance(value, Mapping):
        return
    reasons = {}
    for name, field in record_fields(kind).items():
        if name in value:
            try:
                _msgspec_bounded(value[name], field.annotation)
            except ValueError as error:
                reasons[name] = str(error)
        elif field.required:
            reasons[name] = "Field required"
    if reasons:
        raise refused(reasons) from None


def _call(kind: type, value: Any) -> Any:
    """Convert to a class that msgspec does not know, inside a type that it does."""
    if isinstance(value, typing.get_origin(kind) or kind):
        return value
    validate = pydantic_validator(kind)
    try:
        if isinstance(kind, _Named):
            return _named_tuple_converter(kind.kind)(value)
        return careful(kind)(value) if validate is None else _pydantic_converter(validate, kind)(value)
    except InvalidTypeData as error:
        raise ValueError(str(error)) from None


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
        if isinstance(value, Mapping):
            try:
                made = _msgspec_bounded(value, struct_like(kind))
            except ValueError:
                _refuse_by_field(struct_like(kind), value)
                raise
            return kind(*msgspec.structs.astuple(made))
        return from_array(value)

    return convert
