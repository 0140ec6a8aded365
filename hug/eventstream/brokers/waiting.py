"""Events in the order in which they go to the engine; some channels of them may have to wait."""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Final

from hug.eventstream.brokers.pending_event import Taken, settled

FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0
"""Seconds until a channel is tried again whose events cannot be taken for now: they double."""


class Waiting:
    """What waits, each channel's events in their order, whatever becomes of other channels.

    Attributes:
        put: Adds an event behind all others, from any thread. It takes no line of Python.
    """

    def __init__(self) -> None:
        self._batch: list[Taken] = []  # what goes first: it was sent before, perhaps
        self._behind: deque[Taken] = deque()
        self.put: Final[Callable[[Taken], None]] = self._behind.append
        self._aside: dict[str, list[Taken]] = {}
        self._pauses: dict[str, tuple[float, str]] = {}  # and why

    def pop(self) -> Taken | None:
        """Remove one, and return it; None if there is none. Other threads may do so, too."""
        for queue in (self._batch, *self._aside.values()):
            with contextlib.suppress(IndexError):
                return queue.pop(0)
        with contextlib.suppress(IndexError):
            return self._behind.popleft()
        return None

    def __bool__(self) -> bool:
        return bool(self._batch or self._behind or self._aside)

    @property
    def ready(self) -> bool:
        """Whether there are some that can go."""
        return bool(self._batch or self._behind)

    def queues(self) -> tuple[list[Taken], ...]:
        """Return all, those who have waited longest first in each."""
        # A copy is made in one step, so it does not matter that other threads add some meanwhile.
        return ([*self._batch, *self._behind.copy()], *map(list, self._aside.values()))

    def next(self, most: int, size: int) -> list[Taken]:
        """Return those that go first: so many, of so many bytes, but one at least. They stay here."""
        batch, behind, put_aside = self._batch, self._behind, self._aside
        if put_aside:
            while len(batch) < most and behind:
                taken = behind.popleft()
                put_aside.get(taken.channel, batch).append(taken)
        elif (room := min(most - len(batch), len(behind))) > 0:
            pop = behind.popleft
            batch += [pop() for _ in range(room)]
        go = batch[:most]
        sizes = [len(taken.fields) for taken in go]
        if sum(sizes) > size:
            del go[max(1, sum([total <= size for total in accumulate(sizes)])) :]
        return go

    def set_aside(self, channel: str, why: str) -> float:
        """Let a channel's events wait until `take_back`; return after how many seconds that should be."""
        before, _ = self._pauses.get(channel, (FIRST_PAUSE / 2, ""))
        pause = min(before * 2, LONGEST_PAUSE)
        self._pauses[channel] = (pause, why)
        aside = self._aside.setdefault(channel, [])
        aside += [taken for taken in self._batch if taken.channel == channel]
        self._batch = [taken for taken in self._batch if taken.channel != channel]
        return pause

    def take_back(self, channel: str) -> None:
        """Let a channel's events go before all others."""
        self._batch[:0] = self._aside.pop(channel, ())

    def why(self, channel: str) -> str:
        """Return why a channel's events were not taken the last time; empty if they were."""
        return self._pauses.get(channel, (0.0, ""))[1]

    def go(self, events: Iterable[Taken]) -> None:
        """These events are taken, so their channels can be written to."""
        if self._pauses:
            for taken in events:
                self._pauses.pop(taken.channel, None)

    def drop_settled(self) -> list[Taken]:
        """Remove those whose fate is known, and return them."""
        gone = settled(self._batch)
        if len(gone) == len(self._batch):
            self._batch.clear()
        elif gone:
            self._batch = [taken for taken in self._batch if not taken.done()]
        # None is behind one that still has time.
        while self._behind and self._behind[0].done():
            gone.append(self._behind.popleft())
        for queue in self._aside.values():
            while queue and queue[0].done():
                gone.append(queue.pop(0))
        if self._aside:
            self._aside = {channel: aside for channel, aside in self._aside.items() if aside}
        if not self:
            self._pauses.clear()
        return gone
