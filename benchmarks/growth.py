"""How the cost of hug's channels grows: with readers, events, channels and history, one of them at a time.

Where they are not varied there are 1000 readers of one channel with hug's default history, and 100 events a
second; for readers, 10 a second. Channels are varied among as many readers as there can be channels, each of
which gets 2 events a second, whatever the number of channels: what grows are the events to be published.

"us a delivery" is the server's processor time for one event and one reader, publishing included. p50 and p99
are the time from the making of an event to its reading. "MiB" is all memory of the server at the end. "late
s" is how much longer it took than it should have, or how long if nothing said so. "lost" are gaps and unread
events. "in a read" is how many events came at once: it is how a channel keeps up.

The limits are found by doubling, starting where the table ends. A server that keeps up loses nothing, is
done within a tenth of the time that it should take, and has 99 of 100 events at their readers within a
second. Where "client busy %" is near 100, the reading process was the limit, not the server.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from client import answer
from load import Outcome, measure
from peers import Load, Peer, open_files
from table import medians, progress, show

HEAD = (
    "deliveries/s",
    "us a delivery",
    "p50 ms",
    "p99 ms",
    "KiB a reader",
    "MiB",
    "late s",
    "lost",
    "in a read",
    "client busy %",
)

FAULTS = [HEAD.index("lost")]
"""Where it is in a row of numbers; of several runs the worst counts."""

SPARE = 100
"""Open files that a process needs besides its readers."""

LATEST = 1000.0
"""Milliseconds within which 99 of 100 events have to come."""


@dataclass(frozen=True)
class Direction:
    """What is varied.

    Attributes:
        name: What it is.
        values: How many of it; 0 events a second is as fast as it goes.
        load: What to publish at each.
        most: How many to try at most, looking for the limit.
        because: Why no more.
        history: Whether the values are numbers of events to keep.
    """

    name: str
    values: Sequence[int]
    load: Callable[[int], Load]
    most: int
    because: str
    history: bool = False


def directions(quick: bool, files: int) -> list[Direction]:
    """Return what to vary, small if it is for trying out only."""
    most = 400 if quick else files - SPARE
    readers = 100 if quick else 1000
    seconds = 1 if quick else 3
    crowd = min(300 if quick else 10_000, most)
    too_many = "it is the limit of this run" if quick else "the limit of open files allows no more"
    return [
        Direction(
            "readers",
            [min(each, most) for each in ((30, 100, 300) if quick else (100, 300, 1000, 3000, 10_000))],
            lambda value: Load(value, 10 * seconds, rate=10.0),
            most,
            too_many,
        ),
        Direction(
            "events/s",
            (10, 100, 1000, 0),
            lambda value: Load(readers, value * seconds or 10_000, rate=float(value)),
            8_000 if quick else 256_000,
            "it was enough",
        ),
        Direction(
            "channels",
            (1, 10, crowd) if quick else (1, 100, crowd),
            lambda value: Load(max(crowd, value), 2 * seconds, rate=2.0, channels=value),
            most,
            too_many,
        ),
        Direction(
            "history",
            (0, 1000, 10_000) if quick else (0, 1000, 100_000),
            lambda _value: Load(readers, 100 * seconds, rate=100.0),
            40_000 if quick else 1_600_000,
            "the limit is memory",
            history=True,
        ),
    ]


def measured(name: str, direction: Direction, value: int) -> tuple[Load, Outcome]:
    """Measure one value on a fresh server."""
    progress(f"{direction.name} {value}")
    load = direction.load(value)
    with Peer(name) as server:
        if direction.history:
            answer(server.port, f"/keep?history={value}")
        return load, measure(server, load, warm_up=2)


def row(load: Load, outcome: Outcome) -> tuple[float, ...]:
    """Return an outcome as a row of numbers."""
    return (
        outcome.rate,
        outcome.cost,
        outcome.p50,
        outcome.p99,
        outcome.kib,
        outcome.mib,
        outcome.seconds - load.seconds,
        outcome.gaps + outcome.unread,
        outcome.batch,
        outcome.busy,
    )


def trouble(load: Load, outcome: Outcome) -> str:
    """Return why a server does not keep up; empty when it does."""
    if outcome.unread or outcome.late is None:
        return "events were still to come"
    if outcome.gaps or outcome.dups:
        return f"{outcome.gaps:,} events lost, {outcome.dups:,} twice"
    if outcome.p99 > LATEST:
        return f"p99 is {outcome.p99:,.0f} ms"
    if (late := max(outcome.late, outcome.seconds - load.seconds)) > 0.1 * load.seconds:
        return f"{late:.2f} s late"
    return ""


def limit(name: str, direction: Direction) -> tuple[str, str, str, float, float]:
    """Double until the server does not keep up: its name, what went well, why, cost, client's load."""
    well = "less"
    value = direction.values[-1] or direction.values[-2]
    while True:
        load, outcome = measured(name, direction, value)
        if problem := trouble(load, outcome):
            return direction.name, well, f"{value:,}: {problem}", outcome.cost, outcome.busy
        well = f"{value:,}"
        if value == direction.most:
            return direction.name, well, direction.because, outcome.cost, outcome.busy
        value = min(2 * value, direction.most)


def main() -> None:
    """Measure all directions, print a table of each, and one of the limits."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small loads, to try it out")
    parser.add_argument("--only", nargs="+", metavar="DIRECTION", help="readers, events/s, channels, history")
    parser.add_argument("--server", choices=("hug", "hug -f"), default="hug")
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    chosen = [
        direction
        for direction in directions(arguments.quick, open_files())
        if not arguments.only or direction.name in arguments.only
    ]
    for direction in chosen:
        rows = []
        for value in direction.values:
            runs = [row(*measured(arguments.server, direction, value)) for _ in range(arguments.repeat)]
            rows.append(
                (f"{value:,}" if value or direction.history else "all it can", *medians(runs, FAULTS))
            )
        show((direction.name, *HEAD), rows)
        print()
    show(
        ("varied", "keeps up with", "and no further, since", "us a delivery there", "client busy %"),
        [limit(arguments.server, direction) for direction in chosen],
    )


if __name__ == "__main__":
    main()
