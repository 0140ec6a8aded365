"""What a log must keep, worked out from its whole past: slow, and too plain to be wrong."""

import gc
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType

from hug.eventstream.history.log import LIVE_BYTES, LIVE_EVENTS, Bounds, Log

LARGE = 1_500_000
"""Bytes of an event three of which are more than the live window takes."""


class LogModel:
    """The limits of a log as they are documented.

    Attributes:
        sizes: Bytes of each event there has ever been.
        times: When each came.
        held: See `Log.held`.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._looked = 0.0
        self._given = 0
        self.sizes: list[int] = []
        self.times: list[float] = []
        self.held = False

    @property
    def last(self) -> int:
        return len(self.sizes)

    def append(self, size: int, now: float) -> None:
        self.sizes.append(size)
        self.times.append(now)
        self._looked = now
        if not self.held:
            self._given = self.last

    def expire(self, now: float) -> None:
        self._looked = now

    def release(self, position: int) -> None:
        self._given = max(self._given, position)

    @property
    def history(self) -> int:
        """The first position that can be resumed from: behind it nothing is over count, bytes or age."""
        bounds = self._bounds
        born = float("-inf") if bounds.max_age is None else self._looked - bounds.max_age
        first, size = self.last, 0
        while first:
            size += self.sizes[first - 1]
            if self.last - first >= bounds.history or size > bounds.max_bytes or self.times[first - 1] < born:
                break
            first -= 1
        return first

    @property
    def oldest(self) -> int:
        """The first position a connected reader can be at: the history's, or that of the live window."""
        first, size = self.last, 0
        while first > self._given:
            size += self.sizes[first - 1]
            if self.last - first >= LIVE_EVENTS or (size > LIVE_BYTES and first < self.last):
                break
            first -= 1
        return min(first, self.history)

    def bytes_behind(self, position: int) -> int:
        return sum(self.sizes[position:])


def held(log: Log) -> Iterator[object]:
    """Yield all objects that a log refers to, by whatever way."""
    seen = {id(log)}
    look: list[object] = [log]
    while look:
        each = look.pop()
        yield each
        for other in gc.get_referents(each):
            if id(other) not in seen and not isinstance(other, type | ModuleType | FunctionType):
                seen.add(id(other))
                look.append(other)


def bytes_held(log: Log) -> int:
    """Return the length of all texts and bytes that a log refers to."""
    return sum(len(each) for each in held(log) if isinstance(each, bytes | str))


def size_held(log: Log) -> int:
    """Return the size in memory of all that a log refers to."""
    return sum(map(sys.getsizeof, held(log)))
