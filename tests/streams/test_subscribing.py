"""Channels read by the program itself: one message at a time, in a coroutine or a thread."""

import asyncio
import gc
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import hug
from hug.eventstream.history.bounds import LIVE_EVENTS
from hug.exceptions import Gap, Unreachable

from ..waiting import until
from .elsewhere import Elsewhere
from .stalling import all_is_quiet, log_of, run
from .stalling import until as eventually

pytestmark = pytest.mark.usefixtures("no_errors")


@pytest.fixture
def news(api: Any) -> hug.sse.Channel:
    return hug.sse.channel("news", api=api, history=100)


def numbers(messages: list[hug.sse.Message]) -> list[Any]:
    return [message.json() for message in messages]


async def take(messages: Any, count: int) -> list[hug.sse.Message]:
    return [await anext(messages) for _ in range(count)]


def test_from_now_on(news: hug.sse.Channel) -> None:
    """Whoever has entered a subscription gets what is published from then on, as clients do, and no more."""

    async def main() -> None:
        news.publish(0)
        async with news.subscribe() as messages:
            assert messages.last_event_id == news.last_id
            first = news.publish({"n": 1}, event="tick").id
            news.publish("two\nlines")
            assert await take(messages, 2) == [
                hug.sse.Message("tick", '{"n":1}', first),
                hug.sse.Message("message", "two\nlines", news.last_id),
            ]
            assert messages.last_event_id == news.last_id
        with pytest.raises(StopAsyncIteration):
            await anext(messages)
        await all_is_quiet(news)

    run(main())


def test_since(news: hug.sse.Channel) -> None:
    """A subscription begins with the oldest event, some of the newest, or behind an id; or it says no."""
    ids = [news.publish(number).id for number in range(5)]
    for since, expected in {
        "start": [0, 1, 2, 3, 4],
        2: [3, 4],
        ids[1]: [2, 3, 4],
        99: [0, 1, 2, 3, 4],
    }.items():
        with news.subscribe(since=since) as messages:
            assert numbers([next(messages) for _ in expected]) == expected
            with pytest.raises(TimeoutError, match="'news' within 0 s"):
                messages.next_message(0)
    for wrong, error in ((0, ValueError), (True, TypeError), (1.5, TypeError)):
        with pytest.raises(error, match="since must be"):
            news.subscribe(since=wrong)  # type: ignore[arg-type]
    with news.subscribe(since="") as messages, pytest.raises(TimeoutError):
        messages.next_message(0.01)


@pytest.mark.parametrize("since", ["nonsense", "another-1", "x" * 5000])
def test_unknown_id(news: hug.sse.Channel, since: str) -> None:
    """An id that means nothing here, as a client may send any, brings a gap, and then what there is."""
    news.publish(1)
    with news.subscribe(since=since) as messages:
        gap = next(messages)
        assert gap.event == "gap"
        assert gap.json() == {"channel": "news", "lost": None, "resumed_at": news.last_id}
        assert next(messages).data == "1"


def test_filter(news: hug.sse.Channel) -> None:
    """Of a filtered channel come the events that pass the filter, and ids for those that do not."""

    async def main() -> None:
        async with news.where(lambda message: message.json() % 100 == 0).subscribe(since="start") as messages:
            for number in range(1, 250):
                news.publish(number)
                if number % 10 == 0:
                    await asyncio.sleep(0)
            assert numbers(await take(messages, 2)) == [100, 200]
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await anext(messages)
            assert log_of(news).position(messages.last_event_id) in range(200, 250)
        await all_is_quiet(news)

    run(main())


@pytest.mark.slow
def test_slow_reader(news: hug.sse.Channel) -> None:
    """One that is too slow holds little, delays nobody, and gets a gap that counts what it has missed."""

    async def main() -> None:
        async with news.subscribe() as messages:
            news.publish(0)
            assert (await anext(messages)).data == "0"
            many = 20 * LIVE_EVENTS
            before = time.monotonic()
            for number in range(1, many + 1):
                await news.publish(number)
            assert time.monotonic() - before < 20
            assert sum(map(len, log_of(news)._frames)) < 100 * LIVE_EVENTS
            got = 0
            async for message in messages:
                if message.event == "gap":
                    got += message.json()["lost"]
                else:
                    got += 1
                    assert message.json() == got
                if got == many:
                    break
        await all_is_quiet(news)

    run(main())


def test_publisher_at_full_speed(news: hug.sse.Channel) -> None:
    """Readers that only read miss nothing of what a coroutine publishes as fast as it can."""

    async def main() -> None:
        async def read(messages: Any) -> list[Any]:
            return numbers(await take(messages, 5000))

        async with news.subscribe() as one, news.where(lambda _: True).subscribe() as other:
            reading = [asyncio.create_task(read(each)) for each in (one, other)]
            for number in range(5000):
                await news.publish(number)
            for each in reading:
                assert await asyncio.wait_for(each, 20) == list(range(5000))
        await all_is_quiet(news)

    run(main())


