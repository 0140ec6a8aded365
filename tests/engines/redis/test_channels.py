"""Redis: what others do to what is there, and how much there is."""

import asyncio
import random
import threading
import time

import pytest
import redis
from msgspec.structs import replace

from hug.eventstream.engines.engine import Entry
from hug.eventstream.engines.redis import scripts
from hug.eventstream.engines.redis.chunks import BYTES_AT_ONCE, MOST_AT_ONCE
from hug.eventstream.history.log import Bounds
from hug.exceptions import BrokerError, Refused

from ...waiting import eventually
from ..entries import MUCH, entries, entry, kept, put, requests
from ..redis_server import Redis
from .conftest import connected

pytestmark = pytest.mark.anyio


# What others do to what is there


async def test_scripts_that_are_forgotten(shared: Redis, client: "redis.Redis", prefix: str) -> None:
    """Redis may forget scripts at any time: everything goes on, and all is taken once, in its order."""
    async with connected(shared.url, prefix) as (one, _):
        client.script_flush()
        first = entry()
        assert await put(one, first) == [1]
        client.script_flush()
        batch = [entry(random.choice(["news", "other"])) for _ in range(3 * MOST_AT_ONCE)]
        await put(one, *batch)
        for channel in ("news", "other"):
            of_it = [each for each in [first, *batch] if each.channel == channel]
            assert requests(await kept(one, channel)) == requests(of_it)
        for use in (
            lambda: one.ends("news"),
            lambda: kept(one),
            lambda: one.lease("turn", "me", 1),
            lambda: one.release("turn", "me"),
            lambda: one.delete("news"),
        ):
            client.script_flush()
            await use()
        assert (await one.ends("news")).life == ""


async def test_order_while_scripts_come_and_go(shared: Redis, client: "redis.Redis", prefix: str) -> None:
    """While others make Redis forget scripts, and learn them, a channel's events keep their order."""
    through = threading.Event()

    def come_and_go() -> None:
        while not through.is_set():
            client.script_flush()
            client.script_load(scripts.APPEND.source)

    other = threading.Thread(target=come_and_go)
    async with connected(shared.url, prefix) as (one, _):
        other.start()
        try:
            for _ in range(8):
                batch = entries(15 * MOST_AT_ONCE)
                positions = await put(one, *batch)
                assert positions == list(range(positions[0], positions[0] + len(batch)))
        finally:
            through.set()
            other.join()


async def test_keys_of_other_programs(shared: Redis, client: "redis.Redis", prefix: str) -> None:
    """Where another program has a key of the same name, the event is refused and the reader told why."""
    client.set(f"{prefix}:{{mine}}:log", "something")
    client.set(f"{prefix}:{{yours}}:meta", "something")
    async with connected(shared.url, prefix) as (one, ear):
        answers = await one.append([entry("yours"), entry("news")])
        assert isinstance(answers[0], Refused)
        assert "prefix" in str(answers[0])
        assert answers[1] == 1
        with pytest.raises(BrokerError, match="prefix"):
            await one.ends("yours")
        with pytest.raises(BrokerError, match="prefix"):
            await one.read("yours", "life", 0, 1, 1)
        assert await put(one, entry()) == [2]
        assert not ear.losses


async def test_topics_of_other_databases(shared: Redis, client: "redis.Redis", prefix: str) -> None:
    """Topics know no databases, but applications in different ones share nothing all the same."""
    async with (
        connected(shared.url, prefix) as (one, ear),
        connected(shared.url.replace("/0", "/1"), prefix) as (other, other_ear),
    ):
        await one.follow("news")
        await other.follow("news")
        await put(one, *entries(2))
        assert (await other.ends("news")).life == ""
        await put(other, *entries(3))
        await other.delete("news")
        await eventually(lambda: other_ear.changes)
        assert other_ear.positions("news") == [1, 2, 3]
        assert ear.positions("news") == [1, 2]
        assert not ear.changes


async def test_messages_that_are_not_ours(shared: Redis, client: "redis.Redis", prefix: str) -> None:
    """What others publish on a channel's topic is no event; the channel is looked at, to be sure."""
    async with connected(shared.url, prefix) as (one, ear):
        await one.follow("news")
        odd = [
            b"",
            b"\n",
            b"hello",
            b"1 2\n",
            b"x y z 3\nabc",
            b"1 2 a.1\nabc",
            b"1 2 a.1 x\nabc",
            b"\xff\n\xff",
        ]
        for message in odd:
            await put(one, entry())
            client.publish(f"{prefix}:0:{{news}}", message)
        await put(one, entry())
        await eventually(lambda: len(ear.positions("news")) == len(odd) + 1)
        assert set(ear.changes) == {"news"}
        assert not ear.losses


