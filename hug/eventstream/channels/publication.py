"""What publishing returns, and what it waits for."""

import asyncio
import concurrent.futures
import contextlib
from collections.abc import Generator
from typing import Any, Final

from hug.eventstream.brokers.lock import held_here
from hug.eventstream.brokers.pending_event import Taken
from hug.eventstream.channels.answers import answer
from hug.eventstream.loop.running_loop import in_loop

ROOM_TIMEOUT: Final = 1.0
"""Seconds that whoever publishes faster than readers can be served is held up at most."""


class Publication:
    """An event that was published. Ask it for the id, or await it.

    Awaiting it also lets the readers keep pace: who publishes faster than they can be served waits here.
    """

    __slots__ = ()

    _taken: str | concurrent.futures.Future[str]
    _room: concurrent.futures.Future[None] | None

    @property
    def id(self) -> str:
        """The event's id; raise what `result` raises, and `TimeoutError` if it is not known yet."""
        try:
            return self.result(0)
        except TimeoutError as error:
            if str(error):
                raise
            raise TimeoutError(
                "the id of the event is not known yet: the broker has not answered. Await what publish() "
                "returns, or, in a thread, ask for its result()"
            ) from None

    def done(self) -> bool:
        """Whether the event was taken, or has failed to be."""
        return isinstance(self._taken, str) or self._taken.done()

    def result(self, timeout: float | None = None) -> str:
        """Wait until the event was taken and return its id. Not for coroutines, which would block their loop.

        Args:
            timeout: Seconds; None means no limit.

        Raises:
            TimeoutError: It was not taken in this time.
            NotTaken: It was not taken, for certain.
            FateUnknown: The broker was sent it, and nobody knows whether it has taken it.
        """
        return self._taken if isinstance(self._taken, str) else self._taken.result(timeout)

    def __await__(self) -> Generator[Any, None, str]:
        taken, room = self._taken, self._room
        if room is not None:
            yield from _wait_for_room(room).__await__()
        if isinstance(taken, str):
            return taken
        return taken.result() if taken.done() else (yield from answer(taken).__await__())

    def __repr__(self) -> str:
        if not self.done():
            return "<Publication, not taken yet>"
        try:
            return f"<Publication {self.id}>"
        except Exception as error:
            return f"<Publication, refused: {error}>"


class Published(Publication):
    """One of which there is more to know than that it is to be taken."""

    __slots__ = ("_room", "_taken")

    def __init__(
        self, taken: str | concurrent.futures.Future[str], room: concurrent.futures.Future[None] | None
    ) -> None:
        self._taken = taken
        self._room = room


class Pending(Taken, Publication):  # type: ignore[misc]  # as with `Taken`
    """One that is on its way. It is the event itself that knows its id: two objects would take longer."""

    _room = None

    @property
    def _taken(self) -> concurrent.futures.Future[str]:  # type: ignore[override]
        return self

    __repr__ = Publication.__repr__


async def _wait_for_room(room: concurrent.futures.Future[None]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ROOM_TIMEOUT):
            await answer(room)


def wait_in_thread(room: concurrent.futures.Future[None]) -> concurrent.futures.Future[None] | None:
    """Wait for room, no longer than `ROOM_TIMEOUT`; in a coroutine, return it instead, to be awaited."""
    if in_loop():
        return room
    if not held_here():
        with contextlib.suppress(TimeoutError):
            room.result(ROOM_TIMEOUT)
    return None
