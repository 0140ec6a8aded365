"""Sync generators, each in a thread of its own: they may block for as long as they like."""

import asyncio
import contextvars
import threading
from collections.abc import Iterable
from typing import Any, Final

from hug.eventstream.connection.writer import Connection
from hug.eventstream.sources.feed import WRITE_SIZE
from hug.eventstream.wire.encode import encode
from hug.exceptions import HugError


class TooManyThreads(HugError, RuntimeError):
    """All threads for sync sources are taken, by open streams or by sources that have not returned."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} sync sources are running, the most allowed: make the source an async generator, "
            "share one generator among its readers, or raise hug.eventstream.sources.in_thread.limit.most"
        )
        self.limit = limit


class ThreadLimit:
    """How many threads of a process may run sync sources.

    Attributes:
        most: The limit. A thread that waits takes about 20 KiB of memory.
        running: How many there are now; one whose client has left counts until its source returns.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.running = 0
        self._lock = threading.Lock()

    def take(self) -> None:
        """Count one more thread; raise `TooManyThreads` when that would pass the limit."""
        with self._lock:
            if self.running >= self.most:
                raise TooManyThreads(self.most)
            self.running += 1

    def give_back(self) -> None:
        """Count one thread less."""
        with self._lock:
            self.running -= 1


limit: Final = ThreadLimit(2000)


class ThreadFeed:
    """Runs a sync iterable in a daemon thread, never on a pool that serves anything else.

    The thread encodes items and lays them in a buffer of `WRITE_SIZE` bytes; the event loop takes all there
    is with one write. A full buffer holds the thread, so a slow client slows its source. The thread is the
    same for the life of the source, because what that opens may be bound to it, as a connection of sqlite3
    is.
    """

    is_published = False

    def __init__(self, source: Iterable[Any]) -> None:
        self._source = source
        self._context = contextvars.copy_context()
        self._loop = asyncio.get_running_loop()
        self._room = threading.Condition()
        self._wake = asyncio.Event()
        self._buffer: list[bytes] = []
        self._size = 0
        self._closed = False
        self._done = False
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def start(self, last_event_id: str, guard: bool) -> str:  # noqa: ARG002  # sources bring ids of their own
        """See `Feed.start`."""
        return last_event_id

    async def run(self, connection: Connection) -> None:
        """See `Feed.run`; raises `TooManyThreads` when there is no thread for this source."""
        limit.take()
        self._thread = threading.Thread(target=self._context.run, args=(self._produce,), daemon=True)
        try:
            self._thread.start()
        except BaseException:
            self._thread = None
            limit.give_back()
            raise
        while True:
            await self._wake.wait()
            self._wake.clear()
            with self._room:
                frames, self._buffer, self._size = self._buffer, [], 0
                done = self._done
                self._room.notify()
            if frames and (pending := connection.write(b"".join(frames))) is not None:
                await pending
            if done:
                break
        self._raise()

    async def close(self) -> None:
        """See `Feed.close`. The source cannot be interrupted while it blocks: this waits until it returns."""
        if self._thread is None:
            close(self._source)
            return
        with self._room:
            self._closed = True
            self._room.notify()
        while not self._done:
            await self._wake.wait()
            self._wake.clear()
        self._raise()

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _produce(self) -> None:
        """Run in the thread until the source ends, fails or is closed; then close it there."""
        try:
            try:
                for item in self._source:
                    if self._closed or not self._put(encode(item)):
                        break
            finally:
                close(self._source)
        except BaseException as error:  # raised again where the stream is served
            self._error = error
        finally:
            limit.give_back()
            self._source = ()
            self._done = True
            self._notify()

    def _put(self, frame: bytes) -> bool:
        """Lay ``frame`` into the buffer, waiting for room; False when the stream was closed meanwhile."""
        with self._room:
            first = not self._buffer
            self._buffer.append(frame)
            self._size += len(frame)
        if first:
            self._notify()
        if self._size >= WRITE_SIZE:
            with self._room:
                self._room.wait_for(lambda: self._closed or self._size < WRITE_SIZE)
        return not self._closed

    def _notify(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._wake.set)
        except RuntimeError:  # the loop is closed: nobody is left to read
            self._closed = True


def close(source: Iterable[Any]) -> None:
    """Close a generator; other iterables have nothing to close."""
    close = getattr(source, "close", None)
    if close is not None:
        close()
