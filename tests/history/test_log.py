"""hug.eventstream.history.log: what a channel keeps, for how long, and the ids it gives."""

import contextlib
import re
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hug.eventstream.history.log import JOINED_BYTES, LIVE_BYTES, LIVE_EVENTS, Bounds, Log
from hug.eventstream.wire.decode import Decoder, Message
from hug.eventstream.wire.encode import fields
from hug.eventstream.wire.event import event

from .log_model import LARGE, LogModel, bytes_held, size_held

LIFE = "mwsd1x2a8k3q"
MANY = 10**9
EMPTY = len(f"id: {LIFE}-1\ndata: \n\n")
SMALL = 10_000
"""Bytes of a log that has let go of everything large."""

BOUNDS = st.builds(
    Bounds,
    history=st.sampled_from([0, 1, 2, 5, MANY]),
    max_bytes=st.sampled_from([1, 2 * EMPTY, 1000, MANY]),
    max_age=st.sampled_from([None, 1.0, 4.0]),
)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 20, 100, 2000]),  # bytes of data
        st.sampled_from([0.0, 0.0, 0.5, 2.0, 5.0]),  # seconds since the one before
    )
)


def make(history: int = MANY, max_bytes: int = MANY, max_age: float | None = None, held: bool = False) -> Log:
    log = Log(LIFE, Bounds(history, max_bytes, max_age), contextlib.nullcontext())
    log.held = held
    return log


def body(size: int) -> bytes:
    return fields("x" * size)


def fill(log: Log, count: int, size: int = 0) -> None:
    for _ in range(count):
        log.append(body(size), 0.0)


def frame_size(event_id: str, size: int) -> int:
    return len(f"id: {event_id}\ndata: \n\n") + size


def pieces(log: Log, position: int, limit: int) -> Iterator[bytes]:
    while position < log.last:
        piece, position = log.chunk(position, limit)
        yield piece


@given(BOUNDS, EVENTS, st.sampled_from([0.0, 0.5, 4.0, 100.0]))
@example(Bounds(0, MANY), [(0, 0.0), (0, 0.0)], 0.0)
@example(Bounds(MANY, 2 * EMPTY), [(0, 0.0), (0, 0.0), (0, 0.0)], 0.0)
@example(Bounds(MANY, MANY, 4.0), [(0, 0.0), (0, 0.0)], 4.0)
def test_history(bounds: Bounds, events: list[tuple[int, float]], silence: float) -> None:
    """After each event, and when time has passed, the history is all that count, bytes and age allow."""
    log, model, now = Log(LIFE, bounds, contextlib.nullcontext()), LogModel(bounds), 0.0
    for size, seconds in events:
        now += seconds
        event_id = log.append(body(size), now)
        model.append(frame_size(event_id, size), now)
        assert (log.resumable, log.oldest, log.last) == (model.history, model.oldest, model.last)
    log.expire(now + silence)
    model.expire(now + silence)
    assert (log.resumable, log.oldest) == (model.history, model.oldest)
    assert log.bytes_in == sum(model.sizes)
    assert bytes_held(log) <= model.bytes_behind(model.oldest) + len(LIFE)


@given(
    st.lists(st.sampled_from([0, 1, 30, 200]), min_size=1),
    st.sampled_from([1, EMPTY, 2 * EMPTY, 300, 65536]),
    st.integers(0, 5),
)
@example([0, 0, 0], 2 * EMPTY, 0)
def test_pieces(sizes: list[int], limit: int, position: int) -> None:
    """From any position on, the pieces are whole events, none left out, each as many as the limit allows."""
    log = make()
    frames = []
    for size in sizes:
        event_id = log.append(body(size), 0.0)
        frames.append(body(size) + f"id: {event_id}\n\n".encode())
    position = min(position, len(sizes))
    assert b"".join(pieces(log, position, limit)) == b"".join(frames[position:])
    while position < log.last:
        piece, end = log.chunk(position, limit)
        assert piece == b"".join(frames[position:end])
        assert len(piece) <= limit or end == position + 1
        assert end == log.last or len(piece) + len(frames[end]) > limit
        position = end
    assert log.chunk(position, limit) == (b"", position)
    event_id = log.append(body(0), 0.0)
    assert log.chunk(position, limit) == (body(0) + f"id: {event_id}\n\n".encode(), position + 1)


