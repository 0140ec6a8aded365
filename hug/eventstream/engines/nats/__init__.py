"""Channels on NATS JetStream, nats-server 2.9 or later: a stream a channel.

What is particular to it:

- JetStream cannot look at a lease while it stores an event. So an event for a lease is refused if its number
  was replaced when we looked, and is stored only if nothing has come into the channel since before that. No
  event for an older number ever follows one for a later number.
- An event is on the server's disk when it is taken, not past the disk's cache: `sync_interval` in JetStream's
  configuration, two minutes, is what a loss of power may cost.
- `max_bytes` of a channel is for its events' fields. What the server counts besides is allowed for, so up to
  twice as much may be kept; and a stream is limited once it is full, so it may have a quarter more before
  that, for each process that publishes. Then the server puts that much room aside for it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, Final

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from hug.eventstream.engines.engine import Deleted, Ends, Entry, Hearer, Kept
from hug.eventstream.engines.nats.answers import NO_JETSTREAM, Said, request_of
from hug.eventstream.engines.nats.appending import Appending
from hug.eventstream.engines.nats.channels import Streams
from hug.eventstream.engines.nats.closing import Closing
from hug.eventstream.engines.nats.connection import Connection
from hug.eventstream.engines.nats.deleting import TOLD, Deleting, deleted
from hug.eventstream.engines.nats.following import Followers
from hug.eventstream.engines.nats.leases import Leases
from hug.eventstream.engines.nats.pruning import Pruning
from hug.eventstream.engines.nats.reading import Reading
from hug.eventstream.engines.nats.streams import Place, Stream, seconds_of
from hug.eventstream.engines.nats.url import Address, address
from hug.exceptions import BrokerError, Unreachable


def maker(url: str, prefix: str) -> "Callable[[], Nats]":
    """Return what makes engines at a URL, which is read once; raise `BrokerError` if it cannot be."""
    return partial(Nats, address(url), prefix)


_LATE: Final = 0.05
"""Seconds that events wait for one that they have overtaken."""

_position = attrgetter("position")


class _Following:
    """A channel that is followed."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.life = ""  # that was told of last
        self.last = 0  # the newest position of it that was told of
        self.note: Deleted | None = None  # it is about to be deleted
        self.gone: Deleted | None = None  # it is, which is to be told behind its last event
        self.over = False  # whether that was told
        self.events: list[Kept] = []  # to be told of
        self.due = False  # whether they are about to be
        self.late: asyncio.TimerHandle | None = None  # ends the wait for one that comes late
        self.subscription: Subscription | None = None


