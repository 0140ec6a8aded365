"""What the live feed of PostgreSQL reads: each of its statements returns what is new, in order, as it was."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from hug.eventstream.engines.engine import Engine
from hug.eventstream.engines.postgres.connection import Link
from hug.eventstream.engines.postgres.newer_events import FEW, NewerEvents
from hug.eventstream.engines.postgres.notifications import Feed, key
from hug.eventstream.engines.postgres.schema import names
from hug.eventstream.engines.postgres.url import parameters

from ...waiting import eventually
from ..conftest import Ear
from ..entries import assert_same, entries, entry, kept, put

pytestmark = pytest.mark.anyio


@pytest.fixture
async def link(engine_url: str) -> AsyncIterator[Link]:
    """A connection that is told of nothing."""
    link = await Link.open(parameters(engine_url), lambda _: None, lambda _: None)
    yield link
    await link.close()


async def test_both_ways(engine: Engine, link: Link, prefix: str) -> None:
    """One channel that has grown a little is read as all others are: rows of one, of many, and large."""
    newer = NewerEvents(names(prefix))
    for count in (1, 3, 1, 200, 1):
        await put(engine, *entries(count))
    await put(engine, entry(text="\u00e9\U0001f600" * 70_000))
    await put(engine, entry(fields=b""))  # its end
    everything = await kept(engine)
    for after in range(len(everything) + 1):
        ((name, one),) = (await newer.of_one(link, "news", after)).items()
        ((same, of_all),) = (await newer.of_all(link, {"news": after})).items()
        assert name == same == "news"
        assert one == of_all
        assert one.last == len(everything)
        assert_same(one.events, everything[after:])


async def test_channels_that_are_not_there(engine: Engine, link: Link, prefix: str) -> None:
    """Of what is not there nothing is returned, and it does not change what is returned of others."""
    newer = NewerEvents(names(prefix))
    await put(engine, *entries(2, "b"), *entries(1, "d"))
    found = await newer.of_all(link, {"a": 0, "b": 1, "c": None, "d": None})
    assert list(found) == ["b", "d"]
    assert (found["b"].last, [event.position for event in found["b"].events]) == (2, [2])
    assert (found["d"].last, found["d"].events) == (1, [])
    assert await newer.of_one(link, "a", 0) == {}
    assert await newer.of_deleted(link, 0, 0) == []


async def test_more_than_was_told(engine: Engine, link: Link, prefix: str) -> None:
    """Whoever is told of one event reads all that there are by then, however many rows they take."""
    ear = Ear()
    feed = Feed(ear, names(prefix))
    running = asyncio.ensure_future(feed.run(link))
    try:
        await put(engine, *entries(1))
        await feed.follow("news")
        for each in entries(5 * FEW):
            await put(engine, each)
        feed.notified(f"{key('news')}:2")
        await eventually(lambda: len(ear.events["news"]) >= 5 * FEW, within=10)
        assert_same(ear.events["news"], await kept(engine, after=1))
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