def test_readers_share_a_piece() -> None:
    """What two readers at one position get is one object, be it one event or many."""
    log = make()
    fill(log, 1)
    assert log.chunk(0, 1000)[0] is log.chunk(0, 1000)[0]
    fill(log, 5)
    assert log.chunk(0, 1000)[0] is log.chunk(0, 1000)[0]
    assert log.chunk(0, 1000)[0].count(b"data") == 6


def test_position_out_of_the_log() -> None:
    """A position that has fallen out is an error that says where the log begins, however it is read."""
    log = make(history=2)
    fill(log, 5)
    with pytest.raises(LookupError, match=r"position 2 .* begins at 3"):
        log.chunk(2, 1000)
    with pytest.raises(LookupError, match=r"position 0 .* begins at 3"):
        log.after(0, 10)
    assert [position for _, position, _ in log.after(3, 10)] == [4, 5]
    assert [position for _, position, _ in log.after(3, 1)] == [4]


@pytest.mark.parametrize("kind", ["joined", "looked at"])
def test_second_forms_are_bounded(kind: str) -> None:
    """What readers that are behind have in common is bounded in bytes, and let go of when there are none."""
    log = make(history=100, held=True)
    fill(log, 100, 20_000)
    history = bytes_held(log)
    for position in range(98):
        if kind == "joined":
            log.chunk(position, 65536)
        else:
            log.message(position + 1, next(log.after(position, 1))[2])
        assert bytes_held(log) <= history + JOINED_BYTES + SMALL
    assert bytes_held(log) > history + JOINED_BYTES // 8
    assert log.exceeds
    log.release(log.last)
    assert bytes_held(log) <= history + SMALL
    assert not log.exceeds


@pytest.mark.parametrize("let_go", ["release", "expire"])
def test_piece_out_of_the_log(let_go: str) -> None:
    """A piece that readers have shared is gone with its events."""
    log = make(history=10, max_age=1.0) if let_go == "expire" else make(history=0, held=True)
    fill(log, 2, LARGE)
    for position in (0, 1):
        log.chunk(position, MANY)
    log.expire(2.0) if let_go == "expire" else log.release(log.last)
    for position in (0, 1):
        with pytest.raises(LookupError):
            log.chunk(position, MANY)
    assert bytes_held(log) < SMALL


@pytest.mark.parametrize("history", [0, 3, 1500])
def test_live_window_by_count(history: int) -> None:
    """While readers are connected, the newest events are kept for them besides the history."""
    log = make(history=history, held=True)
    fill(log, LIVE_EVENTS)
    assert log.oldest == 0
    fill(log, LIVE_EVENTS)
    assert log.oldest == min(LIVE_EVENTS, 2 * LIVE_EVENTS - history)
    assert log.resumable == 2 * LIVE_EVENTS - history
    log.release(log.last)
    assert log.oldest == log.resumable


def test_live_window_by_bytes() -> None:
    """Events kept for readers are bounded in bytes, but for the newest, kept whatever its size."""
    log = make(history=0, held=True)
    fill(log, 10, LARGE)
    assert log.oldest == 8
    assert bytes_held(log) < LIVE_BYTES
    fill(log, 1, 2 * LIVE_BYTES)
    assert log.oldest == 10
    fill(log, 1)
    assert log.oldest == 11
    assert bytes_held(log) < SMALL


def test_live_window_without_readers() -> None:
    """Without readers there is none, from the next event on."""
    log = make(history=0, held=True)
    fill(log, 10)
    log.held = False
    fill(log, 1)
    assert log.oldest == log.last == 11


@pytest.mark.parametrize("count", [1, 100, 5000])
def test_dropped_events_are_freed(count: int) -> None:
    """The log refers to nothing that it has dropped, and its lists do not grow."""
    log = make(history=3)
    fill(log, count)
    fill(log, 5, 100_000)
    fill(log, 3)
    assert bytes_held(log) < 500
    assert size_held(log) < SMALL


