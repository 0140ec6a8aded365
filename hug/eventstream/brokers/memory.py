"""The broker for one process: a channel's log is all there is of it."""

import secrets
import string
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic
from typing import Final

from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.history.log import Bounds, Log

_DIGITS: Final = string.digits + string.ascii_lowercase


class MemoryTopic:
    """See `hug.eventstream.brokers.Topic`."""

    __slots__ = ("_grown", "log")

    def __init__(self, bounds: Bounds, grown: Callable[[], None]) -> None:
        self.log = Log(new_life(), bounds, LOCK)
        self._grown = grown

    def append(self, fields: bytes) -> str | Future[str]:
        """See `hug.eventstream.brokers.Topic.append`."""
        return self.log.append(fields, monotonic()) or self._append_later(fields)

    def _append_later(self, fields: bytes) -> Future[str]:
        taken = _TakenLater()

        def told(event_id: str) -> None:
            self._grown()
            taken.set_result(event_id)

        self.log.append_later(fields, monotonic(), told)
        return taken


class _TakenLater(Future[str]):
    """The id of an event that a finalizer or a signal handler publishes while its thread does so, too."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def result(self, timeout: float | None = None) -> str:
        """See `Future.result`; in this thread waiting for it would take for ever."""
        if not self.done() and threading.get_ident() == self._thread:
            raise TimeoutError("the event is taken when what it was published in the middle of goes on")
        return super().result(timeout)


class MemoryBroker:
    """See `hug.eventstream.brokers.Broker`."""

    def topic(self, name: str, bounds: Bounds, grown: Callable[[], None]) -> MemoryTopic:  # noqa: ARG002
        """See `hug.eventstream.brokers.Broker.topic`."""
        return MemoryTopic(bounds, grown)


def new_life() -> str:
    """Return what begins the ids of one life of a channel: 12 letters and digits, no other life has them.

    The time, in milliseconds, makes later lives come later in order; chance tells those apart that begin at
    the same moment, or after the clock was set back.
    """
    return _base36(time.time_ns() // 1_000_000).rjust(8, "0") + "".join(
        secrets.choice(_DIGITS) for _ in range(4)
    )


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
