"""One source for all readers of a route: it runs once, and what it yields goes out through a channel."""

import asyncio
import concurrent.futures
import contextlib
import contextvars
import logging
import threading
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from time import monotonic
from typing import Any, Final

from hug.eventstream.channels.channel import Channel
from hug.eventstream.channels.reader import Subscription
from hug.eventstream.connection.writer import CutOff
from hug.eventstream.loop.open_streams import ending
from hug.eventstream.serving.stream import EventStream, events
from hug.eventstream.sources.feed import PATIENCE, iterate, never_blocks
from hug.eventstream.sources.in_thread import TooManyThreads, close, limit
from hug.exceptions import PublishRefused

CLEANUP: Final = 1.0
"""Seconds that a new run waits for the one before it to clean up."""

logger = logging.getLogger("hug")


class Shared:
    """Has a source run for as long as somebody reads.

    Args:
        make: Returns what a handler answers with; called for the first reader, and again for the first one
            after the source has ended.
        channel: Returns what to publish on; called when there is a first reader.
        linger: Seconds that the source goes on after the last reader has left.
        name: Who made it, for messages to the developer.
    """

    def __init__(
        self, make: Callable[[], Awaitable[Any]], channel: Callable[[], Channel], linger: float, name: str
    ) -> None:
        self._make = make
        self._channel = channel
        self._linger = linger
        self._name = name
        self._run: Run | None = None
        self._making: concurrent.futures.Future[None] | None = None

    async def join(self) -> EventStream | None:
        """Return the stream for one more reader, None if the handler has none to give.

        Raises:
            TypeError: The handler returned something that is no source, or a channel, which is shared anyway.
        """
        while True:
            if self._run is not None and not self._run.over:
                return self._run.join()
            if self._making is not None:
                await asyncio.shield(asyncio.wrap_future(self._making))
                continue
            making = self._making = concurrent.futures.Future()
            try:
                if self._run is not None:
                    await self._run.cleaned_up()
                answer = await self._make()
                if answer is None:
                    return None
                stream = answer if isinstance(answer, EventStream) else events(answer)
                if isinstance(stream.source, Subscription):
                    raise TypeError(
                        f"{self._name} returned a channel, which its readers share anyway: leave shared out"
                    )
                self._run = Run(stream, self._channel(), self._linger, self._name)
            finally:
                self._making = None
                making.set_result(None)


class Run:
    """One run of the source.

    Attributes:
        over: Whether it has ended, or is about to.
    """

    def __init__(self, stream: EventStream, channel: Channel, linger: float, name: str) -> None:
        self.over = False
        self._stream = stream
        self._channel = channel
        self._linger = linger
        self._name = name
        self._readers = 0
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._lingering: asyncio.TimerHandle | None = None

    def join(self) -> EventStream:
        """Return the stream for one more reader, which must `leave` in the end."""
        self._readers += 1
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        subscription = Subscription((self._channel.part,), upstream=self)
        return EventStream(subscription, self._stream.heartbeat, self._stream.retry)

    def begin(self) -> None:
        """See `hug.eventstream.channels.reader.Upstream`: the first reader is in its place."""
        if self._task is None:
            self._task = self._loop.create_task(self._go())

    async def leave(self) -> None:
        """See `Upstream`: the last reader ends the source, now or a little later."""
        self._readers -= 1
        if self._readers or self.over:
            return
        if self._linger and not ending():
            self._lingering = self._loop.call_later(self._linger, self._stop)
        else:
            self._stop()
            if self._task is not None:
                await asyncio.wait({self._task})

    async def cleaned_up(self) -> None:
        """Wait until the source is closed, so that the next one has to itself what both use; not for long."""
        if self._task is not None and self._loop is asyncio.get_running_loop():
            await asyncio.wait({self._task}, timeout=CLEANUP)

    def _stop(self) -> None:
        self.over = True
        if self._task is None:  # no reader has come so far that the source was begun
            self._task = self._loop.create_task(self._stream.feed().close())
        else:
            self._task.cancel()

    async def _go(self) -> None:
        error: BaseException | None = None
        try:
            await self._publish_all(self._stream.source)
        except asyncio.CancelledError:
            if not self.over:
                raise
        except PublishRefused:
            pass  # the process ends, and the readers' streams with it
        except TooManyThreads as refusal:
            error = refusal
        except Exception as failure:
            error = CutOff()
            what = "failed in its cleanup" if self.over else "failed; its readers will reconnect"
            logger.error("the shared source of %s %s", self._name, what, exc_info=failure)
        finally:
            if not self.over:  # else its readers have left, and any there are belong to the next run
                self.over = True
                self._channel.end(error)

    async def _publish_all(self, source: Any) -> None:
        if isinstance(source, AsyncIterable):
            await self._publish_async(source)
        elif never_blocks(source):
            await self._publish_async(iterate(source))
        else:
            await _InThread(source, self._publish).run()

    async def _publish_async(self, source: AsyncIterable[Any]) -> None:
        iterator = aiter(source)
        since = monotonic()
        try:
            async for item in iterator:
                if item is not None:
                    await self._channel.publish(item)
                if monotonic() - since > PATIENCE:
                    await asyncio.sleep(0)  # the source may never wait, and others want their turn
                    since = monotonic()
        finally:
            aclose = getattr(iterator, "aclose", None)
            if aclose is not None:
                await aclose()

    def _publish(self, item: Any) -> None:
        if item is not None:
            self._channel.publish(item)


class _InThread:
    """Runs a sync iterable in a thread of its own."""

    def __init__(self, source: Iterable[Any], publish: Callable[[Any], None]) -> None:
        self._source = source
        self._publish = publish
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()

    async def run(self) -> None:
        """Publish all items; when this is cancelled, close the source, which takes until it returns."""
        limit.take()
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(self._produce,), daemon=True)
        try:
            thread.start()
        except BaseException:
            limit.give_back()
            raise
        try:
            await asyncio.shield(self._done)
        except asyncio.CancelledError:
            self._closed = True
            await asyncio.wait({self._done})
            if failure := self._done.exception():
                raise failure from None
            raise

    def _produce(self) -> None:
        error: BaseException | None = None
        try:
            try:
                for item in self._source:
                    if self._closed:
                        break
                    self._publish(item)
            finally:
                close(self._source)
        except BaseException as failure:
            error = failure
        finally:
            limit.give_back()
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to read
                self._loop.call_soon_threadsafe(self._finish, error)

    def _finish(self, error: BaseException | None) -> None:
        if error is None:
            self._done.set_result(None)
        else:
            self._done.set_exception(error)
