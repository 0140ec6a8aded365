"""What hug needs of an engine, and the values it exchanges with one.

An engine gives the events of a channel consecutive positions, 1, 2, 3, in the order in which all readers see
them, keeps the newest within the channel's bounds, and tells at once of those that come. No more: gaps,
repeated publishing, following after a lost connection and fan-out are the same for all, in `brokers`.

All methods are called on one event loop, a thread of its own that does nothing else, so an engine whose
client library blocks may block there for as long as one short answer takes.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import msgspec

from hug.eventstream.history.log import Bounds


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An event to be taken.

    Attributes:
        channel: Its channel's name: 1 to 255 printable characters, any of them; see `encoded`.
        request: Tells it from every other event of all times, ``[A-Za-z0-9._]``, 32 characters at most. One
            that is appended again is not taken again: the answer is the position that it has.
        fields: The event's lines, without an id and the blank line. Empty: the channel is closed by it.
        bounds: How much of the channel is kept from now on, and its end besides. If they are not `given`:
            as much as before, and so much only of a channel that does not exist.
        lease: The name and the number of a lease: the event is refused once a later number was given.
    """

    channel: str
    request: str
    fields: bytes
    bounds: Bounds
    lease: tuple[str, int] | None = None


class Kept(msgspec.Struct, frozen=True, gc=False):
    """An event as the engine has it.

    Attributes:
        position: 1 for the first that the channel ever had.
        request: See `Entry`.
        time: When it was taken, in seconds of the engine's clock.
        fields: See `Entry`.
    """

    position: int
    request: str
    time: float
    fields: bytes


@dataclass(frozen=True, slots=True)
class Ends:
    """The ends of a channel.

    Attributes:
        life: Tells the channel from one of the same name that was deleted, or lost with the engine's data,
            before; ``[A-Za-z0-9._]``, 32 characters at most. Empty if the channel does not exist, as
            it does from its first event on.
        first: The position of the oldest event that is kept; ``last + 1`` if none is.
        last: The position of the newest that there has ever been; 0 if there was none.
        request: That of the newest one, whether it is still kept or not; empty if there was none.
        closed: Whether the newest one has closed the channel.
        now: The engine's clock, in seconds.
    """

    life: str
    first: int
    last: int
    request: str
    closed: bool
    now: float


class Deleted(NamedTuple):
    """A channel that was deleted, as it was then.

    Attributes:
        life: See `Ends`.
        last: See there.
        request: See there.
    """

    life: str
    last: int
    request: str


class Hearer(Protocol):
    """What an engine tells while it is connected; called on the event loop of the engine.

    It may come late, behind what the engine has answered since; therefore the lives.
    """

    def heard(self, channel: str, life: str, events: Sequence[Kept]) -> None:
        """Tell of events of a channel that is followed, in their order; some may be missing, or twice.

        Args:
            channel: Its name.
            life: See `Ends`. Nothing more is told of one when the next was told of.
            events: Its events.
        """

    def changed(self, channel: str, deleted: Deleted | None = None) -> None:
        """Tell that something else has happened to a channel that is followed: its ends will be asked for.

        Some of its events could not be told, say.

        Args:
            channel: Its name.
            deleted: All that has happened is `Engine.delete`. Told behind all events of that life, unless
                they are missing.
        """

    def lost(self, error: BaseException) -> None:
        """Tell that the connection is lost, once. The engine will be closed, and another one connected."""


