"""Channels that are closed, in memory: readers get what is left, then the end; then comes 204."""

import asyncio
import contextlib
import threading
from typing import Any

import pytest

import hug
from hug.eventstream.channels.channel import Channel, fanout_of
from hug.eventstream.wire.event import TORN_EVENT

from .stalling import Client, all_is_quiet, assert_run, connected, log_of, number_of, run, serve, until

pytestmark = pytest.mark.usefixtures("no_errors")


def close(channel: Channel) -> None:
    """Close a channel, as its topic does."""
    fanout_of(channel).topic.append(b"")
    fanout_of(channel).grown()


def test_readers_get_what_is_left(api: Any) -> None:
    """Those who keep up, those who lag and those with a filter get every event, and then a clean end."""
    channel = serve(api)
    hug.sse("/some", api=api)(lambda: channel.where(lambda message: int(message.data) % 2))

    async def main() -> None:
        clients = [await Client(api, url).open() for url in ("/live", "/start", "/some")]
        slow = await Client(api, "/live", writes=1).open()
        channel.publish(1)
        await until(lambda: slow.blocked, "a full connection")
        for n in range(2, 11):
            channel.publish(n)
        close(channel)
        for client in clients:
            await client.end()
        slow.flow()
        await slow.end()
        for client in (*clients, slow):
            assert client.finished
            assert client.last_event_id == log_of(channel).id(11)
        for client in (*clients[:2], slow):
            assert_run(client.messages, 1, 10)
        assert clients[2].texts == ["1", "3", "5", "7", "9"]
        # Not every client keeps the id that comes with the end.
        assert (await Client(api, "/some", clients[2].messages[-1].id).open()).status == 204
        again = await Client(api, "/some", clients[2].messages[-2].id).open()
        await again.end()
        assert again.texts == ["9"]
        await all_is_quiet(channel)

    run(main())


def test_who_comes_later(api: Any) -> None:
    """One that comes back gets what it lacks, and the end; one that has everything 204; a new one, too."""
    channel = serve(api)

    async def main() -> None:
        for n in range(5):
            channel.publish(n)
        close(channel)
        assert log_of(channel).closed
        for url, event_id, first in (("/live", log_of(channel).id(2), 3), ("/start", "", 1)):
            client = await Client(api, url, event_id).open()
            await client.end()
            assert client.finished
            assert_run(client.messages, first, 5)
            assert (await Client(api, url, client.last_event_id).open()).status == 204
        # Not every client keeps the id that comes with the end, and without data.
        assert (await Client(api, "/live", log_of(channel).id(5)).open()).status == 204
        assert (await Client(api, "/live").open()).status == 204
        forged = await Client(api, "/live", "x-1").open()
        await forged.end()
        assert [message.event for message in forged.messages] == ["gap"] + ["message"] * 5
        assert (await Client(api, "/live", forged.last_event_id).open()).status == 204
        await all_is_quiet(channel)

    run(main())


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("history", [1, 3])
def test_the_end_is_no_event(history: int, held: bool) -> None:
    """However little is kept, and however few are asked for: the end takes the place of no event."""
    with hug.test.broker():
        channel = hug.sse.channel("news", history=history)
        with contextlib.ExitStack() as stack:
            if held:
                stack.enter_context(channel.subscribe())
            for n in range(5):
                channel.publish(n)
            before = channel.last_id
            channel.publish("last")
            channel.close()
            newest = ["2", "3", "4", "last"][-history:]
            for since in range(1, 5):
                assert [each.data for each in channel.subscribe(since=since)] == newest[-since:]
            assert [each.data for each in channel.subscribe(since="start")] == newest
            assert [each.data for each in channel.subscribe(since=before)] == ["last"]


def test_one_of_several(api: Any) -> None:
    """A stream of several channels goes on while one of them is open, and tells of the end of the others."""
    a, b = (hug.sse.channel(name, api=api) for name in "ab")
    hug.sse("/both", api=api)(lambda: hug.sse.events(a, b))

    async def main() -> None:
        async with connected(api, "/both") as client:
            a.publish(1)
            close(a)
            b.publish(2)
            await client.take(2)
            assert client.last_event_id == f"{log_of(a).id(2)}:{log_of(b).id(1)}"
            close(b)
            await client.end()
            assert client.finished
            assert client.last_event_id == f"{log_of(a).id(2)}:{log_of(b).id(2)}"
            assert (await Client(api, "/both", client.last_event_id).open()).status == 204
        await all_is_quiet(a, b)

    run(main())


def test_nothing_that_could_be_taken_for_an_event(api: Any) -> None:
    """The end is an id: to a browser in an event that no page hears, to any other program a line alone."""
    channel = serve(api)

    async def main() -> None:
        client = await Client(api, "/live").open()
        channel.publish("x")
        close(channel)
        await client.end()
        end = f"id: {log_of(channel).id(2)}\n"
        assert client.body.endswith(f"{end}event: {TORN_EVENT}\ndata: \n\n".encode())
        other = Client(api, "/live", log_of(channel).id(0))
        other._scope["headers"] = [(b"last-event-id", log_of(channel).id(0).encode())]
        await other.open()
        await other.end()
        assert other.body.endswith(f"data: x\nid: {log_of(channel).id(1)}\n\n{end}".encode())

    run(main())


@pytest.mark.slow
@pytest.mark.parametrize("readers", [1, 40])
def test_closed_by_a_thread_meanwhile(api: Any, readers: int) -> None:
    """Whenever a channel is closed, no reader is left, and none gets an empty write, which ends it early."""
    channels = [hug.sse.channel(f"c{n}", api=api) for n in range(20)]
    hug.sse("/c", api=api)(lambda n: channels[int(n)])

    async def main() -> None:
        for n, channel in enumerate(channels):
            clients = [await Client(api, f"/c?n={n}").open() for _ in range(readers)]

            def publish(channel: Channel = channel) -> None:
                for each in range(20):
                    channel.publish(each)
                close(channel)

            thread = threading.Thread(target=publish)
            thread.start()
            for client in clients:
                await client.end()
                assert client.finished
                assert [number_of(message.id) for message in client.messages] == list(range(1, 21))
            await asyncio.to_thread(thread.join)
        await all_is_quiet(*channels)

    run(main())


def test_the_newest(api: Any) -> None:
    """A number as since= asks for so many of the newest events, if there are as many; an id counts more."""
    channel = serve(api, history=10)
    hug.sse("/newest", api=api)(lambda n: hug.sse.events(channel, since=int(n)))

    async def main() -> None:
        async with connected(api, "/newest?n=3") as client:
            for n in range(20):
                channel.publish(n)
            await client.take(20)
        for count, first in ((1, 20), (3, 18), (10, 11), (500, 11)):
            async with connected(api, f"/newest?n={count}") as client:
                await client.take(21 - first)
                assert_run(client.messages, first, 20)
        async with connected(api, "/newest?n=3", client.messages[-5].id) as client:
            await client.take(4)
            assert_run(client.messages, 17, 20)
        await all_is_quiet(channel)

    run(main())


@pytest.mark.parametrize(
    ("since", "error"), [(0, ValueError), (-1, ValueError), (True, TypeError), (1.5, TypeError)]
)
def test_senseless_numbers(api: Any, since: Any, error: type[Exception]) -> None:
    """A number of events is whole, and 1 or more."""
    with pytest.raises(error, match=f"how many of the newest, not {since!r}"):
        hug.sse.events(hug.sse.channel("a", api=api), since=since)