class Nats:
    """An `Engine` on NATS JetStream."""

    def __init__(self, address: Address, prefix: str) -> None:
        """Prepare to connect.

        Args:
            address: Where to.
            prefix: Begins all names on the server: streams ``PREFIX~...``, subjects ``PREFIX....``.
        """
        self._address = address
        self._prefix = prefix
        self._hearer: Hearer | None = None
        self._connection = Connection(address, self._lost, self._dropped)
        self._leases = Leases(self._connection, prefix, address)
        self._streams = Streams(self._connection, prefix, address, self._leases)
        self._closing = Closing(self._connection, self._streams, self._leases, address)
        self._appending = Appending(self._connection, self._streams, self._closing, self._leases, address)
        self._deleting = Deleting(self._connection, self._streams, self._leases)
        self._followed: dict[str, _Following] = {}
        self._followers = Followers(self._connection, prefix, self._followed.__contains__)
        self._pruning = Pruning(self._connection, self._streams, self._leases, self._followers, prefix)
        self._reading = Reading(self._connection, self._streams, self._leases.now)
        self._by_stream: dict[str, _Following] = {}

    # The connection

    async def connect(self, hearer: Hearer) -> None:
        """See `Engine`."""
        self._hearer = hearer
        try:
            await self._connection.open()
            # A subscription that is refused is not answered; what comes after it is.
            await self._connection.subscribe("$JS.EVENT.ADVISORY.STREAM.DELETED.*", self._deleted)
            probe = await self._connection.subscribe(f"{self._prefix}.live.=.*", self._deleted)
            try:
                await self._look_at_jetstream()
                await self._leases.prepare()
                await self._leases.look_at_the_clock()
            except Unreachable as error:
                if self._connection.denied(""):
                    raise self._not_allowed() from error
                raise
            if self._connection.denied(""):
                raise self._not_allowed()
            await self._connection.unsubscribe(probe)
            await self._followers.listen()
        except BaseException:
            self._hearer = None
            await self._connection.close()
            raise

    async def _look_at_jetstream(self) -> None:
        shown = self._address.shown
        try:
            await self._connection.ask("INFO")
        except Said as error:
            if error.number != NO_JETSTREAM:
                raise Unreachable(f"{error.description}") from error
            raise BrokerError(
                f"{shown}: {error.description}: start nats-server with --jetstream, and enable it for the "
                "account"
            ) from error

    def _not_allowed(self) -> BrokerError:
        said = self._connection.denied("")
        return BrokerError(
            f"{self._address.shown}: {said}: allow the user to publish to $JS.API.> and {self._prefix}.>, "
            f"and to subscribe to _INBOX.>, {self._prefix}.live.> and $JS.EVENT.ADVISORY.STREAM.DELETED.*"
        )

    async def close(self) -> None:
        """See `Engine`."""
        self._hearer = None
        await self._connection.close()
        self._followed.clear()
        self._by_stream.clear()

    def _lost(self, error: BaseException) -> None:
        if self._hearer is not None:
            self._hearer.lost(error)

    async def append(self, entries: Sequence[Entry]) -> Sequence[int | Exception]:
        """See `Engine`."""
        return await self._appending.append(entries)

    # Following

    async def follow(self, channel: str) -> None:
        """See `Engine`."""
        if channel in self._followed:
            return
        at = self._streams.place(channel)
        following = self._followed[channel] = self._by_stream[at.stream] = _Following(channel)
        try:
            following.subscription = await self._connection.subscribe(
                f"{at.live}>", partial(self._heard, following)
            )
            # Its answer comes from the server that tells of the events, which knows by then that we listen.
            stream = await self._streams.find(at)
            if said := self._connection.denied(f"{at.live}>"):
                raise Unreachable(f"{said}")
        except BaseException:
            await self.unfollow(channel)
            raise
        if stream is not None and stream.known is not None and following.life in ("", stream.known.life):
            following.life, following.last = stream.known.life, max(following.last, stream.last)

    async def unfollow(self, channel: str) -> None:
        """See `Engine`."""
        following = self._followed.pop(channel, None)
        if following is not None:
            self._by_stream.pop(self._streams.place(channel).stream, None)
            if following.late is not None:
                following.late.cancel()
            if following.subscription is not None:
                await self._connection.unsubscribe(following.subscription)

    async def _heard(self, following: _Following, message: Msg) -> None:
        *_, life, what = ("", *message.subject.split("."))
        headers = message.headers or {}
        number = headers.get("Nats-Sequence", "")
        gone = deleted(message.data) if what == TOLD else None
        if not (number.isdigit() or gone):
            return  # somebody else's
        if life != following.life:
            following.gone = following.gone or following.note
            self._tell(following)
            following.life, following.last, following.over = life, 0, False
        elif following.over:
            return  # it has come too late
        if gone is not None:
            following.note = gone
            return
        if following.note is not None and int(number) > following.note.last:
            following.note = None  # whoever wanted to delete it has died
        if int(number) <= following.last:
            self._changed(following)  # those between that and this may have come too late
        if not following.due:
            following.due = True
            asyncio.get_running_loop().call_soon(self._tell_some, following)
        time = headers.get("Nats-Time-Stamp")  # not from servers as old as 2.9
        taken = self._leases.now() if time is None else seconds_of(time)
        following.events.append(Kept(int(number), headers.get("Nats-Msg-Id", ""), taken, message.data))

    def _tell_some(self, following: _Following) -> None:
        """Tell of those events before which none is missing; wait a little for what is.

        nats-server republishes from many threads, so that events overtake each other by a few places.
        """
        following.due = False
        events = following.events
        events.sort(key=_position)
        ready = 0
        while ready < len(events) and events[ready].position <= following.last + 1:
            following.last = events[ready].position
            ready += 1
        if ready and following.late is not None:  # which was for one that has come; the next has its own time
            following.late.cancel()
            following.late = None
        gone = following.gone
        waits = ready < len(events) or (gone is not None and following.last < gone.last)
        if waits and following.late is None:
            following.late = asyncio.get_running_loop().call_later(_LATE, self._tell, following)
        self._tell_these(following, events[:ready])
        following.events = events[ready:]
        if not waits:
            self._bury(following)

    def _tell(self, following: _Following) -> None:
        """Tell of all events that there are, and of the end of this life if that has come."""
        if following.late is not None:
            following.late.cancel()
            following.late = None
        events, following.events = sorted(following.events, key=_position), []
        if events:
            following.last = max(following.last, events[-1].position)
            self._tell_these(following, events)
        self._bury(following)

    def _tell_these(self, following: _Following, events: Sequence[Kept]) -> None:
        if events and self._hearer is not None and self._followed.get(following.channel) is following:
            self._hearer.heard(following.channel, following.life, events)

    def _bury(self, following: _Following) -> None:
        """Tell that a channel is deleted, if it is."""
        gone, following.gone = following.gone, None
        if gone is not None:
            following.note, following.over = None, True
            if self._hearer is not None and self._followed.get(following.channel) is following:
                self._hearer.changed(following.channel, gone)

    def _changed(self, following: _Following) -> None:
        self._tell(following)
        if self._hearer is not None and self._followed.get(following.channel) is following:
            self._hearer.changed(following.channel)

    async def _deleted(self, message: Msg) -> None:
        following = self._by_stream.get(message.subject.rpartition(".")[2])
        if following is not None:
            self._streams.forget(following.channel)
            following.gone = following.gone or following.note
            if following.gone is not None:
                self._tell_some(following)
            elif not following.over:
                self._changed(following)

    def _dropped(self, subscription: Subscription) -> None:
        for following in self._followed.values():
            if following.subscription is subscription:
                self._changed(following)
                return

    # Reading

    async def ends(self, channel: str) -> Ends:
        """See `Engine`."""
        at = self._streams.place(channel)
        stream, newest = await self._newest(at)
        known = None if stream is None else stream.known
        if stream is not None and known is not None and known.closing:
            said = newest["subject"] == at.closing if newest is not None else stream.last > 0
            if not said:
                # Whoever closed the channel has not said so yet, and may never.
                await self._closing.last_word(at, known)
                stream, newest = await self._newest(at)
        if stream is None or known is None or not stream.last:
            return Ends("", 1, 0, "", False, self._leases.now())
        return Ends(
            known.life,
            await self._reading.first(at, stream),
            stream.last,
            "" if newest is None else request_of(newest),
            bool(known.closing),
            self._leases.now(),
        )

    async def _newest(self, at: Place) -> tuple[Stream | None, Mapping[str, Any] | None]:
        """Return a channel's stream, and its newest event, as far as there are any."""
        stream = await self._streams.find(at)
        if stream is None or not stream.last:
            return stream, None
        return stream, await self._streams.message(at, {"seq": stream.last})

    async def read(self, channel: str, life: str, after: int, most: int, size: int) -> Sequence[Kept]:
        """See `Engine`."""
        return await self._reading.read(self._streams.place(channel), life, after, most, size)

    async def delete(self, channel: str) -> None:
        """See `Engine`."""
        await self._deleting.delete(channel)

    # Leases

    async def lease(self, name: str, holder: str, seconds: float) -> int | None:
        """See `Engine`."""
        return await self._leases.lease(name, holder, seconds)

    async def release(self, name: str, holder: str) -> None:
        """See `Engine`."""
        await self._leases.release(name, holder)

    async def remove(self) -> None:
        """See `hug.eventstream.engines.engine.Removable`."""
        await self._leases.remove()

    async def prune(self) -> None:
        """See `Engine`."""
        await self._leases.look_at_the_clock()
        await self._pruning.prune()
