"""Numbers within bounds, in what msgspec and pydantic have made of what clients send. Pure functions.

They take any text for a number that `float` or `decimal.Decimal` takes: ``nan``, ``1e999999999``.
"""

import typing
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final

from hug.types.annotations import is_record, meant, parts
from hug.types.bounded_constructors import finite
from hug.types.records import anywhere, refused

_REAL: Final = frozenset((float, Decimal))
_DECIMAL: Final = frozenset((Decimal,))


def bounded(convert: Callable[[Any], Any], annotation: Any) -> Callable[[Any], Any]:
    """Return ``convert``, which converts to ``annotation``; it raises ValueError for numbers out of bounds.

    What is a number already is no text of a client's, and may be any.
    """
    return partial(_convert, convert) if _may_have_reals(annotation) else convert


def bounded_model(convert: Callable[[Any], Any], annotation: Any) -> Callable[[Any], Any]:
    """Return ``convert``, which has pydantic convert; it raises ValueError for decimals out of bounds.

    What floats may be, its models say by themselves.

    Raises:
        InvalidTypeData: In place of ValueError, by field, where it is a model.
    """
    # Remarks in ``Annotated`` need not be hashable.
    holds = _class_has_decimals(annotation) if isinstance(annotation, type) else _has_decimals(annotation)
    return partial(_convert_model, convert) if holds else convert


def _convert(convert: Callable[[Any], Any], value: Any) -> Any:
    converted = convert(value)
    if type(value) not in _REAL:
        _check(converted, _REAL)
    return converted


def _convert_model(convert: Callable[[Any], Any], value: Any) -> Any:
    converted = convert(value)
    if type(value) is Decimal:
        return converted
    names = _names(converted)
    if not names:
        _check(converted, _DECIMAL)
    reasons = {}
    for name in names:
        try:
            _check(getattr(converted, name, None), _DECIMAL)
        except ValueError as error:
            reasons[name] = str(error)
    if reasons:
        raise refused(reasons)
    return converted


def _check(value: Any, kinds: frozenset[type]) -> None:
    """Raise ValueError if ``value`` is, or has in it, a number of these kinds that is out of bounds."""
    if type(value) in kinds:
        finite(value)
    elif isinstance(value, Mapping):
        _check([*value, *value.values()], kinds)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            _check(part, kinds)
    else:
        for name in _names(value):
            _check(getattr(value, name, None), kinds)


def _names(value: Any) -> Collection[str]:
    """Return the names of the fields that a value has, be it with ``__dict__`` or slots."""
    kind = type(value)
    if not is_record(kind) or isinstance(value, tuple):
        return ()
    of_attrs: Any = getattr(kind, "__attrs_attrs__", ())
    fields: Collection[str] = getattr(kind, "__struct_fields__", ()) or getattr(
        kind, "__dataclass_fields__", ()
    )
    return fields or [each.name for each in of_attrs] or getattr(value, "__dict__", ())


def _may_have_reals(annotation: Any) -> bool:
    annotation = meant(annotation)
    kind = typing.get_origin(annotation) or annotation
    return annotation in _REAL or is_record(kind) or any(map(_may_have_reals, parts(annotation)))


def _has_decimals(annotation: Any) -> bool:
    return anywhere(annotation, _is_decimal, in_models=True)


_class_has_decimals = lru_cache(maxsize=256)(_has_decimals)


def _is_decimal(annotation: Any) -> bool:
    """Tell whether it is a decimal, or might be: some of pydantic's names are evaluated late."""
    if isinstance(annotation, str | typing.ForwardRef):
        return True
    return isinstance(annotation, type) and issubclass(annotation, Decimal)
