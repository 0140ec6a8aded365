"""NATS: what others do to streams, how much there is, and what happens between two steps of ours."""

import asyncio
import random
import time

import msgspec
import pytest
from nats.aio.msg import Msg

from hug.eventstream.engines.engine import Entry
from hug.eventstream.engines.nats import Nats as Engine
from hug.eventstream.engines.nats import connection, following, pruning
from hug.eventstream.engines.nats.streams import Known
from hug.eventstream.history.log import Bounds
from hug.exceptions import ChannelClosed, LeaseLost, NotTaken, Refused, Unreachable

from ...waiting import eventually
from ..entries import MUCH, entries, entry, kept, put, request, requests
from ..nats_server import Nats
from .conftest import administrator, configured, connected

pytestmark = pytest.mark.anyio


# Names


async def test_long_names(shared: Nats, prefix: str) -> None:
    """Names that no stream can have, however long and alike, are channels of their own."""
    names = ["\U0001f600" * 254 + last for last in ("\U0001f600", "\U0001f601", "x")]
    names += ["x" * 180, "x" * 181, "." * 255, "*", ">", "a.b", "a b", "=", "=own", "~"]
    async with connected(shared.url, prefix) as (one, ear), administrator(shared.url) as ask:
        for name in names:
            await one.follow(name)
        for number, name in enumerate(names):
            assert await put(one, *entries(number + 1, name)) == list(range(1, number + 2))
        for number, name in enumerate(names):
            await eventually(lambda: ear.positions(name) == list(range(1, number + 2)))  # noqa: B023
            assert (await one.ends(name)).last == number + 1
        listed = await ask("STREAM.NAMES", subject=f"{prefix}.to.*.event")
        assert len(listed["streams"]) == len(names)
        assert all(len(name) < 255 for name in listed["streams"])


async def test_streams_of_other_programs(shared: Nats, prefix: str) -> None:
    """Where another program has a stream of the same name or subject, the event is refused, and why."""
    async with connected(shared.url, prefix) as (one, _), administrator(shared.url) as ask:
        await ask(f"STREAM.CREATE.{prefix}~mine", name=f"{prefix}~mine", subjects=[f"{prefix}.mine"])
        await ask(f"STREAM.CREATE.{prefix}-all", name=f"{prefix}-all", subjects=[f"{prefix}.to.yours.>"])
        answers = await one.append([entry("mine"), entry("news"), entry("yours")])
        assert answers[1] == 1
        for answer in (answers[0], answers[2]):
            assert isinstance(answer, Refused)
            assert "another prefix" in str(answer)
        assert (await one.ends("mine")).life == ""
        await one.prune()


async def test_more_channels_than_a_page_lists(own: Nats, monkeypatch: pytest.MonkeyPatch) -> None:
    """All channels are pruned, however many there are; one with events that are not past their age stays."""
    monkeypatch.setattr(pruning, "FORGOTTEN", 0)
    async with connected(own.url + "?storage=memory") as (one, _):
        short, long = Bounds(10, 10_000, max_age=0.2), Bounds(10, 10_000, max_age=600)
        names = [f"channel {number}" for number in range(300)]
        await put(one, *(entry(name, bounds=short) for name in names), entry("zzz", bounds=long))
        await asyncio.sleep(0.3)
        await one.prune()
        await one.prune()  # what moved up while the first was at it
        async with administrator(own.url) as ask:
            assert (await ask("STREAM.NAMES"))["streams"] == ["hug~=own", "hug~zzz"]