@pytest.mark.parametrize("part", ["log", "meta", "past"])
async def test_keys_that_are_evicted(shared: Redis, client: "redis.Redis", prefix: str, part: str) -> None:
    """Redis may drop a part of a channel when its memory is full: what is left is told as it is."""
    async with connected(shared.url, prefix) as (one, _):
        await put(one, *entries(5))
        life = (await one.ends("news")).life
        assert client.delete(*client.keys(f"{prefix}:{{news}}:{part}*"))
        ends = await one.ends("news")
        if part == "meta":
            assert (ends.life, ends.last) == ("", 0)
            assert await put(one, *entries(2)) == [1, 2]
            assert (await one.ends("news")).life != life
            assert [event.position for event in await kept(one)] == [1, 2]
        else:
            assert (ends.life, ends.first, ends.last) == (life, 6 if part == "log" else 1, 5)
            assert await put(one, *entries(2)) == [6, 7]


# How much of it is there


async def test_bounds_are_exact(shared: Redis, prefix: str) -> None:
    """What is kept are the newest events that the bounds let be, by count and bytes, to the event."""
    dice = random.Random(7)
    async with connected(shared.url, prefix) as (one, _):
        sizes: list[int] = []
        first = 1
        for _ in range(150):
            batch = [
                entry(fields=b"x" * dice.choice([1, 30, 700, 2000]))
                for _ in range(dice.choice([1, 2, 30, 250]))
            ]
            for each in batch:
                sizes.append(len(each.fields) + len(f"id: {each.request}-{len(sizes) + 1}\n\n"))
            history, most = dice.choice([0, 1, 5, 40, 1000]), dice.choice([100, 3000, 20_000, 10**9])
            if dice.random() < 0.4:  # just enough for some, or a byte less
                most = sum(sizes[-dice.randint(1, 50) :]) - dice.randint(0, 1)
            bounds = Bounds(history, most)
            positions = await put(one, *(replace(each, bounds=bounds) for each in batch))
            assert positions[-1] == len(sizes)
            while len(sizes) - first + 1 > history or sum(sizes[first - 1 :]) > most:
                first += 1
            ends = await one.ends("news")
            assert (ends.first, ends.last) == (first, len(sizes))
            page = await kept(one, most=3)
            assert [event.position for event in page] == list(range(first, len(sizes) + 1))[:3]


async def test_ages_are_exact(shared: Redis, client: "redis.Redis", prefix: str) -> None:
    """What is past its age is gone for readers at that moment, and from Redis when the next one comes."""
    age = 0.6

    def late(put_at: float) -> bool:
        """Whether, on a machine that is busy, what was put then may be past its age."""
        return time.monotonic() - put_at > age

    async with connected(shared.url, prefix) as (one, _):
        bounds = Bounds(1000, 10**9, age)
        began = time.monotonic()
        await put(one, *entries(30, bounds=bounds))
        await asyncio.sleep(0.35)
        second = time.monotonic()
        await put(one, *entries(3, bounds=bounds))
        assert len(await kept(one)) == 33 or late(began)
        while (first := (await one.ends("news")).first) == 1:
            assert time.monotonic() < began + 60
        assert first == 31 or late(second)
        assert [event.position for event in await kept(one, after=3)] == [31, 32, 33] or late(second)
        while (first := (await one.ends("news")).first) == 31:
            assert time.monotonic() < began + 60
        ends = await one.ends("news")
        assert (ends.first, ends.last) == (34, 33)
        assert list(await kept(one)) == []
        await put(one, *entries(2, bounds=bounds))
        assert client.xlen(f"{prefix}:{{news}}:log") == 2
        await asyncio.sleep(0.35)
        second = time.monotonic()
        await put(one, *entries(2, bounds=bounds))
        await asyncio.sleep(0.35)
        await put(one, *entries(2, bounds=bounds))
        assert client.xlen(f"{prefix}:{{news}}:log") == 4 or late(second)


async def test_idle_channels_expire(shared: Redis, client: "redis.Redis", prefix: str) -> None:
    """Of an idle channel whose events have an age nothing is left at last; of others all is."""
    log, meta = f"{prefix}:{{news}}:log", f"{prefix}:{{news}}:meta"
    async with connected(shared.url, prefix) as (one, _):
        await put(one, entry(bounds=Bounds(10, 10_000, 0.2)))
        assert 3600_000 < client.pttl(meta) <= 3600_000 * 17 / 16 + 1000
        await eventually(lambda: not client.exists(log))
        ends = await one.ends("news")
        assert (ends.first, ends.last) == (2, 1)
        await put(one, entry(bounds=Bounds(10, 10_000, 100.0)))
        assert 100_000 < client.pttl(log) <= 107_000
        await put(one, entry(bounds=Bounds(10, 10_000)))
        assert client.pttl(log) == client.pttl(meta) == -1
        await put(one, entry(bounds=Bounds(0, 10_000)))
        assert not client.exists(log)
        assert client.pttl(meta) > 7 * 24 * 3600_000
        [past] = client.keys(f"{prefix}:{{news}}:past:*")
        assert 120_000 < client.pttl(past) <= 170_000
        life, _, rest = client.lindex(past, -1).split(b" ", 2)
        client.lset(
            past, -1, b"%b %d %b" % (life, (time.time() - 30) * 1000, rest)
        )  # as if half a minute ago
        client.pexpire(past, 110_000)
        await put(one, entry())
        assert client.pttl(past) > 120_000


