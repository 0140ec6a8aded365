"""How often something has happened, counted from anywhere."""

from collections import deque
from collections.abc import Callable
from itertools import count, islice
from typing import Final

from hug.eventstream.brokers.lock import LOCK


class Tally:
    """A number that any thread may add 1 to, and a finalizer or a signal handler, between any two lines.

    Attributes:
        add: Adds 1. It takes no lock and no line of Python, so none is lost and what is counted goes on.
    """

    __slots__ = ("_looks", "_numbers", "add")

    def __init__(self) -> None:
        self._numbers = count()
        self._looks = 0
        self.add: Final[Callable[[], int]] = self._numbers.__next__

    def add_many(self, number: int) -> None:
        """Add so much."""
        deque(islice(self._numbers, number), 0)

    @property
    def value(self) -> int:
        """How often 1 was added."""
        with LOCK:  # each look takes a number, too
            self._looks += 1
            return next(self._numbers) - self._looks + 1


class Counts:
    """What has happened at a broker, in this process.

    Attributes:
        published: Events that it has taken.
        refused: Those that it has not taken, for certain.
        unknown: Those of which nobody knows whether it has.
        connections: How often it was connected.
    """

    __slots__ = ("connections", "published", "refused", "unknown")

    def __init__(self) -> None:
        self.published = Tally()
        self.refused = Tally()
        self.unknown = Tally()
        self.connections = Tally()
