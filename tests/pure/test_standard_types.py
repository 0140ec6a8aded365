"""Standard typing as parameter types: what converts, what is refused and how, and what documentation says."""

import dataclasses
import inspect
import math
import sys
import typing
import uuid
from collections import abc
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, NewType, Optional, TypedDict, Union

import annotated_types
import msgspec
import pydantic
import pydantic.dataclasses
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import TypeAliasType

from hug import types
from hug.exceptions import InvalidTypeData
from hug.interface.binding import prepare
from hug.json_module import dumps, loads
from hug.types.annotations import has_records, takes_list
from hug.types.descriptions import describe
from hug.types.standard_typing import converter


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(Enum):
    LOW = 1
    HIGH = 2.5


class Size(Enum):
    SMALL = 1
    LARGE = 2


class Season(Enum):
    """A quarter of a year"""

    SPRING = "spring"


@dataclass
class Item:
    """Something to buy"""

    name: str
    price: Decimal = Decimal(1)


class Order(msgspec.Struct):
    items: list[Item]


class Options(TypedDict, total=False):
    limit: int


class Point(NamedTuple):
    x: Annotated[int, msgspec.Meta(lt=2**60)]
    tags: list[str] = ["none"]  # noqa: RUF012  (a default that nobody changes)


class User(pydantic.BaseModel):
    """Somebody"""

    name: str
    born: date | None = None


@pydantic.dataclasses.dataclass
class Account:
    number: Annotated[int, pydantic.Field(gt=0)]


class Celsius:
    """A temperature"""

    def __init__(self, degrees: object) -> None:
        self.degrees = float(degrees)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Celsius) and other.degrees == self.degrees

    __hash__ = None


UserId = NewType("UserId", int)

Age = TypeAliasType("Age", int)  # as `type Age = int` in Python 3.12
Ages = TypeAliasType("Ages", list[int])

CONVERTED = [
    (int | None, "5", 5),
    (int | None, None, None),
    (Optional[int], "5", 5),  # noqa: UP045  (the older spelling is what this is about)
    (Union[int, float], "1.5", 1.5),  # noqa: UP007
    (str | None, "null", "null"),
    (bool | None, "false", False),
    (list[int], ["1", "2"], [1, 2]),
    (list[int], "5", [5]),
    (list[int], [], []),
    (typing.List[str], "a", ["a"]),  # noqa: UP006
    (list[int] | None, "5", [5]),
    (list[str] | str, "x", "x"),
    (set[int], "5", {5}),
    (tuple[int, ...], "5", (5,)),
    (tuple[int, str], ["1", "a"], (1, "a")),
    (typing.Sequence[int], "5", [5]),
    (dict[str, int], {"a": "1"}, {"a": 1}),
    (Literal["a", "b"], "a", "a"),
    (Literal[1, 2], "2", 2),
    (Annotated[int, msgspec.Meta(ge=1)], "1", 1),
    (Annotated[int, "how many"], "1", 1),
    (Annotated[int | None, "how many"], "1", 1),
    (Annotated[int, types.in_range(1, 5)], "4", 4),
    (Annotated[list[int], "some"], "4", [4]),
    (Annotated[list[int], msgspec.Meta(max_length=1)], "4", [4]),
    (Colour, "red", Colour.RED),
    (Colour, Colour.RED, Colour.RED),
    (Level, "1", Level.LOW),
    (Level, 2.5, Level.HIGH),
    (Colour | None, "red", Colour.RED),
    (list[Colour], ["red", "blue"], [Colour.RED, Colour.BLUE]),
    (date, "2030-01-02", date(2030, 1, 2)),
    (date, date(2030, 1, 2), date(2030, 1, 2)),
    (datetime, "2030-01-02T03:04:05Z", datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)),
    (time, "03:04:05", time(3, 4, 5)),
    (timedelta, "1.5", timedelta(seconds=1.5)),
    (timedelta, "PT1M", timedelta(minutes=1)),
    (Decimal, "1.50", Decimal("1.50")),
    (uuid.UUID, str(uuid.UUID(int=5)), uuid.UUID(int=5)),
    (Item, {"name": "tea", "price": "2.5"}, Item("tea", Decimal("2.5"))),
    (Item, Item("tea"), Item("tea")),
    (list[Item], [{"name": "tea"}], [Item("tea")]),
    (Order, {"items": [{"name": "tea"}]}, Order([Item("tea")])),
    (Options, {"limit": "5"}, {"limit": 5}),
    (Point, ["1"], Point(1)),
    (Point, {"x": "1"}, Point(1)),
    (Point, {"x": "1", "tags": ["a"]}, Point(1, ["a"])),
    (Point, Point(1), Point(1)),
    (list[Point], [{"x": "1"}, ["2"], Point(3)], [Point(1), Point(2), Point(3)]),
    (list[Point], '[{"x": 1}]', [Point(1)]),
    (Annotated[list[Point], msgspec.Meta(max_length=1)], [{"x": 1}], [Point(1)]),
    (dict[str, Point], {"a": {"x": 1}}, {"a": Point(1)}),
    (Point | None, {"x": 1}, Point(1)),
    (Point | None, None, None),
    (Point | int, [1], Point(1)),
    (bytes | None, "abcde", b"abcde"),
    (bytes | None, None, None),
    (dict, '{"a": 1}', {"a": 1}),
    (dict, {"a": 1}, {"a": 1}),
    (dict, [["a", 1]], {"a": 1}),
    (abc.Mapping, '{"a": 1}', {"a": 1}),
    (abc.Sequence, "a", ["a"]),
    (User, {"name": "Ada", "born": "1815-12-10"}, User(name="Ada", born=date(1815, 12, 10))),
    (User, User(name="Ada"), User(name="Ada")),
    (User | None, {"name": "Ada"}, User(name="Ada")),
    (Account, {"number": "5"}, Account(5)),
    (User | Account, {"number": "5"}, Account(5)),
    (list[User | Account], '[{"number": 5}]', [Account(5)]),
    (pydantic.PositiveInt, "5", 5),
    (pydantic.PositiveInt | None, None, None),
    (list[pydantic.PositiveInt], "5", [5]),
    (Annotated[int, pydantic.Field(gt=0)], "5", 5),
    (pydantic.HttpUrl, "http://x/", pydantic.HttpUrl("http://x/")),
    (list[Celsius], ["21.5"], [Celsius(21.5)]),
    (Celsius | None, Celsius(20), Celsius(20)),
    (UserId, "5", 5),
    (Age, "5", 5),
    (Ages, "5", [5]),
    (Any, ["x"], ["x"]),
    (None, None, None),
]


