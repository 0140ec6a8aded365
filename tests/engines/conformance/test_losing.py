"""What becomes of a connection when its engine is killed, stands still, or comes back with other data."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from hug.eventstream.engines.engine import Engine
from hug.exceptions import Unreachable

from ...waiting import Stopwatch, eventually
from ..conftest import Ear
from ..entries import entries, entry, kept, put, requests
from ..running import Server
from ..servers import ENGINES, engine_of, started

pytestmark = pytest.mark.anyio

SERVED = [name for name in ENGINES if name != "sqlite"]
"""Those that a process serves: a file cannot be killed. For what may happen to one see `test_sqlite`."""


@pytest.fixture(params=SERVED)
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def server(engine_name: str) -> Iterator[Server]:
    """An engine that no other test uses."""
    with started(engine_name) as server:
        yield server


class Connecting:
    """Connections, one after the other."""

    def __init__(self, name: str, server: Server) -> None:
        self._name, self._server = name, server
        self._engines: list[Engine] = []

    async def once(self) -> tuple[Engine, Ear]:
        engine, ear = engine_of(self._name, self._server.url, "hug"), Ear()
        self._engines.append(engine)
        await engine.connect(ear)
        return engine, ear

    async def until_it_answers(self) -> tuple[Engine, Ear]:
        """Connect as those do who try it again: an engine that has just been started may refuse at first."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return await self.once()
            except Unreachable:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)

    async def close(self) -> None:
        for engine in self._engines:
            await engine.close()


@pytest.fixture
async def connecting(engine_name: str, server: Server) -> AsyncIterator[Connecting]:
    connecting = Connecting(engine_name, server)
    yield connecting
    await connecting.close()


async def test_killed(connecting: Connecting, server: Server) -> None:
    """The loss of an engine is told, once; calls fail; what was taken is there when it is back."""
    engine, ear = await connecting.once()
    await engine.follow("news")
    batch = entries(30)
    await put(engine, *batch)
    life = (await engine.ends("news")).life
    server.kill()
    await eventually(lambda: ear.losses, within=5)
    for call in (engine.append(entries(2)), engine.ends("news"), engine.follow("other"), kept(engine)):
        with pytest.raises(Unreachable):
            await asyncio.wait_for(call, 30)
    with pytest.raises(Unreachable):
        await asyncio.wait_for(connecting.once(), 30)
    assert len(ear.losses) == 1
    await engine.close()
    server.start()
    again, ear = await connecting.until_it_answers()
    assert requests(await kept(again)) == requests(batch)
    assert (await again.ends("news")).life == life
    assert await put(again, batch[4], entry()) == [5, 31]


async def test_killed_while_events_are_appended(connecting: Connecting, server: Server) -> None:
    """What was in the middle of it may be taken or not; repeated, it is taken once, in its order."""
    engine, _ = await connecting.once()
    everything = [entries(10) for _ in range(2000)]
    taken = 0

    async def appending() -> None:
        nonlocal taken
        for batch in everything:
            await put(engine, *batch)
            taken += 1

    task = asyncio.ensure_future(appending())
    await eventually(lambda: taken > 20)
    server.kill()
    with pytest.raises(Unreachable):
        await asyncio.wait_for(task, 30)
    await engine.close()
    server.start()
    again, _ = await connecting.until_it_answers()
    for batch in everything[taken : taken + 3]:
        await put(again, *batch)
    wanted = [request for batch in everything[: taken + 3] for request in requests(batch)]
    events = await kept(again)
    assert requests(events) == wanted
    assert [event.position for event in events] == list(range(1, len(wanted) + 1))


async def test_back_without_data(connecting: Connecting, server: Server) -> None:
    """An engine that has lost its data has no channel of before; one of the same name has another life."""
    engine, _ = await connecting.once()
    await put(engine, *entries(5))
    life = (await engine.ends("news")).life
    server.kill()
    await engine.close()
    server.erase()
    server.start()
    again, ear = await connecting.until_it_answers()
    assert (await again.ends("news")).life == ""
    await again.follow("news")
    assert await put(again, entry()) == [1]
    assert (await again.ends("news")).life not in ("", life)
    await eventually(lambda: ear.positions("news") == [1])


async def test_back_with_older_data(connecting: Connecting, server: Server) -> None:
    """One that comes back younger ends where it ended then, and goes on from there."""
    engine, _ = await connecting.once()
    first = entries(5)
    await put(engine, *first)
    await asyncio.sleep(1.2)  # by then what an engine writes once a second is on disk
    server.save()
    later = entries(5)
    await put(engine, *later)
    server.kill()
    await engine.close()
    server.restore()
    server.start()
    again, _ = await connecting.until_it_answers()
    ends = await again.ends("news")
    assert (ends.last, ends.request) == (5, first[-1].request)
    assert await put(again, one := entry()) == [6]
    assert requests(await kept(again)) == requests([*first, one])


async def test_standing_still(connecting: Connecting, server: Server) -> None:
    """While an engine does nothing a call takes some seconds, or can be cancelled; none is forgotten."""
    engine, _ = await connecting.once()
    await put(engine, *entries(3))
    server.freeze()
    try:
        with pytest.raises((Unreachable, TimeoutError)):
            await asyncio.wait_for(engine.append([one := entry()]), 6)
        watch = Stopwatch()
        await engine.close()
        assert watch.seconds < 3
    finally:
        server.thaw()
    again, _ = await connecting.until_it_answers()
    position = (await put(again, one))[0]
    assert position == 4
    assert requests(await kept(again, after=3)) == [one.request]
