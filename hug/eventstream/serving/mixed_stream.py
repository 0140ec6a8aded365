"""A generator and channels in one stream: each writes as if it were alone."""

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import Any

from hug.eventstream.channels.stream_reader import Reader, Subscription
from hug.eventstream.connection.writer import Connection
from hug.eventstream.sources.feed import Source, iterate, never_blocks
from hug.eventstream.sources.in_thread import ThreadFeed
from hug.eventstream.sources.on_loop import AsyncFeed
from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.encode import encode
from hug.eventstream.wire.event import Event


@dataclass(frozen=True, slots=True)
class Mixture:
    """What a stream gets: the items of a source, and the events of channels.

    Attributes:
        source: The source.
        subscription: The channels. They alone give ids, from which a client resumes in all of them.
    """

    source: Source
    subscription: Subscription


class MixedFeed:
    """See `Feed`: the source is run as any other, while the channels' reader writes between its items.

    It ends when both have ended. What fails in one of them, and a channel that disconnects its reader, ends
    the other, too.
    """

    is_published = False
    closes_at_once = False

    __slots__ = ("_cuts", "_reader", "_source", "_task")

    def __init__(self, mixture: Mixture) -> None:
        self._reader = Reader(mixture.subscription)
        self._source = _feed(mixture.source)
        self._task: asyncio.Task[Any] | None = None  # while the source runs
        self._cuts = False

    def start(self, last_event_id: str, guard: Guard) -> str:
        """See `Feed.start`: the id is the channels'."""
        return self._reader.start(last_event_id, guard)

    async def run(self, connection: Connection) -> bool:
        """See `Feed.run`."""
        ended = self._reader.run(connection)
        task = self._task = asyncio.current_task()
        ended.add_done_callback(self._channels_ended)
        try:
            await self._source.run(connection)
        except asyncio.CancelledError:
            if not self._gives_back(task):
                raise
        finally:
            self._task = None
        self._gives_back(task)  # a source may keep its cancellation to itself
        return await ended

    async def close(self) -> None:
        """See `Feed.close`."""
        try:
            await self._reader.close()
        finally:
            await self._source.close()

    def abandon(self) -> None:
        """See `Feed.abandon`."""
        self._source.abandon()

    def _channels_ended(self, ended: asyncio.Future[bool]) -> None:
        """End the source, too, unless the channels have come to their own end."""
        if self._task is not None and not ended.cancelled() and (ended.exception() or ended.result()):
            self._cuts = True
            self._task.cancel()

    def _gives_back(self, task: asyncio.Task[Any] | None) -> bool:
        """Take our own cancellation of the task back; return whether it was the only one."""
        if not self._cuts or task is None:
            return False
        self._cuts = False
        return task.uncancel() == 0


def _feed(source: Source) -> AsyncFeed | ThreadFeed:
    if isinstance(source, AsyncIterable):
        return _OnLoop(source)
    return _OnLoop(iterate(source)) if never_blocks(source) else _InThread(source)


def _encode(item: Any) -> bytes:
    if isinstance(item, Event) and item.id is not None:
        raise ValueError(
            f"an event has the id {item.id!r}, in a stream that has channels, too: the ids are theirs there, "
            "so that clients resume in them exactly. Leave it out, or put it into the data"
        )
    return encode(item)


class _OnLoop(AsyncFeed):
    __slots__ = ()
    encode = staticmethod(_encode)


class _InThread(ThreadFeed):
    encode = staticmethod(_encode)
