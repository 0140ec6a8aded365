"""What we write is read by parsers of other authors as by ours, in whatever order and however it is cut."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import httpx
import httpx2
import httpx_sse
import ld_eventsource.reader
import pytest
import sseclient
from hypothesis import given, settings
from hypothesis import strategies as st

from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.decode import Decoder
from hug.eventstream.wire.encode import HEARTBEAT, checkpoint, encode, farewell, fields, opening
from hug.eventstream.wire.event import TORN_EVENT

from ..wire.test_encode import EVENTS, ID, TEXT, as_received

HEAD = {"content-type": "text/event-stream; charset=utf-8"}


class Read(NamedTuple):
    """An event as read, with the last id that is known then."""

    event: str
    data: str
    id: str


class Stream(NamedTuple):
    """What is written to a client, and what it shall read."""

    last_event_id: str
    pieces: Sequence[bytes]
    events: Sequence[Read]

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)


def ours(chunks: Iterable[bytes], last_event_id: str) -> Iterator[Read]:
    decoder = Decoder(last_event_id)
    for chunk in chunks:
        for each in decoder.feed(chunk):
            yield Read(each.event, each.data, each.id)


def of_httpx_sse(chunks: Iterable[bytes], _: str) -> Iterator[Read]:
    for each in httpx_sse.EventSource(httpx.Response(200, headers=HEAD, content=chunks)).iter_sse():
        yield Read(each.event or "message", each.data, each.id)


def of_httpx2(chunks: Iterable[bytes], _: str) -> Iterator[Read]:
    request = httpx2.Request("GET", "http://localhost")
    for each in httpx2.EventSource(httpx2.Response(200, headers=HEAD, content=chunks, request=request)):
        yield Read(each.event, each.data, each.id)


def of_openai(chunks: Iterator[bytes], _: str) -> Iterator[Read]:
    import openai  # takes a second or two, which all who collect tests would wait for

    for each in openai._streaming.SSEDecoder().iter_bytes(chunks):
        yield Read(each.event or "message", each.data, each.id or "")


def of_anthropic(chunks: Iterator[bytes], _: str) -> Iterator[Read]:
    import anthropic  # takes a second or two, which all who collect tests would wait for

    for each in anthropic._streaming.SSEDecoder().iter_bytes(chunks):
        yield Read(each.event or "message", each.data, each.id or "")


def of_sseclient_py(chunks: Iterable[bytes], last_event_id: str) -> Iterator[Read]:
    for each in sseclient.SSEClient(chunks).events():
        last_event_id = last_event_id if each.id is None else each.id
        yield Read(each.event, each.data, last_event_id)


def of_launchdarkly(chunks: Iterable[bytes], last_event_id: str) -> Iterator[Read]:
    lines = ld_eventsource.reader._BufferedLineReader.lines_from(chunks)
    for each in ld_eventsource.reader._SSEReader(lines, last_event_id).events_and_comments():
        if isinstance(each, ld_eventsource.actions.Event):
            yield Read(each.event, each.data, each.last_event_id or "")


Parser = Callable[[Iterator[bytes], str], Iterator[Read]]
PARSERS: Final[dict[str, Parser]] = {
    "ours": ours,
    "httpx-sse": of_httpx_sse,
    "httpx2": of_httpx2,
    "openai": of_openai,
    "anthropic": of_anthropic,
    "sseclient-py": of_sseclient_py,
    "launchdarkly-eventsource": of_launchdarkly,
}
STANDARD: Final = {name: PARSERS[name] for name in ("ours", "launchdarkly-eventsource")}

IDS = ID.filter(bool)
RETRY = st.none() | st.integers(0, 2**31)


@st.composite
def generated(draw: st.DrawFn, guard: Guard) -> Stream:
    """The stream of a generator: events with and without ids, heartbeats between them."""
    last_id = first_id = draw(st.just("") | IDS)
    pieces = [opening(first_id, draw(RETRY), guard=guard)]
    expected: list[Read] = []
    for item in draw(st.lists(EVENTS | TEXT | st.none(), max_size=6)):
        pieces.append(encode(item))
        if isinstance(item, str):
            expected.append(Read("message", as_received(item), last_id))
        elif item is not None:
            last_id = last_id if item.id is None else item.id
            expected.append(Read(item.event or "message", as_received(item.data), last_id))
    return Stream(first_id, [*pieces, *draw(ENDS)], expected)


@st.composite
def published(draw: st.DrawFn, guard: Guard) -> Stream:
    """The stream of a channel, perhaps filtered: each event has an id, ids move on without events."""
    first_id = draw(IDS)
    pieces = [opening(first_id, draw(RETRY), guard=guard)]
    expected: list[Read] = []
    for kind, item, event_id in draw(st.lists(st.tuples(st.integers(0, 2), EVENTS, IDS), max_size=6)):
        if kind == 0:
            pieces.append(HEARTBEAT)
        elif kind == 1:
            pieces.append(checkpoint(event_id, guard))
        else:
            pieces.append(fields(item) + f"id: {event_id}\n\n".encode())
            expected.append(Read(item.event or "message", as_received(item.data), event_id))
    return Stream(first_id, [*pieces, *draw(ENDS)], expected)


ENDS = st.sampled_from([[], [HEARTBEAT], [farewell(1234)], [HEARTBEAT, farewell(0)]])


def cut(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


@pytest.mark.parametrize("make", [generated, published])
@pytest.mark.parametrize("guard", Guard)
def test_every_parser(guard: Guard, make: Any) -> None:
    """Exactly the events are read, with their ids; beside them only the guard's event, where it is one.

    Ids that come alone are for parsers that follow the standard: only those are asked.
    """
    parsers = STANDARD if guard is Guard.BLOCK else PARSERS

    @given(make(guard), st.integers(1, 40))
    @settings(max_examples=60)
    def check(stream: Stream, size: int) -> None:
        for name, parser in parsers.items():
            events = parser(cut(stream.body, size), stream.last_event_id)
            others = [each for each in events if guard is not Guard.EVENT or each.event != TORN_EVENT]
            assert others == stream.events, name

    check()
