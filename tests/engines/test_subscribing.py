"""Channels that a program reads itself, on every engine."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import hug

from ..waiting import until


@pytest.fixture
def news(engine_url: str) -> Iterator[hug.sse.Channel]:
    """A channel on a fresh broker at this engine."""
    with hug.test.broker(engine_url):
        yield hug.sse.channel("news to subscribe to", history=5000)


def test_coroutines_and_threads(news: hug.sse.Channel) -> None:
    """From when it is entered a subscription misses nothing, on an event loop and in a thread."""

    async def read() -> list[int]:
        async with news.subscribe() as messages:
            entered.wait()
            return [(await anext(messages)).json() for _ in range(300)]

    def read_in_thread() -> list[int]:
        with news.subscribe() as messages:
            entered.wait()
            return [next(messages).json() for _ in range(300)]

    news.publish("before").result(10)
    entered = threading.Barrier(3, timeout=20)
    with ThreadPoolExecutor() as pool:
        reading = [pool.submit(asyncio.run, read()), pool.submit(read_in_thread)]
        entered.wait()
        for number in range(300):
            news.publish(number)
        for each in reading:
            assert each.result(30) == list(range(300))
    until(lambda: not len(news.readers), "nobody reads")


def test_older_events(news: hug.sse.Channel) -> None:
    """What is not in memory is fetched: from the start, from so many events back, and behind an id."""
    ids = [each.result(30) for each in [news.publish(number) for number in range(3000)]]

    async def read(since: str | int) -> list[int]:
        async with news.subscribe(since=since) as messages:
            return [(await anext(messages)).json() for _ in range(2500)]

    def read_in_thread(since: str | int) -> list[int]:
        with news.where(lambda message: message.event == "message").subscribe(since=since) as messages:
            return [next(messages).json() for _ in range(2500)]

    for since, first in (("start", 0), (2600, 400), (ids[99], 100)):
        assert asyncio.run(read(since)) == list(range(first, first + 2500))
        assert read_in_thread(since) == list(range(first, first + 2500))


@pytest.mark.parametrize("since", ["start", 20])
def test_several_channels(engine_url: str, since: str | int) -> None:
    """A stream that is torn before the first event of one of its channels goes on without a gap."""
    api = hug.API("several")
    with hug.test.broker(engine_url):
        first, second = (hug.sse.channel(name, history=5000) for name in ("first", "second"))
        hug.sse("/both", api=api)(lambda: hug.sse.events(first, second, since=since))
        for event, channel in (("first", first), ("second", second)):
            for number in range(30):
                channel.publish(number, event=event).result(20)
        expected = list(range(30))[0 if since == "start" else 10 :]
        read: dict[str, list[int]] = {"first": [], "second": []}
        with hug.test.sse(api, "/both") as stream:
            for number in range(2 * len(expected)):
                message = next(stream)
                read[message.event].append(message.json())  # there is no list for a gap
                if number % 5 == 0:
                    stream.reconnect()
        assert read == {"first": expected, "second": expected}


def test_end(news: hug.sse.Channel) -> None:
    """A channel that is closed ends subscriptions, now and later, after what they lack."""
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(list, news.subscribe(since="start"))
        until(lambda: len(news.readers) == 1, "a reader")
        news.publish(1)
        news.close("bye").result(10)
        assert [message.data for message in reading.result(20)] == ["1", "bye"]
    assert [message.data for message in news.subscribe(since="start")] == ["1", "bye"]
    assert list(news.subscribe()) == []


def test_the_end_is_no_event(news: hug.sse.Channel) -> None:
    """However little is kept, and however few are asked for: the end takes the place of no event."""
    newest = hug.sse.channel("the newest that is kept", history=1)
    for channel in (newest, news):
        channel.publish(1)
        channel.publish(2).result(20)
        channel.close().result(20)
        for since in (1, 2, "start"):
            here = ["2"] if channel is newest or since == 1 else ["1", "2"]
            assert [message.data for message in channel.subscribe(since=since)] == here
