"""One channel on a broker of several processes, as one of them sees it."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Any, Protocol, cast

from hug.eventstream.brokers import Page
from hug.eventstream.brokers.counter import Counts
from hug.eventstream.brokers.engine_thread import EngineThread
from hug.eventstream.brokers.follower import Follower
from hug.eventstream.brokers.ids import BEFORE_ALL, newest_id
from hug.eventstream.brokers.link import ANSWER, Link
from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.brokers.outbox import Outbox
from hug.eventstream.brokers.pending_event import Taken
from hug.eventstream.engines.engine import Entry, Within
from hug.eventstream.history.beginning import Place
from hug.eventstream.history.log import Bounds, Log
from hug.eventstream.history.replica import Replica
from hug.exceptions import BrokerError, ChannelClosed, NotTaken, Unreachable


class Owner(Protocol):
    """The broker of a topic.

    Attributes:
        url: Where, without a password.
        patience: See `hug.eventstream.brokers.remote.RemoteBroker`.
        counts: What has happened there.
    """

    url: str
    patience: float
    counts: Counts

    @property
    def unconnected(self) -> object:
        """An engine that is never connected, for what needs no connection of its own."""

    @property
    def thread(self) -> EngineThread:
        """The thread at work in this process."""

    def connect(self, timeout: float) -> Future[None]:
        """See `hug.eventstream.brokers.Broker.connect`."""


class RemoteTopic:
    """See `hug.eventstream.brokers.Topic`."""

    local = False

    __slots__ = (
        "__weakref__", "_broker", "_follower", "_grown", "_name", "_outbox", "_replica", "log", "thread",
    )  # fmt: skip

    def __init__(self, broker: Owner, name: str, bounds: Bounds, grown: Callable[[], None]) -> None:
        replica = Replica(BEFORE_ALL.partition("-")[0], bounds, LOCK)
        self.log: Log = replica
        self.thread: EngineThread | None = None  # that the follower works in
        self._broker = broker
        self._name = name
        self._replica = replica
        self._grown = grown
        self._follower: Follower | None = None
        self._outbox: Outbox | None = None  # that had the newest event

    # Publishing

    def append(
        self, fields: bytes, lease: tuple[str, int] | None = None, kind: type[Taken] = Taken
    ) -> Future[str]:
        """See `hug.eventstream.brokers.Topic.append`."""
        if self.log.closed and self.follows:
            raise ChannelClosed(f"channel {self._name!r} has been closed")
        outbox = self._outbox = self._broker.thread.outbox
        return outbox.put(self._name, fields, self.log.bounds, lease, kind)

    def append_within(self, connection: Any, fields: bytes) -> str | Awaitable[str]:
        """See `hug.eventstream.brokers.Transactional.append_within`."""
        if self.log.closed and self.follows:
            raise ChannelClosed(f"channel {self._name!r} has been closed")
        engine = self._broker.unconnected
        if not hasattr(engine, "append_within"):
            raise BrokerError(
                f"cannot publish within a transaction on {self._broker.url}: channels can be kept "
                "in the application's own database, if that is of SQLite or PostgreSQL"
            )
        within = cast("Within", engine)
        if within.awaited(connection):
            return _WhenAwaited(partial(self._append_awaited, within, connection, fields))
        connecting = self._finding(within)
        if connecting is not None:
            try:
                connecting.result()
            except Unreachable as error:
                raise _not_taken(error) from error
            within.home = self._broker.thread.home
        entry = self._entry(fields)
        with self._counted():
            return f"{entry.request}-{cast('int', within.append_within(connection, entry))}"

    async def _append_awaited(self, within: Within, connection: Any, fields: bytes) -> str:
        connecting = self._finding(within)
        if connecting is not None:
            try:
                await asyncio.wrap_future(connecting)
            except Unreachable as error:
                raise _not_taken(error) from error
            within.home = self._broker.thread.home
        entry = self._entry(fields)
        with self._counted():
            return f"{entry.request}-{await cast('Awaitable[int]', within.append_within(connection, entry))}"

    def _finding(self, within: Within) -> Future[None] | None:
        """Connect if nobody has yet: only then is it known which database the channels are in."""
        within.home = self._broker.thread.home or within.home
        return self._broker.connect(self._broker.patience) if within.home is None else None

    def _entry(self, fields: bytes) -> Entry:
        return Entry(self._name, self._broker.thread.outbox.request(), fields, self.log.bounds)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        counts = self._broker.counts
        try:
            yield
        except NotTaken:
            counts.refused.add()
            raise
        counts.published.add()

    def room(self) -> Future[None] | None:
        """See `hug.eventstream.brokers.Topic.room`."""
        outbox = self._outbox
        return None if outbox is None else outbox.room

    # Reading

    @property
    def follows(self) -> bool:
        """Whether the log is kept true."""
        follower = self._follower
        return follower is not None and follower.link is not None and not follower.link.over.done()

    def follow(self) -> Future[None] | None:
        """See `hug.eventstream.brokers.Topic.follow`."""
        thread = self._broker.thread
        with LOCK:
            follower = self._follower
            if follower is None or self.thread is not thread:
                follower = self._follower = Follower(self._name, self._replica, self._grown, follower)
                self.thread = thread
            follower.wanted = True
            ready = follower.ready
        thread.call(partial(thread.followers.begin, follower))
        return None if ready.done() else ready

    def unfollow(self) -> None:
        """See `hug.eventstream.brokers.Topic.unfollow`."""
        with LOCK:
            follower, thread = self._follower, self.thread
            if follower is None or thread is None:
                return
            follower.wanted = False
        thread.call(partial(thread.followers.leave, follower))

    @property
    def wanted(self) -> bool:
        """Whether somebody has asked to follow it, and not forgotten about that."""
        return self._follower is not None and self._follower.wanted

    def locate(self, after: str | int | None) -> Place | Future[Place]:
        """See `hug.eventstream.brokers.Topic.locate`."""
        follower, thread = self._followed()
        log = self.log
        log.expire(monotonic())
        if follower.ready.done():
            if after is None:
                return Place(log.last)
            if isinstance(after, str):
                position = log.position(after)
                if position is not None and self.follows:
                    return follower.place(position)
            elif (position := log.last - after - log.closed) >= log.resumable and self.follows:
                return Place(position)
        return thread.older.locate(follower, after)

    def page(self, position: int) -> Future[Page]:
        """See `hug.eventstream.brokers.Topic.page`."""
        follower, thread = self._followed()
        return thread.older.page(follower, position)

    def _followed(self) -> tuple[Follower, EngineThread]:
        follower, thread = self._follower, self.thread
        if follower is None or thread is None:
            raise RuntimeError(f"channel {self._name!r} is to be followed first")
        return follower, thread

    # All of it

    def rebound(self, bounds: Bounds) -> None:
        """See `hug.eventstream.brokers.Topic.rebound`."""
        self.log.rebound(bounds, monotonic())

    def delete(self) -> Future[None]:
        """See `hug.eventstream.brokers.Topic.delete`."""
        patience = self._broker.patience
        # It may have to wait for transactions, which does not mean that the connection is of no use.
        return self._broker.thread.ask(
            lambda link: link.call(link.engine.delete(self._name), patience + ANSWER), patience
        )

    def newest(self) -> str | Future[str]:
        """See `hug.eventstream.brokers.Topic.newest`."""
        log = self.log
        if self.follows:
            with LOCK:
                return log.id(log.last)

        async def ask(link: Link) -> str:
            return newest_id(await link.call(link.engine.ends(self._name)))

        return self._broker.thread.ask(ask, self._broker.patience)


class _WhenAwaited(Awaitable[str]):
    """Begins when it is awaited. A coroutine that never is would warn of itself, not of its event."""

    __slots__ = ("_begin",)

    def __init__(self, begin: Callable[[], Awaitable[str]]) -> None:
        self._begin = begin

    def __await__(self) -> Generator[Any, None, str]:
        return self._begin().__await__()


def _not_taken(error: Unreachable) -> NotTaken:
    return NotTaken(f"it cannot be told whether the connection leads to where channels are kept: {error}")
