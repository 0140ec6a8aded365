"""hug.sse.channel: what its readers get, whoever publishes and whatever other readers do."""

import asyncio
import random
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import hug
from hug.eventstream.channels import stream_reader
from hug.eventstream.channels.channel import Channel, fanout_of
from hug.eventstream.loop.open_streams import streams_of

from .stalling import Client, all_is_quiet, assert_run, connected, log_of, number_of, run, serve, until

LARGE = "x" * 1_000_000
MANY = 20_000

pytestmark = pytest.mark.usefixtures("no_errors")


def from_a_thread(channel: Channel, count: int) -> Any:
    def publish() -> None:
        for n in range(1, count + 1):
            channel.publish(n)

    return asyncio.to_thread(publish)


async def from_coroutines(channel: Channel, count: int) -> None:
    async def publish(share: range) -> None:
        for n in share:
            await channel.publish(n)

    await asyncio.gather(*[publish(range(first, count, 4)) for first in range(4)])


PUBLISHERS: list[Callable[[Channel, int], Any]] = [from_a_thread, from_coroutines]


@pytest.mark.slow
@pytest.mark.parametrize("publish", PUBLISHERS)
def test_resuming_over_and_over(api: Any, publish: Any) -> None:
    """Readers that come, leave and resume while events come at full speed get each of them once, in order."""
    channel = serve(api, history=MANY)
    draw = random.Random(1)

    async def come_and_go() -> int:
        got: list[Any] = []
        connections, last_id = 0, ""
        while len(got) < MANY:
            client = await Client(api, "/start", last_id, writes=draw.choice([2, 3, 4])).open()
            await client.until(
                lambda me: me.stalled or me.last_event_id == log_of(channel).id(MANY), "more events"
            )
            await client.leave()
            got += client.messages
            last_id, connections = client.last_event_id, connections + 1
        assert_run(got, 1, MANY)
        return connections

    async def main() -> None:
        *connections, _ = await asyncio.gather(*[come_and_go() for _ in range(4)], publish(channel, MANY))
        assert sum(connections) > 20
        await all_is_quiet(channel)

    run(main())


