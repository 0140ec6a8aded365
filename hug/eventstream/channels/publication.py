"""What publishing returns, and what it waits for."""

import asyncio
import concurrent.futures
import contextlib
from collections.abc import Generator
from typing import Any, Final

from hug.eventstream.brokers.lock import held_here

ROOM_TIMEOUT: Final = 1.0
"""Seconds that whoever publishes faster than readers can be served is held up at most."""


class Publication:
    """An event that was published. Ask it for the id, or await it.

    Awaiting it also lets the readers keep pace: who publishes faster than they can be served waits here.
    """

    __slots__ = ("_room", "_taken")

    def __init__(
        self, taken: str | concurrent.futures.Future[str], room: concurrent.futures.Future[None] | None
    ) -> None:
        self._taken = taken
        self._room = room

    @property
    def id(self) -> str:
        """The event's id; raise what `result` raises, and `TimeoutError` if it is not known yet."""
        return self.result(0)

    def done(self) -> bool:
        """Whether the event was taken, or has failed to be."""
        return isinstance(self._taken, str) or self._taken.done()

    def result(self, timeout: float | None = None) -> str:
        """Wait until the event was taken and return its id. Not for coroutines, which would block their loop.

        Args:
            timeout: Seconds; None means no limit.

        Raises:
            TimeoutError: It was not taken in this time.
        """
        return self._taken if isinstance(self._taken, str) else self._taken.result(timeout)

    def __await__(self) -> Generator[Any, None, str]:
        taken, room = self._taken, self._room
        if room is not None:
            yield from asyncio.wait({asyncio.wrap_future(room)}, timeout=ROOM_TIMEOUT).__await__()
        if isinstance(taken, str):
            return taken
        return (yield from asyncio.shield(asyncio.wrap_future(taken)).__await__())

    def __repr__(self) -> str:
        if not self.done():
            return "<Publication, not taken yet>"
        try:
            return f"<Publication {self.id}>"
        except Exception as error:
            return f"<Publication, refused: {error}>"


def wait_in_thread(room: concurrent.futures.Future[None]) -> concurrent.futures.Future[None] | None:
    """Wait for room, no longer than `ROOM_TIMEOUT`; in a coroutine, return it instead, to be awaited."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        if not held_here():
            with contextlib.suppress(TimeoutError):
                room.result(ROOM_TIMEOUT)
        return None
    return room
