"""Events in the order in which they go to the engine; some channels of them may have to wait."""

import contextlib
from collections import deque
from collections.abc import Iterable
from itertools import chain, islice
from typing import Final

from hug.eventstream.brokers.pending_event import Taken

FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0
"""Seconds until a channel is tried again whose events cannot be taken for now: they double."""


class Waiting:
    """What waits, each channel's events in their order, whatever becomes of other channels."""

    def __init__(self) -> None:
        self._batch: deque[Taken] = deque()  # what goes first: it was sent before, perhaps
        self._behind: deque[Taken] = deque()
        self._aside: dict[str, deque[Taken]] = {}
        self._pauses: dict[str, tuple[float, str]] = {}  # and why

    def take_in(self, incoming: deque[Taken]) -> None:
        """Move events here, behind all others. Other threads may add and remove some meanwhile."""
        put, pop = self._behind.append, incoming.popleft
        with contextlib.suppress(IndexError):
            for _ in range(len(incoming)):
                put(pop())

    def pop(self) -> Taken | None:
        """Remove one, and return it; None if there is none. Other threads may do so, too."""
        for queue in (self._batch, *self._aside.values(), self._behind):
            try:
                return queue.popleft()
            except IndexError:
                continue
        return None

    def __bool__(self) -> bool:
        return bool(self._batch or self._behind or self._aside)

    @property
    def ready(self) -> bool:
        """Whether there are some that can go."""
        return bool(self._batch or self._behind)

    def queues(self) -> tuple[tuple[Taken, ...], ...]:
        """Return all, those who have waited longest first in each."""
        return (tuple(chain(self._batch, self._behind)), *map(tuple, self._aside.values()))

    def next(self, most: int, size: int) -> list[Taken]:
        """Return those that go first: so many, of so many bytes, but one at least. They stay here."""
        batch, behind, put_aside = self._batch, self._behind, self._aside
        left = size - sum([len(taken.entry.fields) for taken in batch])
        room = most - len(batch)
        while room > 0 and behind:
            entry = behind[0].entry
            if put_aside and entry.channel in put_aside:
                put_aside[entry.channel].append(behind.popleft())
                continue
            left -= len(entry.fields)
            if left < 0 and batch:
                break
            batch.append(behind.popleft())
            room -= 1
        return list(islice(batch, most))

    def set_aside(self, channel: str, why: str) -> float:
        """Let a channel's events wait until `take_back`; return after how many seconds that should be."""
        before, _ = self._pauses.get(channel, (FIRST_PAUSE / 2, ""))
        pause = min(before * 2, LONGEST_PAUSE)
        self._pauses[channel] = (pause, why)
        aside = self._aside.setdefault(channel, deque())
        aside.extend(taken for taken in self._batch if taken.entry.channel == channel)
        self._batch = deque(taken for taken in self._batch if taken.entry.channel != channel)
        return pause

    def take_back(self, channel: str) -> None:
        """Let a channel's events go before all others."""
        self._batch.extendleft(reversed(self._aside.pop(channel, ())))

    def why(self, channel: str) -> str:
        """Return why a channel's events were not taken the last time; empty if they were."""
        return self._pauses.get(channel, (0.0, ""))[1]

    def go(self, events: Iterable[Taken]) -> None:
        """These events are taken, so their channels can be written to."""
        if self._pauses:
            for taken in events:
                self._pauses.pop(taken.entry.channel, None)

    def drop_settled(self) -> list[Taken]:
        """Remove those whose fate is known, and return them."""
        settled = [taken for taken in self._batch if taken.done()]
        if len(settled) == len(self._batch):
            self._batch.clear()
        elif settled:
            self._batch = deque(taken for taken in self._batch if not taken.done())
        for queue in (self._behind, *self._aside.values()):
            while queue and queue[0].done():  # none behind one that still has time
                settled.append(queue.popleft())
        if self._aside:
            self._aside = {channel: aside for channel, aside in self._aside.items() if aside}
        if not self:
            self._pauses.clear()
        return settled