@pytest.mark.parametrize(("annotation", "value", "expected"), CONVERTED)
def test_converted(annotation: Any, value: object, expected: object) -> None:
    """Text from a query, and values from a JSON body, become what the annotation says."""
    result = converter(annotation)(value)
    assert result == expected
    assert type(result) is type(expected)


REFUSED = [
    (int | None, "z", "Expected `int | null`, got `str`"),
    (list[int], ["1", "z"], "Expected `int`, got `str` - at `$[1]`"),
    (list[int], "z", "Expected `int`, got `str` - at `$[0]`"),
    (list[int], {"a": 1}, "Expected `array`, got `object`"),
    (dict[str, int], "x", "Expected `object`, got `str`"),
    (Literal["a", "b"], "c", "Invalid enum value 'c', the values are 'a', 'b'"),
    (list[Size], ["3"], "Invalid enum value 3, the values are 1, 2 - at `$[0]`"),
    (Annotated[int, msgspec.Meta(ge=1)], "0", "Expected `int` >= 1"),
    (Annotated[int, types.in_range(1, 5)], "5", "'5' reaches the limit of 5"),
    (Annotated[int, "how many"], "z", "invalid literal for int() with base 10: 'z'"),
    (Colour, "green", "'green' is not a valid Colour"),
    (Level, "7", "'7' is not a valid Level"),
    (date, "tomorrow", "Invalid RFC3339 encoded date"),
    (Decimal, "x", "Invalid decimal string"),
    (uuid.UUID, "x", "Invalid UUID"),
    (Item, "x", "Expected `object`, got `str`"),
    (list[Item], [{}], "Object missing required field `name` - at `$[0]`"),
    (list[Point], [{"x": "z"}], "x: Expected `int`, got `str` - at `$[0]`"),
    (bytes | None, 5, "Invalid bytes provided, expected text or a list of numbers from 0 to 255"),
    (dict, "[1]", "Invalid dictionary provided, expected an object of JSON"),
    (dict, "a", "Invalid JSON: Expecting value: line 1 column 1 (char 0)"),
    (pydantic.PositiveInt, "-5", "Input should be greater than 0"),
    (pydantic.PositiveInt | None, "-5", "Input should be greater than 0"),
    (Annotated[int, annotated_types.Gt(0)], "-5", "Input should be greater than 0"),
    (pydantic.HttpUrl, "x", "Input should be a valid URL, relative URL without a base"),
    (User, "x", "Input should be a valid dictionary or instance of User"),
    (list[User], [{}], "name: Field required - at `$[0]`"),
    (list[Celsius], ["warm"], "could not convert string to float: 'warm' - at `$[0]`"),
]