def test_cancelled_wait(news: hug.sse.Channel) -> None:
    """A wait that is cancelled loses no message, and the next one goes on."""

    async def main() -> None:
        async with news.subscribe() as messages:
            for number in range(50):
                waiting = asyncio.create_task(anext(messages))
                await asyncio.sleep(0)
                news.publish(number)
                for _ in range(number % 7):
                    await asyncio.sleep(0)
                waiting.cancel()
                try:
                    message = await waiting
                except asyncio.CancelledError:
                    message = await anext(messages)
                assert message.json() == number
        await all_is_quiet(news)

    run(main())


@pytest.mark.slow
def test_nothing_stays_behind(news: hug.sse.Channel) -> None:
    """A loop that is left by a break, an error or a cancellation leaves the channel."""

    async def main() -> None:
        news.publish(1)

        async def leave(how: type[BaseException] | None) -> None:
            async for _ in news.subscribe(since="start"):
                if how is None:
                    break
                raise how

        for how in (None, ValueError, asyncio.CancelledError):
            task = asyncio.create_task(leave(how))
            await asyncio.wait({task})
            assert task.cancelled() or task.exception() is None or isinstance(task.exception(), ValueError)
            del task
            gc.collect()
            await eventually(lambda: not len(news.readers), "nobody reads")

        async def wait() -> None:
            async for _ in news.subscribe():
                raise AssertionError

        task = asyncio.create_task(wait())
        await eventually(lambda: len(news.readers) == 1, "a reader")
        task.cancel()
        await asyncio.wait({task})
        del task
        gc.collect()
        await eventually(lambda: not len(news.readers), "nobody reads")
        unread = news.subscribe()
        assert not len(news.readers)
        assert unread.last_event_id == ""
        await all_is_quiet(news)

    run(main())


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "collected"])
def test_left_when_the_loop_is_over(news: hug.sse.Channel, closed: bool) -> None:
    """One that is let go of after its event loop has ended is no reader any more."""

    async def main() -> list[hug.sse.Messages]:
        kept = [news.subscribe() for _ in range(2)]
        for messages in kept:
            await messages.__aenter__()
        return kept

    kept = asyncio.run(main())
    assert len(news.readers) == 2
    while kept:
        messages = kept.pop()
        if closed:
            messages.close()
        del messages
        gc.collect()
        assert len(news.readers) == len(kept)
    assert not log_of(news).held


def test_end(news: hug.sse.Channel) -> None:
    """When the channel is closed, what is left is read first; who comes later gets that, too, and the end."""

    async def main() -> None:
        async with news.subscribe() as messages:
            news.publish(1)
            news.close("bye")
            assert [message.data async for message in messages] == ["1", "bye"]
            assert [message async for message in messages] == []
        async with news.subscribe(since="start") as messages:
            assert [message.data async for message in messages] == ["1", "bye"]
            last = messages.last_event_id
        for since in (last, None):
            async with news.subscribe(since=since) as messages:
                assert [message async for message in messages] == []
        await all_is_quiet(news)

    run(main())
    with news.subscribe(since="start") as messages:
        assert [message.data for message in messages] == ["1", "bye"]


def test_close_while_somebody_waits(news: hug.sse.Channel) -> None:
    """Closing a subscription, from any thread, ends the wait for its next message."""

    async def main() -> None:
        for close in (lambda each: each.close(), lambda each: threading.Thread(target=each.close).start()):
            messages = news.subscribe()
            waiting = asyncio.create_task(anext(messages, None))  # type: ignore[arg-type]
            await eventually(lambda: len(news.readers) == 1, "a reader")
            close(messages)
            assert await waiting is None
        await all_is_quiet(news)

    run(main())
    with ThreadPoolExecutor() as pool:
        messages = news.subscribe()
        waiting = pool.submit(messages.next_message)
        until(lambda: len(news.readers) == 1, "a reader")
        messages.close()
        assert waiting.result(10) is None
    until(lambda: not len(news.readers), "nobody reads")


def test_disconnected(api: Any) -> None:
    """A channel that disconnects readers which have missed something raises that; it is no end."""
    strict = hug.sse.channel("strict", api=api, history=2, on_gap="disconnect")
    first = strict.publish(0).id
    for number in range(1, 10):
        strict.publish(number)

    async def main() -> None:
        async with strict.subscribe(since=first) as messages:
            with pytest.raises(Gap, match="'strict'"):
                await anext(messages)
            with pytest.raises(StopAsyncIteration):
                await anext(messages)
        await all_is_quiet(strict)

    run(main())
    with strict.subscribe(since=first) as messages, pytest.raises(Gap):
        next(messages)


