"""Events that were not taken, and nobody has asked: it is logged."""

import logging
from time import monotonic
from typing import Final

PAUSE: Final = 5.0
"""Seconds between two lines."""

logger = logging.getLogger("hug")


class Unheard:
    """Logs the first failure at once, and then no more than a line each few seconds."""

    def __init__(self) -> None:
        self._silent_until = 0.0
        self._more = 0

    def tell(self, error: BaseException) -> None:
        """Log, now or with the next ones, that an event has failed."""
        self._more += 1
        now = monotonic()
        if now < self._silent_until:
            return
        self._silent_until = now + PAUSE
        more, self._more = self._more, 0
        logger.error("%s%s", error, _and_others(more - 1))

    def flush(self, at_once: bool = False) -> None:
        """Log what has not been told yet, if its time has come."""
        if self._more and (at_once or monotonic() >= self._silent_until):
            more, self._more = self._more, 0
            self._silent_until = monotonic() + PAUSE
            logger.error("%d more events that were published have not been taken", more)


def _and_others(more: int) -> str:
    return f" (and {more} more events since the last such line)" if more else ""