class Engine(Protocol):
    """One connection to an engine, or a small fixed number of them; useless once it is closed.

    Every method raises `Unreachable` when the connection is lost or the answer does not come in time: what
    was asked for may have been done, or not. Its message need not say of which engine. Each can be cancelled.
    """

    async def connect(self, hearer: Hearer) -> None:
        """Connect, and create what the engine lacks: tables, scripts, streams.

        Raises:
            Unreachable: Nobody answers; it may be worth trying again.
            BrokerError: It answers and refuses for good: a wrong password, a version too old, no permission.
                The message says what to do, and names the URL without its password.
        """

    async def close(self) -> None:
        """Disconnect; never raises, takes half a second at most, and `Hearer.lost` is not called for it."""

    async def append(self, entries: Sequence[Entry]) -> Sequence[int | Exception]:
        """Take events, those of one channel in their order, and return the position of each.

        As many as there are go in one round trip, or few, and in one commit where there are commits. An event
        is trimmed in the same step as it is appended, by count, bytes and age.

        Returns:
            For an event that is not taken why: `Refused`, `ChannelClosed`, `LeaseLost`; or `Unreachable`: its
            channel cannot be written to now, though others can, and it is to be tried again.
        """

    async def follow(self, channel: str) -> None:
        """Tell of all events of a channel that come from the return of this on."""

    async def unfollow(self, channel: str) -> None:
        """Tell of them no more."""

    async def ends(self, channel: str) -> Ends:
        """Return where a channel begins and ends. It does not come into being by that."""

    async def read(self, channel: str, life: str, after: int, most: int, size: int) -> Sequence[Kept]:
        """Return the oldest events that are kept behind a position.

        Args:
            channel: The channel's name.
            life: See `Ends`. There are no events of another one than the channel's.
            after: The position; those behind it may be gone, then the first one's own says so.
            most: How many, at most.
            size: Bytes of fields after which no further event is added.
        """

    async def delete(self, channel: str) -> None:
        """Forget a channel and all its events; those who follow it are told that it has `changed`.

        And with what newest event: who had that has lost nothing. Its events are told of before, as far as
        they were not yet. It takes as long as transactions go on that have published on the channel.
        """

    async def lease(self, name: str, holder: str, seconds: float) -> int | None:
        """Give ``holder`` a lease, or extend the one it has.

        Returns:
            The lease's number: the same when it is extended, greater than all before when it is given anew.
            None while somebody else has it.
        """

    async def release(self, name: str, holder: str) -> None:
        """Take a lease back, if ``holder`` has it."""

    async def prune(self) -> None:
        """Drop what is past its age, and channels of which nothing is left; called about once a minute.

        Of the latter none that was published on in the last hour: what is forgotten begins at 1 again, and
        those who follow it cannot tell that from a loss.
        """


class Removable(Protocol):
    """What an engine has, too, that makes tables, or the like, which stay when all channels are deleted."""

    async def remove(self) -> None:
        """Drop all that was made for the prefix; it is made again when the next connection begins."""


class Within(Protocol):
    """What an engine has, too, whose events can be part of a transaction of the application's own.

    Attributes:
        home: What tells its database from all others; None while it was never connected. One that is not is
            given that of another.
    """

    home: object | None

    def awaited(self, connection: Any) -> bool:
        """Return whether such a connection is to be awaited; raise `TypeError` as `append_within` does."""

    def append_within(self, connection: Any, entry: Entry) -> int | Awaitable[int]:
        """Append an event with a connection that the application has, in the transaction that it has begun.

        From any thread, and from any event loop, whether this engine is connected or not: none of its own
        connections is used. A failure leaves the transaction as it was.

        Returns:
            The event's position, which nobody knows of before the transaction is committed; or what gives it,
            for a connection that is to be awaited.

        Raises:
            NotTaken: It is not appended; see `Engine.append` for which errors there are.
            BrokerError: The connection is to another database, or no transaction is open.
            TypeError: It is no connection of the library that the engine's own are of.
        """


def encoded(name: str) -> str:
    """Return a channel's name for keys and subjects: ``[A-Za-z0-9_-]``, all else as ``=XX`` for each byte.

    Different names stay different, and `decoded` gives them back.
    """
    return "".join(
        chr(byte) if byte in _PLAIN else f"={byte:02X}" for byte in name.encode("utf-8", "surrogatepass")
    )


def decoded(text: str) -> str:
    """Return the name that `encoded` has made this of."""
    first, *others = text.split("=")
    raw = first.encode() + b"".join(bytes.fromhex(each[:2]) + each[2:].encode() for each in others)
    return raw.decode("utf-8", "surrogatepass")


_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
