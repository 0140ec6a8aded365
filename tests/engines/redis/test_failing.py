"""Redis: when it does not take what it is given, and when the connection is lost."""

import asyncio
import contextlib
import random
import threading
import time

import pytest
import redis

from hug.eventstream.engines import redis as module
from hug.eventstream.history.log import Bounds
from hug.exceptions import Refused, Unreachable

from ...waiting import eventually
from ..entries import entries, entry, kept, put, requests
from ..redis_server import Redis
from ..servers import started
from .conftest import connected

pytestmark = pytest.mark.anyio


async def test_a_full_memory(own: Redis, prefix: str) -> None:
    """When its memory is full a publisher is told so; reading goes on, and publishing when there is room."""
    async with connected(own.url, prefix) as (one, ear):
        with own.administrator() as client:
            await put(one, *entries(10))
            client.config_set("maxmemory", "1")
            answers = await one.append([entry(), entry("other")])
            assert all(isinstance(answer, Refused) for answer in answers)
            assert "maxmemory" in str(answers[0])
            assert own.password not in str(answers[0])
            assert len(await kept(one)) == 10
            assert (await one.ends("news")).last == 10
            assert await one.lease("turn", "me", 10)
            await one.delete("other")
            client.config_set("maxmemory", "0")
            assert await put(one, entry()) == [11]
            assert not ear.losses


async def test_too_few_replicas(own: Redis, prefix: str) -> None:
    """When it may not take events without replicas, a publisher is told so, and reading goes on."""
    async with connected(own.url, prefix) as (one, ear):
        with own.administrator() as client:
            await put(one, *entries(10))
            client.config_set("min-replicas-to-write", "1")
            [answer] = await one.append([entry()])
            assert isinstance(answer, Refused)
            assert "replicas" in str(answer)
            assert len(await kept(one)) == 10
            client.config_set("min-replicas-to-write", "0")
            assert await put(one, entry()) == [11]
            assert not ear.losses


async def test_it_becomes_a_replica(own: Redis, prefix: str) -> None:
    """When another server has taken over, the connection is given up: the other one is to be found."""
    with started("redis") as master, own.administrator() as client:
        async with connected(own.url, prefix) as (one, ear):
            await put(one, entry())
            client.replicaof("127.0.0.1", str(master.port))
            with pytest.raises(Unreachable, match="READONLY"):
                await one.append([entry()])
            await eventually(lambda: ear.losses)
            with pytest.raises(Unreachable):
                await one.ends("news")
            with pytest.raises(Unreachable):
                async with connected(own.url, prefix):
                    pass
            client.replicaof("NO", "ONE")
        async with connected(own.url, prefix) as (one, _):
            await put(one, entry())
        assert len(ear.losses) == 1


# When the connection is lost


async def test_killed_and_started_again(own: Redis, prefix: str) -> None:
    """After a kill what was taken is there, and known: what is repeated is not taken again."""
    before, repeated = entries(500), entries(30)
    async with connected(own.url, prefix) as (one, ear):
        await put(one, *before)
        await one.follow("news")
        await put(one, *repeated)
        life = (await one.ends("news")).life
        own.kill()
        await eventually(lambda: ear.losses)
        assert len(ear.losses) == 1
        for use in (
            one.ends("news"),
            one.append([entry()]),
            one.follow("a"),
            kept(one),
            one.lease("a", "b", 1),
        ):
            with pytest.raises(Unreachable):
                await use
    own.start()
    async with connected(own.url, prefix) as (one, _):
        assert (await one.ends("news")).life == life
        assert await put(one, *repeated, entry()) == list(range(501, 532))
        assert requests(await kept(one, most=530)) == requests([*before, *repeated])


@pytest.mark.parametrize("kind", ["normal", "pubsub"])
async def test_one_of_the_connections_is_lost(own: Redis, prefix: str, kind: str) -> None:
    """Both connections are one: if one of them is lost that is told, once, and the other is of no use."""
    async with connected(own.url, prefix) as (one, ear):
        await one.follow("news")
        with own.administrator() as client:
            client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
            await eventually(lambda: ear.losses)
            await eventually(lambda: len(client.client_list()) == 1)
        with pytest.raises(Unreachable):
            await one.append([entry()])
        await asyncio.sleep(0.05)
        assert len(ear.losses) == 1


