"""Readers that come and go all the time: is everything right meanwhile, and as it was at the end?

There are three channels, with 500, 40 and 2 events a second, one of which is published on from a thread, and
a channel for each user who comes. Of the readers

stay      read from the beginning to the end;
leave     close their connection after a while;
drop      reset it, or do so before they are answered;
stall     do not read for some seconds, and then go on;
stick     do not read until the server has cut them off, and then resume;
resume    leave, and come back several times with the id of the last event they have;
user      have a channel of their own, leave it, miss events there, and come back for them.

All check every event: the next one in order, or a gap event that tells exactly how many are lost. At the end
those who stay must have the last event; then all leave, and the server must have no task and no reader left,
no channel of a user, nothing to say about errors, and no more memory than after the warm-up, a quarter of the
time. Exit status 1 if not.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import random
import select
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable

from client import answer
from peers import Peer, open_files
from servers import uvicorn
from table import progress, show
from visitor import Unexpected, Visitor

RATES = {"fast": 500, "steady": 40, "slow": 2}
"""Events a second on each channel."""

WRITE_TIMEOUT = 6.0
"""Seconds after which the server cuts off who does not read."""

KINDS = {"leave": 30, "drop": 20, "stall": 12, "stick": 3, "resume": 20, "user": 15}
"""How many visitors of each kind there are among a hundred."""

PATIENCE = 20.0
"""Seconds for the server to become as it was."""

SHOWN = 10
"""Problems that are printed of each kind, and rows of memory."""


class Soak:
    """The visitors of one server.

    Attributes:
        counts: What has happened so far, by name.
        problems: What went wrong, by kind of visitor.
    """

    def __init__(self, port: int, staying: int, arrivals: float, chance: random.Random) -> None:
        self.port = port
        self.counts: Counter[str] = Counter()
        self.problems: defaultdict[str, list[str]] = defaultdict(list)
        self._chance = chance
        self._arrivals = arrivals
        self._staying = staying
        self._poll = select.epoll()
        self._open: dict[int, Visitor] = {}
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._arriving = True
        self.staying: list[Visitor] = []

    def __len__(self) -> int:
        return len(self._open)

    # The loop

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something in a while."""
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), action))

    def go_on(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Let the visitors do what they do, for some time or until it is enough."""
        until = time.monotonic() + seconds
        while (now := time.monotonic()) < until and not enough():
            wait = min(until, self._due[0][0] if self._due else until) - now
            for descriptor, _ in self._poll.poll(max(0.0, min(wait, 0.1))):
                if descriptor in self._open:
                    self._read(self._open[descriptor])
            while self._due and self._due[0][0] <= time.monotonic():
                heapq.heappop(self._due)[2]()

    def _read(self, visitor: Visitor) -> None:
        before = visitor.events
        try:
            alive = visitor.read()
        except Unexpected as error:
            self._problem(visitor, str(error))
            self._leave(visitor, abruptly=True)
            return
        self.counts["events"] += visitor.events - before
        if not alive:
            self._leave(visitor)
            if visitor.kind == "stick":
                self.counts["cut off"] += 1
                self._come(visitor)
                visitor.kind = "cut off"
            else:
                self._problem(visitor, f"the server ended its stream after {visitor.last_id}")

    def _problem(self, visitor: Visitor, words: str) -> None:
        self.problems[visitor.kind].append(f"{visitor.path}: {words}")

    # What visitors do

    def begin(self) -> None:
        """Let those come who stay, and the others begin to arrive."""
        for number in range(self._staying):
            visitor = Visitor(f"/channel?name={list(RATES)[number % len(RATES)]}", "stay")
            self.staying.append(visitor)
            self._come(visitor)
        self._arrive()

    def finish(self) -> None:
        """Let nobody arrive or come back any more."""
        self._arriving = False
        self._due.clear()

    def leave_all(self) -> None:
        """Close all connections."""
        for visitor in list(self._open.values()):
            self._leave(visitor)

    def _come(self, visitor: Visitor, small: bool = False) -> None:
        descriptor = visitor.connect(self.port, small).fileno()
        self._open[descriptor] = visitor
        self._poll.register(descriptor, select.EPOLLIN)
        self.counts["connections"] += 1

    def _leave(self, visitor: Visitor, abruptly: bool = False) -> None:
        if visitor.socket is not None:
            self.counts["gap events"] += visitor.gaps
            visitor.gaps = 0
            del self._open[visitor.socket.fileno()]
            visitor.close(abruptly)

    def _arrive(self) -> None:
        kind = self._chance.choices(list(KINDS), list(KINDS.values()))[0]
        self.counts[kind] += 1
        getattr(self, f"_{kind}s")()
        self.later(self._chance.expovariate(self._arrivals), self._arrive)

    def _visitor(self, kind: str, channel: str = "") -> Visitor:
        return Visitor(f"/channel?name={channel or self._chance.choice(list(RATES))}", kind)

    def _leaves(self) -> None:
        visitor = self._visitor("leave")
        self._come(visitor)
        self.later(self._chance.uniform(0.05, 3), lambda: self._leave(visitor))

    def _drops(self) -> None:
        visitor = self._visitor("drop")
        self._come(visitor)
        seconds = self._chance.choice((0.0, self._chance.uniform(0.0, 3)))
        self.later(seconds, lambda: self._leave(visitor, abruptly=True))

    def _stalls(self) -> None:
        visitor = self._visitor("stall", "fast")
        self._come(visitor, small=True)
        stalled, seconds = self._chance.uniform(0.1, 0.6), self._chance.uniform(1, WRITE_TIMEOUT)
        self.later(stalled, lambda: self._pause(visitor))
        self.later(stalled + seconds, lambda: self._resume_reading(visitor))
        self.later(stalled + seconds + 2, lambda: self._leave(visitor))

    def _sticks(self) -> None:
        visitor = self._visitor("stick", "fast")
        self._come(visitor, small=True)
        self.later(0.2, lambda: self._pause(visitor))
        # The buffers take some seconds to fill, and only then the server begins to wait.
        self.later(WRITE_TIMEOUT + 6, lambda: self._resume_reading(visitor))
        self.later(WRITE_TIMEOUT + 8, lambda: self._must_be_cut_off(visitor))
        self.later(WRITE_TIMEOUT + 9, lambda: self._leave(visitor))

    def _pause(self, visitor: Visitor) -> None:
        if visitor.socket is not None:
            self._poll.unregister(visitor.socket.fileno())

    def _resume_reading(self, visitor: Visitor) -> None:
        if visitor.socket is not None:
            self._poll.register(visitor.socket.fileno(), select.EPOLLIN)

    def _must_be_cut_off(self, visitor: Visitor) -> None:
        if visitor.kind == "stick":
            self._problem(visitor, "it was not cut off")

    def _resumes(self) -> None:
        visitor = self._visitor("resume")
        times = self._chance.randint(1, 3)

        def come() -> None:
            self._come(visitor)
            self.later(self._chance.uniform(0.05, 1.5), leave)

        def leave() -> None:
            nonlocal times
            broken = visitor.socket is None
            self._leave(visitor, abruptly=self._chance.random() < 0.5)
            times -= 1
            if times >= 0 and not broken:
                self.later(self._chance.uniform(0, 3), come)

        come()

    def _users(self) -> None:
        name = f"{self.counts['user']}"
        visitor = Visitor(f"/user?name={name}", "user")

        def tell(first: int, many: int) -> None:
            answer(self.port, f"/tell?name={name}&first={first}&n={many}")

        def wait_for(number: int, then: Callable[[], None], tries: int = 500) -> None:
            if visitor.last is not None and visitor.last >= number:
                then()
            elif not tries or visitor.socket is None:
                self._problem(visitor, f"it has {visitor.last} and should have {number}")
                self._leave(visitor)
            else:
                self.later(0.02, lambda: wait_for(number, then, tries - 1))

        def hear() -> None:
            tell(1, 3)
            wait_for(3, miss)

        def miss() -> None:
            self._leave(visitor, abruptly=self._chance.random() < 0.5)
            tell(4, 2)
            self.later(self._chance.uniform(0, 1), come_back)

        def come_back() -> None:
            self._come(visitor)
            wait_for(5, lambda: self._leave(visitor))

        self._come(visitor)
        wait_for(0, hear)  # it is there, and has been told the id it starts from


def state(server: Peer) -> dict[str, int]:
    """Return what the server has of things that should not pile up."""
    found: dict[str, int] = json.loads(answer(server.port, "/state"))
    return found


def too_many(before: dict[str, int], now: dict[str, int]) -> list[str]:
    """Return what there is more of than before."""
    kept = {"threads": 1}  # for the next handler that runs in one
    return [
        f"{count} {name} are left, {before[name]} there were before"
        for name, count in now.items()
        if count > before[name] + kept.get(name, 0)
    ]


def soak(server: Peer, work: Soak, seconds: float) -> tuple[list[tuple[float, ...]], list[str]]:
    """Let visitors come and go; return what was seen of memory meanwhile, and what is wrong at the end."""
    before = state(server)
    work.begin()
    work.go_on(PATIENCE, lambda: all(visitor.opened for visitor in work.staying))
    pace = "&".join(f"{name}={rate}" for name, rate in RATES.items())
    answer(server.port, f"/start?{pace}&write_timeout={WRITE_TIMEOUT}")
    start = time.monotonic()
    series: list[tuple[float, ...]] = []
    while (passed := time.monotonic() - start) < seconds:
        series.append((passed, server.memory() / 1024**2, len(work), work.counts["connections"]))
        work.go_on(min(seconds / 40, seconds - passed))
    last = json.loads(answer(server.port, "/stop"))
    work.finish()

    def has_all(visitor: Visitor) -> bool:
        return visitor.socket is None or visitor.last == last[visitor.path.partition("=")[2]]

    work.go_on(PATIENCE, lambda: all(has_all(visitor) for visitor in work.staying))
    wrong = [
        f"a reader that stayed on {visitor.path} has event {visitor.last} of {last}"
        for visitor in work.staying
        if not has_all(visitor)
    ]
    work.leave_all()
    deadline = time.monotonic() + PATIENCE
    while (left := too_many(before, state(server))) and time.monotonic() < deadline:
        time.sleep(0.1)
    series.append(
        (time.monotonic() - start, server.memory() / 1024**2, len(work), work.counts["connections"])
    )
    return series, wrong + left


def growth(series: list[tuple[float, ...]]) -> float:
    """Return the MiB by which memory was larger in the last quarter than in the second."""
    quarter = max(1, len(series) // 4)
    memory = [row[1] for row in series[:-1]]
    return statistics.median(memory[-quarter:]) - statistics.median(memory[quarter : 2 * quarter])


def main() -> int:
    """Run, print what was seen, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--quick", action="store_true", help="20 seconds, fewer readers")
    parser.add_argument("--staying", type=int, default=60, help="readers that stay")
    parser.add_argument("--arrivals", type=float, default=40.0, help="visitors a second")
    parser.add_argument(
        "--growth", type=float, default=3.0, help="MiB that memory may grow after the warm-up"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server", choices=("hug", "hug -f"), default="hug")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds, arguments.staying, arguments.arrivals = 20.0, 12, 15.0
    open_files()
    options = ("--http", "hug.http_protocol:HTTPProtocol") if arguments.server == "hug -f" else ()
    with Peer(arguments.server, uvicorn("soak_hug:app", *options)) as server:
        work = Soak(server.port, arguments.staying, arguments.arrivals, random.Random(arguments.seed))
        progress(f"{arguments.seconds:g} seconds")
        series, wrong = soak(server, work, arguments.seconds)
    step = max(1, len(series) // SHOWN)
    show(("second", "MiB", "open", "connections so far"), [*series[:-1:step], series[-1]])
    print()
    show(("what", "how many"), sorted(work.counts.items()))
    print()
    if server.said:
        wrong.append("the server has written errors, see above")
    if (grown := growth(series)) > arguments.growth:
        wrong.append(f"memory has grown by {grown:.1f} MiB since the warm-up")
    for kind, problems in work.problems.items():
        wrong.append(f"{len(problems)} of {kind} went wrong")
        wrong += [f"  {problem}" for problem in problems[:SHOWN]]
    print("\n".join(wrong) or f"all is well; memory has grown by {grown:.1f} MiB since the warm-up")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