@pytest.mark.parametrize(("annotation", "value", "message"), REFUSED)
def test_refused(annotation: Any, value: object, message: str) -> None:
    """What does not fit is a ValueError whose message names the place."""
    with pytest.raises(ValueError, match=r".") as caught:
        converter(annotation)(value)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("annotation", "value", "reasons"),
    [
        (Item, {}, {"name": "Field required"}),
        (Order, {"items": [{"name": 1}]}, {"items": "Expected `str`, got `int` - at `$[0].name`"}),
        (
            Point,
            {"x": "z", "tags": 1},
            {"x": "Expected `int`, got `str`", "tags": "Expected `array`, got `int`"},
        ),
        (list[pydantic.PositiveInt], ["5", "-5"], {"1": "Input should be greater than 0"}),
        (Point, {"x": 2**60}, {"x": "Expected `int` <= 1152921504606846975"}),
        (Point, '{"tags": 1}', {"x": "Field required", "tags": "Expected `array`, got `int`"}),
    ],
)
def test_reasons_by_field(annotation: Any, value: object, reasons: dict[str, str]) -> None:
    """All fields of a record that do not fit are told, as those of a pydantic model are."""
    with pytest.raises(InvalidTypeData) as caught:
        converter(annotation)(value)
    assert caught.value.reasons == reasons
    assert str(caught.value) == "; ".join(f"{name}: {reason}" for name, reason in reasons.items())


def test_checks_of_pydantic_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only pydantic would check is not passed over where it is not there: it is refused."""
    monkeypatch.delitem(sys.modules, "pydantic")
    with pytest.raises(TypeError, match="is for pydantic to check, which is not imported"):
        converter(Annotated[int, annotated_types.Gt(0)])


def test_pydantic_reasons() -> None:
    """A pydantic model's errors are reasons by field, as a schema's."""
    with pytest.raises(InvalidTypeData) as caught:
        converter(User)({"born": "never"})
    assert set(caught.value.reasons) == {"name", "born"}
    assert caught.value.reasons["name"] == "Field required"
    assert "name: Field required" in str(caught.value)
    with pytest.raises(InvalidTypeData):
        converter(Account)({"number": "-5"})


@pytest.mark.parametrize(
    "annotation",
    [
        str,
        int,
        list,
        Celsius,
        "documentation",
        types.number,
        types.InRange,
        len,
        inspect.Parameter.empty,
    ],
)
def test_called_by_the_caller(annotation: object) -> None:
    """Plain classes, functions and hug's own types are called, as hug always did; text only documents."""
    assert converter(annotation) is None


@pytest.mark.parametrize(
    "annotation", [Item | Order, list[len], dict[str, types.number], Annotated[str, msgspec.Meta(ge=1)]]
)
def test_impossible_annotations(annotation: object) -> None:
    """An annotation nothing can be converted to is refused when the converter is made, not at a request."""
    with pytest.raises(TypeError, match="hug cannot convert values to"):
        converter(annotation)


def test_class_that_comes_later() -> None:
    """A dataclass may mention a class that is only defined when the first value comes."""

    @dataclass
    class Basket:
        items: "list[Late]"

    convert = converter(Basket)

    @dataclass
    class Late:
        name: str

    globals()["Late"] = Late
    try:
        assert convert({"items": [{"name": "tea"}]}) == Basket([Late("tea")])
    finally:
        del globals()["Late"]


@given(st.builds(Point, st.integers(-(2**53), 2**53), st.lists(st.text())))
def test_named_tuple_round_trip(point: Point) -> None:
    """The object that hug writes for a named tuple is one it can read."""
    assert converter(Point)(loads(dumps(point))) == point