def test_messages_of_dropped_events_are_freed() -> None:
    """What filters have looked at takes no more memory than the events that are kept."""
    log = make(history=2)
    for _ in range(10):
        fill(log, 1, LARGE)
        for _, position, frame in log.after(log.last - 1, 1):
            log.message(position, frame)
    assert bytes_held(log) < 6 * LARGE


def test_message() -> None:
    """A filter sees what a client will get; those that look at the same event share it."""
    log = make()
    log.append(fields(event({"n": 1}, event="tick", comment="for people", retry=5)), 0.0)
    log.append(fields(event("one\rtwo")), 1.5)
    (_, first, frame), (came, second, other) = log.after(0, 10)
    message = log.message(first, frame)
    assert message == Message("tick", '{"n":1}', log.id(1))
    assert log.message(first, frame) is message
    assert log.message(second, other) == Message("message", "one\ntwo", log.id(2))
    assert came == 1.5


@given(st.integers(0, 10**18))
def test_ids(position: int) -> None:
    """An id is short, of characters that browsers send anywhere, and says the position."""
    log = make()
    log.last = position
    event_id = log.id(position)
    assert re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", event_id)
    assert log.position(event_id) == position


def test_id_is_on_the_wire() -> None:
    """The id that `append` returns is the one a client receives, and that of the position behind."""
    log = make()
    event_ids = [log.append(body(3), 0.0) for _ in range(12)]
    assert [message.id for message in Decoder().feed(log.chunk(0, MANY)[0])] == event_ids
    assert [log.position(event_id) for event_id in event_ids] == list(range(1, 13))
    assert log.position(log.id(0)) == 0


@pytest.mark.parametrize(
    "event_id",
    [
        "", "-", "5", "-5", "start", LIFE, f"{LIFE}-", f"{LIFE}-x", f"{LIFE}5", f"{LIFE}--5", f"{LIFE}-+5",
        f"{LIFE}- 5", f"{LIFE}-5 ", f"{LIFE}-05", f"{LIFE}-5.0", f"{LIFE}-0x5", f"{LIFE}-1_0",
        f"{LIFE}-\u0665", f"{LIFE}-\u00b2", f"{LIFE}-11", f"{LIFE}-{10**19}", f"{LIFE}-{'9' * 4000}",
        f"{LIFE.upper()}-5", f"{LIFE[1:]}-5", f"x{LIFE}-5", f"{LIFE}:5", f"{LIFE}-5:{LIFE}-5",
    ],
)  # fmt: skip
def test_forged_ids(event_id: str) -> None:
    """An id that this log has not given, or not yet, is none of its own; it is written in one way only."""
    log = make()
    fill(log, 10)
    assert log.position(f"{LIFE}-5") == 5
    assert log.position(event_id) is None


@given(st.text() | st.text(st.sampled_from([*LIFE, "-", *"0123456789"])).map(lambda text: f"{LIFE}-{text}"))
def test_any_id(event_id: str) -> None:
    """No text makes an error, and only an id that it gave itself is a position."""
    log = make()
    fill(log, 10)
    assert log.position(event_id) in {None, *range(11)}
    assert log.position(event_id) is None or log.id(log.position(event_id) or 0) == event_id


def test_threads() -> None:
    """Events from several threads make one run without holes, while others read it."""
    log = Log(LIFE, Bounds(500, MANY), threading.Lock())
    count = 3000
    interval = sys.getswitchinterval()

    def publish() -> None:
        for n in range(count):
            log.append(body(n % 50), 0.0)

    threads = [threading.Thread(target=publish) for _ in range(3)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        position, seen, until = 0, 0, time.monotonic() + 30
        while position < len(threads) * count:
            assert time.monotonic() < until, f"only {log.last} events came"
            try:
                piece, end = log.chunk(position, 1000)
            except LookupError:
                position = log.oldest
                continue
            got = [log.position(message.id) for message in Decoder().feed(piece)]
            assert got == list(range(position + 1, end + 1))
            position, seen = end, seen + len(got)
    finally:
        sys.setswitchinterval(interval)
        for thread in threads:
            thread.join()
    assert log.last == len(threads) * count
    assert seen >= 500
