"""One connection to an engine, from its beginning to its loss."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from typing import Final, Protocol, TypeVar

from hug.eventstream.engines.engine import Deleted, Engine, Kept
from hug.exceptions import BrokerError, NotTaken, Unreachable

ANSWER: Final = 5.0
"""Seconds after which an engine that has not answered counts as unreachable."""

CLOSE: Final = 1.0
"""Seconds that closing a connection may take."""

_Answer = TypeVar("_Answer")

logger = logging.getLogger("hug")


_PROBE: Final = "hug"
"""A channel that is asked for to see whether the engine still answers; it need not exist."""


class Failed(Unreachable):
    """An engine has raised what no engine should: nobody knows what it has done, but it answers others."""


class Listener(Protocol):
    """Who wants to know what an engine tells; see `hug.eventstream.engines.engine.Hearer`."""

    def heard(self, link: "Link", channel: str, life: str, events: Sequence[Kept]) -> None:
        """Events of a channel that is followed have come."""

    def changed(self, link: "Link", channel: str, deleted: Deleted | None) -> None:
        """Something else has happened to a channel that is followed."""


class Link:
    """A connection, and what is asked over it: see `Hearer`.

    Attributes:
        engine: What it leads to.
        over: Done when the connection is lost, with the reason.
    """

    def __init__(self, engine: Engine, listener: Listener) -> None:
        self.engine = engine
        self.over: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self._listener = listener
        self._asked: set[asyncio.Timeout] = set()

    # What the engine tells

    def heard(self, channel: str, life: str, events: Sequence[Kept]) -> None:
        """See `Hearer.heard`."""
        if not self.over.done():
            self._listener.heard(self, channel, life, events)

    def changed(self, channel: str, deleted: Deleted | None = None) -> None:
        """See `Hearer.changed`."""
        if not self.over.done():
            self._listener.changed(self, channel, deleted)

    def lost(self, error: BaseException) -> None:
        """See `Hearer.lost`; whoever waits for an answer learns so at once."""
        if self.over.done():
            return
        self.over.set_result(error)
        now = asyncio.get_running_loop().time()
        for asked in self._asked:
            if not asked.expired():
                asked.reschedule(now)

    # What the engine is asked

    async def open(self) -> None:
        """Connect.

        Raises:
            Unreachable: See `Engine.connect`.
            BrokerError: See there.
        """
        await self._ask(self.engine.connect(self), ANSWER, (BrokerError,))

    async def call(self, answer: Awaitable[_Answer], seconds: float | None = None) -> _Answer:
        """Wait for an answer of the engine, for so many seconds.

        Raises:
            Unreachable: There is none: the connection is of no use.
            Failed: There is one that an engine does not give, to this question alone.
            NotTaken: The engine's answer.
            BrokerError: The engine's answer, which will be the same next time: it is not allowed, say.
        """
        try:
            return await self._ask(answer, ANSWER if seconds is None else seconds, (NotTaken, BrokerError))
        except Failed as error:
            try:
                await self._ask(self.engine.ends(_PROBE), ANSWER, (BrokerError,))
            except BrokerError:
                pass  # that is an answer, too
            except Unreachable:
                self.lost(error)
                raise Unreachable(str(error)) from error
            raise
        except Unreachable as error:
            self.lost(error)
            raise

    async def _ask(
        self, answer: Awaitable[_Answer], seconds: float, known: tuple[type[Exception], ...]
    ) -> _Answer:
        try:
            async with asyncio.timeout(seconds) as asked:
                self._asked.add(asked)
                try:
                    if self.over.done():
                        asked.reschedule(asyncio.get_running_loop().time())
                    return await answer
                finally:
                    self._asked.discard(asked)
        except TimeoutError as error:
            if self.over.done():
                raise Unreachable(str(self.over.result())) from error
            raise Unreachable(f"no answer within {seconds:g} s") from error
        except Unreachable:
            raise
        except Exception as error:
            if isinstance(error, known):
                raise
            logger.exception("an engine has failed")
            raise Failed(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Disconnect."""
        self.lost(Unreachable("the connection is closed"))
        try:
            async with asyncio.timeout(CLOSE):
                await self.engine.close()
        except Exception:
            logger.exception("an engine has failed to disconnect")
