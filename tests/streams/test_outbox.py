"""What holds up one channel, or one event, holds up no other; and who publishes is told what is true."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from hug.eventstream.brokers import followers, waiting
from hug.eventstream.brokers import outbox as outboxes
from hug.eventstream.brokers.pending_event import Taken
from hug.eventstream.channels.publication import Published
from hug.eventstream.engines.engine import Entry
from hug.exceptions import BrokerError, FateUnknown, NotTaken, Unreachable

from ..waiting import until
from .engine_in_memory import Server
from .test_remote import BOUNDS, Processes, event, processes, server  # noqa: F401


def numbers(server: Server, name: str) -> list[int]:  # noqa: F811
    return [int(each.fields.split()[1]) for each in server.run(name).events]


def test_turns_between_batches() -> None:
    """An engine that answers without waiting, as a file does, leaves turns to those who read."""

    async def main() -> None:
        outbox = outboxes.Outbox("test://", 10.0, lambda: None)
        for _ in range(10 * outboxes.BATCH_EVENTS):
            outbox.put("news", b"data: x\n", BOUNDS)
        turns = batches = 0

        async def append(entries: Sequence[Entry], *_: object) -> Sequence[int]:
            nonlocal batches
            batches += 1
            return range(len(entries))

        async def reach() -> outboxes.Append:
            return append

        async def read() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        outbox.take()
        others = [asyncio.ensure_future(read()), asyncio.ensure_future(outbox.send(reach))]
        await outbox.empty()
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        assert batches == 10
        assert turns >= 10

    asyncio.run(main())


def test_what_comes_while_a_batch_is_under_way() -> None:
    """It wakes nobody, and goes with the next batch."""

    async def main() -> None:
        woken = 0

        def wake() -> None:
            nonlocal woken
            woken += 1

        outbox = outboxes.Outbox("test://", 10.0, wake)
        sent: list[list[bytes]] = []
        under_way, answered = asyncio.Event(), asyncio.Event()

        async def append(entries: Sequence[Entry], *_: object) -> Sequence[int]:
            sent.append([each.fields for each in entries])
            under_way.set()
            await answered.wait()
            return range(1, len(entries) + 1)

        async def reach() -> outboxes.Append:
            return append

        sending = asyncio.ensure_future(outbox.send(reach))
        outbox.put("news", b"1", BOUNDS)
        assert woken == 1
        outbox.take()
        await under_way.wait()
        others = [outbox.put("news", b"%d" % number, BOUNDS) for number in (2, 3)]
        assert woken == 1
        answered.set()
        await outbox.empty()
        assert sent == [[b"1"], [b"2", b"3"]]
        assert all(each.done() for each in others)
        outbox.put("news", b"4", BOUNDS)
        assert woken == 2
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    asyncio.run(main())


def test_patience_while_a_batch_is_under_way() -> None:
    """What comes behind a batch that gets no answer is given up in its time, though it was never sent."""

    async def main() -> None:
        outbox = outboxes.Outbox("test://", 0.05, lambda: None)
        under_way = asyncio.Event()

        async def append(_: Sequence[Entry]) -> Sequence[int]:
            under_way.set()
            await asyncio.Event().wait()
            return ()

        async def reach() -> outboxes.Append:
            return append

        sending = asyncio.ensure_future(outbox.send(reach))
        first = outbox.put("news", b"1", BOUNDS)
        outbox.take()
        await under_way.wait()
        with pytest.raises(FateUnknown):
            await asyncio.wait_for(asyncio.wrap_future(first), 5)
        second = outbox.put("news", b"2", BOUNDS)
        with pytest.raises(NotTaken):
            await asyncio.wait_for(asyncio.wrap_future(second), 5)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    asyncio.run(main())


# A channel that cannot be written to for now


@pytest.mark.slow
def test_locked_channel(processes: Processes, server: Server) -> None:  # noqa: F811
    """Other channels go on, however much waits for it, without spinning; then it has all, in order."""
    broker = processes.broker()
    locked, free = (broker.topic(name, BOUNDS, lambda: None) for name in ("locked", "free"))
    locked.append(event(0)).result(20)
    server.locked.add("locked")
    published = [locked.append(event(number)) for number in range(1, 801)]  # more than go at once
    calls = server.calls["append"]
    for number in range(100):
        free.append(event(number)).result(20)
        published.append(locked.append(event(801 + number)))
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 0.5)
    seconds = time.monotonic() - began
    assert not any(each.done() for each in published)
    assert server.calls["append"] - calls < 100 + 100 + seconds / waiting.FIRST_PAUSE
    server.locked.clear()
    for each in published:
        each.result(20)
    assert numbers(server, "locked") == list(range(901))
    assert server.calls["connect"] == 1
    assert not broker.thread.outbox._waiting._pauses


@pytest.mark.slow
def test_locked_for_too_long(processes: Processes, server: Server) -> None:  # noqa: F811
    """What the engine has not taken, for certain, fails so, and says why; the rest is not held up."""
    locked = processes.topic("locked", patience=0.5)
    processes.brokers[0].connect(5).result(20)
    server.locked.add("locked")
    failing = [locked.append(event(number)) for number in range(3)]
    for each in failing:
        with pytest.raises(NotTaken, match="was not taken: locked is locked"):
            each.result(20)
    server.locked.clear()
    locked.append(event(3)).result(20)
    assert numbers(server, "locked") == [3]


@pytest.mark.slow
def test_locked_after_a_lost_answer(processes: Processes, server: Server) -> None:  # noqa: F811
    """Of an event that was taken perhaps, before the channel was locked, nobody knows whether it was."""
    locked = processes.topic("locked", patience=1)
    processes.brokers[0].connect(5).result(20)
    server.loses = 1
    server.up = False  # so that nobody asks again before it is locked
    failing = locked.append(event(1))
    until(lambda: server.run("locked").last == 1)
    server.locked.add("locked")
    server.start()
    with pytest.raises(FateUnknown, match="locked is locked"):
        failing.result(20)


# An event on which the engine fails


@pytest.mark.parametrize("count", [1, 10, 400])
def test_poison(processes: Processes, server: Server, count: int) -> None:  # noqa: F811
    """It is found among the others, its publisher is told, and all others are taken, once, in order."""
    channel = processes.topic()
    channel.append(event(0)).result(20)
    server.poison = b"poison"
    server.delay = 0.005
    before = [channel.append(event(number)) for number in range(1, count + 1)]
    poison = channel.append(b"data: poison\n")
    after = [channel.append(event(number)) for number in range(count + 1, 2 * count + 1)]
    for each in (*before, *after):
        each.result(8)
    with pytest.raises(FateUnknown, match=r"the engine fails on it: ValueError: that cannot be written"):
        poison.result(20)
    assert numbers(server, "news") == list(range(2 * count + 1))
    assert set(server.ever.values()) == {1}
    assert server.calls["connect"] == 1


def test_one_question(
    processes: Processes,  # noqa: F811
    server: Server,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A question on which the engine fails, fails alone: who has asked is told, the connection stays."""
    monkeypatch.setattr(followers, "REFUSED", 0.05)
    broker = processes.broker()
    news, other = (broker.topic(name, BOUNDS, lambda: None) for name in ("news", "other"))
    for each in (news, other):
        each.append(event(1)).result(20)
    for question in (
        lambda: broker.lease("turn", "me", 5),
        lambda: broker.exists("news"),
        news.newest,
        news.delete,
    ):
        server.breaks = [ZeroDivisionError("a bug")]
        with pytest.raises(Unreachable, match="ZeroDivisionError: a bug"):
            question().result(20)
    server.breaks = [ZeroDivisionError("when it is to be followed")]
    ready = news.follow()
    assert ready is not None
    ready.result(20)
    server.breaks = [ZeroDivisionError("when it is looked up")]
    place = news.locate("of.another-7")
    assert isinstance(place, Future)
    assert place.result(20).lost is None
    assert server.calls["connect"] == 1