async def test_cut_in_the_middle(own: Redis, prefix: str) -> None:
    """A batch in whose middle the connection was lost is repeated, and every event taken once."""
    batch = [entry(random.choice("abc"), "x" * 1000) for _ in range(5000)]
    taken = 0
    with own.administrator() as client:
        while taken < 5000:
            async with connected(own.url, prefix) as (one, _):
                appending = asyncio.ensure_future(one.append(batch))
                await asyncio.sleep(0.01 + random.random() * 0.2)
                client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                try:
                    answers = await appending
                except Unreachable:
                    continue
                taken = len([answer for answer in answers if isinstance(answer, int)])
    async with connected(own.url, prefix) as (one, _):
        for channel in "abc":
            of_it = [each for each in batch if each.channel == channel]
            assert requests(await kept(one, channel)) == requests(of_it)


@pytest.mark.parametrize("idle", [True, False])
async def test_silence(own: Redis, prefix: str, idle: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which nothing comes any more is lost soon, whether an answer is waited for or not."""
    monkeypatch.setattr(module, "TICK", 0.25)
    async with connected(own.url, prefix) as (one, ear):
        await asyncio.sleep(1.2)  # long enough to be asked whether it is there
        assert not ear.losses
        own.freeze()
        if idle:
            await eventually(lambda: ear.losses)
        else:
            with pytest.raises(Unreachable, match="not answered"):
                await one.append([entry()])
        assert len(ear.losses) == 1
        own.thaw()


async def test_a_blocked_loop_is_no_silence(
    shared: Redis, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop that was blocked for long has lost nothing by that."""
    monkeypatch.setattr(module, "TICK", 0.15)
    async with connected(shared.url, prefix) as (one, ear):
        for _ in range(3):
            asking = asyncio.ensure_future(one.ends("news"))
            await asyncio.sleep(0)
            time.sleep(0.8)  # noqa: ASYNC251
            await asking
            await asyncio.sleep(0.1)
        assert not ear.losses


async def test_slow_is_not_silent(shared: Redis, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that takes long to arrive is waited for, as long as some of it comes."""
    monkeypatch.setattr(module, "TICK", 0.1)
    passing: list[asyncio.Task[None]] = []

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pause: float) -> None:
        with contextlib.suppress(ConnectionError):
            while some := await reader.read(20_000):
                writer.write(some)
                await asyncio.sleep(pause)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        its_reader, its_writer = await asyncio.open_connection("127.0.0.1", shared.port)
        passing.append(asyncio.create_task(forward(reader, its_writer, 0)))
        passing.append(asyncio.create_task(forward(its_reader, writer, 0.1)))

    async with await asyncio.start_server(slowly, "127.0.0.1", 0) as proxy:
        port = proxy.sockets[0].getsockname()[1]
        async with connected(shared.url.replace(str(shared.port), str(port)), prefix) as (one, ear):
            await put(one, *(entry(text="x" * 10_000) for _ in range(40)))
            began = time.monotonic()
            assert len(await kept(one)) == 40
            assert time.monotonic() - began > 1
            assert not ear.losses
        await asyncio.gather(*passing)


async def test_a_subscriber_that_is_slow(own: Redis, prefix: str) -> None:
    """Redis disconnects who does not read what it is told: that is a loss, and what came can be read."""
    bounds = Bounds(60, 10**9)

    def publish() -> None:
        async def publishing() -> None:
            async with connected(own.url, prefix) as (another, _):
                for number in range(50):
                    await put(another, entry(text=f"{number}" + "x" * 1_000_000, bounds=bounds))

        asyncio.run(publishing())

    async with connected(own.url, prefix) as (one, ear):
        await one.follow("news")
        publisher = threading.Thread(target=publish)
        publisher.start()
        publisher.join()  # and this loop is blocked meanwhile
        await eventually(lambda: ear.losses)
        assert len(ear.positions("news")) < 50
    async with connected(own.url, prefix) as (one, _):
        last = max(ear.positions("news"), default=0)
        rest = await kept(one, after=last)
        assert [event.position for event in rest] == list(range(last + 1, 51))


async def test_connections(shared: Redis, client: "redis.Redis", prefix: str) -> None:
    """There are two, however many channels are followed, and none once it is closed."""

    def ours() -> int:
        return len([each for each in client.client_list() if each["name"] == "hug"])

    before = ours()
    async with connected(shared.url, prefix) as (one, _):
        await asyncio.gather(*(one.follow(f"channel {number}") for number in range(5000)))
        await asyncio.gather(*(put(one, entry(f"channel {number}")) for number in range(300)))
        assert ours() == before + 2
        [subscribed] = [each for each in client.client_list() if int(each["sub"]) >= 5000]
        await asyncio.gather(*(one.unfollow(f"channel {number}") for number in range(5000)))
        assert ours() == before + 2
    await eventually(lambda: ours() == before)
    assert subscribed["name"] == "hug"