async def test_channels_that_are_followed_stay(shared: Redis, client: "redis.Redis", prefix: str) -> None:
    """However idle, a channel that is followed stays known; that changes nothing for others."""
    metas = [f"{prefix}:{{{name}}}:meta" for name in ("followed", "idle", "ageless")]
    async with connected(shared.url, prefix) as (one, _):
        short = Bounds(10, 10_000, 0.2)
        await put(one, entry("followed", bounds=short), entry("idle", bounds=short), entry("ageless"))
        for name in ("followed", "ageless", "not there"):
            await one.follow(name)
        for meta in metas[:2]:
            client.pexpire(meta, 60_000)
        await one.prune()
        assert client.pttl(metas[0]) > 3600_000
        assert client.pttl(metas[1]) <= 60_000
        assert client.pttl(metas[2]) == -1
        assert not (await one.ends("not there")).life


async def test_memory(shared: Redis, client: "redis.Redis", prefix: str) -> None:
    """A hundred thousand events on a channel that keeps a hundred take a few bytes each, and not for long."""
    async with connected(shared.url, prefix) as (one, _):
        bounds = Bounds(100, 10**9)
        for _ in range(50):
            await put(one, *entries(2000, bounds=bounds))
        [past] = client.keys(f"{prefix}:{{news}}:past:*")
        sizes = {
            key: client.memory_usage(key, samples=0)
            for key in (f"{prefix}:{{news}}:log", f"{prefix}:{{news}}:meta", past)
        }
        assert len(client.keys(f"{prefix}:*")) == len(sizes)
        *kept_ones, requests_of_all = sizes.values()
        assert sum(kept_ones) < 60_000
        assert requests_of_all < 100_000 * 10
        # As if all of them were of three minutes ago:
        life = (await one.ends("news")).life.encode()
        now = time.time() * 1000
        records = client.lrange(past, 0, -1)
        client.delete(past)
        for record in records:
            of, _, rest = record.split(b" ", 2)
            assert of == life
            client.rpush(past, b" ".join((of, b"%d" % (now - 180_000), rest)))
        assert len(records) == 1000
        for _ in range(520):
            await put(one, entry(bounds=bounds))
        assert client.llen(past) < 530


async def test_many_publishers(shared: Redis, client: "redis.Redis", prefix: str) -> None:
    """A repeated request is known whoever has published in between, in whatever order its counters came."""
    async with connected(shared.url, prefix) as (one, _):
        counters = [*range(40), *map("{:x}".format, range(0x1000, 0x1040))]
        several = [
            Entry("news", f"{publisher}{counter}", b"data: x\n", Bounds(3, 1000))
            for publisher in ("a.", "b.", "a.b.", "c-", "")
            for counter in counters
        ]
        several = list({each.request: each for each in several}.values())
        random.Random(3).shuffle(several)
        for begin in range(0, len(several), 7):
            await put(one, *several[begin : begin + 7])
        positions = await put(one, *several)
        assert positions == list(range(1, len(several) + 1))
        assert [await put(one, each) for each in several[::17]] == [[place] for place in positions[::17]]
        await put(one, Entry("news", "x.", b"", MUCH), Entry("news", "x.", b"", MUCH))
        assert (await one.ends("news")).closed


async def test_large_batches_let_others_in(shared: Redis, client: "redis.Redis", prefix: str) -> None:
    """However much is appended at once, no script runs for long: each takes a part of it."""

    def runs() -> int:
        stats = client.info("commandstats")
        return sum(stats.get(f"cmdstat_{word}", {"calls": 0})["calls"] for word in ("eval", "evalsha"))

    async with connected(shared.url, prefix) as (one, _):
        before = runs()
        await put(one, *entries(50 * MOST_AT_ONCE))
        assert runs() == before + 50
        large = b"data: " + b"x" * (BYTES_AT_ONCE // 2) + b"\n"
        await put(one, *(entry(fields=large) for _ in range(20)))
        assert runs() == before + 60
