"""The end of a channel: closed, perhaps after a last event; deleted; how its newest id is told."""

import asyncio
import concurrent.futures
import contextlib
import gc
from typing import Any

import pytest

import hug
from hug.eventstream.brokers import memory
from hug.eventstream.channels import registry
from hug.eventstream.channels.registry import Channels
from hug.exceptions import BrokerError, ChannelClosed

from .stalling import Client, all_is_quiet, connected, log_of, run, serve, until

pytestmark = pytest.mark.usefixtures("no_errors")


def test_close(api: Any) -> None:
    """Readers get what they lack, the last event and the end; who comes later the rest, the end, then 204."""
    channel = serve(api)

    async def main() -> None:
        client = await Client(api, "/live").open()
        first = channel.publish("one").id
        end = channel.close("bye", event="done")
        await client.end()
        assert [(each.event, each.data) for each in client.messages] == [("message", "one"), ("done", "bye")]
        assert client.finished
        assert client.last_event_id == end.id == await end == channel.last_id
        late = await Client(api, "/live", first).open()
        await late.end()
        assert [each.data for each in late.messages] == ["bye"]
        again = await Client(api, "/live", late.last_event_id).open()
        await again.end()
        assert again.status == 204
        await all_is_quiet()

    run(main())


def test_closed_is_closed(api: Any) -> None:
    """Nothing comes after the end, and to close again is an error only if somebody would miss an event."""
    channel = hug.sse.channel("a", api=api)
    end = channel.close()
    assert end.done()
    for publish in (
        lambda: channel.publish("x"),
        lambda: channel.close("x"),
        lambda: channel.close(event="x"),
    ):
        with pytest.raises(ChannelClosed, match="channel 'a' is closed"):
            publish()
    assert channel.close().id == end.id == channel.last_id
    with pytest.raises(TypeError, match="JSON"):
        hug.sse.channel("b", api=api).close(object())
    hug.sse.channel("b", api=api).publish("still open")


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"history": 0}, {"history": 5}, {"max_age": 1e-9}])
def test_closed_channels_are_known_for_a_while(
    api: Any, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A closed channel that nobody holds is not made anew while its readers may come back; then it is."""
    now = registry.time.monotonic()
    monkeypatch.setattr(registry.time, "monotonic", lambda: now)
    end = hug.sse.channel("a", api=api, **options).close().id

    def is_known() -> bool:
        api.channels.forget_idle()
        gc.collect()
        return "a" in hug.route.API(api).sse.channels

    assert is_known()
    now += registry.CLOSED - 1
    assert is_known()
    with pytest.raises(ChannelClosed):
        hug.sse.channel("a", api=api).publish("x")
    now += 2
    assert is_known() is (options == {"history": 5})  # which is kept for good
    if not is_known():
        assert hug.sse.channel("a", api=api).publish("x").id.partition("-")[0] != end.partition("-")[0]


def test_delete(api: Any) -> None:
    """Deleting forgets the events and the end; readers go on, and an id from before is a gap."""
    channel = serve(api)

    async def main() -> None:
        async with connected(api, "/live") as client:
            old = channel.publish("old").id
            await client.take(1)
            await channel.delete()
            assert log_of(channel).resumable == log_of(channel).last
            new = channel.publish("new").id
            await client.take(2)
            assert client.texts == ["old", "new"]
        async with connected(api, "/live", old) as late:
            gap, message = await late.take(2)
            assert gap.json() == {"channel": "a", "lost": None, "resumed_at": new}
            assert message.data == "new"

    run(main())
    channel.close()
    assert channel.delete().result(1) is None
    channel.publish("open again")
    hug.sse.channel("b", api=api).close()
    hug.sse.channel("b", api=api).delete()
    gc.collect()
    assert "b" not in hug.route.API(api).sse.channels


def test_delete_what_readers_lack(api: Any) -> None:
    """A reader is still given what it lacked of a channel that is deleted, without a gap; nobody else is."""
    channel = serve(api)

    async def main() -> None:
        async with connected(api, "/live") as client:
            for text in ("one", "two"):
                old = channel.publish(text).id
                await channel.delete()
            async with connected(api, "/live?since=start") as other:
                channel.publish("three")
                await client.take(3)
                await other.take(1)
            assert client.texts == ["one", "two", "three"]
            assert other.texts == ["three"]
        async with connected(api, "/live", old) as late:
            gap, message = await late.take(2)
            assert (gap.event, message.data) == ("gap", "three")

    run(main())


def test_connection_of_a_broker_without_transactions(api: Any) -> None:
    """A channel in memory cannot be published on within a transaction, and says which ones can."""
    channel = hug.sse.channel("a", api=api)
    with pytest.raises(BrokerError, match=r"sqlite: or postgresql:"):
        channel.publish("x", connection=object())
    assert log_of(channel).last == 0


class Topic(memory.MemoryTopic):
    """Answers later, as topics of other processes do."""

    local = False

    def __init__(self, name: str, bounds: Any, grown: Any) -> None:
        super().__init__(name, bounds, grown)
        self.asked: list[concurrent.futures.Future[str]] = []

    def newest(self) -> Any:
        self.asked.append(concurrent.futures.Future())
        return self.asked[-1]

    def append(self, fields: bytes, lease: Any = None, kind: Any = None) -> Any:
        taken: concurrent.futures.Future[str] = concurrent.futures.Future()
        try:
            taken.set_result(super().append(fields))
        except ChannelClosed as error:
            taken.set_exception(error)
        return taken

    def append_within(self, connection: Any, fields: bytes) -> Any:
        return connection(fields)


class Broker(memory.MemoryBroker):
    def topic(self, name: str, bounds: Any, grown: Any) -> Topic:
        return Topic(name, bounds, grown)


def test_newest_id_elsewhere() -> None:
    """The newest id is awaited, or waited for in a thread; a coroutine that would block is told so."""
    channel = Channels(Broker()).get("a")
    topic: Any = registry.fanout_of(channel).topic

    async def main() -> None:
        with pytest.raises(RuntimeError, match=r"await channel.newest_id\(\)"):
            _ = channel.last_id
        waiting = asyncio.ensure_future(asyncio.wait_for(channel.newest_id(), 10))
        await until(lambda: len(topic.asked) == 2, "the question")
        topic.asked[1].set_result("x-7")
        assert await waiting == "x-7"
        in_thread = asyncio.create_task(asyncio.to_thread(lambda: channel.last_id))
        await until(lambda: len(topic.asked) == 3, "the question")
        topic.asked[2].set_result("x-8")
        assert await in_thread == "x-8"

    run(main())


def test_close_elsewhere() -> None:
    """Whoever closes a channel that was closed elsewhere is told of it only if a last event was lost."""
    channel = Channels(Broker()).get("a")
    topic: Any = registry.fanout_of(channel).topic
    end = channel.close("bye")
    assert end.result(1) == topic.log.id(2)

    async def main() -> None:
        with pytest.raises(ChannelClosed):
            await channel.close("again")
        again = asyncio.ensure_future(asyncio.wait_for(channel.close(), 10))
        await until(lambda: len(topic.asked) == 1, "the question")
        topic.asked[0].set_result("x-2")
        assert await again == "x-2"

    run(main())
    with pytest.raises(ChannelClosed):
        channel.close("again").result(1)


def test_two_who_close_at_once() -> None:
    """Whose last event was taken before another one's end has closed the channel, and is told of no error."""
    channel = Channels(Broker()).get("a")
    topic: Any = registry.fanout_of(channel).topic
    append = topic.append

    def with_another(fields: bytes, *others: Any) -> Any:
        if not fields:
            append(b"")  # another process comes in between
        return append(fields, *others)

    topic.append = with_another
    ends = channel.close("bye")
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        ended = threads.submit(ends.result, 10)

        async def main() -> None:
            waiting = asyncio.ensure_future(asyncio.wait_for(ends, 10))
            await until(lambda: len(topic.asked) == 2, "the questions")
            for question in topic.asked:
                question.set_result("x-2")
            assert await waiting == "x-2"

        run(main())
        assert ended.result(10) == "x-2"


def test_within_a_transaction() -> None:
    """The topic gets the connection; of an async one the event is published once, by awaiting it."""
    channel = Channels(Broker()).get("a")
    published: list[bytes] = []

    def plain(fields: bytes) -> str:
        published.append(fields)
        return "x-1"

    assert channel.publish("one", connection=plain).id == "x-1"

    async def asynchronous(fields: bytes) -> str:
        await asyncio.sleep(0)
        published.append(fields)
        return "x-2"

    async def main() -> None:
        publication = channel.publish("two", connection=asynchronous)
        assert not publication.done()
        with pytest.raises(RuntimeError, match="when this is awaited"):
            _ = publication.id
        assert await publication == await publication == publication.id == "x-2"

        async def failing(_: bytes) -> str:
            raise ConnectionError("gone")

        failure = channel.publish("three", connection=failing)
        for _ in range(2):
            with contextlib.suppress(ConnectionError):
                await failure
        with pytest.raises(ConnectionError):
            _ = failure.id

    run(main())
    assert published == [b"data: one\n", b"data: two\n"]
