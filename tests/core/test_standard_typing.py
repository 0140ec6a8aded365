"""Standard typing as parameters and bodies, with classes that a function makes and postponed annotations."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import enum
import functools
import pathlib
import typing
import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, NewType, TypedDict

import msgspec
import pydantic
import pytest

import hug
from hug.signatures import signature

if TYPE_CHECKING:
    from decimal import Decimal

FORM = {"content-type": "application/x-www-form-urlencoded"}
IS_JSON = {"content-type": "application/json"}
JSON = {"optional": 3, "several": [3], "choice": 1, "member": 1, "annotated": 3}
DAY = dt.date(2030, 1, 2)
NOON = dt.datetime(2030, 1, 2, 12, tzinfo=dt.UTC)


def standard(asynchronous: bool) -> tuple[hug.API, dict[str, tuple[str, Any, str]]]:
    """An API with a route for each of the types, and what each of these takes, makes of that, and refuses."""
    api = hug.API()
    plain = dataclasses.dataclass

    @plain
    class Point:
        x: int
        y: int = 0

    class Struct(msgspec.Struct):
        x: int

    class Typed(TypedDict):
        x: int

    class Model(pydantic.BaseModel):
        x: int

    class Pair(NamedTuple):
        x: int
        y: int

    class Colour(enum.Enum):
        RED = "red"
        ONE = 1

    def optional(value: int | None): ...
    def several(value: list[int]): ...
    def choice(value: Literal["a", 1]): ...
    def member(value: Colour): ...
    def moment(value: dt.datetime): ...
    def day(value: dt.date): ...
    def annotated(value: Annotated[int, msgspec.Meta(ge=3)]): ...
    def text(value: str): ...
    def optional_text(value: str | None): ...
    def point(value: Point): ...
    def struct(value: Struct): ...
    def typed(value: Typed): ...
    def model(value: Model): ...
    def optional_model(value: Model | None): ...
    def pair(value: Pair): ...
    def points(value: list[Point]): ...
    def numbers(value: dict[str, int]): ...

    for declared in (
        optional, several, choice, member, moment, day, annotated, text, optional_text, point, struct, typed,
        model, optional_model, pair, points, numbers,
    ):  # fmt: skip
        route(api, declared.__name__, declared, asynchronous)
    return api, {
        "optional": ("3", 3, "x"),
        "several": ("3", [3], "x"),
        "choice": ("1", 1, "b"),
        "member": ("1", Colour.ONE, "blue"),
        "moment": ("2030-01-02T12:00:00Z", NOON, "noon"),
        "day": ("2030-01-02", DAY, "today"),
        "annotated": ("3", 3, "2"),
        "text": ("a,,b,", "a,,b,", ""),
        "optional_text": ("a,,b,", "a,,b,", ""),
        "point": ('{"x":1,"y":2}', Point(1, 2), '{"x":"a","y":2}'),
        "struct": ('{"x":1}', Struct(1), '{"y":1}'),
        "typed": ('{"x":1}', {"x": 1}, "[1,2]"),
        "model": ('{"x":1}', Model(x=1), "1"),
        "optional_model": ('{"x":1}', Model(x=1), "{"),
        "pair": ('{"x":1,"y":2}', Pair(1, 2), '{"x":1'),
        "points": ('[{"x":1},{"x":2}]', [Point(1), Point(2)], "[1]"),
        "numbers": ('{"a":1,"b":2}', {"a": 1, "b": 2}, '{"a":"b"}'),
    }


got: list[Any] = []


def route(api: hug.API, name: str, declared: Any, asynchronous: bool) -> None:
    """Route what takes as ``value``, or as ``body``, what ``declared`` says."""

    def take(value):
        got.append(value)

    async def take_async(value):
        got.append(value)

    def take_body(body):
        got.append(body)

    async def take_body_async(body):
        got.append(body)

    kind = signature(declared).parameters[0].annotation
    handler = take_async if asynchronous else take
    hug.http(f"/{name}", api=api, args={"value": kind})(handler)
    hug.post(f"/body/{name}", api=api, args={"body": kind})(take_body_async if asynchronous else take_body)


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_all_of_them(asynchronous: bool) -> None:
    """Each is made of a query, of a form, of a field of JSON, and of a body; an error names the field."""
    api, cases = standard(asynchronous)
    for name, (sent, made, wrong) in cases.items():
        as_json = JSON.get(name) or (hug.json_module.loads_unicode(sent) if sent[0] in "{[" else sent)
        asked = [
            hug.test.get(api, f"/{name}", value=sent),
            hug.test.get(api, f"/{name}", query_string=f"value={sent}"),
            hug.test.post(api, f"/{name}", f"value={sent}", headers=FORM),
            hug.test.post(api, f"/{name}", {"value": as_json}),
            hug.test.post(api, f"/body/{name}", hug.json_module.dumps(as_json), headers=IS_JSON),
        ]
        assert [each.status for each in asked] == [hug.HTTP_200] * len(asked), (name, asked)
        assert got == [made] * len(asked), name
        got.clear()
        if wrong:
            for answer in (
                hug.test.get(api, f"/{name}", query_string=f"value={wrong}"),
                hug.test.post(api, f"/{name}", f"value={wrong}", headers=FORM),
            ):
                assert answer.status == hug.HTTP_400
                assert answer.data["errors"].keys() == {"value"}


def test_whole_bodies_that_do_not_fit(api: hug.API) -> None:
    """An error in a body of a declared type says where it is."""

    class Item(msgspec.Struct):
        price: float

    @hug.post("/items", api=api)
    async def items(body: list[Item]):
        return body

    assert hug.test.post(api, "/items", [{"price": 2}]).data == [{"price": 2.0}]
    assert hug.test.post(api, "/items", [{"price": "x"}]).data == {
        "errors": {"body": "Expected `float`, got `str` - at `$[0].price`"}
    }
    assert hug.test.post(api, "/items").data == {"errors": {"body": "Required parameter 'body' not supplied"}}


def test_commas_in_text(api: hug.API) -> None:
    """A comma in a query is part of a `str`; given twice, and for types of hug, it is as in hug 2."""

    @hug.get("/search", api=api)
    def search(q: str, tags: list[str] = (), exact: hug.types.text = ""):
        return [q, tags, exact]

    def ask(query: str) -> Any:
        return hug.test.get(api, "/search", query_string=query).data

    assert ask("q=a,b&tags=a,b") == ["a,b", ["a", "b"], ""]
    assert ask("q=,&exact=1%2C2") == [",", [], "1,2"]
    assert ask("q=a&q=b") == ["['a', 'b']", [], ""]
    assert ask("q=a&exact=1,2") == {"errors": {"exact": "Invalid text value provided"}}

    @hug.get("/whole", api=api)
    def whole(path: pathlib.PurePosixPath, raw: bytes, options: dict):
        return [path, raw, options]

    assert hug.test.get(api, "/whole", query_string='path=a,b&raw=a,b&options={"a":1,"b":2}').data == [
        "a,b",
        "a,b",
        {"a": 1, "b": 2},
    ]

    @hug.get("/short", api=api)
    def short(
        q: Annotated[str, hug.types.length(1, 5)], tags: Annotated[list, hug.types.delimited_list(",")]
    ):
        return [q, tags]

    assert hug.test.get(api, "/short", query_string="q=a,b&tags=a,b").data == ["a,b", ["a", "b"]]


def test_bad_json_in_a_query(api: hug.API) -> None:
    """Text that begins as JSON and is none is told so; deep JSON is refused as in a body."""

    @hug.get("/x", api=api)
    def x(numbers: dict[str, int]):
        return numbers

    assert "Invalid JSON" in hug.test.get(api, "/x", numbers='{"a":').data["errors"]["numbers"]
    assert hug.test.get(api, "/x", numbers='{"a":' + "[" * 1000).status == hug.HTTP_400


def test_name_for_type_checkers_only(api: hug.API) -> None:
    """An annotation that cannot be evaluated converts nothing, which is not kept quiet."""

    def pay(amount: Decimal) -> None: ...

    with pytest.warns(UserWarning, match="'Decimal' of the parameter 'amount'") as warned:
        hug.get("/pay", api=api)(pay)
    assert warned[0].filename == __file__
    with warnings.catch_warnings(action="error"):
        hug.get("/paid", api=api)(lambda request: request)


def even(value: int) -> int:
    if value % 2:
        raise ValueError("Must be even")
    return value


async def halved(value: int) -> int:
    await asyncio.sleep(0)
    if value < 0:
        raise ValueError("Must not be negative")
    return value // 2


def owned(value: int, context: dict[str, Any]) -> int:
    return value + len(context)


Even = NewType("Even", Annotated[int, even])


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (Annotated[int, even], 8, "3"),
        (Annotated[int, "an even number", even], 8, "3"),
        (Annotated[int | None, even], 8, "3"),
        (Annotated[int, msgspec.Meta(ge=1), even], 8, "3"),
        (Annotated[int, hug.types.in_range(1, 9), even], 8, "10"),
        (Annotated[int, even, halved], 4, "-2"),
        (Annotated[int, halved, even], 4, "6"),
        (Annotated[int, halved], 4, "-2"),
        (Annotated[Annotated[int, even], halved], 4, "3"),
        (Annotated[int, functools.partial(even), owned], 8, "3"),
        (Even, 8, "3"),
    ],
)
def test_functions_in_annotated(api: hug.API, annotation: Any, good: int, bad: str) -> None:
    """They are called in order with what was converted, async ones awaited; what they raise is a 400."""

    def handler(value: int) -> int:
        return value

    handler.__annotations__["value"] = annotation
    hug.get("/x", api=api)(handler)
    answer = hug.test.get(api, "/x", value="8")
    assert (answer.status_code, answer.data) == (200, good)
    refused = hug.test.get(api, "/x", value=bad)
    assert refused.status_code == 400
    assert list(refused.data["errors"]) == ["value"]


def test_typing_without_arguments(api: hug.API) -> None:
    """``typing.List``, of nothing in particular, is ``list``."""

    @hug.get(api=api)
    def listed(names: typing.List):  # noqa: UP006
        return names

    assert hug.test.get(api, "listed", names=["a", "b"]).data == ["a", "b"]
    assert hug.test.get(api, "listed", names="a").data == ["a"]


def test_published_numbers(api: hug.API) -> None:
    """What clients send as numbers can be published: JSON has a word for it."""

    @hug.post("/x", api=api)
    def handler(x: float, y: float | None = None) -> float:
        return x

    for sent in ('{"x": NaN}', '{"x": 1e999}', '{"x": "nan"}', '{"x": 1, "y": "inf"}'):
        assert hug.test.post(api, "/x", sent, headers=IS_JSON).status_code == 400
    assert hug.test.post(api, "/x", '{"x": "1.5", "y": 2}', headers=IS_JSON).data == 1.5


def test_async_transforms(api: hug.API) -> None:
    """`hug.transform.all` awaits those of its transforms that are async, one that is chosen, too."""

    async def doubled(value: int) -> int:
        return 2 * value

    def more(value: int, request: hug.Request) -> int:
        return value + len(request.path)

    chosen = hug.transform.prefix({"/": doubled})

    @hug.get("/x", api=api, transform=hug.transform.all(more, doubled, more, chosen))
    def handler() -> int:
        return 1

    assert hug.test.get(api, "/x").data == 16
