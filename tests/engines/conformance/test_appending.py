"""Appending, once and again: positions, order, repeated requests."""

import asyncio
import random

import pytest

from hug.eventstream.engines.engine import Engine
from hug.eventstream.history.log import Bounds

from ...waiting import eventually
from ..conftest import Another, Ear
from ..entries import assert_same, entries, entry, kept, put, requests

pytestmark = pytest.mark.anyio


async def test_positions_count_from_one(engine: Engine) -> None:
    """The events of a channel get the positions 1, 2, 3, ..., one by one and together."""
    assert await put(engine, entry()) == [1]
    assert await put(engine, entry()) == [2]
    assert await put(engine, *entries(5)) == [3, 4, 5, 6, 7]


async def test_channels_count_for_themselves(engine: Engine) -> None:
    """A batch may have events of several channels: each gets the next position of its own."""
    assert await put(engine, entry("a"), entry("b"), entry("a"), entry("c"), entry("b")) == [1, 1, 2, 1, 2]
    assert await put(engine, entry("b"), entry("a"), entry("d")) == [3, 3, 1]
    assert [event.position for event in await kept(engine, "b")] == [1, 2, 3]


async def test_an_empty_batch(engine: Engine) -> None:
    """Nothing to append is nothing to do."""
    assert list(await engine.append([])) == []


async def test_again(engine: Engine) -> None:
    """An event that is appended again is not taken again: the answer is its position."""
    first, second = entries(2)
    assert await put(engine, first) == [1]
    assert await put(engine, first) == [1]
    assert await put(engine, second) == [2]
    assert await put(engine, first) == [1]
    assert requests(await kept(engine)) == requests([first, second])


async def test_again_in_a_batch(engine: Engine) -> None:
    """So is one of a batch, be it of an earlier batch or of the same."""
    first, second, third, fourth = entries(4)
    assert await put(engine, first, second) == [1, 2]
    assert await put(engine, third, second, fourth, third, first) == [3, 2, 4, 3, 1]
    assert requests(await kept(engine)) == requests([first, second, third, fourth])


async def test_again_after_others(engine: Engine, another: Another) -> None:
    """So is one that many others came after, by another connection, too."""
    other, _ = await another()
    first = entry()
    assert await put(engine, first) == [1]
    await put(other, *entries(300))
    assert await put(engine, first) == [1]
    assert await put(other, first) == [1]
    assert (await engine.ends("news")).last == 301


@pytest.mark.parametrize("history", [0, 1, 5])
async def test_again_after_it_was_trimmed(engine: Engine, history: int) -> None:
    """So is one that is no longer kept."""
    bounds = Bounds(history=history, max_bytes=10_000)
    first = entry(bounds=bounds)
    assert await put(engine, first) == [1]
    assert await put(engine, *entries(200, bounds=bounds)) == list(range(2, 202))
    assert await put(engine, first) == [1]
    assert (await engine.ends("news")).last == 201


async def test_again_when_the_answer_was_lost(engine: Engine, another: Another) -> None:
    """A batch of which a part was taken can be repeated as a whole."""
    other, _ = await another()
    batch = [entry(random.choice("ab"), str(number)) for number in range(100)]
    await put(other, *batch[:61])
    positions = await put(engine, *batch)
    for channel in "ab":
        of_it = [number for number, each in zip(positions, batch, strict=True) if each.channel == channel]
        assert of_it == list(range(1, len(of_it) + 1))
        assert requests(await kept(engine, channel)) == requests(
            [each for each in batch if each.channel == channel]
        )


async def test_large_batches(engine: Engine) -> None:
    """A batch may have thousands of events."""
    batch = entries(3000)
    assert await put(engine, *batch) == list(range(1, 3001))
    assert requests(await kept(engine)) == requests(batch)


async def test_two_append_at_once(engine: Engine, ear: Ear, another: Another) -> None:
    """What several connections append at once gets one order, without holes, the same for all who follow."""
    other, other_ear = await another()
    third, _ = await another()
    await engine.follow("news")
    await other.follow("news")

    async def appending(by: Engine) -> dict[str, int]:
        got: dict[str, int] = {}
        for _ in range(40):
            batch = entries(random.randint(1, 5))
            got.update(zip(requests(batch), await put(by, *batch), strict=True))
        return got

    all_of_them: dict[str, int] = {}
    for got in await asyncio.gather(appending(engine), appending(other), appending(third)):
        assert sorted(got.values()) == list(got.values())
        all_of_them |= got
    count = len(all_of_them)
    events = await kept(engine)
    assert [event.position for event in events] == list(range(1, count + 1))
    assert {event.request: event.position for event in events} == all_of_them
    for hearing in (ear, other_ear):
        await eventually(lambda: hearing.positions("news")[-1:] == [count])  # noqa: B023
        assert_same(hearing.events["news"], events)


async def test_appends_at_once_on_one_connection(engine: Engine) -> None:
    """Calls need not wait for each other."""
    got = await asyncio.gather(*(put(engine, *entries(3)) for _ in range(30)))
    assert sorted(number for each in got for number in each) == list(range(1, 91))
    assert all(each == list(range(each[0], each[0] + 3)) for each in got)
