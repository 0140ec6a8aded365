"""Channels that several servers share: each broker, beside memory and beside what others use.

burst: as many events as there are, one after the other without a pause
steady: 100 events a second
publishing: no readers; a script publishes as fast as it can

Two servers (one for memory, with all readers), what joins them, and the script that publishes share one core,
the readers have another: so a broker's share of what memory brings is also its share of the processor. memory
publishes in the server itself.

"us a delivery" is the servers' processor time for one event and one reader; "engine us" and "script us" are
that of the engine (0 for SQLite, which is a file) and of the program that publishes, for one event. p50 and
p99 are from the making of an event to its reading. "round trip" is how long the bare client waits for one
event to be kept, at 100 a second, while memory's server delivers as many on the same core; "alone" is that
without the server. "allowed" is memory's p50, the round trip, and 5 ms. "kept %" is how much of the
time the readers could have run, and something else had their core: where that is more than a few, p50 and p99
are those of a busy machine, whatever the broker. gaps, dups and unread must be 0. In "reading", "engine us,
1 reader" and "all" are what an event costs the engine when one server has one reader or all of them, and
"idle %" is the share of a core that a server with all its readers takes while nothing is published, and the
engine.

In "publishing", bare is the engine's own client library without hug (see apps/publisher.py), in the fastest
way that keeps each event as a row or message of its own: 500 events together where it is pipelined, as hug
sends them, in one transaction where there are some. It takes less than hug promises: no positions without
holes, nothing by which a repeated event is known, no bounds (Redis and NATS have one by count), and nobody is
told. PostgreSQL gets numbers and texts, in binary and, as most write it, as text ("text-postgres"); "sqlite"
fills the columns that hug has, with the same pragmas, "smallest-sqlite" numbers and texts. hug may keep
several events in a row, which is its way of being quick: what is compared is what a script gets. All run in
turns; "of it" is the median of these, "at least" the worst one.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import engines
from cluster import OTHERS, Cluster, Script, installed
from engines import Engine
from fleet import Fleet
from load import Outcome, gather, run
from peers import Load, open_files
from servers import CLIENT_CORE
from table import medians, progress, show

PUBLISHED = 20_000
"""Events that are published as fast as it goes."""

AWAITED = 2000
"""Events that are published one after the other."""

EVENTS = 500
RATE = 100.0
"""Events, and how many of them a second, by which it is measured what they cost the engine."""

OTHER_BARE = {"sqlite": ("smallest-sqlite",), "postgres": ("text-postgres",)}
"""Other ways to use the engine's own client library, see apps/publisher.py."""

IDLE = 5.0
"""Seconds for which nothing happens."""


@dataclass(frozen=True)
class Result:
    """What has been measured of some servers together."""

    outcome: Outcome
    engine: float
    script: float


