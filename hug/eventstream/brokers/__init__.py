"""Brokers: where the events of channels are put in order and get their ids.

What all brokers share lives above: encoding, fan-out, filters, gaps, the counting of positions.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

from hug.eventstream.history.log import Bounds, Log


class Topic(Protocol):
    """One channel's events on a broker.

    Attributes:
        log: The newest of them, in this process, in the broker's order. The topic alone appends to it.
    """

    log: Log

    def append(self, fields: bytes) -> str | Future[str]:
        """Take an event and return its id, or what will know it; from any thread, without waiting.

        The event is in the log when this returns the id; else, as with what other processes publish,
        ``grown`` is called once it is.

        Args:
            fields: The event's lines, without an id and the blank line. An id has 1 to 64 of
                ``[A-Za-z0-9._-]``.
        """


class Broker(Protocol):
    """Keeps channels, for this process or for several."""

    def topic(self, name: str, bounds: Bounds, grown: Callable[[], None]) -> Topic:
        """Return the events of a channel.

        Args:
            name: The channel's.
            bounds: How many of its events to keep.
            grown: To be called, from any thread, when the log has grown and `Topic.append` did not tell so.
        """
