"""One timer for all streams of an event loop: heartbeats, and an end to clients that stopped reading."""

import asyncio
import heapq
import itertools
import logging
from typing import Final, Protocol

SLACK: Final = 0.02
"""Seconds by which a look may come early, so that streams that are due together share a wake-up."""

logger = logging.getLogger("hug")


class Beating(Protocol):
    """A stream that wants to be looked at from time to time."""

    def beat(self, now: float) -> float:
        """Do what is due at ``now``; return when to look again. Both are the loop's time, in seconds."""


class Heart:
    """Looks at each stream when it is due, by one timer for the earliest of them all.

    A stream with traffic is not moved for each event: it is looked at when it was due, and says then how much
    later.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: list[
            tuple[float, int]
        ] = []  # a heap; a ticket that is no longer in _streams is passed over
        self._streams: dict[int, Beating] = {}
        self._tickets = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._round: asyncio.Task[None] | None = None

    def add(self, stream: Beating, due: float) -> int:
        """Look at ``stream`` at ``due``, in the loop's time; return the ticket that `discard` takes."""
        ticket = next(self._tickets)
        self._streams[ticket] = stream
        heapq.heappush(self._due, (due, ticket))
        if self._due[0][1] == ticket:
            self._arm()
        return ticket

    def discard(self, ticket: int) -> None:
        """Do not look at that stream again."""
        self._streams.pop(ticket, None)
        if len(self._due) > 2 * len(self._streams) + 64:
            self._due = [entry for entry in self._due if entry[1] in self._streams]
            heapq.heapify(self._due)
            self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._due[0][0], self._tick) if self._due else None

    def _tick(self) -> None:
        # In a task, because a server's or a middleware's send may ask which one it runs in.
        self._round = self._loop.create_task(self._look())

    async def _look(self) -> None:
        now = self._loop.time()
        while self._due and self._due[0][0] <= now + SLACK:
            _, ticket = self._due[0]
            stream = self._streams.get(ticket)
            if stream is None:
                heapq.heappop(self._due)
                continue
            try:
                again = stream.beat(now)
            except Exception:
                logger.exception("a heartbeat failed; its stream goes on without")
                again = now + 3600
            heapq.heapreplace(self._due, (max(again, now + SLACK), ticket))
        self._arm()