DESCRIBED = [
    (inspect.Parameter.empty, "Basic text / string value"),
    ("Your name", "Your name"),
    (str, "String"),
    (bool, "Boolean"),
    (list, "Multiple"),
    (int, "Integer"),
    (float, "Float"),
    (types.number, "A whole number"),
    (types.in_range(1, 5), "A whole number that is greater or equal to 1 and less than 5"),
    (Celsius, "A temperature"),
    (User, "Somebody"),
    (Item, "Something to buy"),
    (Options, "Options"),
    (UserId, "Integer"),
    (Age, "Integer"),
    (Ages | None, "Multiple (Integer) or null"),
    (Season, "A quarter of a year"),
    (Colour, "Accepts one of the following values: (red|blue)"),
    (Literal["a", 1], "Accepts one of the following values: (a|1)"),
    (int | None, "Integer or null"),
    (Optional[str], "String or null"),  # noqa: UP045
    (list[int], "Multiple (Integer)"),
    (typing.List, "Multiple"),  # noqa: UP006
    (tuple[int, ...], "Multiple (Integer)"),
    (tuple[int, str], "Multiple (Integer, String)"),
    (dict, "Dictionary"),
    (list[dict], "Multiple (Dictionary)"),
    (set, "Multiple"),
    (complex, "complex"),
    (bytes, "Bytes"),
    (dict[str, list[Item]], "Dictionary (String to Multiple (Something to buy))"),
    (date, "Date (ISO 8601)"),
    (Any, "Any value"),
    (Annotated[int, "How many"], "How many"),
    (Annotated[int, types.in_range(1, 5)], "A whole number that is greater or equal to 1 and less than 5"),
    (Annotated[int, msgspec.Meta(ge=1, description="At least one")], "At least one"),
    (Annotated[int, msgspec.Meta(ge=1)], "Integer"),
]


@pytest.mark.parametrize(("annotation", "text"), DESCRIBED)
def test_described(annotation: object, text: str) -> None:
    """Documentation says of each annotation what people can read."""
    assert describe(annotation) == text


def test_aliases_inside() -> None:
    """An alias takes what it stands for, inside another type, too."""
    assert takes_list(Ages | None)
    assert not takes_list(Age | None)
    assert has_records(TypeAliasType("Goods", Item) | None)


@dataclasses.dataclass
class Real:
    x: float
    name: str = ""


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1e999"])
@pytest.mark.parametrize("kind", [float, float | None, list[float], dict[str, float], tuple[int, float]])
def test_not_finite(kind: Any, text: str) -> None:
    """Text does not become NaN or Infinity, alone or in a list."""
    origin = typing.get_origin(kind)
    value: Any = {dict: {"a": text}, tuple: ["1", text]}.get(origin, text)
    with pytest.raises(ValueError, match=r"not finite|out of range"):
        converter(kind)(value)


@pytest.mark.parametrize("text", ["nan", "-sNaN", "Infinity"])
def test_decimal_not_finite(text: str) -> None:
    """Neither does a decimal."""
    for kind in (Decimal, Decimal | None, list[Decimal]):
        with pytest.raises(ValueError, match=r"not finite|Invalid decimal"):
            converter(kind)(text)


def test_not_finite_in_a_record() -> None:
    """A record has finite numbers, and may have the word as text."""
    with pytest.raises(InvalidTypeData, match="x: Invalid number provided, it is not finite"):
        converter(Real)({"x": "nan"})
    assert converter(Real)({"x": "1.5", "name": "nan"}) == Real(1.5, "nan")
    assert converter(list[Real])('[{"x": "2"}]') == [Real(2.0)]


def test_results_may_be_nan() -> None:
    """What is a float already stays what it is."""
    assert math.isnan(converter(float)(math.nan))
    assert math.isnan(converter(float | None)(math.nan))


class Choices(msgspec.Struct):
    colour: Literal["red", "green"]
    size: Size = Size.SMALL
    many: Literal[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] = 1


def test_choices() -> None:
    """A value that is none of a few is told these, of each field its own; no more than a dozen."""
    with pytest.raises(InvalidTypeData) as refused:
        converter(Choices)({"colour": "blue", "size": 5, "many": 14})
    assert refused.value.reasons == {
        "colour": "Invalid enum value 'blue', the values are 'red', 'green'",
        "size": "Invalid enum value 5, the values are 1, 2",
        "many": "Invalid enum value 14",
    }
    with pytest.raises(ValueError, match=r"^Invalid enum value 'x' - at `\$\[0\]\.colour`$"):
        converter(list[Choices])([{"colour": "x"}])  # which of the three sets it is about is not known


