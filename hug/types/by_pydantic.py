"""What pydantic validates: types of its own, its remarks in ``Annotated``. Nothing here imports it."""

from __future__ import annotations

import sys
import typing
from collections.abc import Callable
from types import UnionType
from typing import Any, Final

from hug.types.annotations import pydantic_validator
from hug.types.records import anywhere, refused

_PACKAGES: Final = frozenset({"pydantic", "annotated_types"})


def is_for_pydantic(annotation: Any) -> bool:
    """Tell whether pydantic alone understands ``annotation``, a type in it, or a field of a record in it.

    Such are ``PositiveInt`` (an `int` to everybody else), ``Annotated[int, Field(gt=0)]``, ``HttpUrl``,
    and one of several models. A model that stands alone converts by itself.
    """
    return anywhere(annotation, _is_its_own)


def _is_its_own(annotation: Any) -> bool:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return any(_package(type(remark)) in _PACKAGES for remark in arguments[1:])
    if origin in (typing.Union, UnionType):
        return sum(pydantic_validator(each) is not None for each in arguments) > 1
    return isinstance(annotation, type) and _package(annotation) == "pydantic"


def _package(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def adapter(annotation: Any) -> Any:
    """Return pydantic's adapter of ``annotation``.

    Raises:
        TypeError: pydantic has not been imported; or it does not understand ``annotation``.
    """
    pydantic = sys.modules.get("pydantic")
    if pydantic is None:
        raise TypeError(f"{annotation} is for pydantic to check, which is not imported")
    try:
        return pydantic.TypeAdapter(annotation)
    except Exception as error:
        raise TypeError(f"pydantic cannot convert values to {annotation}: {error}") from error


def validated(validate: Callable[[Any], Any], value: Any) -> Any:
    """Return what a validator of pydantic makes of ``value``.

    Raises:
        InvalidTypeData: It has something against parts of it, by their places.
        ValueError: It has something against all of it.
    """
    try:
        return validate(value)
    except ValueError as error:
        errors = getattr(error, "errors", None)
        if errors is None:
            raise
        reasons = {".".join(map(str, one["loc"])): one["msg"] for one in errors()}
        if "" in reasons:
            raise ValueError(reasons[""]) from None
        raise refused(reasons) from None
