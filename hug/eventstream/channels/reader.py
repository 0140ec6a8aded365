"""One stream that is fed from channels, and the subscription that describes what it gets."""

import asyncio
import re
from collections.abc import Sequence
from time import monotonic
from typing import Final, Protocol

from hug.eventstream.channels.channel import Channel, FilteredChannel, fanout_of
from hug.eventstream.channels.group import Group
from hug.eventstream.connection.writer import Connection
from hug.eventstream.history.view import WHOLE, Cursor, Gap, View
from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.last_event_id import MAX_ID

MOST: Final = MAX_ID // 65
"""Most channels of a stream: its id has that of each, 64 characters at most, and must come back whole."""


_ID: Final = re.compile(r"[A-Za-z0-9._:-]*[0-9][A-Za-z0-9._:-]*", re.ASCII)
"""What could be the id of an event: all brokers number them."""


class Upstream(Protocol):
    """What publishes for the readers of a subscription, and wants to know of them."""

    def begin(self) -> None:
        """A reader is in its place."""

    async def leave(self) -> None:
        """A reader, begun or not, has left."""


class Subscription:
    """What a stream gets: the events of some channels, each perhaps filtered.

    Attributes:
        channels: These.
        since: Where a client begins that has no ``Last-Event-ID``; see `View.start`.
        upstream: What wants to know of the reader.
    """

    __slots__ = ("channels", "since", "upstream")

    def __init__(
        self,
        channels: Sequence[Channel | FilteredChannel],
        since: str | None = None,
        upstream: Upstream | None = None,
    ) -> None:
        """Make a subscription.

        Raises:
            TypeError: ``since`` is no text.
            ValueError: The same channel twice, too many of them, or a ``since`` that can be no id.
        """
        if since is not None and not isinstance(since, str):
            raise TypeError(f"since must be 'start' or the id of an event, not {since!r}")
        if since is not None and since != "start" and not (len(since) <= MAX_ID and _ID.fullmatch(since)):
            what = "leave it out for live events only"
            raise ValueError(f"since must be 'start' or the id of an event, not {since!r}; {what}")
        self.channels = tuple(
            [FilteredChannel(each, ()) if isinstance(each, Channel) else each for each in channels]
        )
        if len(channels) > 1 and len({id(each.channel) for each in self.channels}) < len(channels):
            raise ValueError("a channel can be in a stream once only: combine its filters with and or or")
        if len(channels) > MOST:
            raise ValueError(
                f"a stream can have {MOST} channels, not {len(channels)}: its ids grow with each"
            )
        self.since = since
        self.upstream = upstream

    def view(self, guard: Guard = Guard.NONE) -> View:
        """Return the view of these channels; ``guard`` is said in `View`."""
        return View([fanout_of(each.channel).track(each.predicates) for each in self.channels], guard)

    def group(self, loop: asyncio.AbstractEventLoop, guard: Guard) -> Group:
        """Return the group on ``loop`` of readers that see the same."""
        first = self.channels[0]
        if len(self.channels) == 1 and not first.predicates:
            group = fanout_of(first.channel).audience(loop, first.channel).group(WHOLE)
            if group is not None:
                return group
        audiences = tuple([fanout_of(each.channel).audience(loop, each.channel) for each in self.channels])
        view = self.view(guard)
        return audiences[0].group(view.key) or Group(view, audiences[0].pump, audiences)

    def can_start(self, last_event_id: str) -> bool:
        """Whether a client that has received this id may read on, or a channel disconnects it."""
        for each in self.channels:
            if each.channel.on_gap == "disconnect":
                try:
                    self.view().start(last_event_id, self.since, monotonic())
                except Gap:
                    return False
                return True
        return True


class Reader:
    """Feeds one stream from channels; see `Feed` and `hug.eventstream.channels.group.Member`.

    It needs no task: the server's own waits here until the stream is over, while the pump writes.
    """

    connection: Connection
    is_published = True
    closes_at_once = True

    __slots__ = ("_ended", "_group", "_start", "_subscription", "_upstream", "connection", "ending")

    def __init__(self, subscription: Subscription) -> None:
        self._subscription: Subscription | None = subscription
        self._upstream = subscription.upstream
        self._group: Group | None = None
        self._start: tuple[Cursor, bytes] | None = None
        self._ended: asyncio.Future[None] | None = None
        self.ending: tuple[BaseException | None] | None = None

    def start(self, last_event_id: str, guard: Guard) -> str:
        """See `Feed.start`; the id is that of the last event the client has, or knows to have missed."""
        subscription, self._subscription = self._subscription, None
        if subscription is None:
            raise RuntimeError("a stream can be started once only")
        group = self._group = subscription.group(asyncio.get_running_loop(), guard)
        group.expect()  # before we look where it is: what comes from here on is kept for it
        try:
            self._start = group.view.start(last_event_id, subscription.since, monotonic())
        except Gap:
            return last_event_id
        cursor, gaps = self._start
        return last_event_id if gaps else group.view.id(cursor)

    def run(self, connection: Connection) -> asyncio.Future[None]:
        """See `Feed.run`. This is no coroutine: an idle stream would keep its frame in memory."""
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        start, self._start = self._start, None
        if start is None or self._group is None:
            ended.set_result(None)  # its channel disconnects readers that have missed something
            return ended
        cursor, gaps = start
        if gaps:
            connection.write(gaps)
        self.connection = connection
        self._ended = ended
        self._group.join(self, cursor, connection.pending)
        if self._upstream is not None:
            self._upstream.begin()
        return ended

    async def close(self) -> None:
        """See `Feed.close`."""
        group, self._group = self._group, None
        if group is not None:
            if self._ended is None:
                group.give_up()
            else:
                group.leave(self)
        if self._upstream is not None:
            await self._upstream.leave()

    def abandon(self) -> None:
        """See `Feed.abandon`: nothing of it goes on by itself."""

    def moved(self, taken: asyncio.Task[None]) -> None:
        """See `hug.eventstream.channels.group.Member`."""
        if self._group is not None:
            self._group.moved(self, taken.cancelled() or taken.exception() is not None)

    def end(self, error: BaseException | None) -> None:
        """See `hug.eventstream.channels.group.Member`."""
        if self._ended is not None and not self._ended.done():
            if error is None:
                self._ended.set_result(None)
            else:
                self._ended.set_exception(error)