async def test_channels_that_are_followed_stay(
    shared: Nats, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However idle, a channel that another process follows stays known; one that nobody follows does not."""
    short = Bounds(10, 10_000, max_age=0.1)
    async with connected(shared.url, prefix) as (one, _), connected(shared.url, prefix) as (other, _):
        await put(one, entry("followed", bounds=short), entry("idle", bounds=short))
        before = await other.ends("followed")
        await other.follow("followed")
        await asyncio.sleep(0.2)
        await one.prune()
        assert (await one.ends("idle")).life  # it is not an hour ago
        monkeypatch.setattr(pruning, "FORGOTTEN", 0)
        await one.prune()
        ends = await one.ends("followed")
        assert (ends.life, ends.last, ends.request) == (before.life, 1, before.request)
        assert not (await one.ends("idle")).life
        await other.unfollow("followed")
        await one.prune()
        assert not (await one.ends("followed")).life


# Room


async def test_room_is_put_aside_late(prefix: str) -> None:
    """The server puts aside what a stream is limited to: channels take of that once they are full."""
    with configured() as server:
        server.stop()
        server.jetstream = server.jetstream.replace("}", ", max_file_store: 20MB}")
        server.start()
        async with connected(server.url, prefix) as (one, _), administrator(server.url) as ask:
            wide = Bounds(10_000, 16_000_000)
            assert (
                await put(one, *(entry(f"channel {number}", bounds=wide) for number in range(50))) == [1] * 50
            )
            narrow = Bounds(10_000, 100_000)
            for _ in range(30):
                await put(one, *(entry(fields=b"x" * 1000, bounds=narrow) for _ in range(40)))
            assert (await ask(f"STREAM.INFO.{prefix}~news"))["state"]["bytes"] <= 200_000
            ends = await one.ends("news")
            assert ends.last - ends.first >= 100
            # Another program takes the rest.
            await ask(f"STREAM.CREATE.{prefix}-x", name=f"{prefix}-x", subjects=["x"], max_bytes=19_700_000)
            for _ in range(30):
                await put(one, *(entry("more", fields=b"x" * 1000, bounds=narrow) for _ in range(40)))
            assert (await ask(f"STREAM.INFO.{prefix}~more"))["state"]["bytes"] <= 300_000
            assert await one.ends("more")


async def test_a_full_server(prefix: str) -> None:
    """When JetStream is full events are refused, and those taken are there; it goes on when there is room."""
    with configured() as server:
        server.stop()
        server.jetstream = server.jetstream.replace("}", ", max_file_store: 3MB}")
        server.start()
        async with connected(server.url, prefix) as (one, ear):
            taken: list[Entry] = []
            for _ in range(40):
                batch = [entry(fields=b"x" * 10_000) for _ in range(20)]
                answers = await one.append(batch)
                taken += [
                    each for each, answer in zip(batch, answers, strict=True) if isinstance(answer, int)
                ]
                lost = [answer for answer in answers if not isinstance(answer, int)]
                assert all(type(answer) is Refused for answer in lost)
            assert lost
            assert "full" in str(lost[0])
            assert requests(await kept(one)) == requests(taken)
            await one.delete("news")
            assert await put(one, entry()) == [1]
            assert not ear.losses


async def test_larger_than_the_server_takes(prefix: str) -> None:
    """An event past the server's max_payload is refused, alone, and the message says what to raise."""
    with configured("max_payload: 100KB") as server:
        async with connected(server.url, prefix) as (one, ear):
            limit = 102_400
            sizes = [limit + 1, limit, limit - 100, limit - 256, 5]
            answers = await one.append([entry(fields=b"x" * size) for size in sizes])
            assert list(answers[3:]) == [1, 2]
            for answer in answers[:3]:
                assert isinstance(answer, Refused)
                assert "max_payload" in str(answer)
            longest = Entry("y" * 255, "r" * 32, b"x" * (limit - 256), MUCH, ("turn", 1))
            assert isinstance((await one.append([longest]))[0], LeaseLost)
            number = await one.lease("turn", "me", 10)
            assert number
            again = Entry("y" * 255, "s" * 32, longest.fields, MUCH, ("turn", number))
            before = Entry("y" * 255, "t" * 32, b"x\n", MUCH, ("turn", number))
            assert await put(one, before, again) == [1, 2]
            assert not ear.losses


async def test_one_larger_than_the_room(shared: Nats, prefix: str) -> None:
    """In a channel that is full, too, an event larger than its bytes is the newest, and known as such."""
    small = Bounds(1000, 20_000)
    async with connected(shared.url, prefix) as (one, _):
        for size in (10, 1000, 50_000, 10, 200_000, 1_000_000):
            await put(one, *(entry(fields=b"x" * 1000, bounds=small) for _ in range(60)))
            await put(one, last := entry(fields=b"x" * size, bounds=small))
            assert (await one.ends("news")).request == last.request


# Others, at the same time


async def test_deleted_by_an_administrator(shared: Nats, prefix: str) -> None:
    """Who follows a channel is told when its stream is deleted by another program, too."""
    async with connected(shared.url, prefix) as (one, ear), administrator(shared.url) as ask:
        await one.follow("news")
        await put(one, *entries(5))
        life = (await one.ends("news")).life
        await ask(f"STREAM.PURGE.{prefix}~news", seq=4)
        ends = await one.ends("news")
        assert (ends.life, ends.first, ends.last) == (life, 4, 5)
        await ask(f"STREAM.PURGE.{prefix}~news")
        ends = await one.ends("news")
        assert (ends.life, ends.first, ends.last) == (life, 6, 5)
        assert not ear.changes
        await ask(f"STREAM.DELETE.{prefix}~news")
        await eventually(lambda: ear.changes == ["news"])
        assert await put(one, entry()) == [1]
        assert (await one.ends("news")).life != life


async def test_a_new_life_that_nobody_told_of(shared: Nats, prefix: str) -> None:
    """Positions that begin again tell of a new life, if the server's notice of the end was missed."""
    async with connected(shared.url, prefix) as (one, ear):
        await put(one, *entries(5))
        await one.follow("news")
        one._by_stream.clear()
        await one.delete("news")
        await put(one, entry())
        await eventually(lambda: ear.changes == ["news"])


async def test_events_that_overtake_each_other(shared: Nats, prefix: str) -> None:
    """They are told in order. Once one has come that was waited for, the next has as much time as it had."""

    async def hear(*positions: int) -> None:
        for position in positions:
            await one._heard(news, Msg(client, "life.event", headers={"Nats-Sequence": f"{position}"}))
        await asyncio.sleep(0)

    async with connected(shared.url, prefix) as (one, ear):
        client = one._connection._client
        await one.follow("news")
        news = one._followed["news"]
        await hear(2)
        first = news.late
        assert first is not None
        await hear(1)
        assert news.late is None
        assert first.cancelled()
        await hear(4)
        second = news.late
        await hear(6, 3)
        assert ear.positions("news") == [1, 2, 3, 4]
        assert second is not None
        assert second.cancelled()
        assert news.late is not second
        await hear(5)
        assert ear.positions("news") == [1, 2, 3, 4, 5, 6]
        assert not ear.changes


async def test_dropped_messages(shared: Nats, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nats-py drops messages of a channel because too many came, that is told; later ones are heard."""
    monkeypatch.setattr(connection, "PENDING", 10)
    async with connected(shared.url, prefix) as (one, ear), connected(shared.url, prefix) as (other, _):
        await one.follow("news")
        await one.follow("quiet")
        while not ear.changes:
            await put(other, *entries(500))
        await put(other, last := entry(), entry("quiet"))
        await eventually(lambda: last.request in requests(ear.events["news"]) and ear.events["quiet"])
        assert set(ear.changes) == {"news"}
        told = ear.positions("news")
        assert told == sorted(set(told))
        assert not ear.losses


async def test_closed_by_one_who_died(shared: Nats, prefix: str) -> None:
    """A closing that was not finished is finished by whoever looks, or repeats it, with the same event."""
    async with connected(shared.url, prefix) as (one, _), connected(shared.url, prefix) as (other, ear):
        await other.follow("news")
        await put(one, *entries(3))
        closing = entry(fields=b"")
        at = one._streams.place("news")
        life = (await one.ends("news")).life
        known = Known("news", life, MUCH.history, MUCH.max_bytes, closing=closing.request)
        await one._streams.shut(at, known)
        assert isinstance((await other.append([entry()]))[0], ChannelClosed)
        ends = await other.ends("news")
        assert (ends.last, ends.request, ends.closed) == (4, closing.request, True)
        await eventually(lambda: ear.positions("news")[-1:] == [4])
        assert await put(one, closing) == [4]
        # An empty one, too, and by who repeats it.
        await put(one, entry("empty"))
        await one.delete("empty")
        again = entry("empty", fields=b"")
        await put(one, entry("empty"))
        life = (await one.ends("empty")).life
        shut = msgspec.structs.replace(known, channel="empty", life=life, closing=again.request)
        await one._streams.shut(one._streams.place("empty"), shut)
        assert await put(one, again) == [2]


async def test_nothing_follows_a_closing(shared: Nats, prefix: str) -> None:
    """However many publish, change the bounds and close at once: the first closing is the last event."""

    async def publishing(one: Engine, name: str) -> None:
        for number in range(30):
            bounds = Bounds(1000 + number % 3, 1_000_000)
            answers = await one.append([entry(name, bounds=bounds) for _ in range(3)])
            assert [each for each in answers if not isinstance(each, int | ChannelClosed)] == []

    async def closing(one: Engine, name: str) -> None:
        await asyncio.sleep(random.random() / 20)
        answer = (await one.append([entry(name, fields=b"", bounds=Bounds(1001, 1_000_000))]))[0]
        assert isinstance(answer, int | ChannelClosed)

    async with connected(shared.url, prefix) as (one, _), connected(shared.url, prefix) as (other, _):
        for number in range(10):
            name = f"channel {number}"
            parts = [publishing(one, name), publishing(other, name), closing(one, name), closing(other, name)]
            await asyncio.gather(*parts)
            events = await kept(one, name)
            assert [event.position for event in events if not event.fields] == [len(events)]
            assert (await other.ends(name)).closed
            assert isinstance((await other.append([entry(name)]))[0], ChannelClosed)


async def test_nothing_is_pruned_that_was_just_taken(
    shared: Nats, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event that comes while its channel is deleted, for all others are past their age, is not lost."""
    monkeypatch.setattr(pruning, "FORGOTTEN", 0)
    monkeypatch.setattr(following, "_ANSWERING", 0.0)
    bounds = Bounds(100, 100_000, max_age=0.4)
    stopped = False

    async def prunes() -> None:
        async with connected(shared.url, prefix) as (one, _):
            while not stopped:
                await one.prune()

    async def publishing(name: str) -> set[str]:
        lives = set()
        async with connected(shared.url, prefix) as (one, _):
            for _ in range(8):
                await asyncio.sleep(0.39 + random.random() / 20)
                each, began = entry(name, bounds=bounds), time.monotonic()
                (position,) = await put(one, each)
                there = requests(await kept(one, name, after=position - 1))
                assert there == [each.request] or time.monotonic() - began > 0.4
                lives.add((await one.ends(name)).life)
        return lives

    pruners = [asyncio.ensure_future(prunes()) for _ in range(2)]
    try:
        lives = await asyncio.gather(*(publishing(f"channel {number}") for number in range(4)))
        assert sum(map(len, lives)) > len(lives)
    finally:
        stopped = True
        await asyncio.gather(*pruners)


async def test_left_by_a_pruner_that_died(shared: Nats, prefix: str) -> None:
    """A stream that somebody wanted to delete who has died takes events again, after seconds."""
    bounds = Bounds(100, 100_000, max_age=600)
    async with connected(shared.url, prefix) as (one, _), connected(shared.url, prefix) as (other, _):
        await put(one, *entries(3, bounds=bounds))
        life = (await one.ends("news")).life
        now = one._leases.now()
        known = Known("news", life, bounds.history, bounds.max_bytes, bounds.max_age, leaving=now)
        await one._streams.shut(one._streams.place("news"), known)
        began = time.monotonic()
        while True:
            try:
                assert await put(other, entry(bounds=bounds)) == [4]
                break
            except Unreachable:
                assert time.monotonic() - began < 60
        assert time.monotonic() - began > 3
        assert (await one.ends("news")).life == life
        assert await put(one, entry(bounds=bounds)) == [5]


async def test_a_lease_among_others(shared: Nats, prefix: str) -> None:
    """Events for a lease keep their order, and are taken once, while others publish on the same channel."""
    async with connected(shared.url, prefix) as (one, _), connected(shared.url, prefix) as (other, _):
        number = await one.lease("turn", "me", 30)
        assert number
        ours: list[Entry] = []
        stopped = False

        async def publishing() -> None:
            while not stopped:
                await put(other, *entries(2))
                await asyncio.sleep(0.005)

        others = asyncio.ensure_future(publishing())
        try:
            for _ in range(30):
                batch = [entry(lease=("turn", number)) for _ in range(5)]
                ours += batch
                await put(one, *batch[:3])
                await put(one, *batch)
        finally:
            stopped = True
            await others
        events = await kept(one)
        wanted = requests(ours)
        assert [each for each in requests(events) if each in set(wanted)] == wanted


async def test_no_event_of_an_older_lease_follows_a_newer(shared: Nats, prefix: str) -> None:
    """Who has lost a lease and does not know publishes nothing behind the first event of the next."""
    async with connected(shared.url, prefix) as (one, _), connected(shared.url, prefix) as (other, _):
        await put(one, entry())
        number_of: dict[str, int] = {}

        async def holding(by: Engine, name: str) -> None:
            for _ in range(25):
                number = None
                while number is None:
                    number = await by.lease("turn", name, 30)
                    await asyncio.sleep(0)
                for _ in range(3):
                    batch = [entry(lease=("turn", number)) for _ in range(2)]
                    number_of.update({each.request: number for each in batch})
                    answers = await by.append(batch)
                    assert all(isinstance(answer, int | LeaseLost) for answer in answers)
                    # Somebody takes it away: it was thought to have expired, say.
                    if random.random() < 0.5:
                        await by.release("turn", name)
            await by.release("turn", name)

        await asyncio.gather(holding(one, "one"), holding(other, "other"))
        numbers = [number_of[event.request] for event in await kept(one) if event.request in number_of]
        assert numbers == sorted(numbers)
        assert len(set(numbers)) > 5


async def test_the_lease_stream_is_deleted(shared: Nats, prefix: str) -> None:
    """If somebody deletes the stream of leases, the next connection makes it again; numbers grow on."""
    async with connected(shared.url, prefix) as (one, _), administrator(shared.url) as ask:
        first = await one.lease("turn", "me", 30)
        await ask(f"STREAM.DELETE.{prefix}~=own")
        with pytest.raises(Unreachable):
            await one.lease("turn", "me", 30)
        async with connected(shared.url, prefix) as (other, _):
            second = await other.lease("turn", "you", 30)
            assert first
            assert second
            assert second > first
            assert isinstance((await other.append([entry(lease=("turn", first))]))[0], NotTaken)


async def test_requests_as_they_may_be(shared: Nats, prefix: str) -> None:
    """A request of 32 characters comes back as it was, from the log, the ends and the live feed."""
    async with connected(shared.url, prefix) as (one, ear):
        await one.follow("news")
        each = Entry("news", (request() + ".aZ_9" * 10)[:32], b"data: x\n", MUCH)
        await put(one, each)
        await eventually(lambda: requests(ear.events["news"]) == [each.request])
        assert (await one.ends("news")).request == each.request
        assert requests(await kept(one)) == [each.request]
