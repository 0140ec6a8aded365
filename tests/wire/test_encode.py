"""hug.eventstream.wire.event and hug.eventstream.wire.encode: what goes out, byte for byte."""

import dataclasses
import datetime as dt
import decimal
import uuid
from typing import Any, NamedTuple

import httpx
import httpx_sse
import msgspec
import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.decode import Decoder, Message, decode_own
from hug.eventstream.wire.encode import HEARTBEAT, checkpoint, encode, farewell, fields, opening
from hug.eventstream.wire.event import TORN_EVENT, event

LINE_ENDS = ["\n", "\r", "\r\n"]
# Plain st.text() hardly ever draws what matters here.
CHARACTERS = st.sampled_from(
    [*LINE_ENDS, "\0", ":", " ", "\t", "\v", "\f", "\u0085", "\u2028", "\ufeff", "é", "…", "😀", "data", "id"]
)
TEXT = st.lists(CHARACTERS | st.text(st.characters(exclude_categories=["Cs"]), max_size=3)).map("".join)
LINE = TEXT.map(lambda text: text.replace("\r", "").replace("\n", ""))
ID = LINE.map(lambda text: text.replace("\0", ""))
EVENTS = st.builds(
    event,
    TEXT,
    event=st.none() | LINE.filter(lambda name: name != TORN_EVENT),
    id=st.none() | ID,
    retry=st.none() | st.integers(0, 2**31),
    comment=st.none() | TEXT,
)


def as_received(text: str) -> str:
    """The three line ends are one to the format."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parsed(body: bytes, **kwargs: Any) -> list[Message]:
    return Decoder(**kwargs).feed(body)


@pytest.mark.slow
@given(st.lists(EVENTS))
def test_decoder_reads_what_is_encoded(events: list[Any]) -> None:
    """Every event arrives, in order, with type, text and last id, whatever characters are in them."""
    last_id = ""
    expected = []
    for each in events:
        last_id = last_id if each.id is None else each.id
        expected.append(Message(each.event or "message", as_received(each.data), last_id))
    assert parsed(b"".join(map(encode, events))) == expected


@given(EVENTS | TEXT)
def test_own_frames(item: Any) -> None:
    """What hug encodes can be read back faster than by a decoder, and is the same."""
    decoder = Decoder()
    messages = decoder.feed(encode(item))
    assert decode_own(encode(item)) == (messages[0] if messages else None, decoder.last_event_id)


@given(EVENTS)
def test_frame_is_whole(each: Any) -> None:
    """An event ends with its only blank line, so that a heartbeat between two is never inside one."""
    frame = encode(each).decode()
    assert frame.endswith("\n\n")
    assert "\n\n" not in frame[:-1]
    assert "\r" not in frame


@pytest.mark.slow
@given(st.lists(TEXT | EVENTS | st.none()))
def test_heartbeats_change_nothing(items: list[Any]) -> None:
    """None is a heartbeat: it dispatches nothing, and what is around it arrives as without it."""
    with_heartbeats = b"".join(HEARTBEAT + encode(item) for item in items)
    without = b"".join(encode(item) for item in items if item is not None)
    assert parsed(with_heartbeats) == parsed(without)


def test_fields_on_the_wire() -> None:
    """`name: value` has its space; the id comes last, as some clients keep it before the event is whole."""
    frame = encode(event("a\nb", event="tick", id="7", retry=1500, comment="hello\nyou"))
    assert frame == b": hello\n: you\nevent: tick\nretry: 1500\ndata: a\ndata: b\nid: 7\n\n"


@given(EVENTS | TEXT)
def test_fields_and_a_blank_line_are_the_event(each: Any) -> None:
    """What a channel gives its own id is the event that a source would send, but for the end."""
    assert fields(each) + b"\n" == encode(each)


def test_leading_space_survives() -> None:
    """The one space a client removes is ours, not the text's."""
    assert encode(" x") == b"data:  x\n\n"
    assert parsed(encode(" x"))[0].data == " x"


def test_only_the_standards_line_ends_split() -> None:
    """U+2028, U+0085, VT and FF are text."""
    text = "a\u2028b\u0085c\vd\fe\x1cf"
    assert encode(text).count(b"data:") == 1
    assert parsed(encode(text))[0].data == text


def test_event_without_data_dispatches() -> None:
    """`event()` has a data line, without which a browser would not dispatch it."""
    assert encode(event(event="ping")) == b"event: ping\ndata: \n\n"
    assert parsed(encode(event())) == [Message("message", "", "")]


class Point(NamedTuple):
    x: Any
    y: Any


class Model(pydantic.BaseModel):
    name: str


class Record(msgspec.Struct):
    name: str


@dataclasses.dataclass
class Data:
    name: str


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"n": 1, "t": "é"}, '{"n":1,"t":"é"}'),
        (None, "null"),
        (True, "true"),
        ([1, 2.5], "[1,2.5]"),
        ("text", "text"),
        (decimal.Decimal("1.10"), '"1.10"'),
        (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (dt.date(2026, 1, 2), '"2026-01-02"'),
        (dt.timedelta(seconds=90), "90.0"),
        (Point(1, 2), '{"x":1,"y":2}'),
        ([Point(1, Point(2, 3))], '[{"x":1,"y":{"x":2,"y":3}}]'),
        (Data("a"), '{"name":"a"}'),
        (Model(name="a"), '{"name":"a"}'),
        (Record("a"), '{"name":"a"}'),
        (np.array([1, 2]), "[1,2]"),
        (np.float64(1.5), "1.5"),
        ("line\nbreak", "line\nbreak"),
        ({"line": "a\nb\r"}, '{"line":"a\\nb\\r"}'),
    ],
)
def test_data_that_is_no_text_is_one_line_of_json(value: Any, text: str) -> None:
    """Text goes out as text, everything else as JSON through hug's converters."""
    assert parsed(encode(event(value)))[0].data == text


