"""Brokers: where the events of channels are put in order and get their ids.

What all brokers share lives above: encoding, fan-out, filters, gaps, the counting of positions.
"""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from hug.eventstream.brokers.pending_event import Taken
from hug.eventstream.history.beginning import Place
from hug.eventstream.history.log import Bounds, Log

# uvloop imports it when the first event is published, which Python refuses once the main thread has ended.
with contextlib.suppress(RuntimeError):
    import concurrent.futures.thread  # noqa: F401

Row: TypeAlias = tuple[float, int, bytes]
"""An event of a log: when it came, the position behind it, its bytes; as `Log.after` gives it."""

Reach: TypeAlias = Literal["process", "machine", "network"]


class Page(NamedTuple):
    """Events that are not in the memory of this process.

    Attributes:
        start: The position that the rows follow on: what was asked for, or later if events are gone.
        rows: The events, without a hole; empty if there is none behind ``start``.
    """

    start: int
    rows: Sequence[Row]


class Topic(Protocol):
    """One channel's events on a broker.

    Attributes:
        log: The newest of them, in this process, in the broker's order. The topic alone appends to it.
        local: Whether that is all there is of the channel: it is followed always, and `page` is never needed.
    """

    log: Log
    local: bool

    def append(
        self, fields: bytes, lease: tuple[str, int] | None = None, kind: type[Taken] = Taken
    ) -> str | Future[str]:
        """Take an event and return its id, or what will know it; from any thread, without waiting.

        The event is in the log when this returns the id; else, as with what other processes publish,
        ``grown`` is called once it is.

        Args:
            fields: The event's lines, without an id and the blank line. An id has 1 to 64 of
                ``[A-Za-z0-9._-]``. Empty: it closes the channel.
            lease: The name and the number of a lease: the event fails with `LeaseLost` once somebody else has
                it; see `Broker.lease`.
            kind: Of what is to know the id, of a broker that answers later.

        Raises:
            ChannelClosed: It is known here to be closed.
            NotTaken: Too many events wait for the broker.
        """

    def room(self) -> Future[None] | None:
        """Return what to wait for since too many events wait for the broker; None if there is room."""

    def follow(self) -> Future[None] | None:
        """Keep the log up to date from now on; from any thread.

        Returns:
            What is done once it is; None if it is already.
        """

    def unfollow(self) -> None:
        """Forget about that: nobody in this process reads the channel any more."""

    def locate(self, after: str | int | None) -> Place | Future[Place]:
        """Return where a reader begins; the topic is followed and up to date.

        Args:
            after: The id of the last event it has, ``"start"`` for the oldest there is, a number for so many
                of the newest, None for what comes from now on.
        """

    def page(self, position: int) -> Future[Page]:
        """Return events behind a position that is older than the log; those who ask for the same share it.

        For a position before the log's `origin`, which is of another past, they begin where the pasts part.

        The future fails with `Unreachable` when the topic is no longer followed, and with nothing else: while
        the engine is away it waits.
        """

    def rebound(self, bounds: Bounds) -> None:
        """Keep so much of the channel from now on: options were given after it was made."""

    def delete(self) -> Future[None] | None:
        """Forget all events, and that the channel was closed; return what is done then, None if it is."""

    def newest(self) -> str | Future[str]:
        """Return the id of the newest event, whether the topic is followed or not."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a broker is.

    Attributes:
        url: Its URL, without a password.
        reach: Who shares its channels.
        connected: Whether it can be reached.
        since: For how many seconds that has been so; 0 for a broker that was not needed yet.
        error: Why not, in a line.
        waiting: How many events it has not answered for yet.
        followed: How many channels it follows.
        published: How many events this process has published on it, since it began. Those of transactions of
            the application are counted when they are written; nobody tells whether that is rolled back.
        refused: How many it has not taken, for certain.
        unknown: Of how many nobody knows whether it has taken them.
        reconnects: How often it was connected again.
    """

    url: str
    reach: Reach
    connected: bool
    since: float
    error: str
    waiting: int
    followed: int
    published: int = 0
    refused: int = 0
    unknown: int = 0
    reconnects: int = 0


class Broker(Protocol):
    """Keeps channels, for this process or for several.

    Attributes:
        url: Where, without a password.
        reach: Who shares them.
        wait: Seconds that a server which starts waits for it; infinite: it starts without, and tries again.
    """

    url: str
    reach: Reach
    wait: float

    def topic(self, name: str, bounds: Bounds, grown: Callable[[], None]) -> Topic:
        """Return the events of a channel.

        Args:
            name: The channel's.
            bounds: How many of its events to keep.
            grown: To be called, from any thread, when the log has grown and `Topic.append` did not tell so,
                and when it has lost what it had.
        """

    def exists(self, name: str) -> bool | Future[bool]:
        """Return whether something was published on a channel that is still known, or that it is closed."""

    def lease(self, name: str, holder: str, seconds: float) -> Future[int | None] | int | None:
        """Give ``holder`` a lease, or extend the one it has.

        It is no lock: what is published for it carries its number, and is refused once there is a later one.

        Returns:
            The lease's number, which grows whenever it is given anew; None while somebody else has it. The
            future fails with `Unreachable` when the broker has not answered in so many seconds.
        """

    def release(self, name: str, holder: str) -> Future[None] | None:
        """Take a lease back, if ``holder`` has it."""

    def connect(self, timeout: float) -> Future[None] | None:
        """Connect now, not when it is needed; return what is done then.

        The future fails with `BrokerError`, or with `Unreachable` after ``timeout`` seconds.
        """

    def close(self, timeout: float) -> None:
        """Wait until all events are taken, or that is given up, no longer than so many seconds; disconnect.

        What is not taken then fails, and is logged. The broker connects again should it be needed again.
        """

    def begin_anew(self) -> None:
        """Begin again in a process that was forked off: threads and connections are the parent's."""

    def health(self) -> Health:
        """Return how it is."""


class Transactional(Protocol):
    """A topic that can publish within a transaction of the application's own; see `Channel.publish`."""

    def append_within(self, connection: Any, fields: bytes) -> str | Awaitable[str]:
        """Take an event as part of the transaction that ``connection`` is in, and return its id."""
