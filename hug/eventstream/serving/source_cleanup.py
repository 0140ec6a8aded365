"""A limit to the time that a source takes for its cleanup."""

import asyncio
import logging
from typing import Any, Final, Protocol

from hug.ending_budget import CLEANED_UP, LEFT
from hug.eventstream.loop.open_streams import OpenStreams

LAST_CHANCE: Final = 1.0
"""Seconds between the second cancellation of a source and the moment when it is left behind."""

logger = logging.getLogger("hug")


class Closing(Protocol):
    """What closes a source."""

    def abandon(self) -> None:
        """Give up a source that does not end: the next cancellation does not reach it."""


class Cleanup:
    """Cancels a source that has been told to end and has not, and in the end leaves it behind.

    When the process ends meanwhile, all that happens earlier.

    Attributes:
        overruns: Whether the source has been cancelled again.
    """

    __slots__ = ("_name", "_seconds", "_since", "_source", "_streams", "_task", "_timer", "_why", "overruns")

    def __init__(
        self,
        streams: OpenStreams,
        task: asyncio.Task[Any],
        source: Closing,
        seconds: float,
        name: str,
        why: str,
    ) -> None:
        """Begin to wait.

        Args:
            streams: Those of the running event loop.
            task: What the source is closed in.
            source: What closes it.
            seconds: How long the cleanup may take.
            name: Who made the source, for messages to the developer.
            why: Why it was told to end.
        """
        self._streams = streams
        self._task = task
        self._source = source
        self._name = name
        self._why = why
        self.overruns = False
        self._since = task.get_loop().time()
        if streams.ending_since is not None:
            seconds = min(seconds, streams.left(CLEANED_UP))
        self._timer = task.get_loop().call_later(seconds, self._cancel_again)
        streams.companions.add(self)

    def close(self) -> None:
        """The source has cleaned up."""
        self._timer.cancel()
        self._streams.companions.discard(self)

    def drain(self) -> None:
        """See `hug.eventstream.loop.open_streams.Companion`: the process ends."""
        self._wait(
            self._leave if self.overruns else self._cancel_again, LEFT if self.overruns else CLEANED_UP
        )

    def _cancel_again(self) -> None:
        logger.error(
            "the source of %s is cancelled again: its stream ended %.1f s ago (%s) and it has not cleaned "
            "up. A sync generator is held up until what it waits for returns",
            self._name,
            self._task.get_loop().time() - self._since,
            self._why,
        )
        self.overruns = True
        self._task.cancel()
        self._wait(self._leave, LEFT)

    def _leave(self) -> None:
        logger.error(
            "the source of %s is left behind: it goes on although it has been cancelled twice. It must not "
            "catch asyncio.CancelledError, as a bare except does, without ending",
            self._name,
        )
        self._source.abandon()
        self._task.cancel()

    def _wait(self, then: Any, until: float) -> None:
        self._timer.cancel()
        seconds = LAST_CHANCE if self._streams.ending_since is None else self._streams.left(until)
        self._timer = self._task.get_loop().call_later(seconds, then)
