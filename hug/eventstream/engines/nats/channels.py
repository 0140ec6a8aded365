"""The streams of channels on the server: made when they are needed, changed, closed, deleted.

A stream's configuration cannot be changed on condition that it is still as it was read. Whoever changes one
is therefore alone with it, by a lease; should he sleep past that, what would be lost is looked at again.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from hug.eventstream.engines.nats.answers import (
    LIMIT_NEEDED,
    NO_MESSAGE,
    NO_STREAM,
    NOT_FOR_LONG,
    NOT_MADE,
    NOT_RESERVED,
    OTHER_CONFIGURATION,
    OTHERS_SUBJECTS,
    Question,
    Said,
    Taken,
    explained,
    request_of,
)
from hug.eventstream.engines.nats.connection import Connection
from hug.eventstream.engines.nats.leases import Leases
from hug.eventstream.engines.nats.streams import (
    UNLIMITED,
    Known,
    Place,
    Stream,
    configuration,
    footprint,
    place,
    room,
    room_of,
    stream_of,
)
from hug.eventstream.engines.nats.url import Address
from hug.eventstream.history.log import Bounds
from hug.exceptions import NotTaken, Refused, Unreachable

_READY: Final = 10_000
"""Most channels remembered to have a stream; another one is looked for again."""

_PASSING: Final = frozenset({NOT_MADE, OTHERS_SUBJECTS})
"""One of the same name is still on the disk, or somebody else makes it at this moment."""

PAUSES: Final = (0, 0.01, 0.05, 0.1, 0.3, 0.5, 1.0, 1.0)
"""Seconds before each attempt, when somebody else changes the same stream, or a cluster chooses a leader."""

GONE: Final = 0.25
"""Seconds after which a stream that was deleted is gone from the disk, too.

nats-server 2.9 says before that that it is gone, and may delete the files of a new one of its name with it.
"""

NEVER: Final = str(1 << 62)
"""A last sequence that no stream has: what is published with it is refused, unless it was taken before."""

LEFT_ALONE: Final = 6.0
"""Seconds after which whoever wanted to delete a stream has died."""


_taken = msgspec.json.Decoder(Taken)


class Closed(Exception):
    """A channel takes no more events."""

    def __init__(self, known: Known) -> None:
        super().__init__(known.channel)
        self.known = known


@dataclass(slots=True)
class _Ready:
    """What is known of a channel's stream."""

    bounds: Bounds
    room: int
    unseen: int  # bytes that were published since we looked how many there are


