"""Decimals of clients, however they came to be: small enough to be computed with."""

from __future__ import annotations

import dataclasses
import typing
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, NewType, TypedDict

import attrs
import msgspec
import pydantic
import pydantic.dataclasses
import pytest

from hug import types
from hug.exceptions import InvalidTypeData
from hug.interface.binding import prepare

T = typing.TypeVar("T")
Amount = NewType("Amount", Decimal)

HUGE = [
    "1e999999999",
    "-1e400000",
    "1e309",
    "1e-325",
    "1e-999999999",
    "0e999999999",
    "9" * 310,
    "." + "1" * 1001,
]
USUAL = ["0", "-0.10", "1e308", "1.5e-324", "12345678901234567890.123456789", "9" * 309, "." + "1" * 999]


class Money(Decimal):
    pass


@dataclasses.dataclass
class Plain:
    a: Decimal
    name: str = ""


@dataclasses.dataclass(slots=True)
class Slotted:
    a: Decimal | None


@dataclasses.dataclass
class Generic(typing.Generic[T]):
    a: Decimal
    other: T | None = None


@attrs.define
class OfAttrs:
    a: list[Decimal]


class Struct(msgspec.Struct):
    a: Decimal


class Named(NamedTuple):
    a: Decimal


class Typed(TypedDict):
    a: Decimal


class Model(pydantic.BaseModel):
    a: Decimal
    name: str = ""


class Outer(pydantic.BaseModel):
    inner: list[Later]


class Later(pydantic.BaseModel):
    a: Decimal


Outer.model_rebuild()


@pydantic.dataclasses.dataclass
class OfPydantic:
    a: Decimal


@dataclasses.dataclass
class WithModel:
    model: Model


def same(value: Any) -> Any:
    return value


def of_field(text: str) -> dict[str, str]:
    return {"a": text}


TYPES: list[tuple[Any, typing.Callable[[Any], Any]]] = [
    (Decimal, same),
    (Money, same),
    (Amount, same),
    (Decimal | None, same),
    (Annotated[Decimal, "what it costs"], same),
    (Annotated[Decimal, same], same),
    (Annotated[Decimal, types.decimal], same),
    (Annotated[Decimal, pydantic.Field(description="x")], same),
    (pydantic.condecimal(allow_inf_nan=False), same),
    (list[Decimal], same),
    (list[Amount], lambda text: [text]),
    (dict[str, Decimal], lambda text: {"x": text}),
    (types.decimal, same),
    (types.Multiple[Decimal], same),
    (types.in_range(-(10**999), 10**999, convert=Decimal), same),
    *(
        (kind, of_field)
        for kind in (Plain, Slotted, Generic[int], Struct, Named, Typed, Model, OfPydantic, Model | None)
    ),
    (OfAttrs, lambda text: {"a": ["1", text]}),
    (list[Model], lambda text: [{"a": text}]),
    (list[Slotted], lambda text: [{"a": text}]),
    (Outer, lambda text: {"inner": [{"a": text}]}),
    (WithModel, lambda text: {"model": {"a": text}}),
]


@pytest.mark.parametrize("text", HUGE, ids=lambda text: text[:12])
@pytest.mark.parametrize(("kind", "given"), TYPES, ids=map(str, range(len(TYPES))))
def test_huge(kind: Any, given: typing.Callable[[Any], Any], text: str) -> None:
    """No decimal is made whose ``int()``, or whose digits, would take more time than its text."""
    with pytest.raises((ValueError, InvalidTypeData), match=r"too large|digits are the most|Invalid decimal"):
        prepare(kind)(given(text))


@pytest.mark.parametrize("text", USUAL, ids=lambda text: text[:12])
@pytest.mark.parametrize(("kind", "given"), TYPES, ids=map(str, range(len(TYPES))))
def test_usual(kind: Any, given: typing.Callable[[Any], Any], text: str) -> None:
    """All that a float may be a decimal may be, and with more digits."""
    assert Decimal(text).__repr__()[9:-2] in str(prepare(kind)(given(text)))


@pytest.mark.parametrize("number", [10**400, -(10**309)], ids=["positive", "negative"])
def test_numbers(number: int) -> None:
    """It does not matter whether they came as text or as a number."""
    for kind in (Decimal, list[Decimal], types.decimal):
        with pytest.raises(ValueError, match=r"too large|Invalid decimal"):
            prepare(kind)([number] if kind == list[Decimal] else number)
    for smallest in (5e-324, 2.2250738585072011e-308):
        assert prepare(Decimal)(smallest) == Decimal(str(smallest))
        assert prepare(types.decimal)(smallest) == Decimal(smallest)


def test_fields_are_named() -> None:
    """The field is told, of a record and of a model alike."""
    for kind in (Plain, Slotted, Struct, Model, OfPydantic):
        with pytest.raises(InvalidTypeData) as refused:
            prepare(kind)({"a": "1e400"})
        assert refused.value.reasons == {"a": "Invalid number provided, its exponent is too large"}


def test_own_values() -> None:
    """What Python code gives as a decimal already may be any."""
    huge = Decimal("1e400000")
    for kind in (Decimal, Money, types.decimal, Decimal | None, pydantic.condecimal(allow_inf_nan=False)):
        given = Money(huge) if kind is Money else huge
        assert prepare(kind)(given) is given


@dataclasses.dataclass(slots=True)
class Empty:
    pass


def test_no_fields() -> None:
    """A record may be empty."""
    assert prepare(list[Empty])([{}]) == [Empty()]
    assert prepare(dict[str, Empty])({"a": {}}) == {"a": Empty()}
