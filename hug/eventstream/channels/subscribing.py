"""The events of a channel, one after the other, for the program itself: a coroutine, a thread, a script."""

import asyncio
import contextlib
import math
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from time import monotonic
from typing import Final, Self

from hug.eventstream.channels.opening import OPEN_PATIENCE
from hug.eventstream.channels.reading import Reading
from hug.eventstream.channels.selection import Selectable
from hug.eventstream.channels.stream_reader import check_since
from hug.eventstream.connection.writer import CutOff
from hug.eventstream.history.beginning import START, Asked
from hug.eventstream.loop.pump import SLICE
from hug.eventstream.loop.running_loop import in_loop
from hug.eventstream.sources.in_thread import SourceThread
from hug.eventstream.sources.listening import running
from hug.eventstream.wire.decode import Message, decode_own
from hug.exceptions import HugError

_END: Final = b"\n\n"
_ELSEWHERE: Final = "a subscription is read where it began: subscribe once for each thread and event loop"


class Messages(AsyncIterator[Message], Iterator[Message]):
    """What `Channel.subscribe` returns: an iterator, for a coroutine (``async for``) or a thread (``for``).

    One that is dropped, as at a ``break`` out of a loop over it, leaves its channel; one that is kept should
    be closed, by its block (``async with``, ``with``) or `close`. It is a position in the channel, and the
    piece of 64 KiB, or one event, that it has come to. What there is when the channel is closed is read
    before it ends.
    """

    def __init__(self, source: Selectable, since: Asked = None) -> None:
        """See `Channel.subscribe`."""
        by_id = isinstance(since, str) and since != START
        # An id is taken as a client's is: one that means nothing is answered with a gap.
        self._after = str(since) if by_id else ""
        self._since = None if by_id else since
        if self._since is not None:
            check_since(since)
        self._source = source
        self._name = source.selection.fanout.name
        self._reading: Reading | None = None
        self._signal: _Waiting | threading.Event | None = None
        self._body = b""
        self._at = 0
        self._last_event_id = ""
        self._closed = False
        self._began = 0.0  # its turn on the event loop

    @property
    def last_event_id(self) -> str:
        """The id of the last message, or of where it began; `Channel.subscribe` goes on ``since`` that.

        Empty while it has not begun, or the channel's broker has yet to say where that is.
        """
        return self._last_event_id or ("" if self._reading is None else self._reading.begins)

    def close(self) -> None:
        """Read no more; from any thread. Whoever waits for a message gets the end."""
        self._closed = True
        if self._reading is not None:
            self._reading.leave()

    def __del__(self) -> None:
        reading: Reading | None = getattr(self, "_reading", None)
        if reading is not None:
            reading.leave_later()

    # Coroutines

    async def __aenter__(self) -> Self:
        await self._begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        """Return the next message. To cancel this loses none.

        Raises:
            StopAsyncIteration: The channel is closed, or this was.
            Gap: Events are lost, and the channel disconnects readers that have missed some.
            RuntimeError: It is read by a thread, on another event loop, or by two coroutines at once.
        """
        if self._reading is None:
            await self._begin()
        reading, signal = self._reading, self._signal
        if reading is None:
            raise StopAsyncIteration
        if not isinstance(signal, _Waiting) or signal.loop is not asyncio.get_running_loop():
            raise RuntimeError(_ELSEWHERE)
        while (message := self._next()) is None:
            body = reading.read()
            if body is not None:
                self._body = body
                if monotonic() - self._began > SLICE:
                    await asyncio.sleep(0)  # whoever reads what never ends gives others their turn, too
                    self._began = monotonic()
            elif self._is_over(reading):
                raise StopAsyncIteration
            else:
                await signal.wait(reading.pause)
                self._began = monotonic()
        return message

    async def _begin(self) -> None:
        if self._closed or self._reading is not None:
            return
        signal = self._signal = _Waiting()
        with contextlib.closing(self._beginning(signal.set)) as pauses:
            for pause in pauses:
                await signal.wait(pause)

    # Threads

    def __enter__(self) -> Self:
        self._begin_in_thread()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Message:
        message = self.next_message()
        if message is None:
            raise StopIteration
        return message

    def next_message(self, timeout: float | None = None) -> Message | None:
        """Return the next message, in a thread; None if the channel is closed, or this was.

        In a source that runs in a thread also None when its client has left.

        Args:
            timeout: Seconds; None means no limit.

        Raises:
            TimeoutError: None has come in this time. The next call goes on waiting.
            Gap: As in a coroutine.
            RuntimeError: There is an event loop in this thread, which this would block.
        """
        until = math.inf if timeout is None else monotonic() + timeout
        self._begin_in_thread()
        reading, signal = self._reading, self._signal
        if reading is None:
            return None
        if not isinstance(signal, threading.Event):
            raise RuntimeError(_ELSEWHERE)
        source = running.get()
        thread = source if isinstance(source, SourceThread) else None
        if thread is not None:
            thread.interrupt = signal.set
        while thread is None or not thread.unheard:
            signal.clear()  # before we look: what comes from here on sets it again
            message = self._next()
            if message is not None:
                return message
            body = reading.read()
            if body is not None:
                self._body = body
            elif self._is_over(reading):
                return None
            elif (left := until - monotonic()) <= 0:
                raise TimeoutError(f"no message on channel {self._name!r} within {timeout:g} s")
            else:
                _wait(signal, min(left, reading.pause))
        return None

    def _begin_in_thread(self) -> None:
        if in_loop():
            raise RuntimeError(
                f"there is an event loop in this thread, which waiting for channel {self._name!r} would "
                "block: use async for, async with, or await anext(...)"
            )
        if self._closed or self._reading is not None:
            return
        signal = self._signal = threading.Event()
        with contextlib.closing(self._beginning(signal.set)) as pauses:
            for pause in pauses:
                _wait(signal, pause)
                signal.clear()

    # What both do

    def _beginning(self, tell: Callable[[], None]) -> Generator[float, None, None]:
        """Begin to read; yield the seconds to wait for ``tell`` as long as it is not known where.

        To close this before its end is not to have begun.
        """
        until = monotonic() + OPEN_PATIENCE
        reading = self._reading = Reading(self._source.selection, self._after, self._since, tell)
        try:
            self._body = reading.read() or b""
            while not reading.located:
                left = until - monotonic()
                if left <= 0:
                    reading.be_late()
                    break
                yield min(left, reading.pause)
                self._body = reading.read() or b""
        except BaseException:
            self._reading = None
            reading.leave()
            raise

    def _next(self) -> Message | None:
        """Return the next message of those at hand, if there is one."""
        while self._at < len(self._body):
            end = self._body.index(_END, self._at) + len(_END)
            message, self._last_event_id = decode_own(self._body[self._at : end])
            self._at = end
            if message is not None:
                return None if self._closed else message
        self._body, self._at = b"", 0
        return None

    def _is_over(self, reading: Reading) -> bool:
        """Whether nothing more will come; raise why, if that is no ordinary end."""
        if reading.over is None:
            return False
        (error,) = reading.over
        reading.over = (None,)  # what is wrong is told once, as by a generator
        reading.leave()
        if isinstance(error, CutOff):
            raise HugError(f"channel {self._name!r} was cut off; the log says why") from error
        if error is not None:
            raise error
        return True

    def __repr__(self) -> str:
        return f"<messages of channel {self._name!r}, behind {self.last_event_id or 'no event yet'}>"


class _Waiting:
    """What a coroutine waits for."""

    __slots__ = ("_future", "loop")

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._future: asyncio.Future[None] | None = None

    def set(self) -> None:
        """Wake the coroutine that waits, if one does; from any thread."""
        if self._future is None:
            return
        if asyncio._get_running_loop() is self.loop:
            self._wake()
        else:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits there any more
                self.loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    async def wait(self, seconds: float) -> None:
        """Wait until something has come, for so many seconds at most."""
        if self._future is not None:
            raise RuntimeError("two coroutines read one subscription: subscribe once for each of them")
        self._future = self.loop.create_future()
        timer = None if seconds == math.inf else self.loop.call_later(seconds, self._wake)
        try:
            await self._future
        finally:
            self._future = None
            if timer is not None:
                timer.cancel()


def _wait(signal: threading.Event, seconds: float) -> None:
    signal.wait(None if seconds == math.inf else seconds)
