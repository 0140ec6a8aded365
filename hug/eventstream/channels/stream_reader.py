"""One stream that is fed from channels, and the subscription that describes what it gets."""

import asyncio
import re
from collections.abc import Sequence
from copy import copy
from time import monotonic
from typing import Final, Protocol

from hug.eventstream.channels.fanout import Fanout
from hug.eventstream.channels.gap_counts import GAPS
from hug.eventstream.channels.group import Group
from hug.eventstream.channels.opening import Answer, at_once, forget, known, locate, locate_soon
from hug.eventstream.channels.selection import Selectable, Selection
from hug.eventstream.connection.writer import Connection
from hug.eventstream.history.beginning import LONGEST_ID, START, Asked, Place, asked
from hug.eventstream.history.cursor import Cursor
from hug.eventstream.history.replica import GONE
from hug.eventstream.history.view import WHOLE, View
from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.encode import checkpoint
from hug.eventstream.wire.last_event_id import MAX_ID
from hug.exceptions import Gap

MOST: Final = MAX_ID // (LONGEST_ID + 1)
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
        selections: These.
        since: What a client asks for that has no ``Last-Event-ID``.
        upstream: What wants to know of the reader.
        places: Where the client begins in each channel; None while that has not been asked for.
        local: Whether all that there is of the channels is in memory.
    """

    __slots__ = ("local", "places", "selections", "since", "upstream")

    def __init__(
        self,
        channels: Sequence[Selectable],
        since: Asked = None,
        upstream: Upstream | None = None,
    ) -> None:
        """Make a subscription.

        Raises:
            TypeError: ``since`` is neither text nor a whole number.
            ValueError: The same channel twice, too many of them, or a ``since`` that can be no id and is not
                1 or more.
        """
        if since is not None:
            check_since(since)
        self.selections: tuple[Selection, ...] = tuple([each.selection for each in channels])
        if len(channels) > 1 and len({id(each.channel) for each in self.selections}) < len(channels):
            raise ValueError("a channel can be in a stream once only: combine its filters with and or or")
        if len(channels) > MOST:
            raise ValueError(
                f"a stream can have {MOST} channels, not {len(channels)}: its ids grow with each"
            )
        self.since = since
        self.upstream = upstream
        self.local = all([each.fanout.topic.local for each in self.selections])  # noqa: C419  # faster
        self.places: Sequence[Answer] | None = None

    @property
    def fanouts(self) -> list[Fanout]:
        """What works behind the channels."""
        return [each.fanout for each in self.selections]

    def view(self, guard: Guard = Guard.NONE) -> View:
        """Return the view of these channels; ``guard`` is said in `View`."""
        return View([each.fanout.track(each.predicates) for each in self.selections], guard)

    def group(self, loop: asyncio.AbstractEventLoop, guard: Guard) -> Group:
        """Return the group on ``loop`` of readers that see the same."""
        first = self.selections[0]
        if len(self.selections) == 1 and not first.predicates:
            group = first.fanout.audience(loop, first.channel).group(WHOLE)
            if group is not None:
                return group
        audiences = tuple([each.fanout.audience(loop, each.channel) for each in self.selections])
        view = self.view(guard)
        return audiences[0].group(view.key) or Group(view, audiences[0].pump, audiences)

    def can_start(self, last_event_id: str) -> bool:
        """Whether a client that has received this id may read on, if all that there is is in memory.

        It may not if a channel disconnects it, or if it has all that there will ever be.
        """
        for each in self.selections:
            if each.fanout.on_gap == "disconnect" or each.fanout.log.closed:
                view = self.view()
                try:
                    cursor, gaps = view.start(last_event_id, self.since, monotonic())
                except Gap:
                    return False
                return bool(gaps) or not view.is_over(cursor)
        return True

    async def located(self, last_event_id: str) -> "Subscription | None":
        """Return the subscription of a client that has received this id; None if it may not read on.

        It knows where the client begins, if the brokers say so soon.
        """
        group = self.group(asyncio.get_running_loop(), Guard.NONE)
        group.expect()
        places: Sequence[Answer] = ()
        try:
            view, channels = group.view, self.fanouts
            wanted = asked(last_event_id, self.since, len(channels))
            places = at_once(channels, wanted)
            if known(places) is None:
                places = await locate_soon(channels, wanted, places)
            found = known(places)
            if found is not None:
                try:
                    cursor, gaps = view.begin(wanted, found)
                except Gap:
                    return None
                if not gaps and view.is_over(cursor):
                    return None
        except asyncio.CancelledError:
            forget(places)
            raise
        finally:
            group.give_up()
        located = copy(self)
        located.places = places
        return located


def check_since(since: object) -> None:
    """Raise an error for what nobody can ask for."""
    what = f"since must be 'start' or the id of an event, or how many of the newest, not {since!r}"
    if isinstance(since, bool) or not isinstance(since, str | int):
        raise TypeError(what)
    if isinstance(since, int):
        possible = since >= 1
    elif since.isdecimal():
        raise ValueError(f"{what}, which is text: so many of the newest are asked for by a number")
    else:
        possible = since == START or (len(since) <= MAX_ID and _ID.fullmatch(since) is not None)
    if not possible:
        raise ValueError(f"{what}; leave it out for live events only")


class Reader:
    """Feeds one stream from channels; see `Feed` and `hug.eventstream.channels.group.Member`.

    It needs no task: the server's own waits here until the stream is over, while the pump writes.
    """

    connection: Connection
    is_published = True
    closes_at_once = True

    __slots__ = (
        "_ended", "_group", "_guard", "_locating", "_start", "_subscription", "_upstream",
        "connection", "ending",
    )  # fmt: skip

    def __init__(self, subscription: Subscription) -> None:
        self._subscription: Subscription | None = subscription
        self._upstream = subscription.upstream
        self._group: Group | None = None
        self._guard = Guard.NONE
        self._start: tuple[Cursor, bytes] | Locating | None = None
        self._locating: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[bool] | None = None
        self.ending: tuple[BaseException | None] | None = None

    def start(self, last_event_id: str, guard: Guard) -> str:
        """See `Feed.start`; the id is that of the last event the client has, or knows to have missed."""
        subscription, self._subscription = self._subscription, None
        if subscription is None:
            raise RuntimeError("a stream can be started once only")
        self._guard = guard
        group = self._group = subscription.group(asyncio.get_running_loop(), guard)
        # Before we look where it is. What is elsewhere, too, need not be kept here: it can be fetched.
        group.expect(self if subscription.local else None)
        try:
            if subscription.local:
                self._start = group.view.start(last_event_id, subscription.since, monotonic())
            else:
                self._start = Locating(subscription, last_event_id).start(group.view)
        except Gap:
            return last_event_id
        if isinstance(self._start, Locating):
            return last_event_id
        cursor, gaps = self._start
        if gaps:
            return last_event_id
        event_id = group.view.id(cursor)
        # One that nobody knows any more is none to come back with: its client asks for the same again.
        return event_id if subscription.local or GONE not in event_id else last_event_id

    def run(self, connection: Connection) -> asyncio.Future[bool]:
        """See `Feed.run`. This is no coroutine: an idle stream would keep its frame in memory."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[bool] = loop.create_future()
        start, self._start = self._start, None
        if start is None or self._group is None:
            ended.set_result(True)  # its channel disconnects readers that have missed something
            return ended
        self.connection = connection
        self._ended = ended
        if isinstance(start, Locating):
            self._locating = loop.create_task(self._locate(start, self._group))
        else:
            self._join(start, self._group)
        return ended

    def _join(self, start: tuple[Cursor, bytes], group: Group) -> None:
        cursor, gaps = start
        if gaps:
            GAPS.count(cursor, 1)
            self.connection.write(gaps)
        group.join(self, cursor, self.connection.pending)
        if self._upstream is not None:
            self._upstream.begin()

    async def _locate(self, locating: "Locating", group: Group) -> None:
        """Go on with a stream that was opened before its broker has answered."""
        try:
            self._join(await locating.finish(group.view), group)
        except Gap:
            self.end(None, missed=True)
        except Exception as error:
            self.end(error)

    async def close(self) -> None:
        """See `Feed.close`."""
        if self._locating is not None:
            self._locating.cancel()
        elif isinstance(self._start, Locating):
            self._start.forget()
        group, self._group = self._group, None
        if group is not None:
            if self._ended is None:
                group.give_up(self)
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

    def end(self, error: BaseException | None, missed: bool = False) -> None:
        """See `hug.eventstream.channels.group.Member`."""
        if self._ended is not None and not self._ended.done():
            if error is None:
                self._ended.set_result(missed)
            else:
                self._ended.set_exception(error)

    def conclude(self, event_id: str) -> None:
        """See `hug.eventstream.channels.group.Member`."""
        try:
            self.connection.write(checkpoint(event_id, self._guard))
        except Exception as error:  # ClientGone, or what a server raises
            self.end(error)
        else:
            self.end(None)


