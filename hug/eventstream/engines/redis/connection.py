"""One connection to Redis: commands and their answers, in order, and what is published.

A message that is told of costs redis-py's connections 3.7 us and its `PubSub` 12.6, but its parser, hiredis,
fed by hand, 1.2. So redis-py reads URLs, makes TLS contexts and asks Sentinels; the rest is here.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import hiredis

from hug.exceptions import Unreachable

TICK: Final = 1.0
"""Seconds between two looks at whether the other side still answers."""

_IDLE: Final = 2  # ticks without a byte from there after which it is asked whether it is there
_SILENT: Final = 4  # ticks without a byte after which whoever waits for an answer waits no longer
_MORE: Final = object()


class NoRedis(Unreachable):
    """What answers does not speak as Redis does."""


def packed(*words: str | bytes | int) -> bytes:
    """Return a command as Redis reads it."""
    command: bytes = hiredis.pack_command(words)  # type: ignore[arg-type]  # tuples of any length it is
    return command


class Wire(asyncio.Protocol):
    """A connection, once `create_connection` has made it.

    It is lost when nothing has come for three to four seconds though something should have. A loop that was
    blocked counts no seconds: what has come meanwhile has just not been read.

    Args:
        place: What is on the other side, for messages.
        lost: Is told why the connection is lost, once; not when `abort` has ended it.
        told: Takes what was published: topics and messages, in their order.
    """

    def __init__(
        self,
        place: str,
        lost: Callable[[BaseException], None],
        told: Callable[[Sequence[tuple[bytes, bytes]]], None] | None = None,
    ) -> None:
        self._place = place
        self._lost: Callable[[BaseException], None] | None = lost
        self._told = told
        self._reader = hiredis.Reader(notEnoughData=_MORE)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[_Answers] = deque()
        self._unsent: list[bytes] = []
        self._silent = 0
        self._closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._silent = 0
        self._reader.feed(data)
        gets, waiting, told = self._reader.gets, self._waiting, self._told
        published = []
        try:
            while (answer := gets()) is not _MORE:
                if told is not None and type(answer) is list and answer[0] == b"message":
                    published.append((answer[1], answer[2]))
                elif waiting and waiting[0].add(answer):
                    waiting.popleft()
        except hiredis.ProtocolError as error:
            self._end(NoRedis(f"what answers at {self._place} is no Redis: {error}"))
        if published and told is not None and self._lost is not None:
            told(published)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()
        self._end(Unreachable(f"it has closed the connection{f': {exc}' if exc else ''}"))

    def ask(self, commands: bytes, answers: int = 1) -> asyncio.Future[list[Any]]:
        """Send commands, with those of others in the same pass of the loop, and return their answers.

        What Redis refuses is among them as a `hiredis.ReplyError`. They fail with `Unreachable` only.
        """
        future = asyncio.get_running_loop().create_future()
        if self._lost is None:
            future.set_exception(Unreachable("the connection is lost"))
            return future
        if not self._waiting:
            self._silent = 0
        self._waiting.append(_Answers(future, answers))
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._send)
        self._unsent.append(commands)
        return future

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self._lost is not None and self._transport is not None:
            self._transport.write(b"".join(unsent))

    def tick(self) -> None:
        """Look whether the other side still answers; to be called each `TICK` seconds."""
        self._silent += 1
        if self._waiting:
            if self._silent >= _SILENT:
                self._end(Unreachable(f"it has not answered for {self._silent * TICK:g} s"))
        elif self._silent >= _IDLE and self._lost is not None:
            self.ask(packed("PING")).add_done_callback(_ignore)

    def abort(self) -> None:
        """Disconnect at once; who waits for an answer gets `Unreachable`."""
        self._lost, lost = None, self._lost
        if lost is not None:
            self._fail(Unreachable("the connection was closed"))

    async def closed(self) -> None:
        """Wait until nothing is left of the connection."""
        if self._transport is not None:
            await self._closed.wait()

    def _end(self, error: Unreachable) -> None:
        self._lost, lost = None, self._lost
        if lost is not None:
            self._fail(error)
            lost(error)

    def _fail(self, error: Unreachable) -> None:
        if self._transport is not None:
            self._transport.abort()
        while self._waiting:
            self._waiting.popleft().fail(error)


class _Answers:
    """So many answers that somebody waits for, or no longer."""

    __slots__ = ("_all", "_future", "_missing")

    def __init__(self, future: asyncio.Future[list[Any]], missing: int) -> None:
        self._future = future
        self._missing = missing
        self._all: list[Any] = []

    def add(self, answer: Any) -> bool:
        """Take one, and return whether that was the last."""
        self._all.append(answer)
        self._missing -= 1
        if self._missing:
            return False
        if not self._future.done():
            self._future.set_result(self._all)
        return True

    def fail(self, error: Unreachable) -> None:
        if not self._future.done():
            self._future.set_exception(error)


def _ignore(asked: asyncio.Future[list[Any]]) -> None:
    if not asked.cancelled():
        asked.exception()  # it is told by what the connection's end is told by
