"""The broker for one process: a channel's log is all there is of it."""

import secrets
import string
import threading
import time
from collections.abc import Callable
from time import monotonic
from typing import Final

from hug.eventstream.history.log import Bounds, Log

_DIGITS: Final = string.digits + string.ascii_lowercase


class MemoryTopic:
    """See `hug.eventstream.brokers.Topic`."""

    __slots__ = ("log",)

    def __init__(self, bounds: Bounds) -> None:
        self.log = Log(new_life(), bounds, threading.Lock())

    def append(self, fields: bytes) -> str:
        """See `hug.eventstream.brokers.Topic.append`."""
        return self.log.append(fields, monotonic())


class MemoryBroker:
    """See `hug.eventstream.brokers.Broker`."""

    def topic(self, name: str, bounds: Bounds, grown: Callable[[], None]) -> MemoryTopic:  # noqa: ARG002
        """See `hug.eventstream.brokers.Broker.topic`."""
        return MemoryTopic(bounds)


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
