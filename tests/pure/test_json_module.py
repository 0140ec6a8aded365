"""The one JSON of hug: what becomes of each kind of value, in a response and in an event."""

import asyncio
import json
import uuid
from collections import OrderedDict, deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from ipaddress import ip_address, ip_interface, ip_network
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple

import attrs
import msgspec
import numpy as np
import pydantic
import pydantic_core
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hug.eventstream.channels.publication import Publication
from hug.eventstream.channels.reply import Reply
from hug.json_module import (
    MOST_DEPTH,
    MOST_MEMBERS,
    convert,
    dump_line,
    dumps,
    loads,
    loads_unicode,
    register,
)


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass
class Place:
    name: str
    at: Point


@dataclass(frozen=True, slots=True)
class Frozen:
    when: date


@attrs.frozen
class Attrs:
    when: date


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


class Word(StrEnum):
    YES = "yes"


class Tagged(msgspec.Struct, tag="tagged", rename="camel"):
    sent_at: datetime
    price: Decimal


class Model(pydantic.BaseModel):
    on: date


class Native:
    def __native_types__(self) -> object:
        return {"at": Point(1, date(2030, 1, 2))}

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("an object that speaks for itself is not iterated")


CONVERTED = [
    (None, None),
    ("text", "text"),
    (date(2030, 1, 2), "2030-01-02"),
    (datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), "2030-01-02T03:04:05+00:00"),
    (time(3, 4), "03:04:00"),
    (timedelta(minutes=1, microseconds=500), 60.0005),
    (Decimal("1.50"), "1.50"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (PurePosixPath("/a/b"), "/a/b"),
    (Fraction(-1, 3), "-1/3"),
    (ip_address("::1"), "::1"),
    (ip_interface("10.0.0.1/8"), "10.0.0.1/8"),
    (ip_network("::/0"), "::/0"),
    ("caf\N{LATIN SMALL LETTER E WITH ACUTE}".encode(), "caf\N{LATIN SMALL LETTER E WITH ACUTE}"),
    (b"\xff\xfe", "//4="),
    (bytearray(b"ab"), [97, 98]),
    (Colour.RED, "red"),
    (Level.LOW, 1),
    (Word.YES, "yes"),
    (Point(1, 2), {"x": 1, "y": 2}),
    ([Point(1, (Point(2, 3),))], [{"x": 1, "y": [{"x": 2, "y": 3}]}]),
    ({"deep": [{"er": Point(1, 2)}]}, {"deep": [{"er": {"x": 1, "y": 2}}]}),
    (deque([Point(1, 2)]), [{"x": 1, "y": 2}]),
    (Place("here", Point(1, 2)), {"name": "here", "at": {"x": 1, "y": 2}}),
    (Frozen(date(2030, 1, 2)), {"when": "2030-01-02"}),
    (Attrs(date(2030, 1, 2)), {"when": "2030-01-02"}),
    (Native(), {"at": {"x": 1, "y": "2030-01-02"}}),
    (Model(on=date(2030, 1, 2)), {"on": "2030-01-02"}),
    ({1}, [1]),
    (range(2), [0, 1]),
    ({"a": 1}.values(), [1]),
    (MappingProxyType({"a": Point(1, 2)}), {"a": {"x": 1, "y": 2}}),
    (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
    ({2: "int", None: "null", True: "bool"}, {"2": "int", "null": "null", "true": "bool"}),
    (np.int32(3), 3),
    (np.float32(1.5), 1.5),
    (np.float64(1.5), 1.5),
    (np.bool_(True), True),
    (np.str_("s"), "s"),
    (np.bytes_(b"s"), "s"),
    (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
    (np.array([b"s"]), ["s"]),
    (np.array(7), 7),
    (np.array(["a", date(2030, 1, 2)], dtype=object), ["a", "2030-01-02"]),
    ({"array": np.arange(2)}, {"array": [0, 1]}),
]


@pytest.mark.parametrize(("value", "expected"), CONVERTED, ids=lambda value: type(value).__name__)
def test_conversions(value: object, expected: object) -> None:
    """Each kind of value is the same JSON in a response, indented or not, and in an event."""
    assert json.loads(dumps(value)) == expected
    assert json.loads(dumps(value, indent=4)) == expected
    assert json.loads(dump_line(value)) == expected


def test_iterators_become_lists() -> None:
    """A generator is consumed into a list, named tuples in it included."""
    assert dump_line(Point(n, n) for n in range(2)) == '[{"x":0,"y":0},{"x":1,"y":1}]'


def test_struct_goes_out_as_msgspec_writes_it() -> None:
    """What hug writes for a struct, msgspec reads back: tag, renamed fields and all."""
    value = Tagged(datetime(2030, 1, 2, tzinfo=UTC), Decimal("1.5"))
    assert msgspec.json.decode(dump_line(value), type=Tagged) == value
    assert msgspec.json.decode(dumps([value]), type=list[Tagged]) == [value]


def test_struct_with_a_type_of_the_user() -> None:
    """What msgspec does not know inside a struct is converted by hug."""

    class Holder(msgspec.Struct):
        held: Native

    assert dump_line(Holder(Native())) == '{"held":{"at":{"x":1,"y":"2030-01-02"}}}'


def test_separators() -> None:
    """A response has the spaces `json.dumps` writes, an event none; both leave non-ASCII text readable."""
    value = {"a": [1, 2.5], "b": "\N{SNOWMAN}"}
    assert dumps(value) == '{"a": [1, 2.5], "b": "\N{SNOWMAN}"}'
    assert dump_line(value) == '{"a":[1,2.5],"b":"\N{SNOWMAN}"}'


def test_options_of_dumps() -> None:
    """The options of `json.dumps` mean what they mean there."""
    value = {"b": "\N{SNOWMAN}", "a": 1}
    for options in (
        {"ensure_ascii": True},
        {"indent": 2, "ensure_ascii": False},
        {"separators": (",", ":"), "ensure_ascii": True},
        {"sort_keys": True, "ensure_ascii": False},
    ):
        assert dumps(value, **options) == json.dumps(value, **options)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@pytest.mark.slow
@given(JSON_VALUES)
def test_plain_values_read_back(value: object) -> None:
    """What JSON has is written as the standard library writes it, on one line, and reads back equal."""
    line = dump_line(value)
    assert line == json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert "\n" not in line
    assert "\r" not in line
    assert dumps(value) == json.dumps(value, ensure_ascii=False)
    assert loads(line) == json.loads(line)


@given(st.text(st.characters(categories=["Cs", "Lu"]) | st.sampled_from('\\"\r\n\x00\u2028\N{SNOWMAN}')))
def test_any_text_fits_into_utf_8(text: str) -> None:
    """A line can be encoded whatever text it carries, and reads back as any JSON with its surrogates does."""
    assert loads(dump_line(text).encode()) == json.loads(json.dumps(text))


@pytest.mark.slow
@given(
    st.recursive(
        st.integers() | st.text() | st.dates(),
        lambda inner: st.lists(inner) | st.builds(Point, inner, inner) | st.dictionaries(st.text(), inner),
    )
)
def test_named_tuples_are_objects_everywhere(value: object) -> None:
    """However deep a named tuple is, and whatever is around it, it is an object."""

    def expected(part: object) -> object:
        if isinstance(part, Point):
            return {"x": expected(part.x), "y": expected(part.y)}
        if isinstance(part, dict):
            return {key: expected(inner) for key, inner in part.items()}
        if isinstance(part, list | tuple):
            return [expected(inner) for inner in part]
        return part.isoformat() if isinstance(part, date) else part

    assert json.loads(dump_line(value)) == expected(value)
    assert json.loads(dumps(value)) == expected(value)


def test_nan() -> None:
    """A response keeps NaN as Python writes it; an event refuses it and says what to do."""
    assert dumps([float("nan"), float("inf")]) == "[NaN, Infinity]"
    for value in (float("nan"), {"deep": [float("-inf")]}):
        with pytest.raises(ValueError, match="send None"):
            dump_line(value)
        with pytest.raises(ValueError, match="send None"):
            dumps(value, allow_nan=False)


def test_unknown_type() -> None:
    """A value without a converter is refused with its type's name and the way to teach hug."""

    class Mystery:
        pass

    for encode in (dumps, dump_line):
        with pytest.raises(TypeError, match=r"Mystery.*hug\.output_format\.json_convert"):
            encode({"a": [Mystery()]})


def test_replies() -> None:
    """What has to be awaited is refused with a word that says so, and no request for a converter."""

    async def wait() -> None:
        pass

    later, loop = wait(), asyncio.new_event_loop()
    for encode in (dumps, dump_line):
        with pytest.raises(TypeError, match=r"coroutine into JSON: was it to be awaited\?$"):
            encode({"a": later})
        for reply in (Publication(), Reply(1), loop.create_future(), Future()):
            with pytest.raises(TypeError, match=r"this is a reply, .* ask for its result\(\)$"):
                encode([reply])
    later.close()
    loop.close()


def test_keys() -> None:
    """A key JSON cannot have is refused by its type."""
    with pytest.raises(TypeError, match="tuple"):
        dump_line({(1, 2): 3})


def test_errors_of_converters_pass() -> None:
    """What a user's own conversion raises arrives unchanged."""

    class Broken:
        def __native_types__(self) -> object:
            raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        dump_line(Broken())


def test_values_that_never_end() -> None:
    """A value that contains itself, directly or by its conversion, is a ValueError."""

    class Mirror:
        def __native_types__(self) -> object:
            return [self]

    looped: list[object] = []
    looped.append(looped)
    named = {}
    named["self"] = Point(named, 1)
    for value in (looped, named, Mirror()):
        for encode in (dumps, dump_line):
            with pytest.raises(ValueError, match="contains itself"):
                encode(value)


def test_shared_values_are_no_loop() -> None:
    """A value that occurs twice is written twice."""
    shared = [Point(1, 2)]
    assert dump_line([shared, shared]) == '[[{"x":1,"y":2}],[{"x":1,"y":2}]]'


def test_register() -> None:
    """A registered converter serves its types and their subclasses; the nearest class wins."""

    class Animal:
        pass

    class Dog(Animal):
        pass

    class Plant:
        pass

    class Puppy(Dog):
        pass

    @register(Animal, Plant)
    def by_name(value: object) -> object:
        return Point(type(value).__name__, None)

    @register(Dog)
    def bark(dog: Dog) -> str:
        return "woof"

    assert by_name(Plant()) == Point("Plant", None)
    assert dump_line([Animal(), Plant()]) == '[{"x":"Animal","y":null},{"x":"Plant","y":null}]'
    assert dump_line([Dog(), Puppy()]) == '["woof","woof"]'


def test_convert_as_default() -> None:
    """`convert` serves `json.dumps` as its ``default``."""
    assert json.dumps([Decimal(1), {Point(1, 2)}], default=convert) == '["1", [{"x": 1, "y": 2}]]'


def test_loads() -> None:
    """Text and bytes are read as the standard library reads them; what is no JSON is a ValueError."""
    assert loads('{"a": [1, NaN]}')["a"][0] == 1
    assert loads(b'"\\ud800"') == "\ud800"
    for bad in ("{", "", b"\xff", "[" * 100_000, "1" * 5_000):
        with pytest.raises(ValueError, match=r"."):
            loads(bad)


@pytest.mark.parametrize("bad", ["NaN", '{"a": [-Infinity]}', "1e999", "-1E400", "9" * 400 + ".0"])
def test_clients_send_finite_numbers(bad: str) -> None:
    """What Python reads as NaN or Infinity is no JSON from clients; large numbers are as they are."""
    with pytest.raises(ValueError, match=r"no JSON|too large"):
        loads_unicode(bad)
    assert loads_unicode('["NaN", 1e308, 0.5]') == ["NaN", 1e308, 0.5]


@pytest.mark.parametrize("kind", [str, bytes, bytearray])
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}"), ('[{"a":1,"b":[', "]}]")])
def test_depth(kind: Any, start: str, end: str) -> None:
    """What is read is no deeper than what can be written, by recursion in Python as well."""
    levels = MOST_DEPTH // (start.count("[") + start.count("{"))

    def text(levels: int) -> Any:
        nested = start * levels + "1" + end * levels
        return nested if kind is str else kind(nested.encode())

    assert loads(dumps(loads(text(levels))))
    with pytest.raises(ValueError, match="nested too deep"):
        loads(text(levels + 1))
    with pytest.raises(ValueError, match="nested too deep"):
        loads(text(100_000))


