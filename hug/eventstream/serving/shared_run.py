"""One run of a source that is shared: it begins with its first reader, and ends after the last."""

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, cast

from hug.eventstream.channels.channel import Channel, fanout_of
from hug.eventstream.channels.stream_reader import Subscription
from hug.eventstream.connection.writer import CutOff
from hug.eventstream.loop.open_streams import streams_of
from hug.eventstream.serving.failures import hint
from hug.eventstream.serving.source_cleanup import Cleanup
from hug.eventstream.serving.stream import EventStream
from hug.eventstream.serving.stream_settings import Settings
from hug.eventstream.sources.feed import Source
from hug.eventstream.sources.limits import TooManyThreads
from hug.eventstream.sources.publishing import Publishing
from hug.exceptions import PublishRefused

CLEANUP: Final = 1.0
"""Seconds that a new run waits for the one before it to clean up."""

logger = logging.getLogger("hug")


class Run(ABC):
    """What the readers have together, on the event loop where it is made. They come and go on any.

    Attributes:
        over: Whether it has ended, or is about to.
    """

    def __init__(
        self, stream: EventStream, channel: Channel, linger: float, name: str, settings: Settings
    ) -> None:
        self.over = False
        self._stream = stream
        self._channel = channel
        self._linger = linger
        self._name = name
        self._settings = settings
        self._lock = threading.Lock()  # for what follows; all the rest is the event loop's
        self._readers = 0
        self._loop = asyncio.get_running_loop()
        self._streams = streams_of(self._loop)
        self._task: asyncio.Task[None] | None = None
        self._ended: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._lingering: asyncio.TimerHandle | None = None

    @property
    def _source(self) -> Source:
        """That of its stream, which is of no channel."""
        return cast("Source", self._stream.source)

    def join(self) -> EventStream | None:
        """Return the stream for one more reader, which must `leave` in the end; None when it is over."""
        with self._lock:
            if self.over or self._loop.is_closed():
                return None
            self._readers += 1
        subscription = Subscription((self._channel,), upstream=self)
        return EventStream(subscription, self._stream.heartbeat, self._stream.retry)

    def begin(self) -> None:
        """See `hug.eventstream.channels.stream_reader.Upstream`: a reader is in its place."""
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

    @abstractmethod
    def _stop(self) -> None:
        """Have the source end, once the run is over."""

    @abstractmethod
    async def _go(self) -> None:
        """Run the source; `_finish` and `_end` in the end."""

    def _finish(self, error: BaseException | None) -> None:
        """End the streams of the readers, each when it has everything; with ``error``, if any."""
        with self._lock:
            over, self.over = self.over, True
        if not over:  # else its readers have left, and any there are belong to the next run
            fanout_of(self._channel).finish(error)

    def _end(self) -> None:
        self._streams.companions.discard(self)
        self._ended.set_result(None)


class LocalRun(Run):
    """A run on a channel that is in the memory of this process."""

    def __init__(
        self, stream: EventStream, channel: Channel, linger: float, name: str, settings: Settings
    ) -> None:
        super().__init__(stream, channel, linger, name, settings)
        self._publishing = Publishing(self._source, channel.publish)
        self._cleanup: Cleanup | None = None

    def _stop(self) -> None:
        """See `Run._stop`."""
        if self._task is None:  # no reader has come so far that the source was begun
            self._task = self._loop.create_task(self._go())
        else:
            self._task.cancel()
        if not self._ended.done():
            seconds = self._settings.cleanup_timeout
            why = "its last reader has left"
            self._cleanup = Cleanup(self._streams, self._task, self._publishing, seconds, self._name, why)

    async def _go(self) -> None:
        error: BaseException | None = None
        try:
            try:
                if not self.over:
                    await self._publishing.run()
            finally:
                await self._publishing.close()
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
            self._finish(error)
            if self._cleanup is not None:
                self._cleanup.close()
            self._end()

    def _cancelled(self) -> BaseException | None:
        """Tell our own cancellation, and the event loop's, from one that the source made itself."""
        if self.over or (self._task is not None and self._task.cancelling()):
            return None
        logger.error("the shared source of %s cancelled itself; its readers will reconnect", self._name)
        return CutOff()
