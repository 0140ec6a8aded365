"""The streams that are open, by event loop; whether they are about to end."""

import asyncio
import contextvars
import logging
import weakref
from typing import Final, Protocol

from hug.ending_budget import FLUSHED, LEFT, SHORTEST
from hug.eventstream.loop.heartbeats import Beating, Heart
from hug.eventstream.loop.pump import Pump

logger = logging.getLogger("hug")


class Stream(Beating, Protocol):
    """An open stream."""

    @property
    def lagging(self) -> asyncio.Task[None] | None:
        """The write to wait for before it can be given all that was published before the end."""

    @property
    def held_up(self) -> bool:
        """Whether the server has yet to take a write, because the client reads slowly."""

    def drain(self) -> None:
        """End soon and cleanly; called on the stream's own event loop."""


class Companion(Protocol):
    """What is no stream and has to end with them."""

    def drain(self) -> None:
        """End soon; called on the event loop."""


class Listener(Protocol):
    """Hears of the end while there are streams."""

    def listen(self) -> None:
        """Begin, with the first stream."""

    def ignore(self) -> None:
        """Stop, with the last."""


class OpenStreams:
    """The open streams of one event loop.

    Attributes:
        listeners: What hears of the end of their servers, by the identity of what tells it.
        searched: Whether `listeners` has been filled since a server has started.
        ending_since: When, in the loop's time, the process was heard to end, so that a new stream must end at
            once; None while it does not.
        listen_at: When, in the loop's time, to see whether we still hear signals.
        heart: The timer they share, which is also the list of them; see `add` and `discard`.
        companions: What else has to end.
        pump: What brings to them what is published on channels.
        context: What callbacks run in that need no context: a copy for each would cost memory.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.listeners: dict[int, Listener] = {}
        self.searched = False
        self.ending_since: float | None = None
        self.listen_at = 0.0
        self.heart: Heart[Stream] = Heart(loop)
        self.companions: set[Companion] = set()
        self.context = contextvars.Context()
        self.pump = Pump(loop, self.context)
        self._round: asyncio.Task[None] | None = None

    def add(self, stream: Stream, due: float) -> int:
        """Add ``stream``, to be looked at when it is ``due``; return the ticket that `discard` takes."""
        if not self.heart.streams:
            for listener in self.listeners.values():
                listener.listen()
        return self.heart.add(stream, due)

    def discard(self, ticket: int) -> None:
        """Forget that stream."""
        self.heart.discard(ticket)
        if not self.heart.streams:
            for listener in self.listeners.values():
                listener.ignore()

    def hear(self, found: dict[int, Listener]) -> None:
        """Add to `listeners` what has been found."""
        self.searched = True
        for identity, listener in found.items():
            if identity not in self.listeners:
                self.listeners[identity] = listener
                if self.heart.streams:
                    listener.listen()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.heart.streams)

    @property
    def held_up(self) -> int:
        """How many of them wait for their clients to read; may be asked for in any thread."""
        return sum(stream.held_up for stream in list(self.heart.streams.values()))

    def idle(self) -> bool:
        """Whether all is done: no stream is open, no event waits for its readers, and no task is at work."""
        drained = self._round is None or self._round.done()
        return not self.heart.streams and not self.companions and self.pump.idle and drained

    def left(self, until: float) -> float:
        """Return how many seconds of the `hug.ending_budget` are left, at least a short while."""
        if self.ending_since is None:
            return until
        return max(self.ending_since + until - self._loop.time(), SHORTEST)

    def drain(self) -> None:
        """End all streams, and every one that is opened from now on."""
        if self.ending_since is not None:
            return
        self.ending_since = self._loop.time()
        drained[:] = [True]
        for companion in list(self.companions):
            companion.drain()
        if self.heart.streams:
            # Files that are being sent, and JSON lines, among them.
            logger.info("ending %d open stream(s)", len(self.heart.streams))
            self._round = self._loop.create_task(self._drain(self.ending_since + FLUSHED))

    async def _drain(self, until: float) -> None:
        # In a task, because a server's or a middleware's send may ask which one it runs in.
        await self.pump.flush(FLUSHED)
        streams = list(self.heart.streams.values())
        while streams:
            lagging = {stream: write for stream in streams if (write := stream.lagging) is not None}
            left = until - self._loop.time()
            for stream in streams:
                if stream not in lagging or left <= 0:
                    stream.drain()
            if not lagging or left <= 0:
                break
            await asyncio.wait(set(lagging.values()), timeout=left)
            await self.pump.flush(left)
            streams = list(lagging)

    async def drained(self) -> None:
        """End all streams and wait until they have, for no longer than they may take."""
        self.drain()
        until = self._loop.time() + LEFT
        while not self.idle() and self._loop.time() < until:  # noqa: ASYNC110  # once in a process's life
            await asyncio.sleep(_LOOK)

    def revive(self) -> None:
        """Let streams open again: another server starts on this event loop."""
        self.searched = False
        self.listen_at = 0.0
        self.ending_since = None


_LOOK: Final = 0.01
"""Seconds between two looks at whether all streams have ended."""

_streams: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, OpenStreams] = weakref.WeakKeyDictionary()
drained: Final[list[bool]] = []
"""Not empty once streams of any event loop have been told to end: else nobody needs to ask `ending`."""


def streams_of(loop: asyncio.AbstractEventLoop) -> OpenStreams:
    """Return the streams of ``loop``, if only to be."""
    streams = _streams.get(loop)
    if streams is None:
        for other in loops():
            if other.is_closed():
                _streams.pop(other, None)  # its streams hold it, so it would stay
        streams = _streams[loop] = OpenStreams(loop)
    return streams


def loops() -> list[asyncio.AbstractEventLoop]:
    """Return the event loops that have had streams, or a server that may have some."""
    # Not list(_streams): another thread may add one meanwhile, and only this step is never interrupted.
    return [loop for reference in _streams.keyrefs() if (loop := reference()) is not None]


def ending() -> bool:
    """Whether this process is about to end: all its event loops that have streams do."""
    if not drained:
        return False
    running = [streams_of(loop).ending_since is not None for loop in loops() if not loop.is_closed()]
    return bool(running) and all(running)
