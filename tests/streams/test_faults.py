"""Connections that stop, break and fail: each is the matter of its own reader."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import hug
from hug.eventstream.channels import group
from hug.eventstream.loop import pump
from hug.eventstream.sources import on_loop

from .stalling import Client, all_is_quiet, assert_run, connected, run, serve, until

pytestmark = [pytest.mark.usefixtures("no_errors"), pytest.mark.slow]


class FailsAfter(Client):
    """Its connection fails once it has taken some writes."""

    def __init__(self, api: Any, url: str, writes: int, failure: BaseException) -> None:
        super().__init__(api, url)
        self.left_to_take = writes
        self.to_raise = failure

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            if not self.left_to_take:
                raise self.to_raise
            self.left_to_take -= 1
        await super()._send(message)


@pytest.mark.parametrize("url", ["/live", "/start", "/both"])
def test_stuck_from_the_first_byte(api: Any, url: str) -> None:
    """A reader, the first of its kind, whose server does not even take the first bytes gets everything."""
    channel = serve(api)
    hug.sse("/both", api=api)(lambda: hug.sse.events(channel, hug.sse.channel("b", api=api)))

    async def main() -> None:
        client = await Client(api, url, writes=0).open()
        await until(lambda: len(channel.readers) == 1, "the reader")
        for n in range(10):
            await channel.publish(n)
        client.flow()
        await client.take(10)
        assert client.texts == [str(n) for n in range(10)]
        await client.leave()
        await all_is_quiet(channel)

    run(main())


@pytest.mark.parametrize(
    "failure",
    [OSError("gone"), RuntimeError("a middleware's"), asyncio.CancelledError(), GeneratorExit()],
    ids=repr,
)
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("url", ["/live", "/start"])
def test_connection_that_fails(
    api: Any, failure: BaseException, place: int, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken connection ends its own reader, logged unless the client is just gone; others get all."""
    channel = serve(api)

    async def main() -> None:
        for n in range(3):
            channel.publish(n)
        clients: list[Client] = [await Client(api, "/start").open() for _ in range(2)]
        for client in clients:
            await client.take(3)
        failing = FailsAfter(api, url, writes=1, failure=failure)
        clients.insert(place, failing)
        await failing.open()
        for n in range(3, 6):
            await channel.publish(n)
        clients.remove(failing)
        for client in clients:
            assert_run(await client.take(6), 1, 6)
        await failing.end()
        assert len(channel.readers) == 2
        for client in clients:
            await client.leave()
        await all_is_quiet(channel)

    run(main())
    logged = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert logged == ([failure] if isinstance(failure, RuntimeError) else [])
    caplog.clear()


@pytest.mark.parametrize("failure", [asyncio.CancelledError(), GeneratorExit()], ids=repr)
def test_heartbeat_that_fails(api: Any, failure: BaseException) -> None:
    """A write of a heartbeat that fails in an odd way ends its own stream, and others have theirs."""
    channel = hug.sse.channel("a", api=api)
    hug.API(api).sse.heartbeat = 0.05

    @hug.sse("/live", api=api)
    async def live() -> Any:
        return channel

    async def main() -> None:
        failing = await FailsAfter(api, "/live", writes=1, failure=failure).open()
        async with connected(api, "/live") as other:
            await failing.end()
            beats = other.body.count(b"\n:\n")
            await other.until(lambda client: client.body.count(b"\n:\n") > beats + 2, "heartbeats")
        await all_is_quiet(channel)

    run(main())


