"""One channel, many readers: what it takes to bring each event to all of them.

burst: as many events as there are, one after the other without a pause
steady: as many a second as chat rooms or dashboards of many people have
rare: two a second, to very many readers

Each server publishes by itself, on an event loop that its readers share, and has one core; the readers, one
process, have another. hug has channels; the others have what their users write, a queue for each reader.
"hug" is hug on uvicorn as all others are, "hug -f" the protocol of its own command. "uvloop" is no server
but a loop of writes, and does not wait for readers that are slow.

"us a delivery" is the server's processor time for one event and one reader, all included. p50 and p99 are
the time from the making of an event to its reading. "late s" is how much longer publishing and reading took
than it should have: much more than nothing means that the server could not keep up. gaps, dups and unread
must be 0: events that a reader was never given, was given twice, or had not been given when patience ended,
after a minute or, where there is a pace, three times the time it should take and ten seconds. "KiB a reader"
is memory before the first event. "in a read" is how many events came at once. Where "client busy %" is near
100, the readers were the limit.
"""

from __future__ import annotations

import argparse

import nchan
from load import Outcome, measure
from peers import COMMANDS, Load, Peer, open_files
from servers import installed
from table import medians, progress, show

LOADS = {
    "burst": Load(500, 400),
    "steady": Load(1000, 1000, rate=200.0),
    "rare": Load(5000, 20, rate=2.0),
}

QUICK = {
    "burst": Load(100, 100),
    "steady": Load(200, 200, rate=200.0),
    "rare": Load(500, 4, rate=2.0),
}

HEAD = (
    "server",
    "deliveries/s",
    "us a delivery",
    "p50 ms",
    "p99 ms",
    "late s",
    "gaps",
    "dups",
    "unread",
    "KiB a reader",
    "in a read",
    "client busy %",
)

FAULTS = [HEAD.index(each) - 1 for each in ("gaps", "dups", "unread")]
"""Where they are in a row of numbers; of several runs the worst counts."""


def row(outcome: Outcome, load: Load) -> tuple[float, ...]:
    """Return an outcome as a row of numbers."""
    return (
        outcome.rate,
        outcome.cost,
        outcome.p50,
        outcome.p99,
        outcome.seconds - load.seconds,
        outcome.gaps,
        outcome.dups,
        outcome.unread,
        outcome.kib,
        outcome.batch,
        outcome.busy,
    )


def started(name: str) -> Peer:
    """Return a server that is yet to be entered."""
    return nchan.Nchan() if name == "nchan" else Peer(name)


def main() -> None:
    """Measure all that are installed, in turns, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small loads, to try it out")
    parser.add_argument("--only", nargs="+", choices=LOADS, default=list(LOADS), metavar="LOAD")
    parser.add_argument("--servers", nargs="+", choices=(*COMMANDS, "nchan"), metavar="SERVER")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    loads = QUICK if arguments.quick else LOADS
    most = open_files()
    if most < max(loads[each].readers for each in arguments.only) + 100:
        parser.error(f"a process may have {most} open files: see `ulimit -Hn`")
    names = [name for name in COMMANDS if installed(name)]
    if nchan.installed():
        names.append("nchan")
    else:
        progress("nginx with nchan is not installed and left out")
    names = [name for name in names if not arguments.servers or name in arguments.servers]
    for each in arguments.only:
        load = loads[each]
        runs: dict[str, list[tuple[float, ...]]] = {name: [] for name in names}
        for turn in range(1 if arguments.quick else arguments.repeat):
            for name in names:
                progress(f"{each} {turn + 1} {name}")
                with started(name) as server:
                    runs[name].append(row(measure(server, load, max(2, load.events // 10)), load))
        pace = f"{load.rate:g} a second" if load.rate else "at once"
        print(f"\n{each}: {load.readers} readers, {load.events} events, {pace}\n")
        show(HEAD, [(name, *medians(measured, FAULTS)) for name, measured in runs.items()])


if __name__ == "__main__":
    main()
