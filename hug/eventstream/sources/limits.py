"""What a process may spend on its sources."""

import os
import threading
from typing import Any, Final

from hug.exceptions import HugError


class TooManyThreads(HugError, RuntimeError):
    """All threads for sync sources are taken, by open streams or by sources that have not returned."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} sync sources are running, the most allowed: make the source an async generator, "
            "share one generator among its readers, or raise hug.sse.limits.sync_sources"
        )
        self.limit = limit


class Limits:
    """The limits of a process; each may be assigned at any time.

    Attributes:
        sync_sources: How many sync sources may run, each in a thread of its own, which takes about 20 KiB of
            memory while it waits. A client that comes when all are taken is told when to come back.
    """

    sync_sources: int

    def __init__(self) -> None:
        self.sync_sources = 2000

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "sync_sources":
            raise AttributeError(f"there is no limit of that name: {name!r}")
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{name} must be a number of threads, 0 or more, not {value!r}")
        object.__setattr__(self, name, value)


limits: Final = Limits()


class Threads:
    """Counts the threads that run sync sources.

    Attributes:
        running: How many there are; one whose client has left counts until its source returns.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self.running = 0
        self._lock = threading.Lock()

    def take(self) -> None:
        """Count one more thread; raise `TooManyThreads` when that would pass the limit."""
        if self._process != os.getpid():
            self._begin()  # forked off: the threads there were are its parent's
        with self._lock:
            if self.running >= limits.sync_sources:
                raise TooManyThreads(limits.sync_sources)
            self.running += 1

    def give_back(self) -> None:
        """Count one thread less."""
        with self._lock:
            self.running -= 1


threads: Final = Threads()