@pytest.mark.parametrize(
    "annotation",
    [
        abc.Callable[[], int],
        typing.Callable[[], int],
        typing.Callable,
        abc.Callable,
        abc.Callable[..., int] | None,
        list[abc.Callable[[str], int]],
    ],
)
def test_functions(annotation: Any) -> None:
    """A type of functions is refused when it is declared: no client can send one."""
    with pytest.raises(TypeError, match=r"hug cannot convert values to .*: no client can send a function"):
        converter(annotation)


@dataclass
class WithFile:
    name: str
    file: types.UploadedFile


class Files(TypedDict):
    file: list[types.UploadedFile]


@pytest.mark.parametrize(
    "annotation",
    [
        WithFile,
        list[WithFile],
        WithFile | None,
        Files,
        types.UploadedFile | str,
        dict[str, types.UploadedFile],
        tuple[types.UploadedFile, ...],
    ],
)
def test_files_inside(annotation: Any) -> None:
    """A file within another type is refused when it is declared, and what to do is said."""
    with pytest.raises(
        TypeError, match=r"has an UploadedFile in it, .*: annotate one with hug\.UploadedFile"
    ):
        converter(annotation)
    with pytest.raises(TypeError, match="has an UploadedFile in it"):
        types.Multiple[annotation]
    for alone in (types.UploadedFile, types.UploadedFile | None, list[types.UploadedFile]):
        assert prepare(alone) is not None


def even(value: int) -> int:
    return value


FEW = types.in_range(0, 5)


@dataclass
class Pair:
    number: Annotated[int, even]


class Few(NamedTuple):
    number: Annotated[int, FEW]


@dataclass
class Order:
    """What others than msgspec have to check."""

    amount: pydantic.PositiveInt
    parts: "list[Order]" = dataclasses.field(default_factory=list)


class Mixed(NamedTuple):
    few: Annotated[int, FEW]
    many: pydantic.PositiveInt


class Even(types.Type):
    """An even number"""

    def __call__(self, value: Any) -> int:
        if int(value) % 2:
            raise ValueError("it is odd")
        return int(value)


@dataclass
class Evens:
    number: Even


class Struct(msgspec.Struct):
    amount: pydantic.PositiveInt


@pytest.mark.parametrize(
    "annotation",
    [
        *(list[Annotated[int, even]], Annotated[int, even] | None, Pair, list[Pair], Few, Mixed),
        *(list[Annotated[int, FEW]], dict[str, Annotated[int, FEW]], Evens, list[Even]),
    ],
)
def test_checks_inside(annotation: Any) -> None:
    """A function, or a type of hug's, in an inner ``Annotated`` is refused, since it would not be called."""
    with pytest.raises(TypeError, match="put it behind the whole type"):
        converter(annotation)


def test_fields_for_pydantic() -> None:
    """What pydantic has to check in a field of another class is checked, or refused if it cannot be."""
    made = converter(Order)({"amount": "2", "parts": [{"amount": 1}]})
    assert made == Order(2, [Order(1)])
    with pytest.raises(InvalidTypeData, match=r"parts\.0\.amount: Input should be greater than 0"):
        converter(Order)({"amount": "2", "parts": [{"amount": 0}]})
    with pytest.raises(TypeError, match="pydantic cannot convert"):
        converter(Struct)


def test_own_types_beside_none() -> None:
    """One of hug's types in the ``Annotated`` of what may be None is asked, unless it is None."""
    convert = converter(Annotated[int, FEW] | None)
    assert convert is not None
    assert (convert(None), convert("4")) == (None, 4)
    with pytest.raises(ValueError, match="reaches the limit of 5"):
        convert("9")


class Alias:
    """As ``type Tree = list[Tree] | int`` makes it in Python 3.12."""

    __value__: Any

    def __init__(self) -> None:
        self.__value__ = list[self] | int  # type: ignore[valid-type]


def test_aliases_that_contain_themselves() -> None:
    """An alias that is part of itself is refused, alone and inside of others, not followed for ever."""
    for annotation in (Alias(), list[Alias()]):  # type: ignore[misc]
        with pytest.raises(TypeError, match="contains itself"):
            converter(annotation)
        assert describe(annotation) == str(annotation)
