"""Four machines, an engine on a fifth and a publisher on a sixth: how the costs of channels grow.

Each machine is a network namespace with an address of its own, joined to the others by a bridge; each holds
back what it sends for half of ``--trip`` milliseconds, if the kernel can (sch_netem). All of them share one
core, and the readers, which are not slowed down, have another: what is measured is what each part has to do,
not how much four machines could. Needs Linux, root and `ip`.

Each table varies one thing, for each broker. "server us" is the servers' processor time for one
event on all of them together, and for one event and one reader; "engine us" is that of the engine, "engine
sends" and "is sent" are bytes, for one event. p50 and p99 are from the making of an
event to its reading; gaps, dups and unread must be 0.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import engines
from cluster import Cluster, Place
from fleet import Fleet
from load import gather, run
from peers import Load, open_files
from servers import CLIENT_CORE
from table import progress, show

MACHINES = 4

NETWORK = "10.213.77."
"""Where the addresses of the machines begin."""

HEAD = (
    *("broker", "machines", "readers", "channels", "events/s", "deliveries/s"),
    *("server us an event", "a delivery", "engine us", "engine sends", "is sent", "p50 ms", "p99 ms"),
    *("gaps", "dups", "unread"),
)

SECONDS = 5.0
"""How long each load lasts."""

LOADS = {
    "machines": [(count, 100, 1, 100.0) for count in (1, 2, 4)],
    "readers": [(MACHINES, readers, 1, 20.0) for readers in (4, 400, 1600, 4000)],
    "events": [(MACHINES, 200, 1, rate) for rate in (10.0, 100.0, 400.0)],
    "channels": [(MACHINES, 400, channels, 200.0 / channels) for channels in (1, 10, 100)],
}
"""Machines, readers in all, channels, events a second on each of them."""


class Network:
    """Namespaces that are joined by a bridge; use it as a context manager.

    Attributes:
        places: The machines.
    """

    def __init__(self, count: int, trip: float) -> None:
        """Prepare them.

        Args:
            count: How many.
            trip: Milliseconds for the way from one to another and back.
        """
        self._bridge = f"hugb{os.getpid()}"
        self._names = [f"hug-machine-{os.getpid()}-{number}" for number in range(count)]
        self._trip = trip
        self.places = [
            Place(f"{NETWORK}{number + 1}", ("ip", "netns", "exec", name))
            for number, name in enumerate(self._names)
        ]

    def __enter__(self) -> Self:
        try:
            ip(f"link add {self._bridge} type bridge")
            ip(f"addr add {NETWORK}254/24 dev {self._bridge}")
            ip(f"link set {self._bridge} up")
            for number, name in enumerate(self._names):
                ip(f"netns add {name}")
                ip(f"link add {self._end(number)} type veth peer name eth0 netns {name}")
                ip(f"link set {self._end(number)} master {self._bridge} up")
                ip(f"-n {name} addr add {self.places[number].host}/24 dev eth0")
                ip(f"-n {name} link set lo up")
                ip(f"-n {name} link set eth0 up")
                if self._trip:
                    self._delay(name)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for number, name in enumerate(self._names):
            with contextlib.suppress(subprocess.CalledProcessError):
                ip(f"link del {self._end(number)}")
            with contextlib.suppress(subprocess.CalledProcessError):
                ip(f"netns del {name}")
        with contextlib.suppress(subprocess.CalledProcessError):
            ip(f"link del {self._bridge}")

    def _delay(self, name: str) -> None:
        words = f"tc -n {name} qdisc add dev eth0 root netem limit 100000 delay {self._trip / 2}ms"
        if subprocess.run(words.split(), check=False, capture_output=True).returncode:
            progress("this kernel cannot delay packets (sch_netem): the machines are next to each other")
            self._trip = 0.0

    def _end(self, number: int) -> str:
        return f"{self._bridge}m{number}"

    def traffic(self, number: int) -> tuple[int, int]:
        """Return how many bytes a machine has sent, and been sent."""
        statistics = Path("/sys/class/net", self._end(number), "statistics")
        sent, received = ((statistics / each).read_text() for each in ("rx_bytes", "tx_bytes"))
        return int(sent), int(received)


def ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True, capture_output=True)


def measure(network: Network, broker: str, machines: int, load: Load) -> Iterator[float]:
    """Return a row of numbers, from "deliveries/s" on."""
    places = [*network.places[: machines + 1], network.places[-1]]
    with Cluster(broker, machines, places) as cluster, Fleet(*cluster.addresses) as fleet:
        # A block of readers for each machine, so that each of them has all channels.
        channels = [number // machines % load.channels for number in range(load.readers)]
        gather(cluster, fleet, channels)
        warm_up = max(2, load.events // 10)
        run(cluster, fleet, Load(load.readers, warm_up, load.rate, load.channels), 0)
        engine, before = cluster.engine.cpu(), network.traffic(0)
        found = run(cluster, fleet, load, warm_up)
        after, engine = network.traffic(0), cluster.engine.cpu() - engine
    events = load.events * load.channels
    yield found.rate
    yield found.cpu / events * 1e6
    yield found.cost
    yield engine / events * 1e6
    yield (after[0] - before[0]) / events
    yield (after[1] - before[1]) / events
    yield found.p50
    yield found.p99
    yield found.gaps
    yield found.dups
    yield found.unread


def table(network: Network, brokers: Sequence[str], part: str, seconds: float) -> None:
    """Measure and print."""
    rows = []
    for broker in brokers:
        for machines, readers, channels, rate in LOADS[part]:
            load = Load(readers, max(2, int(rate * seconds)), rate, channels)
            progress(f"{part}: {broker}, {machines} machines, {readers} readers, {channels} channels")
            words = machines, readers, channels, rate * channels
            rows.append((broker, *words, *measure(network, broker, machines, load)))
    print(f"\n{part}\n")
    show(HEAD, rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=LOADS, default=list(LOADS), metavar="PART")
    parser.add_argument("--brokers", nargs="+", choices=list(engines.PROGRAMS), metavar="BROKER")
    parser.add_argument(
        "--trip", type=float, default=1.0, metavar="MS", help="from machine to machine and back"
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each line")
    arguments = parser.parse_args()
    if os.geteuid() or not (shutil.which("ip") and shutil.which("tc")):
        parser.error("network namespaces need root, and `ip` and `tc` (iproute2)")
    open_files()
    os.sched_setaffinity(0, CLIENT_CORE)
    names = [name for name in arguments.brokers or engines.PROGRAMS if engines.installed(name)]
    with Network(MACHINES + 2, arguments.trip) as network:
        for part in arguments.only:
            table(network, names, part, arguments.seconds)


if __name__ == "__main__":
    main()