@pytest.mark.parametrize(
    "part", ["1", "[]", "{}", '""', '"a"', r'"\\"', r'"\""', '"[,"', '{"a":[1]}', "é".join('""')]
)
@pytest.mark.parametrize("kind", [str, str.encode])
def test_members(part: str, kind: Any) -> None:
    """The members of all lists and objects count, what is in texts does not."""
    count = {"1": 1, "[]": 2, "{}": 2, '{"a":[1]}': 3}.get(part, 1)
    text = kind(f"[{','.join([part] * 500)}]")
    assert len(loads(text, most_members=500 * count)) == 500
    with pytest.raises(ValueError, match="too many members: 499 are the most"):
        loads(text, most_members=499)
    assert len(loads(text)) == 500


@pytest.mark.slow
def test_members_from_clients() -> None:
    """What a client sends has a limit, and is refused before it is made, even if it is no JSON further on."""
    for part in ("[],", "1,", '"",', "[" * 199 + "]" * 199 + ",", '{"a":{}},'):
        with pytest.raises(ValueError, match="too many members"):
            loads_unicode("[" + part * MOST_MEMBERS)
    assert len(loads_unicode("[" + "1," * (MOST_MEMBERS - 1) + "1]")) == MOST_MEMBERS


@pytest.mark.slow
@given(JSON_VALUES, st.integers(1, 40))
def test_members_are_as_in_the_value(value: object, most: int) -> None:
    """JSON within the limit is read, whatever its texts hold, and that beyond it is not."""
    text = json.dumps(value)
    if members(json.loads(text)) <= most:
        assert loads(text, most) == json.loads(text)
    else:
        with pytest.raises(ValueError, match="too many members"):
            loads(text, most)


