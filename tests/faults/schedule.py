"""Which faults there are on which engine, and engines that go through theirs side by side."""

import random
import shutil
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import NamedTuple

from ..engines.servers import ALL
from ..waiting import until
from . import kinds, kinds_of_engines
from .accounts import Figures
from .machine import unable
from .stage import Stage

Fault = Callable[[Stage, float], None]

_SERVED = (
    kinds.killed, kinds.away, kinds.erased, kinds.erased_and_published_on, kinds.older,
    kinds.older_and_published_on, kinds.worker_killed, kinds.frozen,
)  # fmt: skip
_NETWORK = (kinds.cut, kinds.slow, kinds.lossy, kinds.clocks_differ)
_OWN: dict[str, tuple[Fault, ...]] = {
    "redis": (
        kinds_of_engines.full, kinds_of_engines.evicted, kinds_of_engines.trimmed, kinds_of_engines.deleted,
    ),
    "nats": (kinds_of_engines.purged, kinds_of_engines.stream_deleted),
    "postgres": (
        kinds_of_engines.connections_ended, kinds_of_engines.rows_deleted, kinds_of_engines.table_locked,
        kinds_of_engines.failed_over, kinds_of_engines.failed_over_behind,
        kinds_of_engines.failed_over_in_silence,
    ),
    "sqlite": (
        kinds.worker_killed, kinds_of_engines.locked, kinds_of_engines.file_deleted,
        kinds_of_engines.file_restored,
    ),
}  # fmt: skip


class Case(NamedTuple):
    """A fault on an engine."""

    engine: str
    fault: Fault

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.engine}-{self.fault.__name__}"

    @property
    def quick(self) -> bool:
        """Whether it is one of those that are tried at each change."""
        return self.fault in QUICK or (self.fault in _OWN[self.engine] and self.fault not in SLOW)

    @property
    def needs_machine(self) -> bool:
        """Whether it takes a second machine."""
        return self.fault in _NETWORK and self.fault is not kinds.clocks_differ


QUICK: tuple[Fault, ...] = (
    kinds.erased, kinds.older_and_published_on, kinds.worker_killed, kinds.cut,
)  # fmt: skip
"""Those of several engines that cover most of what the others do."""

SLOW: tuple[Fault, ...] = (kinds_of_engines.failed_over, kinds_of_engines.failed_over_in_silence)
"""Those of one engine that do not show more than another one does, or take long."""

CASES = [
    Case(name, fault)
    for name, kind in ALL.items()
    for fault in (*(_SERVED if kind.needs else ()), *(_NETWORK if kind.needs else ()), *_OWN[name])
]


WITHIN = 5.0
LOADED = 20.0
"""Seconds after the end of a fault in which all readers go on; and where other tests run meanwhile."""

MORE = {"tasks": 4, "threads": 3, "files": 6, "memory": 64 * 1024 * 1024}
"""By how much a worker may vary; memory: the copies of the newest channels, which are kept for a while."""


class Engine:
    """Goes through faults on one engine, one after the other; after a failure on another stage."""

    def __init__(self, name: str, within: float) -> None:
        """Begin; ``within``: seconds after the end of a fault in which all readers have to go on."""
        self.name = name
        self.within = within
        self._stage: Stage | None = None
        self._first: dict[int, dict[str, int]] = {}  # how each worker was after its first fault

    def run(self, case: Case, seconds: float) -> Figures:
        """Return what has come of a case.

        Raises:
            AssertionError: Something that had to happen did not, or something else has failed.
        """
        try:
            if self._stage is None:
                self._stage = Stage(self.name)
            figures = self._stage.run(case.fault, seconds)
            if figures.recovery > self.within:
                figures.problems.append(f"readers went on after {figures.recovery:.1f} s")
            figures.problems += self._settled(self._stage)
        except BaseException:
            self.close()
            raise
        return figures

    def _settled(self, stage: Stage) -> list[str]:
        """Wait until workers have no more tasks, threads and files than after their first fault."""
        try:
            until(lambda: not self._grown(stage))
        except AssertionError:
            return self._grown(stage)
        return []

    def _grown(self, stage: Stage) -> list[str]:
        grown = []
        for now in stage.condition():
            first = self._first.setdefault(now["process"], now)
            for name, more in MORE.items():
                if now[name] > first[name] + more:
                    grown.append(f"a worker had {first[name]} {name} and has {now[name]}")
        return grown

    def close(self) -> None:
        """End its processes."""
        stage, self._stage = self._stage, None
        if stage is not None:
            stage.close()


def side_by_side(cases: Iterable[Case], seconds: float) -> dict[Case, "Future[Figures]"]:
    """Go through cases, each engine in a thread of its own; return what will be known of each."""
    outcomes: dict[Case, Future[Figures]] = {case: Future() for case in cases}
    by_engine: dict[str, list[Case]] = {}
    for case in outcomes:
        by_engine.setdefault(case.engine, []).append(case)

    def go(name: str) -> None:
        engine = Engine(name, LOADED)
        for case in by_engine[name]:
            try:
                outcomes[case].set_result(engine.run(case, seconds))
            except BaseException as error:
                outcomes[case].set_exception(error)
        engine.close()

    for name in by_engine:
        threading.Thread(target=go, args=(name,), daemon=True).start()
    return outcomes


def for_long(
    cases: Iterable[Case],
    seconds: float,
    longest: float,
    told: Callable[[Case, Figures], None],
    enough: threading.Event,
) -> None:
    """Go through cases again and again, engines side by side, faults of any length.

    Args:
        cases: Which.
        seconds: After which no further one begins.
        longest: Seconds that a fault lasts at most, in addition to what it takes.
        told: Is given what has come of each.
        enough: Set when no further one is to begin.
    """
    until_then = time.monotonic() + seconds
    by_engine: dict[str, list[Case]] = {}
    for case in cases:
        by_engine.setdefault(case.engine, []).append(case)

    def go(name: str) -> None:
        engine = Engine(name, WITHIN)
        for case in _at_random(by_engine[name]):
            if time.monotonic() > until_then or enough.is_set():
                break
            try:
                figures = engine.run(case, random.choice((0.2, 1.0, random.uniform(0, longest))))
            except BaseException as error:
                figures = Figures(problems=["".join(traceback.format_exception_only(error))])
            told(case, figures)
        engine.close()

    threads = [threading.Thread(target=go, args=(name,)) for name in by_engine]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def _at_random(cases: list[Case]) -> Iterator[Case]:
    """Return all cases, and again, each time in another order."""
    while True:
        yield from random.sample(cases, len(cases))


def possible(case: Case) -> str:
    """Return why a case cannot be tried here; empty if it can."""
    if case.fault is kinds.clocks_differ and shutil.which("faketime") is None:
        return "not on this machine: faketime (see tools/engines)"
    return unable() if case.needs_machine else ""
