"""Following: being told of what comes."""

import asyncio
import random
import sys
import time
from pathlib import Path

import pytest

from hug.eventstream.engines.engine import Engine, Kept

from ...waiting import Stopwatch, eventually
from ..conftest import Another, Ear
from ..entries import assert_same, entries, entry, kept, put

pytestmark = pytest.mark.anyio


async def test_following(engine: Engine, another: Another) -> None:
    """Who follows a channel is told of its events, whoever appends them, as they are kept."""
    other, ear = await another()
    await put(engine, *entries(3))
    await other.follow("news")
    await put(engine, *entries(3))
    await put(engine, *entries(2, "other"))
    await put(other, *entries(2))
    await eventually(lambda: len(ear.events["news"]) >= 5)
    assert_same(ear.events["news"], await kept(engine, after=3))
    assert "other" not in ear.events


async def test_following_is_quick(engine: Engine, another: Another) -> None:
    """An event is told of soon: half of them within a tenth of a second, on any machine."""
    other, ear = await another()
    await other.follow("news")
    took = []
    for number in range(1, 32):
        watch = Stopwatch()
        await put(engine, entry())
        await eventually(lambda: ear.positions("news")[-1:] == [number])  # noqa: B023
        took.append(watch.seconds)
    assert sorted(took)[15] < 0.1


async def test_following_twice(engine: Engine, ear: Ear) -> None:
    """To follow a channel that is followed changes nothing; one that is not can be unfollowed."""
    await engine.unfollow("news")
    await engine.follow("news")
    await engine.follow("news")
    await put(engine, *entries(2))
    await eventually(lambda: ear.positions("news")[-1:] == [2])
    assert ear.positions("news") == [1, 2]
    await engine.unfollow("news")
    await engine.unfollow("news")


async def test_no_longer_following(engine: Engine, ear: Ear, another: Another) -> None:
    """A channel that is no longer followed is not told of; others are, and it may be followed again."""
    other, _ = await another()
    await engine.follow("news")
    await engine.follow("other")
    await put(other, entry("news"), entry("other"))
    await eventually(lambda: ear.positions("news") == ear.positions("other") == [1])
    await engine.unfollow("news")
    await put(other, entry("news"))
    await put(other, entry("other"))
    await eventually(lambda: ear.positions("other") == [1, 2])
    assert ear.positions("news") == [1]
    await engine.follow("news")
    await put(other, entry("news"))
    await eventually(lambda: ear.positions("news") == [1, 3])


async def test_nothing_is_missed_while_one_begins_to_follow(engine: Engine, another: Another) -> None:
    """What is read up to the end, and what is heard behind it, is all there is, while others append."""
    other, ear = await another()
    channels = [f"channel {number}" for number in range(20)]
    through = asyncio.Event()

    async def writing() -> None:
        while not through.is_set():
            await put(engine, *(entry(random.choice(channels)) for _ in range(random.randint(1, 30))))
            await asyncio.sleep(0)

    writer = asyncio.create_task(writing())
    joined: dict[str, int] = {}
    before: dict[str, list[Kept]] = {}
    for channel in channels:
        await asyncio.sleep(random.random() * 0.02)
        await other.follow(channel)
        joined[channel] = (await other.ends(channel)).last
        before[channel] = list(await kept(other, channel))
    await asyncio.sleep(0.1)
    through.set()
    await writer
    for channel in channels:
        events = list(await kept(engine, channel))
        await eventually(lambda: ear.positions(channel)[-1:] == [len(events)] or not events)  # noqa: B023
        end = joined[channel]
        assert before[channel][:end] == events[:end]
        heard = [event for event in ear.events[channel] if event.position > end]
        assert_same(heard, events[end:])


async def test_many_followed(engine: Engine, another: Another) -> None:
    """One connection follows hundreds of channels: it opens no more files and sockets for them."""
    other, ear = await another()
    names = [f"channel {number}" for number in range(400)]
    await other.follow(names[0])
    await put(engine, entry(names[0]))
    opened = _opened()
    for name in names[1:]:
        await other.follow(name)
    await put(engine, *(entry(name) for name in names[1:]))
    await put(engine, *(entry(name) for name in names))
    assert _opened() == opened
    await eventually(lambda: all(ear.positions(name)[-1:] == [2] for name in names))
    assert all(ear.positions(name) == [1, 2] for name in names)


def _opened() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0


async def test_a_loop_that_was_blocked(engine: Engine, another: Another) -> None:
    """Who was held up for a while is told of what came meanwhile; what is missing can be read."""
    other, ear = await another()
    await other.follow("news")
    for _ in range(20):
        await put(engine, *(entry(fields=b"data: " + b"x" * 2000 + b"\n") for _ in range(100)))
        time.sleep(0.02)  # noqa: ASYNC251
    await eventually(lambda: ear.positions("news")[-1:] == [2000] or ear.changes)
    if 2000 not in ear.positions("news"):
        assert (await other.ends("news")).last == 2000
    assert len(await kept(other)) == 2000
    assert ear.positions("news") == sorted(ear.positions("news"))
