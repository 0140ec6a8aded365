"""A generator and channels in one stream."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import hug

from .stalling import Client, all_is_quiet, run, until


class Ticks:
    """A generator that a test moves on."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.closed = 0

    async def __call__(self) -> AsyncIterator[Any]:
        try:
            while (item := await self.queue.get()) is not StopAsyncIteration:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed += 1


def mixed(api: Any, **options: Any) -> tuple[Any, Any, Ticks]:
    """Make two channels, and a stream of them and a generator."""
    a = hug.sse.channel("a", api=api, history=100, **options)
    b = hug.sse.channel("b", api=api, history=100, **options)
    ticks = Ticks()

    @hug.sse("/mixed", api=api)
    async def stream() -> Any:
        return hug.sse.events(a, ticks(), b)

    return a, b, ticks


@pytest.mark.usefixtures("no_errors")
def test_items_of_both(api: Any) -> None:
    """Items and events come as they are made, and the client's id stays that of its place in the channels."""

    async def main() -> None:
        a, b, ticks = mixed(api)
        client = await Client(api, "/mixed").open()
        expected = []
        for number in range(50):
            if number % 3 == 0:
                await ticks.queue.put(f"tick {number}")
                expected.append(f"tick {number}")
                await until(lambda: sorted(client.texts) == sorted(expected), "the tick")
            else:
                (a, b)[number % 2].publish(number)
                expected.append(str(number))
        await until(lambda: sorted(client.texts) == sorted(expected), "all of it")
        await ticks.queue.put(None)
        await until(lambda: client.body.endswith(b"\n:\n"), "a heartbeat")
        assert client.last_event_id == f"{a.last_id}:{b.last_id}"
        await client.leave()
        await until(lambda: ticks.closed == 1, "the end of the generator")
        a.publish("missed")
        again = await Client(api, "/mixed", client.last_event_id).open()
        await ticks.queue.put("again")
        await until(lambda: sorted(again.texts) == ["again", "missed"], "what was missed")
        await again.leave()
        await all_is_quiet(a, b)

    run(main())


@pytest.mark.usefixtures("no_errors")
@pytest.mark.parametrize("first", ["generator", "channels"])
def test_end(api: Any, first: str) -> None:
    """It ends when the generator has ended and all channels are closed; who comes back is told by 204."""

    async def main() -> None:
        a, b, ticks = mixed(api)
        client = await Client(api, "/mixed").open()

        async def end_generator() -> None:
            await ticks.queue.put(StopAsyncIteration)
            await until(lambda: ticks.closed == 1, "its end")

        async def close_channels() -> None:
            a.close("last of a")
            await asyncio.sleep(0.01)
            b.close()
            await until(lambda: "last of a" in client.texts, "the last event")

        if first == "generator":
            await end_generator()
            a.publish("goes on")
            await until(lambda: client.texts == ["goes on"], "an event")
            await close_channels()
        else:
            await close_channels()
            await ticks.queue.put("goes on")
            await until(lambda: "goes on" in client.texts, "an item")
            assert not client.over
            await end_generator()
        await client.end()
        assert client.finished
        assert (await Client(api, "/mixed", client.last_event_id).open()).status == 204
        await all_is_quiet(a, b)

    run(main())


def test_failure(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A generator that fails, or gives an id, cuts the stream, and the log says why; the channels go on."""

    async def main() -> None:
        a, _, ticks = mixed(api)
        for item, why in ((OSError("disk"), "disk"), (hug.sse.event(1, id="x"), "ids are theirs")):
            caplog.clear()
            client = await Client(api, "/mixed").open()
            a.publish(1)
            await ticks.queue.put(item)
            await client.end()
            assert not client.finished
            (record,) = caplog.records
            assert record.levelno == logging.ERROR
            assert why in str(record.exc_info and record.exc_info[1])
        await until(lambda: ticks.closed == 2, "their end")

    with caplog.at_level(logging.ERROR, "hug"):
        asyncio.run(asyncio.wait_for(main(), 20))


@pytest.mark.usefixtures("no_errors")
def test_disconnected(api: Any) -> None:
    """A channel that disconnects its reader ends the generator, too, at once and while it waits."""

    async def main() -> None:
        a, b, ticks = mixed(api, on_gap="disconnect")
        assert (await Client(api, "/mixed", "nonsense").open()).status == 204
        assert ticks.closed == 0  # it was never begun
        client = await Client(api, "/mixed", writes=1).open()
        a.publish("x" * 1000)
        await until(lambda: client.blocked, "a full connection")
        for number in range(3000):
            a.publish(number)
            if number % 100 == 0:
                await asyncio.sleep(0)
        client.flow()
        await client.end()
        assert client.finished
        await until(lambda: ticks.closed == 1, "the end of the generator")
        await all_is_quiet(a, b)

    run(main())


@pytest.mark.usefixtures("no_errors")
def test_slow_client(api: Any) -> None:
    """A client that reads slowly holds up its generator, and gets everything of both in their orders."""
    news = hug.sse.channel("news", api=api, history=1000)
    made = []

    @hug.sse("/", api=api)
    async def stream() -> Any:
        async def items() -> AsyncIterator[Any]:
            for number in range(500):
                made.append(number)
                yield f"{number} " + "x" * 1000

        return hug.sse.events(items(), news)

    async def main() -> None:
        client = await Client(api, "/", writes=1).open()
        await until(lambda: client.blocked, "a full connection")
        for number in range(500):
            news.publish({"n": number}, event="news")
        assert len(made) < 200
        client.flow()
        await until(lambda: len(client.messages) == 1000, "all of it")
        items = [message for message in client.messages if message.event == "message"]
        assert [int(message.data.split()[0]) for message in items] == list(range(500))
        events = [message.json()["n"] for message in client.messages if message.event == "news"]
        assert events == list(range(500))
        await client.leave()
        await all_is_quiet(news)

    run(main())


@pytest.mark.usefixtures("no_errors")
def test_sync_generator(api: Any) -> None:
    """A sync generator runs in its thread, and ends with its client."""
    news = hug.sse.channel("news", api=api)
    go, ended = threading.Semaphore(0), threading.Event()

    def items() -> Iterator[Any]:
        try:
            while hug.sse.listening():
                if go.acquire(timeout=0.01):
                    yield "item"
        finally:
            ended.set()

    hug.sse("/", api=api)(lambda: hug.sse.events(items(), news, since="start"))
    news.publish("event")
    with hug.test.sse(api, "/") as stream:
        assert next(stream).data == "event"
        go.release()
        assert next(stream).data == "item"
        news.publish("another")
        assert next(stream).data == "another"
    assert ended.wait(10)


def test_what_can_be_mixed(api: Any) -> None:
    """A list is mixed, too; two generators, or what is no source, are refused with what to do instead."""
    news = hug.sse.channel("news", api=api)
    hug.sse("/", api=api)(lambda: hug.sse.events(news, ["one", "two"]))
    with hug.test.sse(api, "/") as stream:
        assert [message.data for message in stream.take(2)] == ["one", "two"]
        news.publish("three")
        assert next(stream).data == "three"
    with pytest.raises(TypeError, match="have one generator yield all"):
        hug.sse.events(iter("a"), news, iter("b"))
    with pytest.raises(TypeError, match="another iterable of events, not str"):
        hug.sse.events(news, "text")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="once only"):
        hug.sse.events(news, iter("a"), news)
    with pytest.raises(ValueError, match="since must be"):
        hug.sse.events(news, iter("a"), since="begin")
