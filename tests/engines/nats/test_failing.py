"""NATS: when the server or the network fails, and what comes back."""

import asyncio
import logging
import time
from collections.abc import Iterator

import pytest

from hug.eventstream.engines.engine import Entry
from hug.eventstream.engines.nats import maker
from hug.exceptions import Unreachable

from ...waiting import Stopwatch, eventually
from ..conftest import Ear
from ..entries import entries, entry, kept, put, requests
from ..nats_server import Nats
from .conftest import connected

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is logged by libraries, whatever happens."""
    yield
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def nothing_left(tasks: set["asyncio.Task[object]"]) -> None:
    await eventually(lambda: asyncio.all_tasks() <= tasks, within=1)


async def test_killed(own: Nats, prefix: str) -> None:
    """A server that is killed is noticed at once, calls under way fail, and what was taken is there again."""
    tasks = asyncio.all_tasks()
    one, ear = maker(own.url, prefix)(), Ear()
    await one.connect(ear)
    for number in range(50):
        await one.follow(f"channel {number}")
    taken: list[Entry] = []
    pending: list[Entry] = []

    async def publishing() -> None:
        while True:
            pending[:] = entries(200)
            await put(one, *pending)
            taken.extend(pending)

    under_way = asyncio.ensure_future(publishing())
    await eventually(lambda: len(taken) > 2000)
    life = (await one.ends("news")).life
    own.kill()
    watch = Stopwatch()
    with pytest.raises(Unreachable):
        await under_way
    await eventually(lambda: ear.losses)
    for call in (
        one.append(entries(1)), one.ends("news"), one.read("news", life, 0, 1, 1), one.lease("a", "b", 1)
    ):  # fmt: skip
        with pytest.raises(Unreachable):
            await call
    assert watch.seconds < 2
    await one.close()
    assert len(ear.losses) == 1
    assert Nats.password.split()[0] not in str(ear.losses[0])
    await nothing_left(tasks)
    own.start()
    async with connected(own.url, prefix) as (other, _):
        assert (await other.ends("news")).life == life
        events = requests(await kept(other))
        assert events[: len(taken)] == requests(taken)
        # What nobody knows is repeated, and is there once.
        await put(other, *pending)
        assert requests(await kept(other)) == requests([*taken, *pending])
        assert await put(other, taken[7], taken[-1]) == [8, len(taken)]
    await nothing_left(tasks)


async def test_an_orderly_end(own: Nats, prefix: str) -> None:
    """So is one that ends by itself."""
    async with connected(own.url, prefix) as (one, ear):
        await put(one, *entries(10))
        own.stop()
        await eventually(lambda: ear.losses, within=2)
        own.start()
        async with connected(own.url, prefix) as (other, _):
            assert (await other.ends("news")).last == 10


async def test_without_its_data(own: Nats, prefix: str) -> None:
    """A server that has lost its data has no channels; the next of the same name has another life."""
    async with connected(own.url, prefix) as (one, _):
        await put(one, *entries(10))
        life = (await one.ends("news")).life
        number = await one.lease("turn", "me", 30)
    own.kill()
    own.erase()
    own.start()
    async with connected(own.url, prefix) as (one, _):
        assert (await one.ends("news")).life == ""
        assert await put(one, entry()) == [1]
        assert (await one.ends("news")).life not in ("", life)
        later = await one.lease("turn", "you", 30)
        assert number
        assert later
        assert later > number


async def test_in_memory(own: Nats, prefix: str) -> None:
    """With storage=memory channels are gone with the server, and hug goes on."""
    url = own.url + "?storage=memory"
    async with connected(url, prefix) as (one, _):
        await put(one, *entries(10))
        assert len(await kept(one)) == 10
    own.stop()
    own.start()
    async with connected(url, prefix) as (one, _):
        assert (await one.ends("news")).life == ""
        assert await put(one, entry()) == [1]


async def test_a_backup(own: Nats, prefix: str) -> None:
    """A server that comes back with older data tells by its newest request that its past is another one."""
    async with connected(own.url, prefix) as (one, _):
        older = entries(10)
        await put(one, *older)
        before = await one.ends("news")
        own.save()
        newer = entries(5)
        await put(one, *newer)
    own.kill()
    own.restore()
    own.start()
    async with connected(own.url, prefix) as (one, _):
        ends = await one.ends("news")
        assert (ends.life, ends.last, ends.request) == (before.life, 10, older[-1].request)
        others = entries(5)
        assert await put(one, *others, newer[0]) == [11, 12, 13, 14, 15, 16]
        assert requests(await kept(one, after=10)) == requests([*others, newer[0]])
        assert await put(one, older[3]) == [4]


async def test_silence(own: Nats, prefix: str) -> None:
    """A server that says nothing any more is given up within seconds, and that leaves nothing behind."""
    tasks = asyncio.all_tasks()
    one, ear = maker(own.url, prefix)(), Ear()
    await one.connect(ear)
    await one.follow("news")
    await put(one, entry())
    own.freeze()
    try:
        began, watch = time.monotonic(), Stopwatch()
        # More than the sockets take.
        waiting = [asyncio.ensure_future(one.append([entry(fields=b"x" * 500_000)] * 20)) for _ in range(4)]
        answers = await asyncio.gather(*waiting, one.ends("news"), return_exceptions=True)
        assert {type(answer) for answer in answers} == {Unreachable}
        await eventually(lambda: ear.losses)
        assert time.monotonic() - began > 2
        assert watch.seconds < 9
        watch = Stopwatch()
        await one.close()
        assert watch.seconds < 1
        assert len(ear.losses) == 1
        await nothing_left(tasks)
        watch = Stopwatch()
        with pytest.raises(Unreachable):
            await maker(own.url, prefix)().connect(Ear())
        assert watch.seconds < 8
        await nothing_left(tasks)
    finally:
        own.thaw()


async def test_closing_while_the_server_is_silent(own: Nats, prefix: str) -> None:
    """To disconnect takes no time then, either, and what waits fails."""
    one, ear = maker(own.url, prefix)(), Ear()
    await one.connect(ear)
    own.freeze()
    try:
        waiting = asyncio.ensure_future(one.append([entry(fields=b"x" * 500_000)] * 20))
        await asyncio.sleep(0.1)
        watch = Stopwatch()
        await one.close()
        with pytest.raises(Unreachable):
            await waiting
        assert watch.seconds < 1
        assert not ear.losses
    finally:
        own.thaw()


async def test_a_short_silence(own: Nats, prefix: str) -> None:
    """One that is held up for a while, or a loop that was blocked for longer, loses nothing."""
    async with connected(own.url, prefix) as (one, ear):
        await one.follow("news")
        own.freeze()
        waiting = asyncio.ensure_future(put(one, *entries(5)))
        await asyncio.sleep(2)
        own.thaw()
        assert await waiting == [1, 2, 3, 4, 5]
        await put(one, *entries(5))
        time.sleep(6)  # noqa: ASYNC251
        assert await put(one, *entries(5)) == [11, 12, 13, 14, 15]
        await eventually(lambda: ear.positions("news") == list(range(1, 16)))
        assert not ear.losses


async def test_cut_off_by_the_server(own: Nats, prefix: str) -> None:
    """A connection that the server ends, for its limits, say, is lost once, with the reason."""
    async with connected(own.url, prefix) as (one, ear):
        await one._connection.tell("x" * 5000)
        await eventually(lambda: ear.losses, within=3)
        with pytest.raises(Unreachable):
            await one.ends("news")
    assert len(ear.losses) == 1


async def test_connecting_is_cancelled(own: Nats, prefix: str) -> None:
    """Who gives up while connecting leaves nothing behind."""
    tasks = asyncio.all_tasks()
    for number in range(25):
        one = maker(own.url, prefix)()
        connecting = asyncio.ensure_future(one.connect(Ear()))
        for _ in range(number):
            await asyncio.sleep(0)
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        await one.close()
    await nothing_left(tasks)
