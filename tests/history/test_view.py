"""hug.eventstream.history.view: what readers of channels, alone, filtered and merged, get and are told of."""

import contextlib

import pytest

from hug.eventstream.history.log import Bounds, Log
from hug.eventstream.history.track import Track
from hug.eventstream.history.view import View
from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.decode import Decoder, Message
from hug.eventstream.wire.encode import fields
from hug.eventstream.wire.event import TORN_EVENT, event

A, B = "mwsd1x2a8k3q", "mwsd1x2a0000"


def none(message: Message) -> bool:
    return False


def make(life: str, history: int) -> Log:
    return Log(life, Bounds(history, 10**6), contextlib.nullcontext())


@pytest.mark.parametrize("history", [1, 2, 3, 10])
@pytest.mark.parametrize("merged_with", [None, 0, 1, 100])
def test_filter_moves_the_id_on(history: int, merged_with: int | None) -> None:
    """A client that a filter keeps waiting can resume at any time: its id stays in the history."""
    log = make(A, history)
    tracks = [Track("a", log, lambda: "event", (none,))]
    if merged_with is not None:
        other = make(B, merged_with)
        tracks.append(Track("b", other, lambda: "event", (none,)))
    view = View(tracks, guard=Guard.EVENT)
    at, _ = view.start("", None, 0.0)
    decoder = Decoder(view.id(at))
    for number in range(1, 50):
        log.append(fields(event(event=f"a{number}")), 0.0)
        assert {message.event for message in decoder.feed(view.read(at, 1000))} <= {TORN_EVENT}
        _, gaps = view.start(decoder.last_event_id, None, 0.0)
        assert [each.json()["channel"] for each in Decoder().feed(gaps)] == ["b"] * (merged_with == 0)


def test_filter_puts_the_id_in_front() -> None:
    """Clients that are less than an EventSource get the id of what a filter held back with the next event."""
    log = make(A, 4)
    view = View([Track("a", log, lambda: "event", (lambda message: message.data == "wanted",))])
    at, _ = view.start("", None, 0.0)
    body = b""
    for data in ("no", "no", "wanted"):
        log.append(fields(data), 0.0)
        body += view.read(at, 1000)
    assert body == f"id: {A}-2\ndata: wanted\nid: {A}-3\n\n".encode()


@pytest.mark.parametrize("event_id", ["forged", f"{A}-0:{B}-0", f"{A}-9:forged"])
def test_cut_off_between_two_gaps(event_id: str) -> None:
    """A client that has heard of the loss in one of its channels only is told of the others later."""
    logs = [make(life, 2) for life in (A, B)]
    for log in logs:
        for _ in range(10):
            log.append(fields(event("x")), 0.0)
    view = View([Track(name, log, lambda: "event") for name, log in zip("ab", logs, strict=True)])
    _, gaps = view.start(event_id, None, 0.0)
    first, end, rest = gaps.partition(b"\n\n")
    lost = [message.json()["channel"] for message in Decoder().feed(gaps)]
    assert lost == (["b"] if "9" in event_id else ["a", "b"])
    decoder = Decoder(event_id)
    decoder.feed(first + end)
    _, again = view.start(decoder.last_event_id, None, 0.0)
    assert {message.json()["channel"] for message in Decoder().feed(again)} >= set(lost[1:])
    decoder.feed(rest)
    assert view.start(decoder.last_event_id, None, 0.0)[1] == b""


def test_channels_in_the_order_of_time() -> None:
    """What several channels had while a client was away comes in the order in which it was published."""
    logs = {"a": make(A, 100), "b": make(B, 100)}
    for now, name in enumerate("abbabaaab"):
        logs[name].append(fields(event(str(now))), float(now))
    view = View([Track(name, log, lambda: "event") for name, log in logs.items()])
    at, _ = view.start("", "start", 10.0)
    messages = Decoder().feed(view.read(at, 10**6))
    assert [message.data for message in messages] == list("012345678")
    for number, message in enumerate(messages):
        resumed, _ = view.start(message.id, None, 10.0)
        assert Decoder().feed(view.read(resumed, 10**6)) == messages[number + 1 :]


def test_channels_with_a_long_past() -> None:
    """What several channels had comes in order when one has far more to tell than the other."""
    logs = {"a": make(A, 10_000), "b": make(B, 10_000)}
    for now in range(6000):
        logs["b" if now % 1000 == 999 else "a"].append(fields(event(str(now))), float(now))
    view = View([Track(name, log, lambda: "event") for name, log in logs.items()])
    at, _ = view.start("", "start", 6000.0)
    decoder, order = Decoder(), []
    while view.is_behind(at):
        order += [int(message.data) for message in decoder.feed(view.read(at, 65536))]
    assert order == list(range(6000))


def test_old_events_are_no_history() -> None:
    """Nobody is given an event that is past its age, though none has come since."""
    log = Log(A, Bounds(10, 10**6, 5.0), contextlib.nullcontext())
    view = View([Track("a", log, lambda: "event")])
    first = log.append(fields("x"), 0.0)
    log.append(fields("y"), 1.0)
    assert view.start(first, None, 6.0)[1] == b""
    at, gaps = view.start(first, None, 6.5)
    (gap,) = Decoder().feed(gaps)
    assert gap.json() == {"channel": "a", "lost": 1, "resumed_at": None}
    assert not view.is_behind(at)
    assert view.start("", "start", 6.5)[0].positions == [2]
