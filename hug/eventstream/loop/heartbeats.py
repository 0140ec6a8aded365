"""One timer for all streams of an event loop: heartbeats, and an end to clients that stopped reading."""

import asyncio
import heapq
import logging
from typing import Final, Generic, Protocol, TypeVar

SLACK: Final = 0.02
"""Seconds by which a look may come early, so that streams that are due together share a wake-up."""

logger = logging.getLogger("hug")


class Beating(Protocol):
    """A stream that wants to be looked at from time to time."""

    def beat(self, now: float) -> float:
        """Do what is due at ``now``; return when to look again. Both are the loop's time, in seconds."""


S = TypeVar("S", bound=Beating)

_BITS: Final = 32
_TICKETS: Final = (1 << _BITS) - 1


class Heart(Generic[S]):
    """Looks at each stream when it is due, by one timer for the earliest of them all.

    A stream with traffic is not moved for each event: it is looked at when it was due, and says then how much
    later.

    Attributes:
        streams: All streams, by ticket.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.streams: dict[int, S] = {}
        # A heap of milliseconds and ticket, in one integer since that takes a third of the memory of a tuple.
        # One whose ticket is no longer in `streams` is passed over.
        self._due: list[int] = []
        self._last_ticket = 0
        self._timer: asyncio.TimerHandle | None = None
        self._round: asyncio.Task[None] | None = None

    def add(self, stream: S, due: float) -> int:
        """Look at ``stream`` at ``due``, in the loop's time; return the ticket that `discard` takes."""
        ticket = self._last_ticket = (self._last_ticket + 1) & _TICKETS
        self.streams[ticket] = stream
        entry = _entry(due, ticket)
        heapq.heappush(self._due, entry)
        if self._due[0] == entry:
            self._arm()
        return ticket

    def discard(self, ticket: int) -> None:
        """Do not look at that stream again."""
        self.streams.pop(ticket, None)
        if len(self._due) > 2 * len(self.streams) + 64:
            self._due = [entry for entry in self._due if entry & _TICKETS in self.streams]
            heapq.heapify(self._due)
            self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(_time(self._due[0]), self._tick) if self._due else None

    def _tick(self) -> None:
        # In a task, because a server's or a middleware's send may ask which one it runs in.
        self._round = self._loop.create_task(self._look())

    async def _look(self) -> None:
        now = self._loop.time()
        while self._due and _time(self._due[0]) <= now + SLACK:
            ticket = self._due[0] & _TICKETS
            stream = self.streams.get(ticket)
            if stream is None:
                heapq.heappop(self._due)
                continue
            try:
                again = stream.beat(now)
            except (Exception, asyncio.CancelledError, GeneratorExit):  # nothing is awaited: they are its own
                logger.exception("a heartbeat failed; its stream goes on without")
                again = now + 3600
            heapq.heapreplace(self._due, _entry(max(again, now + 2 * SLACK), ticket))
        self._arm()


def _entry(due: float, ticket: int) -> int:
    return round(1000 * due) << _BITS | ticket


def _time(entry: int) -> float:
    return (entry >> _BITS) / 1000
