"""hug.eventstream.brokers: what a channel needs of a broker, shown with brokers that are late, or busy."""

import asyncio
import concurrent.futures
import queue
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

import hug
from hug.eventstream.brokers import memory
from hug.eventstream.channels.channel import Channel
from hug.eventstream.channels.registry import Channels
from hug.eventstream.history.log import Bounds, Log

from .stalling import all_is_quiet, assert_run, connected, log_of, run, until

LIFE = "late0life000"

pytestmark = pytest.mark.usefixtures("no_errors")


class LateTopic:
    """Takes events when it is told to, in another thread; or refuses them."""

    local = True

    def __init__(self, bounds: Bounds, grown: Callable[[], None]) -> None:
        self.log = Log(LIFE, bounds, threading.Lock())
        self._grown = grown
        self._waiting: queue.SimpleQueue[tuple[bytes, concurrent.futures.Future[str]]] = queue.SimpleQueue()

    def append(self, body: bytes, *_: Any) -> Any:
        taken: concurrent.futures.Future[str] = concurrent.futures.Future()
        self._waiting.put((body, taken))
        return taken

    def room(self) -> None:
        """There is always."""

    def answer(self, failure: Exception | None = None) -> None:
        """Answer for the event that has waited longest."""
        body, taken = self._waiting.get(timeout=10)
        thread = threading.Thread(target=self._answer, args=(body, taken, failure))
        thread.start()
        thread.join()

    def _answer(
        self, body: bytes, taken: concurrent.futures.Future[str], failure: Exception | None = None
    ) -> None:
        if failure is not None:
            taken.set_exception(failure)
            return
        event_id = self.log.append(body, time.monotonic())
        self._grown()
        taken.set_result(event_id)


class LateBroker:
    """See `hug.eventstream.brokers.Broker`."""

    def __init__(self) -> None:
        self.topics: dict[str, LateTopic] = {}

    def topic(self, name: str, bounds: Bounds, grown: Callable[[], None]) -> LateTopic:
        topic = self.topics[name] = LateTopic(bounds, grown)
        return topic


def late(api: Any) -> tuple[Channel, LateTopic]:
    """Return a channel on a broker that answers late, which ``/late`` reads."""
    broker = LateBroker()
    channel = Channels(broker).get("late", history=10)
    hug.sse("/late", api=api)(lambda: channel)
    assert log_of(channel).last == 0
    return channel, broker.topics["late"]


def test_late_answer(api: Any) -> None:
    """Until the broker has answered there is neither an id nor an event; then both."""
    channel, topic = late(api)

    async def main() -> None:
        async with connected(api, "/late") as client:
            publication = channel.publish("x")
            assert not publication.done()
            assert repr(publication) == "<Publication, not taken yet>"
            with pytest.raises(TimeoutError):
                _ = publication.id
            with pytest.raises(TimeoutError):
                await asyncio.to_thread(publication.result, 0.01)
            waiting = asyncio.create_task(wait_for(publication))
            assert client.messages == []
            topic.answer()
            assert await waiting == publication.id == publication.result() == f"{LIFE}-1"
            assert await publication == f"{LIFE}-1"
            assert repr(publication) == f"<Publication {LIFE}-1>"
            assert_run(await client.take(1), 1, 1)
        async with connected(api, "/late", f"{LIFE}-0") as returned:
            assert_run(await returned.take(1), 1, 1)
        await all_is_quiet(channel)

    run(main())


def wait_for(publication: Any) -> Coroutine[Any, Any, str]:
    async def wait() -> str:
        event_id: str = await publication
        return event_id

    return wait()


def test_late_refusal(api: Any) -> None:
    """A failure of the broker is known to everybody who asks, and reaches no reader."""
    channel, topic = late(api)

    async def main() -> None:
        async with connected(api, "/late") as client:
            failing, working = channel.publish("x"), channel.publish("y")
            waiting = asyncio.create_task(wait_for(failing))
            topic.answer(ConnectionError("the broker is away"))
            topic.answer()
            with pytest.raises(ConnectionError, match="away"):
                await waiting
            assert failing.done()
            with pytest.raises(ConnectionError, match="away"):
                _ = failing.id
            assert "the broker is away" in repr(failing)
            assert await working == f"{LIFE}-1"
            assert [message.data for message in await client.take(1)] == ["y"]

    run(main())


def test_nobody_waits_any_more(api: Any) -> None:
    """Who gives up waiting for an event does not take it back: it comes, and others learn its id."""
    channel, topic = late(api)

    async def main() -> None:
        async with connected(api, "/late") as client:
            publication = channel.publish("x")
            impatient = asyncio.create_task(wait_for(publication))
            patient = asyncio.create_task(wait_for(publication))
            await asyncio.sleep(0)
            impatient.cancel()
            with pytest.raises(asyncio.CancelledError):
                await impatient
            assert not publication.done()
            await asyncio.to_thread(topic.answer)
            assert await patient == publication.id == f"{LIFE}-1"
            await client.take(1)

    run(main())


def test_events_that_come_while_readers_are_looked_at(api: Any) -> None:
    """However threads take turns, no event is let go of before the readers have it."""
    published = 0

    class Busy:
        """A lock of a log; another thread publishes each time the event loop is about to take it."""

        def __init__(self) -> None:
            self._lock = threading.Lock()
            self.loop: int | None = None

        def __enter__(self) -> None:
            nonlocal published
            if threading.get_ident() == self.loop and published < 100:
                published += 1
                thread = threading.Thread(target=channel.publish, args=(published,))
                thread.start()
                thread.join()
            self._lock.acquire()

        def __exit__(self, *_: object) -> None:
            self._lock.release()

    lock = Busy()

    class Topic(memory.MemoryTopic):
        def __init__(self, bounds: Bounds, grown: Callable[[], None]) -> None:
            super().__init__("a", bounds, grown)
            self.log = Log(LIFE, bounds, lock)

    class Broker:
        def topic(self, name: str, bounds: Bounds, grown: Callable[[], None]) -> Topic:
            return Topic(bounds, grown)

    channel = Channels(Broker()).get("busy", history=0)
    hug.sse("/busy", api=api)(lambda: channel)

    async def main() -> None:
        async with connected(api, "/busy") as client:
            lock.loop = threading.get_ident()
            channel.publish("first")
            await until(lambda: client.last_event_id == f"{LIFE}-101", "the newest event")
            lock.loop = None
        assert_run(client.messages, 1, 101)

    run(main())
