"""An engine, two workers on it, readers of both, publishers in both and in a script; one fault at a time."""

import asyncio
import itertools
import json
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from hug.eventstream.engines.engine import Kept
from hug.eventstream.wire.decode import Decoder
from hug.exceptions import Unreachable

from ..engines.postgres_server import PostgresPair
from ..engines.running import Server
from ..engines.servers import engine_of, new
from ..ports import free_port
from ..waiting import until
from .accounts import Figures, Key, Told, settle
from .machine import Machine, unable
from .processes import Script, Worker
from .reading import Audience, Reader

PATIENCE: Final = 2.5
"""Seconds for which events are tried to be published here, so that a fault outlasts some."""

LONGEST: Final = 45.0
"""Seconds after which what has not come will not come, on a machine that has much else to do."""

PREFIX: Final = "faults"

RATE: Final = 20.0
"""Events a second that each publisher publishes, more or less."""

_numbers = itertools.count(1)


class Stage:
    """All that is needed to see what a fault does.

    Attributes:
        name: The engine's.
        server: The engine.
        machine: That of the second worker, if this system lets us have one.
        workers: Two.
        channel: The one of the fault that is being tried.
        back: When all was well again, in seconds of the monotonic clock; for faults to set.
        last_moment: See `accounts.settle`; the same.
        aftermath: What is to be done when readers have gone on; the same.
        told: What publishers were told so far, by what they are called: notes to be read.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.server: Server = PostgresPair() if name == "postgres" else new(name)
        self.machine: Machine | None = None
        self.channel = ""
        self.back = 0.0
        self.last_moment = float("inf")
        self.aftermath: Callable[[], object] = lambda: None
        self.readers: dict[str, Reader] = {}
        self.notes: dict[str, Path] = {}
        self._other_clock: int | None = None  # the worker whose clock is wrong
        self._owned = ExitStack()
        try:
            self._begin()
        except BaseException:
            self._owned.close()
            raise

    def _begin(self) -> None:
        self._owned.callback(self.server.remove)
        if self.server.needs and not unable():
            self.machine = Machine()
            self._owned.callback(self.machine.remove)
            self.server.host = self.machine.here
        self.server.start()
        self.folder = Path(self._owned.enter_context(tempfile.TemporaryDirectory(prefix="hug-faults-")))
        self.workers: list[Worker] = []
        self._owned.callback(lambda: [each.remove() for each in self.workers])
        self.workers += [self.worker(0), self.worker(1)]
        self.script = Script(self.url)
        self._owned.callback(self.script.remove)
        self.newcomer = Script(self.url)
        self._owned.callback(self._remove_newcomer)
        for each in (*self.workers, self.script, self.newcomer):
            each.ready()
        self.audience = Audience()
        self._owned.callback(self.audience.close)

    def _remove_newcomer(self) -> None:
        self.newcomer.remove()

    def close(self) -> None:
        """Leave nothing of it."""
        self._owned.close()

    @property
    def url(self) -> str:
        """What processes are told."""
        url = self.server.url
        return f"{url}{'&' if '?' in url else '?'}prefix={PREFIX}&patience={PATIENCE}"

    def worker(self, index: int, port: int | None = None, clock: str | None = None) -> Worker:
        """Start a worker."""
        return Worker(self.url, port or free_port(), self.machine if index else None, clock)

    def replace(self, index: int, clock: str | None = None) -> None:
        """Start a worker in place of one that has ended, at the same address."""
        self._other_clock = index if clock is not None else None
        before = self.workers[index]
        before.remove()
        self.workers[index] = self.worker(index, before.address[1], clock).ready()

    # Publishers

    def publish(self, index: int, in_a_hurry: bool = False) -> None:
        """Have a worker publish on the channel from now on.

        Args:
            index: Which of them.
            in_a_hurry: Many events, whether those before were taken or not; else one after the other was.
        """
        by = f"w{index}.{next(_numbers)}"
        rate = 500 if in_a_hurry else RATE
        self.workers[index].get(
            "/publish", name=self.channel, by=by, rate=rate, notes=self._noted(by), awaited=not in_a_hurry
        )
        self._publishing[by] = index

    def come_first(self, count: int) -> None:
        """Have a process publish events that knows nothing yet of the engine, and wait until it has."""
        by = f"n.{next(_numbers)}"
        newcomer, self.newcomer = self.newcomer, Script(self.url)
        try:
            newcomer.say("publish", self.channel, by, count, self._noted(by))
        finally:
            newcomer.remove()
            self.newcomer.ready()

    def _noted(self, by: str) -> Path:
        self.notes[by] = self.folder / by
        self.notes[by].touch()
        return self.notes[by]

    def _stop(self) -> None:
        """Have all publishers stop, and wait until they were told of all events."""
        running = list(self._publishing.items())
        for by, index in running:
            self.workers[index].get("/stop", by=by)
        self.script.say("stop")
        for by, index in running:
            until(
                lambda by=by, index=index: self.workers[index].get("/told", by=by),  # type: ignore[misc]
                f"{by} is told",
                within=PATIENCE + LONGEST,
            )

    def died(self, index: int) -> None:
        """Take notice that the publisher of a worker has ended with it."""
        self._dead |= {by for by, each in self._publishing.items() if each == index}
        self._publishing = {by: each for by, each in self._publishing.items() if each != index}

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let no process of ours do anything meanwhile."""
        processes = (*self.workers, self.script)
        for each in processes:
            each.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for each in processes:
                each.signal(signal.SIGCONT)

    # A fault

    def run(self, fault: Callable[["Stage", float], None], seconds: float, readers: int = 2) -> Figures:
        """See what a fault does to a channel.

        Args:
            fault: Brings it about, and ends it.
            seconds: For how long, if it is one that lasts.
            readers: As many on each worker, and one that is absent during the fault.
        """
        if self._other_clock is not None:
            self.replace(self._other_clock)  # faketime is for that fault alone
        self.channel = f"{fault.__name__}-{next(_numbers)}"
        self.back = 0.0
        self.last_moment = float("inf")
        self.aftermath = lambda: None
        self.notes = {}
        self._publishing: dict[str, int] = {}
        self._dead: set[str] = set()
        self.readers = self._readers(readers)
        everyone = list(self.readers.values())
        with self.audience.reading(everyone):
            until(lambda: all(each.began for each in everyone), "readers read", within=LONGEST)
            for index in (0, 1):
                self.publish(index)
            by = f"s.{next(_numbers)}"
            self.script.say("start", self.channel, by, RATE * 1.5, self._noted(by))
            until(lambda: all(len(each.items) > 20 for each in everyone), "events come", within=LONGEST)
            fault(self, seconds)
            assert self.back, "the fault did not say when it was over"
            recovery = self._recovered()
            self.aftermath()
            self.readers["absent"].present = True
            time.sleep(0.3)
            self._stop()
            kept = self.kept()
            newest = f"{kept[-1].request}-{kept[-1].position}" if kept else ""
            problem = ""
            try:
                until(lambda: all(each.last_id == newest for each in everyone), newest, within=LONGEST)
            except AssertionError:
                problem = f"not all readers have {newest}: {self.stories}"
            everyone[0].problems += [problem] if problem else []
        told = Told()
        for by, notes in self.notes.items():
            told.add(by, notes)
        contents = {f"{each.request}-{each.position}": content(each) for each in kept}
        figures = settle(told, self.readers, kept, contents, self.last_moment)
        figures.recovery = recovery
        silent = {key for key in told.untold if key[0] not in self._dead}
        if silent:
            figures.problems.append(f"the publishers were not told anything of {sorted(silent)[:5]}")
        return figures

    def _recovered(self) -> float:
        """Wait until all who are there have what was published since; return the last one's seconds."""
        there = [each for each in self.readers.values() if each.present]
        try:
            until(lambda: all(each.first_since(self.back) for each in there), within=LONGEST)
        except AssertionError:
            raise AssertionError(f"readers do not go on: {self.stories}") from None
        firsts = [first for each in there if (first := each.first_since(self.back))]
        return max(each.time for each in firsts) - self.back

    def _readers(self, count: int) -> dict[str, Reader]:
        """Return readers: some stay, some come and go, and one is not there during the fault."""
        addresses = [each.address for each in self.workers]
        path = f"/read/{self.channel}"
        readers = {
            f"{index}.{number}": Reader(addresses, path, index, 0.4 + index / 10 if number == 1 else None)
            for index in (0, 1)
            for number in range(count)
        }
        readers["absent"] = Reader(addresses, path, 0)
        return readers

    def condition(self) -> list[dict[str, int]]:
        """Return how the workers are, which nobody reads now: see `app.status`."""
        return [each.get("/status") for each in self.workers]

    def leave(self) -> None:
        """Have the reader leave that will be absent."""
        self.readers["absent"].present = False

    def kept(self) -> Sequence[Kept]:
        """Return all that the engine has of the channel."""
        return asyncio.run(self._kept())

    async def _kept(self) -> Sequence[Kept]:
        deadline = time.monotonic() + LONGEST
        while True:
            engine = engine_of(self.name, self.server.url, PREFIX)
            try:
                await engine.connect(_Deaf())
                found: list[Kept] = []
                ends = await engine.ends(self.channel)
                after = ends.first - 1
                while some := await engine.read(self.channel, ends.life, after, 1000, 1 << 20):
                    found += some
                    after = some[-1].position
                return found
            except Unreachable:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.1)
            finally:
                await engine.close()

    @property
    def stories(self) -> str:
        """What readers have had, for messages."""
        newest = {name: (len(each.items), each.streams, each.last_id) for name, each in self.readers.items()}
        return f"{self.channel} on {self.name}: {newest}"


class _Deaf:
    def heard(self, *_: object) -> None:
        pass

    def changed(self, *_: object) -> None:
        pass

    def lost(self, *_: object) -> None:
        pass


def content(event: Kept) -> Key:
    """Return who has published an event, and as his which."""
    (message,) = Decoder().feed(event.fields + b"\n")
    data = json.loads(message.data)
    return data["by"], data["number"]