class Streams:
    """The streams of the channels of one prefix."""

    def __init__(self, connection: Connection, prefix: str, address: Address, leases: Leases) -> None:
        """Work by way of a connection.

        Args:
            connection: It is open.
            prefix: Of all names.
            address: How many copies there are of a channel, and on what.
            leases: Those of the prefix, and the server's clock.
        """
        self._connection = connection
        self._prefix = prefix
        self._address = address
        self._leases = leases
        self._now = leases.now
        self._ready: dict[str, _Ready] = {}

    def place(self, channel: str) -> Place:
        """Return where a channel is."""
        return place(self._prefix, channel)

    async def find(self, at: Place) -> Stream | None:
        """Return a channel's stream, if it has one."""
        try:
            answer = await self._connection.ask(f"STREAM.INFO.{at.stream}")
        except Said as error:
            if error.number == NO_STREAM:
                return None
            raise self.unreachable(error) from error
        return stream_of(answer)

    async def message(self, at: Place, wanted: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return one message of a channel's stream, if it has it."""
        try:
            answer = await self._connection.ask(f"STREAM.MSG.GET.{at.stream}", wanted)
        except Said as error:
            if error.number in {NO_STREAM, NO_MESSAGE}:
                return None
            raise self.unreachable(error) from error
        message: Mapping[str, Any] = answer["message"]
        return message

    def unreachable(self, error: Said) -> Unreachable:
        """Return what an answer means that is none."""
        return Unreachable(f"{error.description}")

    # Making and changing

    def is_ready(self, channel: str, bounds: Bounds, largest: int) -> bool:
        """Whether a channel had a stream when we looked last, with these bounds and that much room."""
        ready = self._ready.get(channel)
        return ready is not None and (ready.bounds == bounds or not bounds.given) and ready.room >= largest

    def forget(self, channel: str) -> None:
        """Look again the next time."""
        self._ready.pop(channel, None)

    async def make_ready(self, channel: str, bounds: Bounds, largest: int) -> Known:
        """Have a stream for a channel with these bounds, and room for an event.

        Returns:
            What is known of the channel: if the bounds are not given it may have others.

        Raises:
            Closed: It takes no more.
            Refused: The server does not want to.
        """
        at = self.place(channel)
        known = _known(channel, bounds)
        limit = -1
        for pause in PAUSES:
            await asyncio.sleep(pause)
            try:
                stream = await self._put("CREATE", at, known, limit)
            except Said as error:
                if error.number == LIMIT_NEEDED:
                    limit = room(bounds, largest)
                    continue
                if error.number in _PASSING and pause != PAUSES[-1]:
                    continue
                if error.number != OTHER_CONFIGURATION:
                    raise self._refused(error) from error
                if (found := await self._as_it_is(at, known, largest, bounds.given)) is None:
                    continue
                stream = found
            return self._remember(channel, stream)
        raise Unreachable(f"the stream {at.stream} does not stay as it is made")

    async def _as_it_is(self, at: Place, known: Known, largest: int, given: bool) -> Stream | None:
        """Return a stream that was made otherwise, changed as it must be; None if it is not there yet."""
        for alone in (None, self._leases.alone(at.stream)):
            async with alone or contextlib.nullcontext():
                stream = await self.find(at)
                if stream is None:
                    return None
                if stream.known is None:
                    name = f"the stream {at.stream}"
                    raise Refused(f"{self._address.shown}: {name} is not hug's: use another prefix")
                bounds = known.bounds if given else stream.known.bounds
                known = _known(known.channel, bounds, stream.known.life)
                if stream.known.leaving:
                    if abs(self._now() - stream.known.leaving) < LEFT_ALONE:
                        await self._left(at, stream.known.leaving)
                        return None
                    known = msgspec.structs.replace(known, closing=stream.known.closing)
                elif stream.known.closing:
                    raise Closed(stream.known)
                elif stream.known.bounds == known.bounds and room_of(stream) >= largest:
                    return stream
                if alone is None:
                    continue
                limited = stream.config["max_bytes"] >= 0
                try:
                    return await self._change(at, known, room(known.bounds, largest) if limited else -1)
                except Said as error:
                    if error.number != NO_STREAM:
                        raise self._refused(error) from error
        return None

    async def _left(self, at: Place, leaving: float) -> None:
        """Wait until a stream is gone; whoever deletes it does so at once, or has died."""
        while abs(self._now() - leaving) < LEFT_ALONE:
            stream = await self.find(at)
            if stream is None:
                await asyncio.sleep(GONE)
            if stream is None or stream.known is None or stream.known.leaving != leaving:
                return
            await asyncio.sleep(0.02)

    async def _change(self, at: Place, known: Known, max_bytes: int) -> Stream:
        """Change a stream that takes events; raise `Closed` if it was closed at the same time."""
        stream = await self._put("UPDATE", at, known, max_bytes)
        if (closing := await self.message(at, {"last_by_subj": at.closing})) is not None:
            # It must not be open again by what we did.
            known = msgspec.structs.replace(known, closing=request_of(closing))
            stream = await self._put("UPDATE", at, known, max_bytes)
        if known.closing:
            raise Closed(known)
        return stream

    async def _put(self, how: str, at: Place, known: Known, max_bytes: int) -> Stream:
        address = self._address
        config = configuration(at, known, max_bytes, replicas=address.replicas, storage=address.storage)
        return stream_of(await self._connection.ask(f"STREAM.{how}.{at.stream}", config))

    # Bytes. JetStream puts all the bytes aside that a stream is limited to: a few hundred channels would have
    # the server's disk for themselves, and hardly use it. So a stream is limited once it is full.

    def publishes(self, channel: str, size: int) -> bool:
        """Count bytes that were published; return whether to look whether they are too many by now."""
        ready = self._ready.get(channel)
        if ready is None or ready.room < UNLIMITED:
            return False
        ready.unseen += size
        return ready.unseen > ready.bounds.max_bytes // 4

    async def look_at_bytes(self, channel: str) -> None:
        """Limit a channel's stream if it is full."""
        if (ready := self._ready.get(channel)) is not None:
            ready.unseen = 0
        stream = await self.find(self.place(channel))
        if stream is not None:
            await self.limit(stream)

    async def limit(self, stream: Stream) -> None:
        """Limit a stream to its channel's bytes if it has more."""
        known = stream.known
        if known is None or known.closing or known.leaving or stream.config["max_bytes"] >= 0:
            return
        at, most, size = self.place(known.channel), room(known.bounds, 0), stream.state["bytes"]
        if size <= most:
            return
        self.forget(known.channel)
        if (newest := await self.message(at, {"seq": stream.last})) is not None:
            most = max(most, footprint(at, len(newest.get("data", ""))))
        with contextlib.suppress(Closed):
            try:
                async with self._leases.alone(at.stream):
                    again = await self.find(at)
                    if again is None or again.known != known:
                        return  # who has changed it has looked at its bytes, or will
                    await self._change(at, known, most)
            except Said as error:
                if error.number == NO_STREAM:
                    return
                if error.number != NOT_RESERVED:
                    raise self.unreachable(error) from error
                # Others have put everything aside.
                keep = max(stream.state["messages"] * most // size, 1)
                with contextlib.suppress(Said):
                    await self._connection.ask(f"STREAM.PURGE.{at.stream}", {"keep": keep})

    def _remember(self, channel: str, stream: Stream) -> Known:
        assert stream.known is not None
        self._ready.pop(channel, None)
        self._ready[channel] = _Ready(stream.known.bounds, room_of(stream), stream.state["bytes"])
        if len(self._ready) > _READY:
            del self._ready[next(iter(self._ready))]
        return stream.known

    def _refused(self, error: Said) -> NotTaken | Unreachable:
        if error.number in NOT_FOR_LONG:
            return self.unreachable(error)
        return Refused(f"{self._address.shown}: {explained(error)}")

    def position(self, data: bytes) -> int | Said:
        """Return the position of an event that was published, or why it has none."""
        taken = _taken.decode(data)
        return taken.seq if taken.error is None else Said(taken.error)

    async def shut(self, at: Place, known: Known) -> Stream | None:
        """Let a stream take no more events."""
        stream = await self.find(at)
        if stream is None:
            return None
        try:
            return await self._put("UPDATE", at, known, stream.config["max_bytes"])
        except Said as error:
            if error.number == NO_STREAM:
                return None
            raise self.unreachable(error) from error

    async def still(self, at: Place, known: Known) -> Stream | None:
        """Let a stream take no events for now, and return it with all that were on their way."""
        if await self.shut(at, msgspec.structs.replace(known, leaving=self._now())) is None:
            return None
        # What was on its way when the stream was shut is stored before this is refused.
        never = {"Nats-Expected-Last-Sequence": NEVER}
        await self._connection.ask_all([Question(at.closing, b"", never)])
        return await self.find(at)

    async def delete(self, at: Place) -> None:
        """Delete a stream; the server tells everybody who follows it."""
        try:
            await self._connection.ask(f"STREAM.DELETE.{at.stream}")
        except Said as error:
            if error.number != NO_STREAM:
                raise self.unreachable(error) from error


def _known(channel: str, bounds: Bounds, life: str = "") -> Known:
    life = life or secrets.token_hex(6)
    return Known(channel, life, bounds.history, bounds.max_bytes, bounds.max_age)
