"""Sources that several processes share run in one of them, whatever becomes of that one."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ..servers.client import Client
from ..servers.serving import Server
from ..waiting import Stopwatch, until
from .test_processes import with_options

SOME = [("sqlite", "/clock"), ("redis", "/thread")]
"""An engine of one machine and one of many; a source on the event loop, and one in a thread."""

on_some_engines = pytest.mark.parametrize(("engine_name", "path"), SOME)
on_all_engines = pytest.mark.parametrize(
    ("engine_name", "path"), [*SOME, ("nats", "/clock"), ("postgres", "/thread")]
)

TAKEN_OVER = 10.0
"""Seconds within which another process runs the source when one was killed."""


class Process(Server):
    """One of the processes."""

    app = "shared_app"


Start = Callable[[], Process]


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    return tmp_path / "gate"


@pytest.fixture
def start(engine_url: str, prefix: str, gate: Path) -> Iterator[Start]:
    """Starts processes that share an engine."""
    processes: list[Process] = []

    def start() -> Process:
        process = Process("uvicorn", HUG_BROKER=with_options(engine_url, prefix=prefix), GATE=str(gate))
        processes.append(process)
        process.ready()
        return process

    yield start
    for process in processes:
        process.kill()


def take(client: Client) -> Any:
    """Return what the next event says, which may take a while."""
    watch = Stopwatch()
    while True:
        try:
            message = client.message()
        except TimeoutError:
            assert not watch.over(TAKEN_OVER), "no event"
        else:
            assert message.event == "message", message
            return message.json()


def take_until(client: Client, process: int) -> list[Any]:
    """Take events until one comes from this process; return all of them."""
    watch = Stopwatch()
    taken = [take(client)]
    while taken[-1]["process"] != process:
        assert not watch.over(TAKEN_OVER), taken[-1]
        taken.append(take(client))
    return taken


def in_order(events: list[Any]) -> list[tuple[int, int]]:
    """Check that each run is whole, and never comes again; return them: a process, which one of its runs."""
    runs: list[tuple[int, int]] = []
    numbers: dict[tuple[int, int], int] = {}
    for event in events:
        run = event["process"], event["run"]
        if not runs or runs[-1] != run:
            assert run not in runs, "an event of an old run comes after one of a new"
            runs.append(run)
        else:
            assert event["number"] == numbers[run] + 1
        numbers[run] = event["number"]
    return runs


@on_some_engines
def test_one_source(start: Start, path: str) -> None:
    """Readers of two processes see one run of the source, from its beginning; it ends with the last."""
    first, second = start(), start()
    reader, other = first.stream(path), second.stream(path)
    events = [take(reader) for _ in range(100)]
    assert events[0]["number"] == 0
    assert len(in_order(events)) == 1
    assert take(other)["process"] == events[0]["process"]
    # Whoever comes later finds it running.
    late = second.stream(path)
    assert take(late)["run"] == events[0]["run"]
    late.leave()
    # The other process takes over when the reader of this one has left, and nobody does when all have.
    here, there = (reader, other) if events[0]["process"] == first.process.pid else (other, reader)
    process = (second if here is reader else first).process.pid
    here.leave()
    assert len(in_order(take_until(there, process))) == 2


@on_all_engines
def test_killed(start: Start, path: str) -> None:
    """When the process is killed that runs the source, another does so within ten seconds, from its start."""
    first, second = start(), start()
    reader = first.stream(path)
    assert take(reader)["process"] == first.process.pid
    other = second.stream(path)
    events = [take(other)]
    first.process.kill()
    watch = Stopwatch()
    events += take_until(other, second.process.pid)
    assert watch.seconds < TAKEN_OVER
    assert events[-1]["number"] == 0
    events += [take(other) for _ in range(20)]
    assert [process for process, _ in in_order(events)] == [first.process.pid, second.process.pid]


@on_some_engines
def test_asleep(start: Start, path: str) -> None:
    """A process that slept past its turn is refused when it wakes up, stops its source, and reads on."""
    first, second = start(), start()
    reader = first.stream(path)
    events = [take(reader)]
    assert events[0]["process"] == first.process.pid
    other = second.stream(path)
    os.kill(first.process.pid, signal.SIGSTOP)
    try:
        seen = take_until(other, second.process.pid)
    finally:
        os.kill(first.process.pid, signal.SIGCONT)
    first.logs("is stopped here")
    events += take_until(reader, second.process.pid)
    events += [take(reader) for _ in range(300)]
    assert [process for process, _ in in_order(events)] == [first.process.pid, second.process.pid]
    until(lambda: seen.append(take(other)) or seen[-1] == events[-1], "the same events")
    in_order(seen)
    assert "Traceback" not in first.log


@on_some_engines
def test_restarted(start: Start, path: str) -> None:
    """When processes are replaced one after the other, each hands over, and readers see whole runs."""
    first = start()
    reader = first.stream(path)
    assert take(reader)["process"] == first.process.pid
    for _ in range(2):
        second = start()
        other = second.stream(path)
        events = [take(other)]
        first.told(signal.SIGTERM)
        events += take_until(other, second.process.pid)
        events += [take(other) for _ in range(20)]
        assert len(in_order(events)) == 2
        assert first.process.wait(30) in (0, -signal.SIGTERM)
        first = second


@on_some_engines
def test_end(start: Start, path: str, gate: Path) -> None:
    """When the source ends, all streams end in all processes, with all events; the next begins it anew."""
    first, second = start(), start()
    readers = [each.stream("/letters") for each in (first, first, second)]
    assert [take(reader)["letter"] for reader in readers] == ["a"] * 3
    gate.touch()
    for reader in readers:
        while (letter := take(reader)["letter"]) == "a":
            pass
        assert [letter, take(reader)["letter"], take(reader)["letter"]] == ["b", "c", "d"]
        reader.rest()  # the end, and no event before it
        assert not reader.messages
    again = second.stream("/letters")
    assert [take(again)["letter"] for _ in range(4)] == ["a", "b", "c", "d"]
    again.rest()
    for process in (first, second):
        assert "stopped" not in process.log


@on_some_engines
def test_failure(start: Start, path: str) -> None:
    """A source that fails cuts off the readers of its process, after its events; others go on, and try it."""
    first, second = start(), start()
    for process in (first, second):
        reader = process.stream("/fails")
        assert take(reader)["process"] == process.process.pid
        reader.torn()
        process.logs("LookupError")
    # Whoever comes back to the same process has it again at once; others when the turn of that one is over.
    began = time.monotonic()
    reader = second.stream("/fails")
    assert take(reader)["process"] == second.process.pid
    other = first.stream("/fails")
    # The event of the other process may still be on its way to this one.
    take_until(other, first.process.pid)
    assert time.monotonic() - began > 2
