"""A shared source whose turn comes and goes: what depends on a certain moment, on an engine that fails."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

import hug
from hug.eventstream.brokers import engine_thread
from hug.eventstream.brokers.remote import RemoteBroker
from hug.eventstream.serving import lease, shared_by_lease

from ..waiting import eventually, until
from .engine_in_memory import Server
from .stalling import Client, run


class Processes:
    """APIs that share an engine, as the workers of one program do.

    Attributes:
        server: The engine.
        running: How many sources run, in all of them.
        most: How many have run at once.
        begun: How many each has begun.
    """

    def __init__(self) -> None:
        self.server = Server()
        self.running = 0
        self.most = 0
        self.begun = [0, 0]
        self.brokers: list[RemoteBroker] = []
        self.cleanup = 0.0

    def apis(self, make: Callable[[int], Any] | None = None, linger: float = 0.0) -> list[Any]:
        made = []
        for number in (0, 1):
            api: Any = hug.API()
            if made:
                api._number = made[0]._number  # it is the same program
            api.broker = self.server.broker()
            self.brokers.append(api.broker)
            handler = self.source(number) if make is None else make(number)
            hug.sse("/ticks", shared=True, linger=linger, api=api)(handler)
            made.append(api)
        return made

    def source(self, number: int) -> Callable[[], Any]:
        async def ticks() -> AsyncIterator[str]:
            self.begun[number] += 1
            self.running += 1
            self.most = max(self.most, self.running)
            try:
                for count in itertools.count():
                    yield f"{number} {self.begun[number]} {count}"
                    await asyncio.sleep(0.02)
            finally:
                await asyncio.sleep(self.cleanup)
                self.running -= 1

        return ticks


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    monkeypatch.setattr(engine_thread, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(engine_thread, "LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(lease, "LASTS", 2.0)
    monkeypatch.setattr(lease, "EXTENDED", 0.1)
    monkeypatch.setattr(lease, "MARGIN", 0.5)
    monkeypatch.setattr(shared_by_lease, "ASKED", 0.05)
    made = Processes()
    yield made
    for broker in made.brokers:
        broker.close(0.5)
    until(lambda: not made.server.connections, "the end of all connections")
    assert made.running == 0


def whole(client: Client) -> list[tuple[str, str]]:
    """Check that each run is in order and never comes again; return the runs."""
    runs: list[tuple[str, str]] = []
    last = 0
    for message in client.messages:
        if message.event == "gap":  # on a busy machine: more was published than is kept
            continue
        process, run_, number = message.data.split()
        if not runs or runs[-1] != (process, run_):
            assert (process, run_) not in runs
            runs.append((process, run_))
        else:
            assert int(number) > last
        last = int(number)
    return runs


async def more(client: Client, count: int = 5) -> None:
    """Wait for some more events."""
    have = len(client.texts)
    await eventually(lambda: len(client.texts) >= have + count, "more events")


@pytest.mark.slow
def test_the_engine_is_away(processes: Processes, caplog: pytest.LogCaptureFixture) -> None:
    """The source goes on for a while; then it is closed, and begins anew when the engine is back: once."""

    async def main() -> None:
        first, second = [await Client(api, "/ticks").open() for api in processes.apis()]
        await more(first)
        await more(second)
        processes.server.stop()
        await asyncio.sleep(0)
        processes.server.start()  # at once: nobody notices
        await more(first)
        assert sum(processes.begun) == 1
        processes.server.stop()
        await eventually(lambda: processes.running == 0, "the source is closed")
        assert "is stopped here: its lease could not be extended" in caplog.text
        assert not first.over
        assert not second.over
        processes.server.start()
        for client in (first, second):  # what waited for the engine comes first, of the run that was closed
            await client.until(lambda client: len(whole(client)) > 1, "events of another run")
            await more(client)
            assert len(whole(client)) == 2
        assert (processes.most, sum(processes.begun)) == (1, 2)
        for client in (first, second):
            await client.leave()

    run(main())


@pytest.mark.slow
def test_slow_cleanup(processes: Processes) -> None:
    """A source that takes its time to clean up keeps its turn until it has."""
    processes.cleanup = 2.5  # longer than a lease lasts

    async def main() -> None:
        first, second = [await Client(api, "/ticks").open() for api in processes.apis()]
        await more(first)
        await more(second)
        running, other = (first, second) if processes.begun == [1, 0] else (second, first)
        leaving = asyncio.ensure_future(running.leave())
        before = len(whole(other))
        await eventually(lambda: sum(processes.begun) == 2, "the other process")
        await leaving
        await more(other)
        assert (processes.most, before, len(whole(other))) == (1, 1, 2)
        await other.leave()

    run(main())


@pytest.mark.slow
def test_linger(processes: Processes) -> None:
    """A process without readers, which only lingers, does not take its turn."""

    async def main() -> None:
        first, second = [await Client(api, "/ticks").open() for api in processes.apis(linger=2.0)]
        await more(first)
        await more(second)
        running, other = (first, second) if processes.begun == [1, 0] else (second, first)
        await running.leave()
        await asyncio.sleep(0.5)  # so that the other one lingers on when this one has ended
        await other.leave()
        await eventually(lambda: processes.running == 0, "the end")
        await asyncio.sleep(0.3)
        assert sum(processes.begun) == 1

    run(main())


@pytest.mark.slow
@pytest.mark.parametrize("then", ["nothing", "error"])
def test_taking_over_without_a_source(
    processes: Processes, then: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler that has nothing to stream when its turn comes, or fails, ends its readers' streams."""
    calls = [0, 0]

    def make(number: int) -> Callable[[], Awaitable[Any]]:
        async def handler() -> Any:
            calls[number] += 1
            if calls[number] == 1:
                return processes.source(number)()
            if then == "error":
                raise LookupError("not now")
            return None

        return handler

    async def main() -> None:
        first, second = [await Client(api, "/ticks").open() for api in processes.apis(make)]
        await more(first)
        await more(second)
        running, other = (first, second) if processes.begun == [1, 0] else (second, first)
        await running.leave()
        await eventually(lambda: other.over, "the end of its stream")
        assert other.finished == (then == "nothing")
        assert sorted(calls) == [1, 2]

    run(main())
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == (then == "error")


def test_refused_events(processes: Processes, caplog: pytest.LogCaptureFixture) -> None:
    """An engine that takes no more ends the source as a failure does: its readers are cut off."""

    async def main() -> None:
        client = await Client(processes.apis()[0], "/ticks").open()
        await more(client)
        processes.server.full = True
        await eventually(lambda: client.over, "the end")
        assert not client.finished

    run(main())
    assert "the memory is full" in caplog.text


@pytest.mark.slow
def test_lost_turn(
    processes: Processes, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is refused because another has the turn closes its source, and reads on; its events are nowhere."""
    monkeypatch.setattr(lease, "EXTENDED", 100)  # so that it does not hear of it sooner

    async def main() -> None:
        first, second = [await Client(api, "/ticks").open() for api in processes.apis()]
        await more(first)
        await more(second)
        server = processes.server
        with server.lock:
            (name,) = server.leases
            server.leases[name] = ("somebody", 1000, 0.0)  # it was somebody else's, and has run out
        await eventually(lambda: sum(processes.begun) == 2, "the next run")
        for client in (first, second):
            await more(client, 20)
            assert len(whole(client)) == 2
        for client in (first, second):
            await client.leave()

    run(main())
    assert "is stopped here" in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
