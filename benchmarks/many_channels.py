"""As many channels as readers: one event for each of them, all at once, and again when all have theirs.

It is the case of a channel for each user, where readers share nothing. A round is one event on each channel;
the next one begins when every reader has it, so that each event is a write of its own. "us a delivery", the
server's processor time for making, publishing and sending one event, should be the same however many
channels there are.

"falcon" has a queue for each reader; "uvloop" is no server but a loop that writes encoded bytes. Readers
check that an event is of their channel and the next one there: gaps, dups and unread must be 0. Where
"client busy %" is near 100, they were the limit.
"""

from __future__ import annotations

import argparse
import time

from fleet import Fleet
from load import PATIENCE, Outcome, gather, run
from peers import Load, Peer, open_files
from servers import installed
from table import medians, progress, show

NAMES = ("hug", "hug -f", "falcon", "uvloop")

SPARE = 100
"""Open files that a process needs besides its readers."""

HEAD = (
    "server",
    "channels",
    "deliveries/s",
    "us a delivery",
    "p50 ms",
    "p99 ms",
    "gaps",
    "dups",
    "unread",
    "KiB a channel",
    "rounds",
    "client busy %",
)

FAULTS = [HEAD.index(each) - 2 for each in ("gaps", "dups", "unread")]
"""Where they are in a row of numbers; of several runs the worst counts."""


def measure(name: str, channels: int, seconds: float) -> tuple[float, ...]:
    """Return a row of numbers: the sums of as many rounds as take that long, three at least."""
    load = Load(channels, 1, channels=channels)
    with Peer(name) as server, Fleet(*server.addresses) as fleet:
        kib = gather(server, fleet, load.of_readers())
        run(server, fleet, load, 0)
        outcomes: list[Outcome] = []
        start = time.monotonic()
        while len(outcomes) < 3 or time.monotonic() - start < seconds:
            outcomes.append(run(server, fleet, load, 1 + len(outcomes)))
            if outcomes[-1].unread or time.monotonic() - start > seconds + PATIENCE:
                break
        deliveries = sum(each.deliveries for each in outcomes)
        p50, p99 = medians([(each.p50, each.p99) for each in outcomes])
        return (
            deliveries / sum(each.seconds for each in outcomes),
            sum(each.cpu for each in outcomes) / max(1, deliveries) * 1e6,
            p50,
            p99,
            sum(each.gaps for each in outcomes),
            sum(each.dups for each in outcomes),
            sum(each.unread for each in outcomes),
            kib,
            len(outcomes),
            sum(each.busy for each in outcomes) / len(outcomes),
        )


def main() -> None:
    """Measure all servers with each number of channels, in turns, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few channels, to try it out")
    parser.add_argument("--channels", type=int, nargs="+", default=[1000, 5000, 20_000])
    parser.add_argument("--seconds", type=float, default=1.0, help="how long the rounds go on")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    most = open_files() - SPARE
    numbers = [200, 400] if arguments.quick else [min(each, most) for each in arguments.channels]
    if max(numbers) == most:
        progress(f"no more than {most} channels: see `ulimit -Hn`")
    cases = [(name, number) for name in NAMES if installed(name) for number in numbers]
    runs: dict[tuple[str, int], list[tuple[float, ...]]] = {case: [] for case in cases}
    repeat, seconds = (1, 0.2) if arguments.quick else (arguments.repeat, arguments.seconds)
    for turn in range(repeat):
        for name, number in cases:
            progress(f"{turn + 1}/{repeat} {name} {number}")
            runs[name, number].append(measure(name, number, seconds))
    show(HEAD, [(*case, *medians(runs[case], FAULTS)) for case in cases])


if __name__ == "__main__":
    main()
