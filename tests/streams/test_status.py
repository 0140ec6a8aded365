"""api.sse.status(): what it tells of streams, channels and brokers is so."""

import asyncio
import dataclasses
import json
import threading
import time
import weakref
from typing import Any

import pytest

import hug
from hug import json_module
from hug.eventstream.brokers.counter import Tally
from hug.eventstream.brokers.memory import MemoryBroker
from hug.exceptions import ChannelClosed

from .elsewhere import Elsewhere
from .stalling import Client, all_is_quiet, connected, run, serve, until

FAR = 20_000
"""Events after which one who has read nothing meanwhile has missed some."""


class Since:
    """What has been counted in this process since a moment: other tests have streams, too."""

    def __init__(self, api: hug.API) -> None:
        self._api = api
        self._before = api.sse.status()

    @property
    def opened(self) -> int:
        return self._api.sse.status().streams.opened - self._before.streams.opened

    @property
    def ended(self) -> dict[str, int]:
        """How many streams have ended, by reason; those only for which some have."""
        now, before = self._api.sse.status().streams.ended, self._before.streams.ended
        return {reason: count - before[reason] for reason, count in now.items() if count != before[reason]}

    @property
    def gaps(self) -> tuple[int, int, int]:
        now, before = dataclasses.astuple(self._api.sse.status().gaps), dataclasses.astuple(self._before.gaps)
        return now[0] - before[0], now[1] - before[1], now[2] - before[2]


@pytest.fixture
def since(api: hug.API) -> Since:
    return Since(api)


def test_tally() -> None:
    """What several threads count at once is counted in full, and looking at it counts nothing."""
    tally = Tally()

    def count() -> None:
        for _ in range(50_000):
            tally.add()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    seen = [tally.value for _ in range(1000)]
    for thread in threads:
        thread.join()
    assert seen == sorted(seen)
    assert tally.value == tally.value == 200_000


def test_open_streams(api: Any, since: Since) -> None:
    """Open streams are counted, and among them those that wait for slow clients."""
    serve(api)

    async def main() -> None:
        async with connected(api, "/live"):
            held_up = await Client(api, "/live", writes=0).open()
            await until(lambda: held_up.blocked, "a write that waits")
            streams = api.sse.status().streams
            assert (streams.open, streams.held_up, since.opened) == (2, 1, 2)
            await held_up.leave()
        await all_is_quiet()
        assert api.sse.status().streams.open == 0
        assert since.opened == 2
        assert since.ended == {"client": 2}

    run(main())


@pytest.mark.slow
def test_why_streams_end(api: Any, since: Since, caplog: pytest.LogCaptureFixture) -> None:
    """Each stream that has ended is counted once, under the reason for which it has."""
    channel = serve(api, history=2, on_gap="disconnect")
    api.sse.write_timeout = 0.1

    @hug.sse("/source", api=api)
    async def source() -> Any:
        yield "the only one"

    @hug.sse("/failure", api=api)
    async def failure() -> Any:
        yield 1 / 0

    @hug.sse("/idle", api=api)
    async def idle() -> Any:
        await asyncio.sleep(60)
        yield ""

    async def main() -> None:
        for url in ("/source", "/failure"):
            await (await Client(api, url).open()).end()
        assert since.ended == {"source": 1, "failure": 1}
        async with connected(api, "/idle"):
            pass
        assert since.ended["client"] == 1
        stuck = await Client(api, "/live", writes=0).open()
        await until(lambda: stuck.over, "the end of one that reads nothing")
        assert since.ended["stuck"] == 1
        cancelled = await Client(api, "/idle").open()
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled.end()
        assert since.ended["cancelled"] == 1
        api.sse.write_timeout = 30.0
        fallen = await Client(api, "/live", writes=2).open()
        for n in range(FAR):
            await channel.publish(n)
        fallen.flow()
        await fallen.end()
        assert since.ended["gap"] == 1
        assert fallen.finished
        assert since.gaps == (0, 0, 0)  # it was told of none: it was disconnected
        assert since.opened == sum(since.ended.values())

    run(main())


