"""One load on one server: what it costs, how soon the events come, and whether all of them do."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fleet import Fleet
from peers import Load, Publishing

FIRST = 100
"""Most readers that come before the memory of the others is measured."""

PATIENCE = 10.0
"""Seconds for a server to notice who has come; and for events, after three times what they should take."""

AT_ONCE = 60.0
"""Seconds for all events where nothing says how long they should take."""

PAUSE = 0.02
"""Seconds until all of a server's processor time is counted: of what runs, that is done at each tick only."""


class Measured(Protocol):
    """A server that fans out, or several that do so together; see `peers.Peer`."""

    @property
    def name(self) -> str: ...

    @property
    def addresses(self) -> Sequence[tuple[str, int]]: ...

    def cpu(self) -> float: ...

    def memory(self) -> int: ...

    def readers(self) -> int: ...

    def publish(self, load: Load, first: int) -> Publishing: ...


@dataclass(frozen=True)
class Outcome:
    """What has been measured.

    Attributes:
        deliveries: Events that came, all readers together.
        gaps: Events that a reader never gets, because later ones have come.
        dups: Events that came twice, or too late.
        unread: Events that had not come when patience ended.
        seconds: From the request to publish until the last event came.
        late: Seconds that the publisher took longer than it should have; None if it has not ended.
        cpu: Seconds of the server's processor time.
        p50: Milliseconds from an event's making to its reading, the median of all deliveries.
        p99: Milliseconds in which 99 of 100 deliveries came.
        kib: KiB of the server's memory for each reader, before anything was published.
        mib: MiB of the server's memory at the end.
        batch: Events that came in one read, on average.
        busy: Share of the time, in %, for which the reading process had something to do.
        kept: Share of the time, in %, for which others had the core that the reading process wanted.
    """

    deliveries: int
    gaps: int
    dups: int
    unread: int
    seconds: float
    late: float | None
    cpu: float
    p50: float
    p99: float
    kib: float
    mib: float
    batch: float
    busy: float
    kept: float

    @property
    def rate(self) -> float:
        """Deliveries a second."""
        return self.deliveries / self.seconds

    @property
    def cost(self) -> float:
        """Microseconds of the server's processor time for a delivery."""
        return self.cpu / max(1, self.deliveries) * 1e6


def measure(server: Measured, load: Load, warm_up: int = 0) -> Outcome:
    """Open the readers, publish, and read everything.

    Args:
        server: One that runs.
        load: What to publish.
        warm_up: Events for each channel that come before, and do not count.
    """
    with Fleet(*server.addresses) as fleet:
        kib = gather(server, fleet, load.of_readers())
        if warm_up:
            run(server, fleet, Load(load.readers, warm_up, load.rate, load.channels, load.size), 0)
        return run(server, fleet, load, warm_up, kib)


def gather(server: Measured, fleet: Fleet, channels: list[int]) -> float:
    """Open a reader of each channel and wait until the server has them; return the KiB that each takes."""
    first = min(FIRST, len(channels) // 2)
    fleet.open(channels[:first])
    wait_for_readers(server, len(fleet))
    memory = server.memory()
    fleet.open(channels[first:])
    wait_for_readers(server, len(fleet))
    return (server.memory() - memory) / 1024 / max(1, len(fleet) - first)


def wait_for_readers(server: Measured, count: int) -> None:
    """Wait until the server counts that many readers."""
    deadline = time.monotonic() + PATIENCE
    while (there := server.readers()) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{server.name} has {there} readers of {count} that have come")
        time.sleep(0.02)


def run(server: Measured, fleet: Fleet, load: Load, first: int, kib: float = 0.0) -> Outcome:
    """Publish on a server whose readers are there, and read everything.

    Args:
        server: Where to publish.
        fleet: Its readers.
        load: What to publish.
        first: How many events each channel has had already.
        kib: See `Outcome`.
    """
    fleet.forget()
    cpu, kept, start = server.cpu(), kept_waiting(), time.monotonic()
    publishing = server.publish(load, first)
    deadline = start + (3 * load.seconds + PATIENCE if load.rate else AT_ONCE)
    end = fleet.read(first + load.events, deadline, publishing.turn)
    unread = load.readers * load.events - fleet.delivered - fleet.gaps + fleet.dups
    kept = (kept_waiting() - kept) / (end - start)
    late = None if unread else publishing.seconds() - load.seconds
    time.sleep(PAUSE)
    cpu = server.cpu() - cpu
    p50, p99 = fleet.latencies(0.5, 0.99)
    return Outcome(
        deliveries=fleet.delivered,
        gaps=fleet.gaps,
        dups=fleet.dups,
        unread=unread,
        seconds=end - start,
        late=late,
        cpu=cpu,
        p50=p50,
        p99=p99,
        kib=kib,
        mib=server.memory() / 1024**2,
        batch=fleet.delivered / max(1, fleet.reads),
        busy=fleet.busy / (end - start) / 1e7,
        kept=kept * 100,
    )


def kept_waiting() -> float:
    """Return for how many seconds this process could have run and did not; 0 if the kernel does not say."""
    try:
        return int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0