def measure(name: str, workers: int, load: Load) -> Result:
    """Start servers, open the readers, publish, and read everything."""
    with Cluster(name, workers) as cluster, Fleet(*cluster.addresses) as fleet:
        kib = gather(cluster, fleet, load.of_readers())
        warm_up = max(2, load.events // 10)
        run(cluster, fleet, Load(load.readers, warm_up, load.rate), 0)
        before = cluster.engine.cpu(), cluster.script.cpu() if cluster.script else 0.0
        outcome = run(cluster, fleet, load, warm_up, kib)
        engine = cluster.engine.cpu() - before[0]
        script = cluster.script.cpu() - before[1] if cluster.script else 0.0
    return Result(outcome, engine / load.events * 1e6, script / load.events * 1e6)


def repeat(times: int, once: Callable[[], Sequence[float]], worst: Sequence[int] = ()) -> list[float]:
    """Return the medians of several runs."""
    return medians([once() for _ in range(times)], worst)


FAULTS = ("gaps", "dups", "unread")
BURST = ("broker", "deliveries/s", "of memory's", "us a delivery", "engine us", "script us", *FAULTS)
STEADY = (
    *("broker", "p50 ms", "p99 ms", "alone ms", "round trip ms", "allowed ms", "met"),
    *("us a delivery", "engine us", "script us", "readers busy %", "kept %", *FAULTS),
)


def burst(names: Sequence[str], workers: int, load: Load, times: int) -> None:
    """Measure and print."""
    rows = []
    for name in names:
        progress(f"burst {name}")

        def once(name: str = name) -> tuple[float, ...]:
            result = measure(name, 1 if name == "memory" else workers, load)
            found = result.outcome
            return found.rate, found.cost, result.engine, result.script, found.gaps, found.dups, found.unread

        try:
            rate, *others = repeat(times, once, (4, 5, 6))
        except RuntimeError as error:
            progress(f"{name}: {error}")
            continue
        rows.append((name, rate, rate / (rows[0][1] if rows else rate), *others))
    print(f"\nburst: {load.readers} readers on {workers} servers, {load.events} events\n")
    show(BURST, rows)


def steady(names: Sequence[str], workers: int, load: Load, times: int) -> None:
    """Measure and print: all of them in each turn, since what else a machine does changes by the minute."""
    runs: dict[str, list[tuple[float, ...]]] = {}
    trips: dict[str, list[tuple[float, ...]]] = {}
    failed: set[str] = set()
    for turn in range(times):
        for name in names:
            if name in failed:
                continue
            progress(f"steady {name}, turn {turn + 1} of {times}")
            try:
                result = measure(name, 1 if name == "memory" else workers, load)
                if name in engines.ALL and name != "memory":
                    trips.setdefault(name, []).append(round_trips(name, load))
            except RuntimeError as error:
                progress(f"{name}: {error}")
                failed.add(name)
                continue
            found = result.outcome
            costs = found.cost, result.engine, result.script, found.busy, found.kept
            runs.setdefault(name, []).append(
                (found.p50, found.p99, *costs, found.gaps, found.dups, found.unread)
            )
    rows = []
    for name, those in runs.items():
        p50, p99, *others = medians(those, (6, 7, 8, 9))
        alone, trip = medians(trips[name]) if name in trips else (None, None)
        allowed = medians(runs["memory"])[0] + trip + 5 if trip is not None and "memory" in runs else None
        met = None if allowed is None else "yes" if p50 <= allowed else "no"
        rows.append((name, p50, p99, alone, trip, allowed, met, *others))
    print(f"\nsteady: {load.readers} readers on {workers} servers, {load.rate:g} events a second\n")
    show(STEADY, rows)


def round_trips(name: str, load: Load) -> tuple[float, float]:
    """Return the milliseconds until the bare client knows that an event is kept, alone and beside memory."""
    with Engine(name) as engine, Script(name, engine.url, CLIENT_CORE) as script:
        alone = float(script.do("awaited", 200, RATE)["p50"])
        with Cluster("memory", 1) as cluster, Fleet(*cluster.addresses) as fleet:
            gather(cluster, fleet, load.of_readers())
            script.order("awaited", load.events * 3 // 4, rate=RATE)
            run(cluster, fleet, load, 0)
            return alone, float(script.answer()["p50"])


def publishing(names: Sequence[str], count: int, awaited: int, times: int) -> None:
    """Measure and print."""

    def once(kind: str, name: str) -> tuple[float, ...]:
        with Engine(name) as engine, Script(kind, engine.url, CLIENT_CORE) as script:
            script.do("pipelined", count // 10)
            before = engine.cpu()
            many = script.do("pipelined", count)
            engine_cost = (engine.cpu() - before) / count * 1e6
            one = script.do("awaited", awaited)
            cost = many["cpu"] / count * 1e6
            return count / many["seconds"], awaited / one["seconds"], cost, engine_cost

    rows = []
    for name in names:
        if name == "memory" or name not in engines.ALL:
            continue
        progress(f"publishing {name}")
        kinds = ("hug", name, *OTHER_BARE.get(name, ()))
        # One after the other, so that what else the machine has to do concerns all of them.
        turns = [[once(kind, name) for kind in kinds] for _ in range(times)]
        for number, kind in enumerate(kinds[1:], 1):
            hug, bare = medians([turn[0] for turn in turns]), medians([turn[number] for turn in turns])
            shares = sorted(turn[0][0] / turn[number][0] for turn in turns)
            pairs = [pair for both in zip(hug, bare, strict=True) for pair in both]
            rows.append((kind, *pairs[:2], statistics.median(shares), shares[0], *pairs[2:]))
    print(f"\npublishing: {count} events pipelined, {awaited} one after the other, no readers\n")
    show(
        (
            *("broker", "pipelined/s", "bare", "of it", "at least", "awaited/s", "bare"),
            *("script us", "bare", "engine us", "bare"),
        ),
        rows,
    )


def reading(names: Sequence[str], readers: int, times: int) -> None:
    """Measure and print what readers cost the engine, and what a server does for nothing."""
    rows = []
    for name in names:
        if name not in engines.ALL:
            continue
        progress(f"reading {name}")
        one, many = (
            repeat(
                times, lambda name=name, count=count: (measure(name, 1, Load(count, EVENTS, RATE)).engine,)
            )[0]
            for count in (1, readers)
        )
        rows.append((name, one, many, *repeat(times, lambda name=name: idle(name, readers))))
    print(f"\nreading: one server, 1 reader or {readers}, {RATE:g} events a second; then none\n")
    show(("broker", "engine us, 1 reader", "all", "idle %, server", "engine"), rows)


def idle(name: str, readers: int) -> tuple[float, float]:
    """Return the share of a core, in %, that an idle server and its engine take."""
    with Cluster(name, 1) as cluster, Fleet(*cluster.addresses) as fleet:
        gather(cluster, fleet, [0] * readers)
        time.sleep(1)
        before, start = (cluster.cpu(), cluster.engine.cpu()), time.monotonic()
        time.sleep(IDLE)
        seconds = time.monotonic() - start
        return (cluster.cpu() - before[0]) / seconds * 100, (cluster.engine.cpu() - before[1]) / seconds * 100


def main() -> None:
    """Measure all that are installed, and print tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = ("burst", "steady", "publishing", "reading")
    parser.add_argument("--only", nargs="+", choices=parts, default=parts, metavar="PART")
    parser.add_argument("--brokers", nargs="+", choices=(*engines.ALL, *OTHERS), metavar="BROKER")
    parser.add_argument("--readers", type=int, default=1000, help="on each server")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--events", type=int, default=400, help="of a burst")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, to try it out")
    arguments = parser.parse_args()
    few = 10 if arguments.quick else 1
    each, times = arguments.readers // few, 1 if arguments.quick else arguments.repeat
    readers = each * arguments.workers
    most = open_files()
    if most < readers + 100:
        parser.error(f"a process may have {most} open files: see `ulimit -Hn`")
    names = []
    for name in arguments.brokers or (*engines.ALL, *OTHERS):
        if installed(name) if name in OTHERS else engines.installed(name):
            names.append(name)
        else:
            progress(f"{name} is not installed and left out")
    if "burst" in arguments.only:
        burst(names, arguments.workers, Load(readers, arguments.events // few), times)
    if "steady" in arguments.only:
        steady(names, arguments.workers, Load(readers, 1000 // few, RATE), times)
    if "publishing" in arguments.only:
        publishing(names, PUBLISHED // few, AWAITED // few, times)
    if "reading" in arguments.only:
        reading(names, each, times)


if __name__ == "__main__":
    main()