def test_in_threads(news: hug.sse.Channel) -> None:
    """Threads read side by side, each everything, without an event loop and without further threads."""
    ready = threading.Barrier(21)
    before = threading.active_count()

    def read() -> list[Any]:
        with news.subscribe() as messages:
            ready.wait(10)
            return numbers([next(messages) for _ in range(500)])

    with ThreadPoolExecutor(20) as pool:
        reading = [pool.submit(read) for _ in range(20)]
        ready.wait(10)
        assert threading.active_count() <= before + 20
        for number in range(500):
            news.publish(number)
        for each in reading:
            assert each.result(20) == list(range(500))
    until(lambda: not len(news.readers), "nobody reads")
    for message in news.subscribe(since="start"):
        assert message.json() == 400
        break
    until(lambda: not len(news.readers), "nobody reads")


def test_read_elsewhere(news: hug.sse.Channel) -> None:
    """What would block an event loop, or mix up two readers, is an error that says what to do instead."""
    in_thread = news.subscribe().__enter__()

    async def main() -> None:
        messages = news.subscribe()
        with pytest.raises(RuntimeError, match="use async for"):
            next(messages)
        with pytest.raises(RuntimeError, match="use async for"), messages:
            pass
        async with messages:
            with pytest.raises(RuntimeError, match="subscribe once for each"):
                await asyncio.to_thread(messages.next_message, 1)
            waiting = asyncio.create_task(anext(messages))
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="two coroutines"):
                await anext(messages)
            news.publish(1)
            assert (await waiting).data == "1"
        with pytest.raises(RuntimeError, match="subscribe once for each"):
            await anext(in_thread)
        in_thread.close()
        await eventually(lambda: not len(news.readers), "nobody reads")

    run(main())


def test_in_handlers(api: Any) -> None:
    """Async and sync sources may read a channel; they end with their client, also while they wait for it."""
    news = hug.sse.channel("news", api=api)
    ended = []

    @hug.sse("/async", api=api)
    async def async_source() -> Any:
        try:
            async for message in news.subscribe(since="start"):
                yield hug.sse.event(message.json() * 10)
        finally:
            ended.append("async")

    @hug.sse("/sync", api=api)
    def sync_source() -> Iterator[Any]:
        try:
            for message in news.subscribe(since="start"):
                yield hug.sse.event(message.json() * 10)
        finally:
            ended.append("sync")

    @hug.get("/first", api=api)
    def first() -> Any:
        return news.subscribe(since="start").next_message(5).json()  # type: ignore[union-attr]

    news.publish(1)
    assert hug.test.get(api, "/first").data == 1
    for url in ("/async", "/sync"):
        with hug.test.sse(api, url) as stream:
            assert next(stream).data == "10"
            news.publish(2)
            assert next(stream).data == "20"
            before = time.monotonic()
        until(lambda name=url[1:]: name in ended, "the end of the source")
        assert time.monotonic() - before < 5
        news.delete()
        news.publish(1)
    gc.collect()
    until(lambda: not len(news.readers), "nobody reads")


def test_fresh_broker() -> None:
    """A block of `hug.test.broker` ends the subscriptions that were begun in it."""
    news = hug.sse.channel("news of test_subscribing")
    with hug.test.broker():
        messages = news.subscribe()
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(list, messages)
            until(lambda: len(news.readers) == 1, "a reader")
            news.publish(1)
            until(lambda: messages.last_event_id == news.last_id, "the message")
            news.close()
            assert [message.data for message in waiting.result(10)] == ["1"]


# Channels that are kept elsewhere


def test_broker_that_is_late(api: Any) -> None:
    """A subscription is entered when its broker has said where it begins: nothing is missed from then on."""
    broker = Elsewhere()
    api.broker = broker
    news = hug.sse.channel("news", api=api)

    async def main() -> None:
        broker.late = True
        entering = asyncio.create_task(news.subscribe().__aenter__())
        await eventually(lambda: broker.waits("follow"), "a question")
        broker.publish("news", 3)
        broker.answer()
        await eventually(lambda: entering.done() or broker.answer(), "the answer")
        messages = await entering
        broker.late = False
        broker.publish("news", 2)
        assert numbers(await take(messages, 2)) == [4, 5]
        messages.close()

    run(main())


@pytest.mark.slow
def test_broker_that_is_away(api: Any) -> None:
    """One that does not answer holds nobody up: the subscription goes on when it does, with a gap."""
    broker = Elsewhere()
    api.broker = broker
    news = hug.sse.channel("news", api=api)

    async def main() -> None:
        broker.late = True
        before = time.monotonic()
        async with news.subscribe() as messages:
            assert 1 < time.monotonic() - before < 10
            assert messages.last_event_id == ""
            broker.publish("news", 3)
            broker.answer("follow", failure=Unreachable("away"))
            broker.late = False
            gap = await anext(messages)
            assert (gap.event, gap.json()["lost"]) == ("gap", None)
            broker.publish("news", 1)
            assert numbers(await take(messages, 1)) == [4]

    run(main())