class Locating:
    """Where a reader begins, when brokers have yet to say so."""

    __slots__ = ("_channels", "_is_new", "_places", "_wanted")

    def __init__(self, subscription: Subscription, last_event_id: str) -> None:
        self._channels = subscription.fanouts
        self._is_new = not last_event_id and subscription.since is None
        self._wanted = asked(last_event_id, subscription.since, len(self._channels))
        self._places: Sequence[Answer] = subscription.places or [None] * len(self._channels)

    def start(self, view: View) -> "tuple[Cursor, bytes] | Locating":
        """Return where the reader begins, if that is known; else this.

        Raises:
            Gap: A channel disconnects it.
        """
        found = known(self._places)
        return self if found is None else view.begin(self._wanted, found)

    def forget(self) -> None:
        """Do not ask for it any more: the reader is gone."""
        forget(self._places)

    async def finish(self, view: View) -> tuple[Cursor, bytes]:
        """Do so once it is known, however long that takes.

        Who has begun to read now, before anybody knew where that is, may have missed events meanwhile.

        Raises:
            Gap: A channel disconnects the reader.
        """
        try:
            places = await locate(self._channels, self._wanted, self._places)
        except asyncio.CancelledError:
            self.forget()
            raise
        if self._is_new:
            places = [
                place if isinstance(before, Place) else Place(place.position, None)
                for place, before in zip(places, self._places, strict=True)
            ]
        return view.begin(self._wanted, places)
