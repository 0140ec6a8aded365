"""Reading what is kept, and where a channel begins and ends."""

import asyncio
import random
import time

import pytest

from hug.eventstream.engines.engine import Engine, Kept

from ..conftest import Another
from ..entries import entries, entry, kept, put, requests

pytestmark = pytest.mark.anyio


async def test_what_is_read_is_what_was_appended(engine: Engine, another: Another) -> None:
    """Position, request, time and fields of an event are what they were, on another connection, too."""
    other, _ = await another()
    batch = entries(3)
    await put(engine, *batch)
    now = (await engine.ends("news")).now
    for reading in (engine, other):
        events = await kept(reading)
        assert all(type(event) is Kept for event in events)
        assert [event.position for event in events] == [1, 2, 3]
        assert requests(events) == requests(batch)
        assert [event.fields for event in events] == [each.fields for each in batch]
        assert all(now - 10 < event.time <= now + 0.1 for event in events)


async def test_reading_after_a_position(engine: Engine) -> None:
    """Events behind a position are read, the oldest first, and as many as asked for at most."""
    await put(engine, *entries(20))

    async def positions(after: int, most: int) -> list[int]:
        return [event.position for event in await kept(engine, after=after, most=most)]

    assert await positions(0, 3) == [1, 2, 3]
    assert await positions(3, 3) == [4, 5, 6]
    assert await positions(17, 10) == [18, 19, 20]
    assert await positions(19, 1) == [20]
    assert await positions(20, 10) == []
    assert await positions(500, 10) == []


async def test_reading_no_more_than_so_many_bytes(engine: Engine) -> None:
    """Once so many bytes are read no further event is added; one is read however large it is."""
    await put(engine, *(entry(fields=b"data: " + b"x" * 993 + b"\n") for _ in range(10)))
    assert len(await kept(engine, size=1)) == 1
    assert len(await kept(engine, size=3500)) in (3, 4)
    assert len(await kept(engine, size=100_000)) == 10


async def test_another_life(engine: Engine) -> None:
    """Who wants the events of a life that is over gets none of the next one."""
    await put(engine, entry(), entry())
    before = (await engine.ends("news")).life
    assert len(await engine.read("news", before, 0, 10, 1000)) == 2
    await engine.delete("news")
    assert not await engine.read("news", before, 0, 10, 1000)
    assert not await engine.read("news", "", 0, 10, 1000)
    await put(engine, entry())
    assert not await engine.read("news", before, 0, 10, 1000)
    assert len(await engine.read("news", (await engine.ends("news")).life, 0, 10, 1000)) == 1


async def test_reading_in_pages(engine: Engine) -> None:
    """Page by page one gets all there is, each once."""
    batch = [entry(fields=b"data: %b\n" % (b"x" * random.choice([1, 10, 5000]))) for _ in range(400)]
    await put(engine, *batch)
    events: list[Kept] = []
    life = (await engine.ends("news")).life
    while page := await engine.read("news", life, len(events), 50, 20_000):
        assert len(page) <= 50
        events.extend(page)
        assert [event.position for event in events] == list(range(1, len(events) + 1))
    assert requests(events) == requests(batch)


async def test_ends(engine: Engine, another: Another) -> None:
    """The ends of a channel: its life, the first that is kept, the last, and that one's request."""
    batch = entries(7)
    await put(engine, *batch)
    ends = await engine.ends("news")
    assert (ends.first, ends.last, ends.request, ends.closed) == (1, 7, batch[-1].request, False)
    assert ends.life
    assert len(ends.life) <= 32
    assert set(ends.life) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._")
    other, _ = await another()
    same = await other.ends("news")
    assert (same.life, same.first, same.last, same.request) == (ends.life, 1, 7, batch[-1].request)
    await put(other, one := entry())
    later = await engine.ends("news")
    assert (later.life, later.last, later.request) == (ends.life, 8, one.request)


async def test_the_clock_of_an_engine_goes(engine: Engine) -> None:
    """`Ends.now` grows as time does."""
    began, before = time.monotonic(), (await engine.ends("news")).now
    await asyncio.sleep(0.3)
    after, took = (await engine.ends("news")).now, time.monotonic() - began
    assert 0.25 < after - before <= took + 0.1


async def test_ends_of_none(engine: Engine, another: Another) -> None:
    """A channel that does not exist has no life and no events, and does not come into being by asking."""
    for asking in (engine, (await another())[0], engine):
        ends = await asking.ends("nothing")
        assert (ends.life, ends.first, ends.last, ends.request, ends.closed) == ("", 1, 0, "", False)
        assert list(await kept(asking, "nothing")) == []
    await engine.follow("nothing")
    assert (await engine.ends("nothing")).life == ""
    assert await put(engine, entry("nothing")) == [1]
    assert (await engine.ends("nothing")).life
