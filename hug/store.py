"""Where middleware keeps what outlives a request: the protocol, and memory of this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, ClassVar, Protocol

from hug.exceptions import StoreKeyNotFound


class Store(Protocol):
    """Values by key. All methods may be async; sync ones may block.

    Where what was deleted has to stay so, and what others have changed, `exists` and `get` are called right
    before `set`. In a store that several processes use, one may delete or change the key in between.

    A store whose methods never block says so with ``blocking = False``: then they run on the event loop.
    """

    def get(self, key: str) -> Any:
        """Return the value; raise `StoreKeyNotFound` if there is none."""

    def exists(self, key: str) -> Any:
        """Return whether there is a value."""

    def set(self, key: str, value: Any) -> Any:
        """Keep a value, in place of the one there is."""

    def delete(self, key: str) -> Any:
        """Forget the value, if there is one."""


class InMemoryStore:
    """Values in the memory of this process, which other processes do not see; any thread may use it.

    Values are kept as they are: whoever gets one has the same object as everybody else.
    """

    blocking: ClassVar[bool] = False

    def __init__(self, max_entries: int = 100_000, max_age: float | None = None) -> None:
        """Make an empty store.

        Args:
            max_entries: How many values it keeps; then the one goes that was not used for longest.
            max_age: Seconds after its last use that a value is kept; None is for ever.

        Raises:
            ValueError: A bound that is not above 0.
        """
        if max_entries < 1 or (max_age is not None and not max_age > 0):
            raise ValueError(f"max_entries={max_entries!r} and max_age={max_age!r} must be above 0")
        self.max_entries = max_entries
        self.max_age = max_age
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, tuple[Any, float]] = OrderedDict()  # least recently used first

    def get(self, key: Hashable) -> Any:
        """Return the value of ``key``, which counts as a use.

        Raises:
            StoreKeyNotFound: There is none, or none any more.
        """
        with self._lock:
            self._forget_old()
            try:
                value, _ = self._entries[key]
            except KeyError:
                raise StoreKeyNotFound(key) from None
            self._use(key, value)
            return value

    def exists(self, key: Hashable) -> bool:
        """Return whether there is a value of ``key``."""
        with self._lock:
            self._forget_old()
            return key in self._entries

    def set(self, key: Hashable, value: Any) -> None:
        """Keep ``value`` as that of ``key``."""
        with self._lock:
            self._forget_old()
            self._use(key, value)
            if len(self._entries) > self.max_entries:
                self._entries.popitem(last=False)

    def delete(self, key: Hashable) -> None:
        """Forget the value of ``key``, if there is one."""
        with self._lock:
            self._entries.pop(key, None)

    def __len__(self) -> int:
        with self._lock:
            self._forget_old()
            return len(self._entries)

    def _use(self, key: Hashable, value: Any) -> None:
        self._entries[key] = (value, time.monotonic())
        self._entries.move_to_end(key)

    def _forget_old(self) -> None:
        if self.max_age is None:
            return
        oldest = time.monotonic() - self.max_age
        while self._entries and next(iter(self._entries.values()))[1] < oldest:
            self._entries.popitem(last=False)