def test_a_connection_that_is_of_no_use(processes: Processes, server: Server) -> None:  # noqa: F811
    """When the engine fails on what it is asked next, too, it is connected anew."""
    broker = processes.broker()
    broker.topic("news", BOUNDS, lambda: None).append(event(1)).result(20)
    server.breaks = [ZeroDivisionError("a bug"), ZeroDivisionError("the same, for whoever asks")]
    assert broker.lease("turn", "me", 5).result(20)
    assert server.calls["connect"] == 2


@pytest.mark.slow
def test_forbidden_channel(
    processes: Processes,  # noqa: F811
    server: Server,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A channel that hug may not use is told of, to publishers and in the log; nothing is connected anew."""
    monkeypatch.setattr(followers, "REFUSED", 0.05)
    server.forbidden.add("secret")
    broker = processes.broker()
    secret, free = (broker.topic(name, BOUNDS, lambda: None) for name in ("secret", "free"))
    published = [each.append(event(number)) for number in range(50) for each in (secret, free)]
    for each in published[1::2]:
        each.result(20)
    for each in published[::2]:
        with pytest.raises(NotTaken, match="was not taken: no permission to use secret"):
            each.result(20)
    with pytest.raises(BrokerError, match="no permission"):
        raise secret.newest().exception(5)  # type: ignore[union-attr,misc]
    ready = secret.follow()
    assert ready is not None
    until(lambda: "channel 'secret' cannot be read" in caplog.text)
    located = secret.locate("start")
    assert isinstance(located, Future)
    calls = server.calls["ends"]
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 0.3)
    assert server.calls["ends"] - calls < 20  # it does not spin
    assert not located.done()
    server.forbidden.clear()
    ready.result(20)
    located.result(20)
    assert server.calls["connect"] == 1


# Waiting for the answer


class Outbox:
    """See `hug.eventstream.brokers.pending_event.Answering`."""

    thread = 0

    def __init__(self) -> None:
        self.heard: list[BaseException] = []

    def unheard(self, error: BaseException) -> None:
        self.heard.append(error)


def taken() -> Taken:
    return Taken("news", "p.1", b"data: x\n", BOUNDS, until=0.0, answering=Outbox())


def test_one_wake_up_for_many() -> None:
    """An event loop that awaits a hundred events is woken once for all of them; a wait may be cancelled."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        events = [taken() for _ in range(100)]
        waits = [asyncio.ensure_future(_id(Published(each, None))) for each in events]
        cancelled = [asyncio.ensure_future(_id(Published(each, None))) for each in events]
        await asyncio.sleep(0)
        for each in cancelled:
            each.cancel()
        await asyncio.gather(*cancelled, return_exceptions=True)
        woken = 0
        before = loop.call_soon_threadsafe

        def count(*arguments: Any, **options: Any) -> Any:
            nonlocal woken
            woken += 1
            return before(*arguments, **options)

        loop.call_soon_threadsafe = count  # type: ignore[method-assign]
        for number, each in enumerate(events):
            each.set_result(f"p.1-{number}")
        assert await asyncio.gather(*waits) == [f"p.1-{number}" for number in range(100)]
        assert woken == 1

    asyncio.run(main())


async def _id(publication: Published) -> str:
    return await publication
