"""Filters that fail on an event: the developer is told, the reader goes on without it."""

import logging
from typing import Final

from hug.eventstream.history.log import Log
from hug.eventstream.history.replica import number_in
from hug.eventstream.history.track import Predicate
from hug.eventstream.wire.decode import Message

_MOST: Final = 100
"""Functions remembered for each channel."""

logger = logging.getLogger("hug")


class Failures:
    """Tells of an event once for each function, however many readers use that and however often they come.

    Functions are told apart by their code: a handler makes one for each request.
    """

    __slots__ = ("_channel", "_log", "_told")

    def __init__(self, channel: str, log: Log) -> None:
        self._channel = channel
        self._log = log
        # Positions: filters see events in order, but for those seen before.
        self._told: dict[object, int] = {}

    def tell(self, predicate: Predicate, message: Message, error: BaseException) -> None:
        """Log that ``predicate`` has failed on an event, unless that is known."""
        code = getattr(predicate, "__code__", type(predicate))
        position = self._log.origin + (number_in(message.id) or 0)
        if position <= self._told.get(code, -1):
            return
        if code not in self._told and len(self._told) >= _MOST:
            self._told.pop(next(iter(self._told)))
        self._told[code] = position
        logger.error(
            "a filter of channel %r failed on event %s, which its readers do not get: %s must take any event "
            "of the channel",
            self._channel,
            message.id,
            getattr(predicate, "__qualname__", repr(predicate)),
            exc_info=error,
        )