@pytest.mark.slow
@pytest.mark.parametrize("publish", PUBLISHERS)
def test_live_without_history(api: Any, publish: Any) -> None:
    """Readers that keep up get everything without a history, too, though publishers are faster than they."""
    channel = serve(api, history=0)

    async def main() -> None:
        async with connected(api, "/live") as one, connected(api, "/live") as other:
            await publish(channel, MANY)
            for client in (one, other):
                await client.until(lambda me: me.last_event_id == channel.last_id, "the newest event")
                assert_run(client.messages, 1, MANY)
        await all_is_quiet(channel)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads take turns where they hardly ever do
    try:
        run(main())
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.slow
def test_two_event_loops(api: Any) -> None:
    """Readers on two event loops in two threads see the same events in the same order."""
    channel = serve(api, history=0)
    apart: list[Any] = []

    def read_on_the_other_loop(ready: threading.Event) -> None:
        with hug.test.sse(api, "/live") as stream:
            ready.set()
            apart.extend(stream.take(MANY))

    async def main() -> None:
        ready = threading.Event()
        other = asyncio.create_task(asyncio.to_thread(read_on_the_other_loop, ready))
        await asyncio.to_thread(ready.wait, 10)
        async with connected(api, "/live") as client:
            assert len(channel.readers) == 2
            await asyncio.gather(from_a_thread(channel, MANY // 2), from_coroutines(channel, MANY // 2))
            await client.take(MANY)
            await other
        await until(fanout_of(channel).idle, "the end of all audiences")
        assert_run(client.messages, 1, MANY)
        assert apart == client.messages

    run(main())


def test_events_of_any_size(api: Any) -> None:
    """Empty events and those of a megabyte arrive whole and in order, live and from the history."""
    channel = serve(api, history=10)
    sent = ["", LARGE, "", "x", LARGE, "\n\n", ""]

    async def main() -> None:
        async with connected(api, "/live") as live:
            for data in sent:
                await channel.publish(data)
            await live.take(len(sent))
            async with connected(api, "/start") as late:
                await late.take(len(sent))
        assert live.texts == late.texts == sent
        assert_run(late.messages, 1, len(sent))

    run(main())


def test_max_bytes(api: Any) -> None:
    """The history holds as many bytes as it is given; what is over is a gap for those who come back."""
    channel = serve(api, max_bytes=3500)
    ids = [channel.publish("x" * 1000).id for _ in range(10)]

    async def main() -> None:
        async with connected(api, "/start") as new, connected(api, "/start", ids[1]) as returned:
            assert_run(await new.take(3), 8, 10)
            gap, *others = await returned.take(4)
            assert (gap.event, gap.id) == ("gap", ids[6])
            assert gap.json() == {"channel": "a", "lost": 5, "resumed_at": ids[7]}
            assert_run(others, 8, 10)

    run(main())


def test_max_age(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old events are gone for those who come and for those who come back, also when none has come since."""
    channel = serve(api, max_age=1000)
    ids = [channel.publish(n).id for n in range(3)]
    monkeypatch.setattr(stream_reader, "monotonic", lambda: time.monotonic() + passed[-1])
    passed = [900.0]

    async def main() -> None:
        async with connected(api, "/start", ids[0]) as in_time:
            assert_run(await in_time.take(2), 2, 3)
        passed.append(1001.0)
        async with connected(api, "/start", ids[0]) as returned:
            gap = (await returned.take(1))[0]
            assert gap.json() == {"channel": "a", "lost": 2, "resumed_at": None}
        async with connected(api, "/start") as new:
            await channel.publish("next")
            assert [message.data for message in await new.take(1)] == ["next"]

    run(main())


def test_resume_without_history(api: Any) -> None:
    """Without a history, a client that comes back is always told that something may be lost."""
    channel = serve(api, history=0)
    first = channel.publish().id
    second = channel.publish().id

    async def main() -> None:
        async with connected(api, "/live", first) as client:
            (gap,) = await client.take(1)
            assert gap.id == second
            assert gap.json() == {"channel": "a", "lost": 1, "resumed_at": None}
            channel.publish("next")
            assert (await client.take(2))[1].data == "next"

    run(main())


def test_resume_by_query(api: Any) -> None:
    """A client that cannot send headers resumes by the query; a header comes before it."""
    channel = serve(api)
    ids = [channel.publish().id for _ in range(6)]

    async def main() -> None:
        async with connected(api, f"/live?last_event_id={ids[0]}") as by_query:
            assert_run(await by_query.take(5), 2, 6)
        async with connected(api, f"/live?last_event_id={ids[0]}", ids[3]) as by_header:
            assert_run(await by_header.take(2), 5, 6)

    run(main())


def test_reader_that_does_not_read(api: Any) -> None:
    """A reader that does not read holds up nobody; later it is told how many events it lost, and goes on."""
    channel = serve(api, history=10)

    async def main() -> None:
        slow = await Client(api, "/live").open()
        slow.stall()
        async with connected(api, "/live") as quick:
            await from_coroutines(channel, 5000)
            assert_run(await quick.take(5000), 1, 5000)
            oldest = log_of(channel).oldest
            slow.flow()
            await until(lambda: slow.last_event_id == channel.last_id, "the newest event")
        before = [message for message in slow.messages if number_of(message.id) < oldest]
        assert_run(before, 1, len(before))
        gap, *others = slow.messages[len(before) :]
        assert gap.json() == {
            "channel": "a", "lost": oldest - len(before), "resumed_at": log_of(channel).id(oldest + 1),
        }  # fmt: skip
        assert_run(others, oldest + 1, 5000)
        await slow.leave()
        await all_is_quiet(channel)

    run(main())


@pytest.mark.parametrize("await_each", [True, False])
def test_burst_on_the_loop(api: Any, await_each: bool) -> None:
    """A burst that is awaited loses nothing; one that is not, and is more than what is kept, makes a gap."""
    channel = serve(api, history=10)

    async def main() -> None:
        async with connected(api, "/live") as client:
            for n in range(3000):
                publication = channel.publish(n)
                if await_each:
                    await publication
            await until(lambda: client.last_event_id == channel.last_id, "the newest event")
        if await_each:
            assert_run(client.messages, 1, 3000)
        else:
            assert client.messages[0].json()["lost"] == 2000
            assert_run(client.messages[1:], 2001, 3000)

    run(main())


@pytest.mark.parametrize("late", [False, True], ids=["from the start", "chosen late"])
@pytest.mark.parametrize("where", ["at resume", "live"])
def test_disconnect_on_gap(api: Any, where: str, late: bool) -> None:
    """A channel may end the streams of clients that have lost events; with a too old id they get a 204."""
    channel = serve(api, history=10) if late else serve(api, history=10, on_gap="disconnect")

    async def main() -> None:
        old = channel.publish("old").id
        if where == "live":
            slow = await Client(api, "/live").open()
            slow.stall()
        if late:
            assert hug.sse.channel(channel.name, on_gap="disconnect", api=api) is channel
        for n in range(3000):
            await channel.publish(n)
        if where == "live":
            slow.flow()
            await slow.end()
            assert slow.finished
            assert_run(slow.messages, 2, 1 + len(slow.messages))
            old = slow.last_event_id
        for event_id in (old, "forged"):
            returned = await Client(api, "/live", event_id).open()
            await returned.end()
            assert (returned.status, returned.body, returned.finished) == (204, b"", True)
        async with connected(api, "/live", log_of(channel).id(log_of(channel).resumable)) as in_time:
            await in_time.take(10)
        await all_is_quiet(channel)

    run(main())


@pytest.mark.parametrize("others", [0, 1])
def test_slow_head(api: Any, others: int) -> None:
    """What is published while a server takes its time to send a stream's head is kept for that stream."""
    channel = serve(api, history=0)

    class Slow(Client):
        async def _send(self, message: Any) -> None:
            if message["type"] == "http.response.start":
                await until(lambda: self.writes > 0, "a server that goes on")
            await super()._send(message)

    async def publish_meanwhile() -> None:
        early = [await Client(api, "/live").open() for _ in range(others)]
        client = Slow(api, "/live", writes=0)
        client.begin()
        await until(lambda: len(channel.readers) == others + 1, "a reader")
        for number in range(1, 6):
            await channel.publish(number)
            await until(lambda: streams_of(asyncio.get_running_loop()).pump.idle, "a pass")
        client.flow()
        for each in (client, *early):
            assert_run(await each.take(5), 1, 5)
            await each.leave()
        await all_is_quiet(channel)

    run(publish_meanwhile())
