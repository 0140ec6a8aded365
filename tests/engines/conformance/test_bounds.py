"""How much of a channel is kept."""

import asyncio
import time

import pytest

from hug.eventstream.engines.engine import Engine
from hug.eventstream.history.log import Bounds

from ...waiting import eventually
from ..conftest import Another, Ear
from ..entries import entries, entry, kept, put

pytestmark = pytest.mark.anyio

SLACK = 100
"""Events that an engine may keep past a channel's bounds, if it trims a few at a time."""


async def test_bounded_by_count(engine: Engine) -> None:
    """No fewer events than the history's are kept, and not many more."""
    for _ in range(60):
        await put(engine, *entries(10, bounds=Bounds(history=20, max_bytes=1_000_000)))
    ends = await engine.ends("news")
    assert ends.last == 600
    assert 20 <= ends.last - ends.first + 1 <= 20 + SLACK
    events = await kept(engine)
    assert [event.position for event in events] == list(range(ends.first, 601))


async def test_bounded_by_bytes(engine: Engine) -> None:
    """No fewer bytes than the bound's are kept, but for half an event, and not many more."""
    for _ in range(60):
        batch = [
            entry(fields=b"data: " + b"x" * 993 + b"\n", bounds=Bounds(10_000, 30_000)) for _ in range(10)
        ]
        await put(engine, *batch)
    ends = await engine.ends("news")
    assert 27 <= ends.last - ends.first + 1 <= 30 + SLACK
    assert [event.position for event in await kept(engine)] == list(range(ends.first, 601))


async def test_one_event_over_the_bytes(engine: Engine) -> None:
    """An event larger than all that is kept is taken all the same."""
    large = entry(fields=b"data: " + b"x" * 5000 + b"\n", bounds=Bounds(10, 1000))
    assert await put(engine, *entries(3), large) == [1, 2, 3, 4]
    ends = await engine.ends("news")
    assert (ends.last, ends.request) == (4, large.request)


async def test_bounded_by_age(engine: Engine) -> None:
    """Events past their age are dropped when others come, and no sooner."""
    bounds = Bounds(history=1000, max_bytes=1_000_000, max_age=1.5)
    began = time.monotonic()
    await put(engine, *entries(5, bounds=bounds))
    assert (await engine.ends("news")).first == 1 or time.monotonic() - began > 1.5
    await asyncio.sleep(2)
    began = time.monotonic()
    assert await put(engine, entry(bounds=bounds)) == [6]
    ends = await engine.ends("news")
    there = [event.position for event in await kept(engine)]
    assert (ends.first, ends.last, there) == (6, 6, [6]) or time.monotonic() - began > 1.5


async def test_pruned_by_age(engine: Engine) -> None:
    """Events past their age go, too, when no others come; what is younger, or has no age, stays."""
    bounds = Bounds(history=1000, max_bytes=1_000_000, max_age=1.0)
    await put(engine, *entries(5, "old", bounds=bounds), *entries(5, "any"))
    await put(engine, *entries(5, "young", bounds=Bounds(1000, 1_000_000, max_age=600.0)))
    await asyncio.sleep(1.5)
    await engine.prune()
    assert list(await kept(engine, "old")) == []
    assert len(await kept(engine, "young")) == len(await kept(engine, "any")) == 5
    assert (await engine.ends("young")).first == 1


async def test_without_history(engine: Engine, ear: Ear, another: Another) -> None:
    """With a history of 0 nothing is kept; those who follow are told of every event all the same."""
    _, other_ear = other = await another()
    await engine.follow("news")
    await other[0].follow("news")
    for _ in range(10):
        await put(engine, *entries(10, bounds=Bounds(0, 1_000_000)))
    for hearing in (ear, other_ear):
        await eventually(lambda: hearing.positions("news")[-1:] == [100])  # noqa: B023
        assert hearing.positions("news") == list(range(1, 101))
    ends = await engine.ends("news")
    assert ends.last == 100
    assert ends.last - ends.first + 1 <= SLACK
    assert ends.request == ear.events["news"][-1].request


async def test_bounds_may_change(engine: Engine) -> None:
    """Those of the newest event hold."""
    await put(engine, *entries(50, bounds=Bounds(1000, 1_000_000)))
    for _ in range(20):
        await put(engine, *entries(10, bounds=Bounds(5, 1_000_000)))
    ends = await engine.ends("news")
    assert 5 <= ends.last - ends.first + 1 <= 5 + SLACK
    await put(engine, *entries(300, bounds=Bounds(1000, 1_000_000)))
    later = await engine.ends("news")
    assert later.first == ends.first


NOT_GIVEN = Bounds(3, 1000, 0.001, given=False)


async def test_bounds_that_are_not_given(engine: Engine, another: Another) -> None:
    """Who gives none takes nothing from a channel: those hold that it was given last, by whomever."""
    other, _ = await another()
    await put(engine, *entries(300, bounds=Bounds(1000, 1_000_000)))
    for _ in range(20):
        await put(other, *entries(10, bounds=NOT_GIVEN))
    assert len(await kept(engine)) == 500
    mixed = [entry(bounds=NOT_GIVEN), entry(bounds=Bounds(5, 1_000_000)), entry(bounds=NOT_GIVEN)]
    for _ in range(60):
        await put(other, *mixed)
    assert 5 <= len(await kept(engine)) <= 5 + SLACK
    await put(engine, *entries(300, bounds=NOT_GIVEN))
    assert 5 <= len(await kept(other)) <= 5 + SLACK
    await put(other, entry(bounds=NOT_GIVEN, fields=b""))
    assert (await engine.ends("news")).closed


async def test_bounds_that_nobody_has_given(engine: Engine, another: Another) -> None:
    """They hold for a channel that is new, whatever others bring, until somebody gives some."""
    other, _ = await another()
    for _ in range(20):
        await put(engine, *entries(10, bounds=Bounds(10, 1_000_000, given=False)))
        await put(other, *entries(10, bounds=Bounds(1000, 1_000_000, given=False)))
    assert 10 <= len(await kept(engine)) <= 10 + SLACK
    await put(other, *entries(10, bounds=Bounds(1000, 1_000_000)))
    for _ in range(20):
        await put(engine, *entries(10, bounds=Bounds(10, 1_000_000, given=False)))
    assert len(await kept(engine)) >= 200


async def test_age_that_is_not_given(engine: Engine) -> None:
    """An age that nobody has given drops nothing, neither at once nor when the channel is pruned."""
    await put(engine, *entries(5, bounds=Bounds(1000, 1_000_000)))
    await put(engine, entry(bounds=NOT_GIVEN))
    await asyncio.sleep(0.1)
    await put(engine, entry(bounds=NOT_GIVEN))
    await engine.prune()
    assert len(await kept(engine)) == 7
