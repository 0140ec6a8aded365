"""One open stream, from its first byte to its source's last line of cleanup."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Coroutine, Mapping
from typing import Any, Final

from hug.asgi_types import Message, Receive, Send
from hug.ending_budget import LEFT
from hug.eventstream.connection.disconnect import Watch, watch
from hug.eventstream.connection.writer import ClientGone, Connection, CutOff
from hug.eventstream.loop.ending import stream_opens
from hug.eventstream.loop.heartbeats import SLACK
from hug.eventstream.loop.open_streams import OpenStreams
from hug.eventstream.serving.end_reasons import ENDS, End
from hug.eventstream.serving.failures import hint
from hug.eventstream.serving.handover import Handover
from hug.eventstream.serving.source_cleanup import Cleanup
from hug.eventstream.serving.stream import EventStream
from hug.eventstream.serving.stream_settings import Settings
from hug.eventstream.sources.feed import Feed
from hug.eventstream.sources.limits import TooManyThreads
from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.encode import HEARTBEAT, farewell, opening
from hug.exceptions import Unreachable
from hug.sentinels import Default

logger = logging.getLogger("hug")

_GUARDS: Final[Mapping[bool | None, Guard]] = {True: Guard.EVENT, False: Guard.NONE}

_EARLY: Final = frozenset({End.DRAIN, End.CANCELLED, End.REFUSAL})


async def discard(handover: Handover) -> None:
    """Let the source of a stream that is not served clean up."""
    try:
        if handover.stream is not None:
            await handover.stream.feed().close()
    finally:
        if handover.on_closed is not None:
            await handover.on_closed()


def serve(
    handover: Handover,
    receive: Receive,
    send: Send,
    settings: Settings,
    extensions: Mapping[str, Any] | None = None,
) -> Coroutine[Any, Any, None]:
    """Send the body of a response, after its head if that has not gone out; return when the source is done.

    Args:
        handover: The stream, and what is known of the request.
        receive: The ASGI server's; the request's body has been read from it.
        send: The ASGI server's.
        settings: What the stream does not say itself.
        extensions: Those of the request's ASGI scope.
    """
    stream = OpenStream(handover, Connection(send, extensions, started=handover.head is None), settings)
    return stream.serve(receive, handover.last_event_id, extensions, handover.head)


class OpenStream:
    """A stream while it is open. Its source runs in the server's task; to end it early is to cancel that."""

    __slots__ = (
        "_cleanup",
        "_connection",
        "_end",
        "_feed",
        "_guard",
        "_heartbeat",
        "_name",
        "_owner",
        "_retry",
        "_settings",
        "_stream",
        "_streams",
    )

    def __init__(self, handover: Handover, connection: Connection, settings: Settings) -> None:
        stream = handover.stream
        if stream is None:
            raise ValueError("no handler has given a stream to serve")
        self._connection = connection
        connection.writer = self
        self._settings = settings
        self._name = handover.name
        self._stream: type[EventStream] = type(stream)  # not the stream itself, which its feed may outlive
        self._feed: Feed = stream.feed()
        self._guard = _GUARDS.get(settings.guard, handover.guard)
        self._heartbeat = settings.heartbeat if isinstance(stream.heartbeat, Default) else stream.heartbeat
        self._retry = settings.retry if isinstance(stream.retry, Default) else stream.retry
        self._streams: OpenStreams = stream_opens(asyncio.get_running_loop())
        self._owner: asyncio.Task[None] | None = None
        self._end: End | None = None
        self._cleanup: Cleanup | None = None

    async def serve(
        self,
        receive: Receive,
        last_event_id: str,
        extensions: Mapping[str, Any] | None,
        head: Message | None = None,
    ) -> None:
        """Send the first bytes, run the source until something ends the stream, send the last bytes."""
        watching = await self._open(receive, last_event_id, extensions, head)
        if self._streams.ending_since is not None and self._stream.ends_with_process:
            self._end = End.DRAIN
        if self._stream.is_events:
            ENDS.opened.add()
        ticket = self._streams.add(self, self._next_look(self._connection.wrote_at))
        # Not before: a stream that has ended already lets its source clean up without a cancellation.
        self._owner = asyncio.current_task()
        missed: bool | None = False
        try:
            try:
                if self._end is None:
                    missed = await self._feed.run(self._connection)
                else:
                    self._limit_cleanup()
            except ClientGone:
                self._end = self._end or End.CLIENT
                self._limit_cleanup()
                raise
            except BaseException:
                self._limit_cleanup()
                raise
            finally:
                await self._feed.close()
            if self._end is None:  # a source may keep its cancellation to itself
                await self._finish(End.GAP if missed else End.SOURCE)
        except asyncio.CancelledError:
            self._cancelled()
        except ClientGone:
            self._end = End.CLIENT
        except CutOff:
            self._end = self._end or End.FAILURE
        except (TooManyThreads, Unreachable) as error:
            self._end = self._end or End.REFUSAL
            logger.warning("a client of %s was asked to come back later: %s", self._name, error)
        except (Exception, SystemExit) as error:  # sys.exit() would end the server
            self._failed(error)
        finally:
            watching.close()
            self._streams.discard(ticket)
            if self._stream.is_events:
                ENDS.ended[self._end or End.FAILURE].add()
            if self._cleanup is not None:
                self._cleanup.close()
            self._disown()
        with contextlib.suppress(ClientGone):
            await self._say_goodbye()
        self._connection.give_up()
        if self._end is End.CANCELLED:
            raise asyncio.CancelledError

    async def _finish(self, end: End) -> None:
        """End the response and wait, as after any write, until the client has read enough of it."""
        pending = self._connection.finish()
        if pending is not None:
            await asyncio.wait({pending})
        self._end = end

    async def _open(
        self, receive: Receive, last_event_id: str, extensions: Mapping[str, Any] | None, head: Message | None
    ) -> Watch:
        """Send the head, if nobody has, and the first bytes; notice from now on that the client leaves."""
        try:
            start = self._feed.start(last_event_id, self._guard)
            first = opening(start, self._retry, guard=self._guard) if self._stream.is_events else b""
            try:
                if head is None:
                    if first:
                        self._connection.write(first)
                else:
                    await self._connection.start(head, first, extensions)
            except ClientGone:
                self._stop(End.CLIENT)
            return watch(receive, self, self._streams.context, extensions)
        except BaseException:
            await self._feed.close()
            raise

    def _write(self, body: bytes) -> None:
        try:
            self._connection.write(body)
        except ClientGone:
            self._stop(End.CLIENT)

    def _stop(self, end: End) -> None:
        """End the stream for this reason, unless it is ending already, and limit the time of its cleanup."""
        if self._end is not None:
            return
        self._end = end
        self._cancel()

    def _cancel(self) -> None:
        if self._owner is not None:
            self._owner.cancel()
            self._limit_cleanup()

    def _limit_cleanup(self) -> None:
        if self._cleanup is None and self._owner is not None and not self._feed.closes_at_once:
            why = (self._end or End.FAILURE).value
            seconds = self._settings.cleanup_timeout
            self._cleanup = Cleanup(self._streams, self._owner, self._feed, seconds, self._name, why)

    @property
    def lagging(self) -> asyncio.Task[None] | None:
        """See `hug.eventstream.loop.open_streams.Stream`."""
        return self._connection.pending if self._feed.is_published else None

    @property
    def held_up(self) -> bool:
        """See `hug.eventstream.loop.open_streams.Stream`."""
        return self._connection.pending is not None

    def client_left(self) -> None:
        """See `Watched.client_left`."""
        self._stop(End.CLIENT)

    def write_failed(self, error: BaseException) -> None:
        """See `Writing.write_failed`."""
        if isinstance(error, ClientGone):
            self._stop(End.CLIENT)
        elif self._end is None:
            self._failed(error)
            self._cancel()

    def drain(self) -> None:
        """See `Draining.drain`: a client that keeps up hears when to come back; the source is ended."""
        if self._end is None and self._stream.ends_with_process:
            if self._connection.pending is None:
                self._say_come_back()
            self._stop(End.DRAIN)
            asyncio.get_running_loop().call_later(self._streams.left(LEFT), self._connection.abort)

    def beat(self, now: float) -> float:
        """See `Beating.beat`: a heartbeat after silence, an end to a client that has not read for long."""
        connection = self._connection
        if connection.closed:
            self._stop(End.CLIENT)
        elif connection.pending is not None:
            if now - connection.wrote_at >= self._settings.write_timeout:
                self._stop(End.STUCK)
        elif self._heartbeat is not None and now - connection.wrote_at >= self._heartbeat - SLACK:
            self._write(HEARTBEAT)
        return self._next_look(now)

    def _next_look(self, now: float) -> float:
        connection = self._connection
        waits = connection.pending is not None
        look = (connection.wrote_at if waits else now) + self._settings.write_timeout
        if self._heartbeat is None:
            return look
        # A server may take each write a moment later, and the client not be slow at all.
        return min(look, (now if waits else connection.wrote_at) + self._heartbeat)

    def _cancelled(self) -> None:
        """Tell our own cancellations from the server's, and from one that the source made itself."""
        if self._end is None:
            if self._owner is not None and self._owner.cancelling():
                self._end = End.CANCELLED
            else:
                self._end = End.FAILURE
                logger.error("the source of %s cancelled itself; %s", self._name, self._outcome)

    def _disown(self) -> None:
        """Give the task back to the server, as if we had never cancelled it."""
        owner, self._owner = self._owner, None
        while owner is not None and self._end is not End.CANCELLED and owner.cancelling():
            owner.uncancel()

    def _failed(self, error: BaseException) -> None:
        if self._end is not None:
            logger.error("the source of %s failed in its cleanup", self._name, exc_info=error)
        else:
            self._end = End.FAILURE
            what = f"failed; {self._outcome}{hint(error)}"
            logger.error("the source of %s %s", self._name, what, exc_info=error)

    @property
    def _outcome(self) -> str:
        """What a failure means for the client."""
        return "its client will reconnect" if self._stream.is_events else "the answer is cut off"

    async def _say_goodbye(self) -> None:
        """End the response cleanly, or leave it unfinished, which tells a browser that something broke.

        A body that is no event stream can say nothing of its own: it is complete, or it is cut off.
        """
        connection = self._connection
        if self._end in _EARLY and not self._stream.is_events:
            connection.cut()
        elif self._end in _EARLY:
            self._say_come_back()
            if connection.pending is not None:
                await asyncio.wait({connection.pending}, timeout=self._streams.left(LEFT))
        elif self._end is End.STUCK:
            connection.abort()
        elif self._end in {End.FAILURE, End.CLIENT}:
            connection.cut()

    def _say_come_back(self) -> None:
        if self._stream.is_events and not self._connection.finished:
            low, high = self._settings.drain_retry
            retry = round(1000 * random.uniform(low, high))  # noqa: S311  # guards nothing
            with contextlib.suppress(ClientGone):
                self._connection.finish(farewell(retry))