@pytest.mark.parametrize("error", [LookupError("own"), TypeError("own")], ids=repr)
def test_source_that_makes_no_iterator(api: Any, error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """A source that fails before it begins is logged as any that fails, and its directives clean up."""
    cleaned: list[object] = []

    class Directive:
        def __init__(self, **_: Any) -> None: ...

        def cleanup(self, exception: BaseException | None = None) -> None:
            cleaned.append(exception)

    class Source:
        def __aiter__(self) -> AsyncIterator[str]:
            raise error

    hug.directive(api=api)(type("thing", (Directive,), {"directive": True}))

    @hug.sse("/failing", api=api)
    async def failing(hug_thing: Any) -> Any:
        return Source()

    async def main() -> None:
        client = await Client(api, "/failing").open()
        await client.end()
        assert not client.finished

    run(main())
    assert cleaned == [None]
    (record,) = caplog.records
    assert "the source of" in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[1] is error
    caplog.clear()


@pytest.mark.parametrize("failure", [OSError("gone"), RuntimeError("a middleware's")], ids=repr)
def test_connection_that_fails_at_once(api: Any, failure: Exception) -> None:
    """A stream whose first bytes cannot be sent leaves no reader behind."""
    channel = serve(api)

    async def main() -> None:
        client = await FailsAfter(api, "/live", writes=0, failure=failure).open()
        if isinstance(failure, OSError):
            await client.end()
        else:
            with pytest.raises(RuntimeError, match="middleware"):
                await client.end()
        await all_is_quiet(channel)

    run(main())


@pytest.mark.parametrize("forged", [False, True])
def test_cut_off_before_it_hears_of_the_loss(api: Any, forged: bool) -> None:
    """A client that is cut off after the first bytes is told of its loss when it comes back."""
    channel = serve(api, history=2)
    ids = [channel.publish(n).id for n in range(10)]
    event_id = "forged" if forged else ids[0]

    async def main() -> None:
        for _ in range(3):
            client = await Client(api, "/live", event_id, writes=1).open()
            await client.leave()
            assert client.body.startswith(b":\n")
            assert client.messages == []
        async with connected(api, "/live", client.last_event_id) as returned:
            gap, *others = await returned.take(3)
            assert gap.json() == {"channel": "a", "lost": None if forged else 7, "resumed_at": ids[8]}
            assert_run(others, 9, 10)

    run(main())


def test_loss_while_the_head_is_sent(api: Any) -> None:
    """A channel that disconnects does so, too, when events are lost while the head is sent."""
    channel = serve(api, history=2, on_gap="disconnect")
    ids = [channel.publish(n).id for n in range(3)]

    class Slow(Client):
        async def _send(self, message: Any) -> None:
            if message["type"] == "http.response.start":
                channel.publish("more")
            await super()._send(message)

    async def main() -> None:
        client = await Slow(api, "/live", ids[0]).open()
        await client.end()
        assert (client.status, client.messages, client.last_event_id) == (200, [], ids[0])
        assert client.finished
        returned = await Client(api, "/live", client.last_event_id).open()
        assert returned.status == 204
        await returned.end()
        await all_is_quiet(channel)

    run(main())


def test_leaving_in_the_middle_of_a_write(api: Any) -> None:
    """A reader that leaves while its server holds a large event disturbs nobody, and nothing is left."""
    channel = serve(api, history=0)

    async def main() -> None:
        async with connected(api, "/live") as other:
            leaving = await Client(api, "/live").open()
            leaving.stall()
            for n in range(3):
                await channel.publish(str(n) * 1_000_000)
            await leaving.leave()
            await channel.publish("last")
            assert_run(await other.take(4), 1, 4)
            assert len(channel.readers) == 1
        await all_is_quiet(channel)

    run(main())


def test_server_cancels(api: Any) -> None:
    """A stream that its server cancels, as some do to end, leaves nothing behind."""
    channel = serve(api)

    async def main() -> None:
        clients = [await Client(api, "/live", writes=writes).open() for writes in (1, 2, 100)]
        await channel.publish("x")
        for client in clients:
            client.cancel()
        for client in clients:
            with pytest.raises(asyncio.CancelledError):
                await client.end()
            client.flow()
        await all_is_quiet(channel)

    run(main())


def test_reader_joins_while_others_are_served(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that comes when all others have just got stuck begins where it wants, not where they were."""
    channel = serve(api)
    monkeypatch.setattr(pump, "SLICE", -1)  # others get a turn whenever they may
    late = Client(api, "/start")

    class LetsAnotherIn(Client):
        async def _send(self, message: Any) -> None:
            if not self.writes and not late.begun:
                late.begin()
            await super()._send(message)

    async def main() -> None:
        crowd = [await Client(api, "/live", writes=1).open() for _ in range(group.TURN - 1)]
        crowd.append(await LetsAnotherIn(api, "/live", writes=1).open())
        assert all(client.stalled for client in crowd)
        for data in "xyz":
            channel.publish(data * 60_000)
        await until(lambda: late.begun, "the write to the last of them")
        await late.take(3)
        for client in [*crowd, late]:
            client.flow()
            await client.until(lambda me: me.last_event_id == channel.last_id, "the newest event")
            assert_run(client.messages, 1, 3)
            await client.leave()
        await all_is_quiet(channel)

    run(main())


FAILURES = [OSError("gone"), RuntimeError("a middleware's")]


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("kind", ["async", "sync"])
def test_write_that_fails_while_the_source_waits(
    api: Any,
    failure: Exception,
    late: bool,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its source is closed in any case; it has not failed, unless it is no `OSError` that tells of it."""
    monkeypatch.setattr(on_loop, "PATIENCE", 10)  # the write comes while the source waits
    ended = threading.Event()
    first = threading.Event()

    @hug.sse("/async", api=api)
    async def waits() -> AsyncIterator[str]:
        try:
            yield "a"
            await asyncio.sleep(0)
            yield "b"
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    @hug.sse("/sync", api=api)
    def blocks() -> Iterator[str]:
        try:
            yield "a"
            first.wait(10)
            yield "b"
            while hug.sse.listening():
                time.sleep(0.001)
        finally:
            ended.set()

    class Fails(FailsAfter):
        async def _send(self, message: Any) -> None:
            if b"data: a" in message.get("body", b""):
                first.set()
            if late:
                await asyncio.sleep(0)
            await super()._send(message)

    async def main() -> None:
        client = await Fails(api, f"/{kind}", writes=2, failure=failure).open()
        await client.end()
        assert ended.is_set()
        await all_is_quiet()

    run(main())
    logged = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert logged == ([] if isinstance(failure, OSError) else [failure])
    caplog.clear()


def test_cleanup_after_a_write_that_failed(
    api: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The time of its cleanup is limited, as after any end."""
    monkeypatch.setattr(on_loop, "PATIENCE", 10)  # the write comes while the source waits
    hug.API(api).sse.cleanup_timeout = 0.05
    cancelled = 0

    @hug.sse("/slow", api=api)
    async def slow() -> AsyncIterator[str]:
        nonlocal cancelled
        yield "a"
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled += 1

    async def main() -> None:
        client = await FailsAfter(api, "/slow", writes=1, failure=OSError()).open()
        await client.end()
        await all_is_quiet()

    run(main())
    assert cancelled == 2
    assert "is cancelled again" in caplog.text
    caplog.clear()
