"""One source for all readers of a route: it runs once, and what it yields goes out through a channel."""

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Final

from hug.eventstream.channels.channel import Channel, fanout_of
from hug.eventstream.channels.reader import Subscription
from hug.eventstream.connection.writer import CutOff
from hug.eventstream.loop.open_streams import streams_of
from hug.eventstream.serving.cleanup import Cleanup
from hug.eventstream.serving.failures import hint
from hug.eventstream.serving.settings import Settings
from hug.eventstream.serving.stream import EventStream, events
from hug.eventstream.sources.limits import TooManyThreads
from hug.eventstream.sources.publishing import Publishing
from hug.exceptions import PublishRefused

CLEANUP: Final = 1.0
"""Seconds that a new run waits for the one before it to clean up."""

logger = logging.getLogger("hug")


class Shared:
    """Has a source run for as long as somebody reads.

    Readers may be on several event loops; the source runs on that of its first reader.

    Args:
        make: Returns what a handler answers with; called for the first reader, and again for the first one
            after the source has ended.
        channel: Returns what to publish on; called when there is a first reader.
        linger: Seconds that the source goes on after the last reader has left.
        name: Who made it, for messages to the developer.
        settings: Those of the API.
    """

    def __init__(
        self,
        make: Callable[[], Awaitable[Any]],
        channel: Callable[[], Channel],
        linger: float,
        name: str,
        settings: Settings,
    ) -> None:
        self._make = make
        self._channel = channel
        self._linger = linger
        self._name = name
        self._settings = settings
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._making: concurrent.futures.Future[None] | None = None

    async def join(self) -> EventStream | None:
        """Return the stream for one more reader, None if the handler has none to give.

        Raises:
            TypeError: The handler returned something that is no source, or a channel, which is shared anyway.
        """
        while True:
            with self._lock:
                if self._run is not None and (joined := self._run.join()) is not None:
                    return joined
                others = self._making
                if others is None:
                    making = self._making = concurrent.futures.Future()
            if others is not None:
                await asyncio.shield(asyncio.wrap_future(others))
                continue
            try:
                if not await self._begin():
                    return None
            finally:
                self._making = None
                making.set_result(None)

    async def _begin(self) -> bool:
        """Make a new run, unless the handler has nothing to stream."""
        if self._run is not None:
            await self._run.cleaned_up()
        answer = await self._make()
        if answer is None:
            return False
        stream = answer if isinstance(answer, EventStream) else events(answer)
        if isinstance(stream.source, Subscription):
            raise TypeError(
                f"{self._name} returned a channel, which its readers share anyway: leave shared out"
            )
        source = Publishing(stream.source, (channel := self._channel()).publish)
        self._run = Run(stream, source, channel, self._linger, self._name, self._settings)
        return True


class Run:
    """One run of the source, on the event loop where it is made. Readers come and go on any.

    Attributes:
        over: Whether it has ended, or is about to.
    """

    def __init__(
        self,
        stream: EventStream,
        source: Publishing,
        channel: Channel,
        linger: float,
        name: str,
        settings: Settings,
    ) -> None:
        self.over = False
        self._stream = stream
        self._channel = channel
        self._linger = linger
        self._name = name
        self._settings = settings
        self._source = source
        self._lock = threading.Lock()  # for what follows; all the rest is the event loop's
        self._readers = 0
        self._loop = asyncio.get_running_loop()
        self._streams = streams_of(self._loop)
        self._task: asyncio.Task[None] | None = None
        self._ended: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._lingering: asyncio.TimerHandle | None = None
        self._cleanup: Cleanup | None = None

    def join(self) -> EventStream | None:
        """Return the stream for one more reader, which must `leave` in the end; None when it is over."""
        with self._lock:
            if self.over or self._loop.is_closed():
                return None
            self._readers += 1
        subscription = Subscription((self._channel,), upstream=self)
        return EventStream(subscription, self._stream.heartbeat, self._stream.retry)

    def begin(self) -> None:
        """See `hug.eventstream.channels.reader.Upstream`: a reader is in its place."""
        self._call(self._go_on)

    async def leave(self) -> None:
        """See `Upstream`: the last reader ends the source, now or a little later."""
        with self._lock:
            self._readers -= 1
            if self._readers or self.over:
                return
            lingers = bool(self._linger) and self._streams.ending_since is None
            self.over = not lingers
        if lingers:
            self._call(self._wait_for_readers)
        else:
            self._call(self._stop)
            await self.cleaned_up(None)

    async def cleaned_up(self, timeout: float | None = CLEANUP) -> None:
        """Wait until the source is closed, so that the next one has to itself what both use; not for long."""
        if not self._loop.is_closed():
            await asyncio.wait({asyncio.wrap_future(self._ended)}, timeout=timeout)

    def drain(self) -> None:
        """See `hug.eventstream.loop.open_streams.Companion`: do not wait for readers to come back."""
        if self._lingering is not None:
            self._stop_if_alone()

    def _call(self, function: Callable[[], None]) -> None:
        """Call ``function`` on the event loop of this run: at once, if that is the one that runs here."""
        if asyncio.get_running_loop() is self._loop:
            function()
        else:
            with contextlib.suppress(RuntimeError):  # it is closed, and the source with it
                self._loop.call_soon_threadsafe(function)

    def _go_on(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        if self._task is None:
            self._task = self._loop.create_task(self._go())
            self._streams.companions.add(self)

    def _wait_for_readers(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
        self._lingering = self._loop.call_later(self._linger, self._stop_if_alone)

    def _stop_if_alone(self) -> None:
        with self._lock:
            if self._readers or self.over:
                return
            self.over = True
        self._stop()

    def _stop(self) -> None:
        """Have the source end, once the run is over."""
        if self._task is None:  # no reader has come so far that the source was begun
            self._task = self._loop.create_task(self._go())
        else:
            self._task.cancel()
        if not self._ended.done():
            seconds = self._settings.cleanup_timeout
            why = "its last reader has left"
            self._cleanup = Cleanup(self._streams, self._task, self._source, seconds, self._name, why)

    async def _go(self) -> None:
        error: BaseException | None = None
        try:
            try:
                if not self.over:
                    await self._source.run()
            finally:
                await self._source.close()
        except asyncio.CancelledError:
            error = self._cancelled()
        except PublishRefused:
            pass  # the process ends, and the readers' streams with it
        except TooManyThreads as refusal:
            error = refusal
        except (Exception, SystemExit) as failure:  # sys.exit() would end the server
            error = CutOff()
            cleanup = "failed in its cleanup"
            what = cleanup if self.over else f"failed; its readers will reconnect{hint(failure)}"
            logger.error("the shared source of %s %s", self._name, what, exc_info=failure)
        finally:
            self._end(error)

    def _cancelled(self) -> BaseException | None:
        """Tell our own cancellation, and the event loop's, from one that the source made itself."""
        if self.over or (self._task is not None and self._task.cancelling()):
            return None
        logger.error("the shared source of %s cancelled itself; its readers will reconnect", self._name)
        return CutOff()

    def _end(self, error: BaseException | None) -> None:
        with self._lock:
            over, self.over = self.over, True
        if not over:  # else its readers have left, and any there are belong to the next run
            fanout_of(self._channel).finish(error)
        if self._cleanup is not None:
            self._cleanup.close()
        self._streams.companions.discard(self)
        self._ended.set_result(None)