def members(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if parts is None else max(1, len(parts)) + sum(map(members, parts))


def test_many_brackets_are_not_deep() -> None:
    """Lists and objects beside each other, and brackets in text, count for nothing."""
    assert len(loads("[" + "[[]]," * 5000 + "1]")) == 5001
    assert loads(dumps("[" * 5000)) == "[" * 5000


class OwnUrl(pydantic.AnyUrl):
    pass


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (pydantic.HttpUrl("http://x"), "http://x/"),
        (OwnUrl("a://b"), "a://b"),
        (pydantic.PostgresDsn("postgres://u@h/db"), "postgres://u@h/db"),
        (pydantic_core.Url("http://x/"), "http://x/"),
        (pydantic.SecretStr("hidden"), "**********"),
        (pydantic.SecretBytes(b"hidden"), "**********"),
    ],
)
def test_types_of_pydantic(value: object, written: str) -> None:
    """pydantic's own types are what it writes them as, alone and inside; a secret stays one."""
    assert loads(dumps(value)) == written
    assert loads(dump_line({"a": [value]})) == {"a": [written]}


def test_what_pydantic_does_not_write() -> None:
    """What pydantic cannot write alone asks for a converter, as anything else does."""
    with pytest.raises(TypeError, match="cannot turn NameEmail into JSON: decorate a converter"):
        dumps(pydantic.NameEmail("a", "a@b.c"))
