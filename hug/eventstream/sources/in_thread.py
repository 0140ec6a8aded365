"""Sync generators, each in a thread of its own: they may block for as long as they like."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterable
from typing import Any

from hug.eventstream.connection.writer import Connection
from hug.eventstream.sources.feed import WRITE_SIZE
from hug.eventstream.sources.limits import threads
from hug.eventstream.sources.listening import running
from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.encode import encode


class SourceThread:
    """Goes through a sync iterable in a daemon thread, never on a pool that serves anything else.

    The thread is the same for the life of the source, because what that opens may be bound to it, as a
    connection of sqlite3 is.

    Attributes:
        unheard: Whether the source is to end; see `hug.eventstream.sources.listening`.
        wake: Set on the event loop by `notify`, and when the source has ended.
        interrupt: What ends a wait of ours that the source is in, perhaps, when it is to end.
    """

    def __init__(self, source: Iterable[Any], take: Callable[[Any], None]) -> None:
        """Have ``take`` called in the thread with each item."""
        self.unheard = False
        self.wake = asyncio.Event()
        self.interrupt: Callable[[], None] | None = None
        self._source = source
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._context.run(running.set, self)
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._done = False

    @property
    def done(self) -> bool:
        """Whether the source has ended and is closed."""
        return self._done

    def start(self) -> None:
        """Begin; raise `TooManyThreads` when there is no thread for this source."""
        threads.take()
        self._thread = threading.Thread(target=self._context.run, args=(self._run,), daemon=True)
        try:
            self._thread.start()
        except BaseException:
            self._thread = None
            threads.give_back()
            raise

    def close(self) -> None:
        """End the source with its next item. It cannot be interrupted while it blocks."""
        self.unheard = True
        if self.interrupt is not None:
            self.interrupt()
        if self._thread is None:
            _close(self._source)
            self._done = True

    async def ended(self) -> None:
        """Wait until the source has returned; raise what it raised."""
        while not self._done:
            await self.wake.wait()
            self.wake.clear()
        self.check()

    def check(self) -> None:
        """Raise what the source has raised, once."""
        error, self._error = self._error, None
        if error is not None:
            raise error

    def notify(self) -> None:
        """Set `wake`; from any thread."""
        try:
            self._loop.call_soon_threadsafe(self.wake.set)
        except RuntimeError:  # the loop is closed: nobody is left to read
            self.unheard = True

    def _run(self) -> None:
        """Go on until the source ends, fails or is closed; then close it, in its thread."""
        try:
            try:
                for item in self._source:
                    if self.unheard:
                        break
                    self._take(item)
                    if self.unheard:
                        break
            finally:
                _close(self._source)
        except BaseException as error:  # raised again where the stream is served
            self._error = error
        finally:
            threads.give_back()
            self._source = ()
            self._done = True
            self.notify()


class ThreadFeed:
    """Feeds one stream from a sync iterable.

    The thread encodes items and lays them in a buffer of `WRITE_SIZE` bytes; the event loop takes all there
    is with one write. A full buffer holds the thread, so a slow client slows its source.

    Attributes:
        encode: Makes bytes of an item.
    """

    encode = staticmethod(encode)

    is_published = False
    closes_at_once = False

    def __init__(self, source: Iterable[Any]) -> None:
        self._thread = SourceThread(source, self._put)
        self._room = threading.Condition()
        self._buffer: list[bytes] = []
        self._size = 0

    def start(self, last_event_id: str, guard: Guard) -> str:  # noqa: ARG002  # sources bring ids of their own
        """See `Feed.start`."""
        return last_event_id

    async def run(self, connection: Connection) -> None:
        """See `Feed.run`; raises `TooManyThreads` when there is no thread for this source."""
        thread = self._thread
        thread.start()
        while True:
            await thread.wake.wait()
            thread.wake.clear()
            with self._room:
                frames, self._buffer, self._size = self._buffer, [], 0
                done = thread.done
                self._room.notify()
            if frames and (pending := connection.write(b"".join(frames))) is not None:
                await connection.taken(pending)
            if done:
                break
        thread.check()

    async def close(self) -> None:
        """See `Feed.close`. The source cannot be interrupted while it blocks: this waits until it returns."""
        with self._room:
            self._thread.close()
            self._room.notify()
        await self._thread.ended()

    def abandon(self) -> None:
        """See `Feed.abandon`: nobody waits for the thread when `close` is cancelled."""

    def _put(self, item: Any) -> None:
        """Lay an item into the buffer; wait for room in it, or until the stream is closed."""
        frame = self.encode(item)
        with self._room:
            first = not self._buffer
            self._buffer.append(frame)
            self._size += len(frame)
        if first:
            self._thread.notify()
        if self._size >= WRITE_SIZE:
            with self._room:
                self._room.wait_for(lambda: self._thread.unheard or self._size < WRITE_SIZE)


def _close(source: Iterable[Any]) -> None:
    """Close a generator; other iterables have nothing to close."""
    close = getattr(source, "close", None)
    if close is not None:
        close()