@pytest.mark.parametrize("value", [object(), {"a": {1j}}, lambda: None])
def test_unencodable_value_is_named(value: Any) -> None:
    """A value JSON cannot express is a TypeError."""
    with pytest.raises(TypeError, match=r"object|complex|function"):
        encode(value)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")]])
def test_nan_is_refused(value: Any) -> None:
    """What no browser could parse does not go out as JSON."""
    with pytest.raises(ValueError, match=r"NaN|nan|JSON"):
        encode(value)


def test_lone_surrogate_in_data_is_refused() -> None:
    """Text that UTF-8 cannot express is a ValueError, not a broken stream."""
    with pytest.raises(ValueError, match="surrogates"):
        encode("\ud800")


@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("field", ["event", "id"])
def test_line_ends_are_refused(field: str, line_end: str) -> None:
    """CR or LF in a field would be another field: ValueError where `event` is called, naming the field."""
    with pytest.raises(ValueError, match=f"^{field} must be one line"):
        event("x", **{field: f"a{line_end}data: injected"})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"id": "a\0b"}, "^id must not contain NUL"),
        ({"id": "a" * 4097}, "^id must have 4096 bytes at most, not 4097"),
        ({"id": "ü" * 2049}, "^id must have 4096 bytes at most, not 4098"),
        ({"id": 1.5}, "^id must be text, not float"),
        ({"id": True}, "^id must be text, not bool"),
        ({"event": 3}, "^event must be text, not int"),
        ({"event": "\ud800"}, "^event contains a lone surrogate"),
        ({"event": TORN_EVENT}, "^event must not be"),
        ({"comment": b"x"}, "^comment must be text, not bytes"),
        *(({"retry": bad}, "^retry must be a whole number") for bad in (-1, True, 1.0, "1000", "")),
    ],
)
def test_fields_out_of_range_are_refused(fields: dict[str, Any], message: str) -> None:
    """Nothing is stripped or passed on in silence: ValueError naming the field."""
    with pytest.raises(ValueError, match=message):
        event("x", **fields)


def test_numbers_may_be_ids() -> None:
    """A counter is the usual id."""
    assert event("x", id=7) == event("x", id="7")


@pytest.mark.parametrize("retry", [None, 0, 2500])
@pytest.mark.parametrize("last_event_id", ["", "7", "é…"])
def test_guard(last_event_id: str, retry: int | None) -> None:
    """The guard is an event of a type nobody listens for; it keeps the id and says when to reconnect."""
    decoder = Decoder("torn")
    assert decoder.feed(opening(last_event_id, retry, guard=Guard.EVENT)) == [
        Message(TORN_EVENT, "", last_event_id)
    ]
    assert decoder.last_event_id == last_event_id
    assert decoder.retry == retry


@pytest.mark.parametrize("retry", [None, 0, 2500])
@pytest.mark.parametrize("last_event_id", ["", "7", "é…"])
@pytest.mark.parametrize("guard", [Guard.BLOCK, Guard.NONE])
def test_opening_of_programs(last_event_id: str, retry: int | None, guard: Guard) -> None:
    """To others the first bytes are no event: where a blank line may be taken for one, they have none."""
    first = opening(last_event_id, retry, guard=guard)
    assert first.endswith(b"\n\n") == (guard is Guard.BLOCK and last_event_id != "")
    assert b"\n\n" not in first[:-2]
    decoder = Decoder("" if guard is Guard.BLOCK else last_event_id)
    assert decoder.feed(first) == []
    assert decoder.last_event_id == last_event_id
    assert decoder.feed(b"data: x\n\n") == [Message("message", "x", last_event_id)]
    assert decoder.retry == retry


def test_checkpoint() -> None:
    """An id moves on: with an event that no page hears, alone, or in front of the next event."""
    decoder = Decoder("1")
    assert decoder.feed(checkpoint("2", Guard.EVENT)) == [Message(TORN_EVENT, "", "2")]
    assert decoder.feed(checkpoint("3", Guard.BLOCK)) == []
    assert decoder.last_event_id == "3"
    assert decoder.feed(checkpoint("4", Guard.NONE) + HEARTBEAT) == []
    assert decoder.feed(b"data: x\n\n") == [Message("message", "x", "4")]


def test_farewell_says_when_to_come_back() -> None:
    """The last bytes are a line and no block: browsers take a retry at once, others see no event in it."""
    decoder = Decoder()
    assert decoder.feed(farewell(1234)) == []
    assert decoder.retry == 1234
    assert farewell(1234) == b"retry: 1234\n"


def test_httpx_sse_reads_what_we_write() -> None:
    """A decoder of other authors sees the same events."""
    events = [event({"n": 1}, event="tick", id="1"), event("two\nlines ü"), event("x", id="", retry=5)]
    body = opening(guard=Guard.NONE) + HEARTBEAT.join(map(encode, events)) + HEARTBEAT + farewell(1000)
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)
    read = [(each.event, each.data, each.id) for each in httpx_sse.EventSource(response).iter_sse()]
    assert read == [("tick", '{"n":1}', "1"), ("message", "two\nlines ü", "1"), ("message", "x", "")]
