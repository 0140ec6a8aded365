"""What a connection does when it is closed, cancelled, or one of many."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from hug.eventstream.engines.engine import Engine, Entry

from ...waiting import Stopwatch, eventually
from ..conftest import Another, Ear
from ..entries import entries, entry, kept, put, requests
from ..servers import engine_of

pytestmark = pytest.mark.anyio


async def test_what_a_connection_leaves(engine: Engine, another: Another) -> None:
    """What was appended is there for who connects later."""
    batch = entries(10)
    await put(engine, *batch)
    life = (await engine.ends("news")).life
    await engine.close()
    other, _ = await another()
    assert requests(await kept(other)) == requests(batch)
    assert (await other.ends("news")).life == life
    assert await put(other, batch[3], entry()) == [4, 11]


async def test_closing_a_connection(engine: Engine, ear: Ear, another: Another) -> None:
    """To disconnect takes no time, may be done twice, and nobody is told of a loss or of later events."""
    other, _ = await another()
    await engine.follow("news")
    watch = Stopwatch()
    await engine.close()
    await engine.close()
    assert watch.seconds < 2
    await put(other, *entries(3))
    await asyncio.sleep(0.1)
    assert not ear.losses
    assert not ear.events["news"]


async def test_prefixes(engine_name: str, engine_url: str, prefix: str) -> None:
    """Applications with different prefixes share nothing."""
    one, other, ear = (
        engine_of(engine_name, engine_url, "a"),
        engine_of(engine_name, engine_url, "A-1_"),
        Ear(),
    )
    name = prefix  # unlike the prefixes here it is no other test's
    try:
        await one.connect(Ear())
        await other.connect(ear)
        await other.follow(name)
        assert await put(one, *entries(3, name)) == [1, 2, 3]
        assert (await other.ends(name)).life == ""
        assert await put(other, entry(name)) == [1]
        await eventually(lambda: ear.events[name])
        assert ear.positions(name) == [1]
        await other.delete(name)
        assert (await one.ends(name)).last == 3
        assert await one.lease(name, "me", 30) is not None
        assert await other.lease(name, "you", 30) is not None
    finally:
        for each in (one, other):
            await each.close()


async def test_connecting_at_once(another: Another) -> None:
    """Many may connect at the same moment to an engine where nothing of ours is yet."""
    connected = await asyncio.gather(*(another() for _ in range(8)))
    got = await asyncio.gather(*(put(engine, entry()) for engine, _ in connected))
    assert sorted(number for each in got for number in each) == list(range(1, 9))


Call = Callable[[Engine], Awaitable[object]]
CALLS: dict[str, Call] = {
    "append": lambda engine: engine.append(entries(200, "a")),
    "read": lambda engine: kept(engine, "a"),
    "ends": lambda engine: engine.ends("a"),
    "follow": lambda engine: engine.follow("a"),
    "lease": lambda engine: engine.lease("a", "me", 1),
}


@pytest.mark.parametrize("call", CALLS)
async def test_cancelled(engine: Engine, ear: Ear, call: str) -> None:
    """A call that is cancelled in the middle leaves the connection as good as it was."""
    await put(engine, *entries(50, "a"))
    await engine.follow("b")
    for number in range(1, 31):
        task = asyncio.ensure_future(CALLS[call](engine))
        for _ in range(number % 7):
            await asyncio.sleep(random.choice([0, 0, 0.0005]))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await put(engine, one := entry("b")) == [number]
        assert requests(await kept(engine, "b", after=number - 1)) == [one.request]
        assert (await engine.ends("b")).request == one.request
    await eventually(lambda: ear.positions("b")[-1:] == [30])
    assert ear.positions("b") == list(range(1, 31))
    assert not ear.losses


async def test_a_cancelled_append_can_be_repeated(engine: Engine) -> None:
    """A batch that was cancelled in the middle is taken once when it is repeated."""
    everything: list[Entry] = []
    for number in range(20):
        batch = entries(30)
        task = asyncio.ensure_future(engine.append(batch))
        for _ in range(number % 6):
            await asyncio.sleep(random.choice([0, 0.0005]))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        everything += batch
        await put(engine, *batch)
    assert requests(await kept(engine)) == requests(everything)
    assert [event.position for event in await kept(engine)] == list(range(1, 601))


async def test_everything_at_once(engine: Engine, another: Another) -> None:
    """Calls of all kinds on one connection at the same time each get their own answer."""
    other, ear = await another()
    await put(engine, *entries(20, "a"), *entries(30, "b"))

    async def checking(number: int) -> None:
        name, count = random.choice([("a", 20), ("b", 30)])
        assert len(await kept(other, name)) == count
        assert (await other.ends(name)).last == count
        await other.follow(f"own {number}")
        assert await put(other, entry(f"own {number}")) == [1]
        assert await other.lease(f"own {number}", "me", 30) is not None
        assert len(await kept(other, name, most=7)) == 7
        await other.prune()

    await asyncio.gather(*(checking(number) for number in range(20)))
    await eventually(lambda: all(ear.positions(f"own {number}") == [1] for number in range(20)))
