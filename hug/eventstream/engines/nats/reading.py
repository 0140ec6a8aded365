"""What a channel on NATS has kept, in pages.

By a consumer that lives as long as the page: one message of JetStream's for an event, 13 us of ours. To get
them one by one, many at once, costs ten times that.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from nats.aio.msg import Msg

from hug.eventstream.engines.engine import Kept
from hug.eventstream.engines.nats.answers import NO_STREAM, Said, is_status
from hug.eventstream.engines.nats.channels import Streams
from hug.eventstream.engines.nats.connection import Connection
from hug.eventstream.engines.nats.streams import Place, Stream, seconds_of
from hug.exceptions import Unreachable

_STEP: Final = 1000
"""Most events asked for in one step."""

_MOST_BYTES: Final = (1 << 31) - 1
"""The server's greatest number of bytes."""

_EXPIRES: Final = 500 * 10**6
"""Nanoseconds after which the server says that it has no more than it has sent."""

_ATTEMPTS: Final = 5
"""To read events that there are, of which none comes: the stream changes, or the server is slow."""

_IDLE: Final = 5 * 10**9
"""Nanoseconds after which the server drops a consumer that we could not."""


class _Page:
    """The events that have come."""

    def __init__(self, most: int, size: int, oldest: float | None, last: int) -> None:
        self.events: list[Kept] = []
        self.pending = 0  # how many the server has besides
        self.seen = False  # whether there was any, and be it past its age
        self.came = asyncio.get_running_loop().create_future()
        self._left = most
        self._size = size
        self._oldest = oldest
        self._last = last  # behind this position nothing need come
        self._came = False  # whether any has, since they were asked for
        self._step = 0

    @property
    def full(self) -> bool:
        return self._left <= 0 or self._size <= 0

    def expect(self, average: float) -> tuple[int, int]:
        """Return how many to ask for now, and how many bytes at most."""
        self._step = max(min(self._left, _STEP, self.pending, int(self._size / average) + 1), 1)
        self.came = asyncio.get_running_loop().create_future()
        self._came = False
        return self._step, self._size

    async def take(self, message: Msg) -> None:
        self._step -= 1
        if is_status(message) and not message.reply:
            self._step = 0
            if not self._came:
                self.pending = 0  # or too large, or gone: who reads on asks again
        else:
            position, time, self.pending = _metadata(message.reply)
            self.seen = self._came = True
            if (self._oldest is None or time >= self._oldest) and not self.full:
                request = "" if message.headers is None else message.headers.get("Nats-Msg-Id", "")
                self.events.append(Kept(position, request, time, message.data))
                self._left -= 1
                self._size -= len(message.data)
            if position >= self._last:
                self._step = self.pending = 0
        if self._step <= 0 and not self.came.done():
            self.came.set_result(None)


class Reading:
    """Reads the channels of one connection."""

    def __init__(self, connection: Connection, streams: Streams, now: Callable[[], float]) -> None:
        """Work by way of a connection; ``now``: the server's clock."""
        self._connection = connection
        self._streams = streams
        self._now = now

    async def first(self, at: Place, stream: Stream) -> int:
        """Return the position of the oldest event that is within a channel's bounds."""
        state, known = stream.state, stream.known
        if not state["messages"] or known is None or not known.history:
            return stream.last + 1
        oldest = self._oldest(stream)
        if oldest is None or seconds_of(state["first_ts"]) >= oldest:
            return int(state["first_seq"])
        if seconds_of(state["last_ts"]) < oldest:
            return stream.last + 1
        start = {"deliver_policy": "by_start_time", "opt_start_time": _written(oldest)}
        consumer = await self._consumer(at, start)
        if consumer is None:
            return stream.last + 1
        await self._drop(at, consumer)
        return int(consumer["delivered"]["stream_seq"]) + 1

    def _oldest(self, stream: Stream) -> float | None:
        """Return the time before which events are past their age."""
        age = None if stream.known is None else stream.known.max_age
        return None if age is None else self._now() - age

    async def read(self, at: Place, life: str, after: int, most: int, size: int) -> Sequence[Kept]:
        """Return the oldest events behind a position; see `Engine`."""
        for _ in range(_ATTEMPTS):
            events = await self._read(at, life, after, most, size)
            if events is not None:
                return events
        raise Unreachable(f"the stream {at.stream} does not give the events that it has")

    async def _read(self, at: Place, life: str, after: int, most: int, size: int) -> Sequence[Kept] | None:
        """Return these events; None if none has come, though there were some."""
        stream = await self._streams.find(at)
        if (
            stream is None
            or stream.known is None
            or stream.known.life != life
            or not stream.known.history
            or stream.last <= after
            or not stream.state["messages"]
            or most < 1
        ):
            return ()
        page = _Page(most, max(size, 1), self._oldest(stream), stream.last)
        start = {"deliver_policy": "by_start_sequence", "opt_start_seq": after + 1}
        consumer = await self._consumer(at, start)
        if consumer is None:
            return None
        page.pending = pending = consumer["num_pending"]
        average = stream.state["bytes"] / stream.state["messages"]
        inbox = self._connection.inbox()
        subscription = None
        try:
            subscription = await self._connection.subscribe(inbox, page.take, bounded=False)
            subject = f"$JS.API.CONSUMER.MSG.NEXT.{at.stream}.{consumer['name']}"
            while page.pending and not page.full:
                count, of_size = page.expect(average)
                # One that is larger than this is not sent at all.
                limit = min(of_size + 2 * self._connection.largest, _MOST_BYTES)
                # Servers count one too many when events come in at this moment (2.9.10), and wait for it.
                wanted = {"batch": count, "max_bytes": limit, "no_wait": True, "expires": _EXPIRES}
                await self._connection.tell(subject, msgspec.json.encode(wanted), inbox)
                await self._connection.wait(page.came)
        finally:
            if subscription is not None:
                await self._connection.unsubscribe(subscription)
            await self._drop(at, consumer)
        return page.events if page.seen or not pending else None

    async def _consumer(self, at: Place, start: Mapping[str, object]) -> Mapping[str, Any] | None:
        """Return a new consumer that begins somewhere in a stream; None if that is gone."""
        config = {
            "ack_policy": "none",
            "replay_policy": "instant",
            "max_waiting": 1,
            "inactive_threshold": _IDLE,
            "num_replicas": 1,
            "mem_storage": True,
        }
        body = {"stream_name": at.stream, "config": config | dict(start)}
        try:
            return await self._connection.ask(f"CONSUMER.CREATE.{at.stream}", body)
        except Said as error:
            if error.number == NO_STREAM:
                return None
            raise self._streams.unreachable(error) from error

    async def _drop(self, at: Place, consumer: Mapping[str, Any]) -> None:
        with contextlib.suppress(Unreachable):
            await self._connection.tell(f"$JS.API.CONSUMER.DELETE.{at.stream}.{consumer['name']}")


def _metadata(reply: str) -> tuple[int, float, int]:
    """Return a message's position, its time, and how many follow.

    Source: https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-15.md
    """
    tokens = reply.split(".")
    # Since its second version it begins with a domain and the hash of an account.
    at = 5 if len(tokens) == 9 else 7
    return int(tokens[at]), int(tokens[at + 2]) / 1e9, int(tokens[at + 3])


def _written(time: float) -> str:
    """Return a time as JetStream reads it."""
    return datetime.fromtimestamp(time, UTC).isoformat()