def test_drain(api: Any, since: Since, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams that end with their process are counted as such, and the process says that it ends."""
    from hug.eventstream.loop import open_streams

    # No other event loop is there: one that a test before this has left does not end.
    monkeypatch.setattr(open_streams, "_streams", weakref.WeakKeyDictionary())
    streams_of = open_streams.streams_of
    serve(api)

    async def main() -> None:
        clients = [await Client(api, "/live").open() for _ in range(3)]
        assert api.sse.status().ok
        streams_of(asyncio.get_running_loop()).drain()
        status = api.sse.status()
        assert (status.ok, status.ending) == (False, True)
        for client in clients:
            await client.end()
        assert since.ended == {"drain": 3}

    run(main())
    assert api.sse.status().ok


@pytest.mark.slow
def test_gaps(api: Any, since: Since) -> None:
    """Gaps are counted once for each reader that is told of one, by size where that is known."""
    channel = serve(api, history=2)
    ids = [channel.publish(n).id for n in range(10)]

    async def main() -> None:
        async with connected(api, "/live", ids[0]) as returned, connected(api, "/live", "forged-1") as forged:
            assert (await returned.take(1))[0].json()["lost"] == 7
            assert (await forged.take(1))[0].json()["lost"] is None
        assert since.gaps == (2, 7, 1)
        stalled = [await Client(api, "/live", writes=2).open() for _ in range(3)]
        for n in range(FAR):
            await channel.publish(n)
        told = []
        for client in stalled:
            client.flow()
            await client.until(lambda me: any(each.event == "gap" for each in me.messages), "a gap")
            told += [each.json()["lost"] for each in client.messages if each.event == "gap"]
            await client.leave()
        assert since.gaps == (2 + len(told), 7 + sum(told), 1)

    run(main())


def test_lag(api: Any) -> None:
    """The lag of a channel is that of its slowest reader, in events and seconds; the slowest come first."""
    channel = serve(api)
    other = hug.sse.channel("b", api=api)

    @hug.sse("/b", api=api)
    async def of_other() -> Any:
        return other

    async def main() -> None:
        async with connected(api, "/live"), connected(api, "/b"), connected(api, "/b"):
            slow = await Client(api, "/live").open()
            slow.stall()
            await channel.publish("taken over by the pump, and stuck")
            await until(lambda: slow.blocked, "a write that waits")
            began = time.monotonic()
            for n in range(5):
                await channel.publish(n)
            await until(lambda: api.sse.status().channels.lag.events == 5, "a reader that lags")
            await until(lambda: api.sse.status().channels.lag.seconds >= 0.01, "some time")
            channels = api.sse.status().channels
            assert (channels.known, channels.readers) == (2, 4)
            first, second = channels.listed
            assert (first.name, first.readers, first.lag.events) == ("a", 2, 5)
            assert 0 < first.lag.seconds <= time.monotonic() - began + 0.001  # it is rounded
            assert (second.name, second.readers, second.lag.events) == ("b", 2, 0)
            assert (first.events, first.newest, first.closed) == (6, channel.last_id, False)
            assert first.oldest is not None
            assert first.oldest.endswith("-1")
            assert (second.events, second.oldest, second.newest) == (0, None, None)
            slow.flow()
            await until(lambda: api.sse.status().channels.lag.events == 0, "the reader has caught up")
            await slow.leave()
            channel.close()
            assert api.sse.status().channels.listed[0].closed
        await all_is_quiet()

    run(main())


def test_lag_of_readers_of_several_channels(api: Any) -> None:
    """A reader of two channels that stands still is behind in each of them by what that has published."""
    one, two = hug.sse.channel("one", api=api), hug.sse.channel("two", api=api)

    @hug.sse("/both", api=api)
    async def both() -> Any:
        return hug.sse.events(one.where(bool), two)

    async def main() -> None:
        client = await Client(api, "/both").open()
        client.stall()
        await one.publish("stuck")
        await until(lambda: client.blocked, "a write that waits")
        for _ in range(2):
            one.publish("x")
        for _ in range(3):
            two.publish("x")
        lags = {each.name: each.lag.events for each in api.sse.status().channels.listed}
        assert lags == {"one": 2, "two": 3}
        await client.leave()

    run(main())


def test_lag_of_readers_that_wait_for_pages() -> None:
    """One that waits for events which are not in memory is behind by these, too."""
    api = hug.API()
    broker = Elsewhere()
    api.broker = broker  # type: ignore[assignment]
    channel = hug.sse.channel("a", history=10_000, api=api)

    @hug.sse("/a", api=api)
    async def stream() -> Any:
        return hug.sse.events(channel, since="start")

    async def main() -> None:
        from hug.eventstream.watching.status import channels_status

        broker.publish("a", 3000)
        broker.late = True
        client = Client(api, "/a")
        client.begin()
        await until(lambda: broker.waits("follow") or broker.waits("locate"), "a question")
        while not broker.waits("page"):
            broker.answer("follow")
            broker.answer("locate")
            await asyncio.sleep(0.01)
        lag = channels_status(api.channels, 1).lag
        assert lag.events == 3000
        broker.late = False
        broker.answer()
        await client.take(3000)
        await client.leave()

    run(main())


def test_publishing(api: Any) -> None:
    """Events are counted when they are taken, in whatever thread they were published, and those refused."""
    channel = serve(api)
    threads = [threading.Thread(target=lambda: [channel.publish(n) for n in range(1000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert api.sse.status().broker.published == 4000
    channel.close()
    with pytest.raises(ChannelClosed):
        channel.publish("too late")
    broker = api.sse.status().broker
    assert (broker.published, broker.refused) == (4001, 1)  # the end is an event, too


@pytest.fixture
def many(api: hug.API) -> list[Any]:
    return [hug.sse.channel(f"c{number}", history=1, api=api) for number in range(20_000)]


@pytest.mark.slow
def test_listing_is_bounded(api: Any, many: list[Any]) -> None:
    """Of many channels as many are listed as was asked for, those with readers first, and counted all."""

    @hug.sse("/stream/{number}", api=api)
    async def stream(number: int) -> Any:
        return many[number]

    async def main() -> None:
        async with connected(api, "/stream/19000"), connected(api, "/stream/7"), connected(api, "/stream/7"):
            channels = api.sse.status(most=3).channels
            assert (channels.known, channels.readers, len(channels.listed)) == (20_000, 3, 3)
            assert [(each.name, each.readers) for each in channels.listed[:2]] == [("c7", 2), ("c19000", 1)]
            assert len(json_module.dumps(api.sse.status())) < 10_000
        assert api.sse.status(most=0).channels.listed == ()
        with pytest.raises(ValueError, match="-1"):
            api.sse.status(most=-1)

    run(main())


def test_looking_changes_nothing() -> None:
    """Who looks may do so before the API is given its broker, and makes no channel."""
    api = hug.API()
    api.sse.status()
    broker = api.broker = MemoryBroker()  # type: ignore[assignment]
    assert api.broker is broker
    assert len(api.channels) == 0
    api.sse.status()
    assert len(api.channels) == 0
    api.sse.heartbeat = 3.0
    assert api.sse.heartbeat == 3.0
    with pytest.raises(ValueError, match="heartbeat"):
        api.sse.heartbeat = 0


@pytest.mark.slow
def test_asking_in_a_thread(api: Any) -> None:
    """Who asks in another thread while streams come and go gets an answer each time."""
    asked, over = [], threading.Event()

    @hug.sse("/stream/{number}", api=api)
    async def stream(number: int) -> Any:
        return hug.sse.channel(f"c{number}", api=api).where(bool)

    def ask() -> None:
        while not over.is_set():
            asked.append(api.sse.status())

    async def main() -> None:
        asking = asyncio.create_task(asyncio.to_thread(ask))
        for round_ in range(3):
            clients = [await Client(api, f"/stream/{n % 50 + round_}").open() for n in range(120)]
            seen = len(asked)
            await until(lambda seen=seen: len(asked) > seen + 2, "answers while all are open")  # type: ignore[misc]
            for n in range(50):
                hug.sse.channel(f"c{n + round_}", api=api).publish(n)
            for client in clients:
                await client.leave()
        over.set()
        await asking

    run(main())
    assert len(asked) > 5
    assert max(each.streams.open for each in asked) > 100


def test_as_json(api: Any) -> None:
    """A handler may return it; as a dictionary it has the same."""
    channel = serve(api)
    channel.publish("x")
    hug.get("/status", api=api)(api.sse.status)
    answer = hug.test.get(api, "/status", most=1)
    assert answer.status_code == 200
    told = answer.data
    assert told["channels"]["listed"][0]["name"] == "a"
    expected = json.loads(json_module.dumps(dataclasses.asdict(api.sse.status(most=1))))
    assert told["broker"] == expected["broker"]
    assert told.keys() == expected.keys()
