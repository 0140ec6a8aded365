"""Channels: publish once, from anywhere, and every reader gets it."""

import asyncio
from typing import Any

from hug.eventstream.channels.closing import close
from hug.eventstream.channels.fanout import Fanout
from hug.eventstream.channels.publication import Pending, Publication, Published, wait_in_thread
from hug.eventstream.channels.refusal import refused
from hug.eventstream.channels.reply import Reply, wait_for_id
from hug.eventstream.channels.selection import Selection
from hug.eventstream.channels.subscribing import Messages
from hug.eventstream.channels.transaction import within
from hug.eventstream.history.log import Bounds
from hug.eventstream.history.track import OnGap, Predicate
from hug.eventstream.loop.open_streams import drained, ending
from hug.eventstream.wire.encode import fields
from hug.eventstream.wire.event import Event
from hug.eventstream.wire.event import event as make_event
from hug.eventstream.wire.no_value import NoValue
from hug.sentinels import NOTHING


class FilteredChannel(NoValue):
    """Some of a channel's events; made by `Channel.where`.

    Attributes:
        channel: The channel.
        predicates: Which of its events: those for which all are true.
    """

    __slots__ = ("channel", "predicates")

    def __init__(self, channel: "Channel", predicates: tuple[Predicate, ...]) -> None:
        self.channel = channel
        self.predicates = predicates

    def where(self, predicate: Predicate) -> "FilteredChannel":
        """Return those of these events for which ``predicate`` is true, too; see `Channel.where`."""
        if not callable(predicate):
            raise TypeError(f"where() needs a function of a message, not {predicate!r}")
        if asyncio.iscoroutinefunction(predicate):
            raise TypeError("where() needs a plain function: events wait for nobody, so it cannot be async")
        return FilteredChannel(self.channel, (*self.predicates, predicate))

    def subscribe(self, since: str | int | None = None) -> Messages:
        """Return these events, to be read here, one after the other; see `Channel.subscribe`."""
        return Messages(self, since)

    @property
    def selection(self) -> Selection:
        """See `hug.eventstream.channels.selection.Selectable`."""
        return Selection(self.channel._fanout, self.channel, self.predicates)


class Readers:
    """The open streams that read a channel; ``len()`` counts them."""

    __slots__ = ("_fanout",)

    def __init__(self, fanout: Fanout) -> None:
        self._fanout = fanout

    def __len__(self) -> int:
        return sum(audience.readers for audience in self._fanout.audiences)

    def __repr__(self) -> str:
        return f"<{len(self)} readers of channel {self._fanout.name!r}>"


class Channel(NoValue):
    """A named run of events that any number of streams follow; made by ``hug.sse.channel``."""

    __slots__ = ("__weakref__", "_fanout")

    def __init__(self, fanout: Fanout) -> None:
        self._fanout = fanout

    @property
    def name(self) -> str:
        """Its name, one of a kind in its API."""
        return self._fanout.name

    @property
    def bounds(self) -> Bounds:
        """How many of its events are kept."""
        return self._fanout.bounds

    @property
    def on_gap(self) -> OnGap:
        """What a reader gets that has missed what is gone: an ``"event"``, or ``"disconnect"``, an end."""
        return self._fanout.on_gap

    def publish(
        self,
        data: Any = "",
        *,
        event: str | None = None,
        id: str | int | None = None,
        retry: int | None = None,
        comment: str | None = None,
        connection: Any = NOTHING,
    ) -> Publication:
        """Send an event to all readers, and keep it for those that come back.

        It may be called from a coroutine, from a handler in a thread, from any other thread, and before there
        is a reader. It does not wait in a coroutine; elsewhere it may, for a second at most, when events come
        faster than the readers can be served or than the channel's broker can take them.

        Args:
            data: See `hug.eventstream.wire.event.event`; or an event made by that.
            event: See there, as for all others.
            id: Must be left out: the channel gives its events ids, by which readers resume.
            retry: Milliseconds.
            comment: Text.
            connection: One of yours to the database that keeps the channel, of psycopg or `sqlite3`. The
                event is then part of the transaction it is in: readers get it when that is committed, and
                never if it is rolled back. Of an async connection the publication must be awaited.

        Raises:
            TypeError: ``data`` is nothing that hug can write as JSON.
            ValueError: A field is wrong; the message names it.
            PublishRefused: The channel is in the memory of this process, which is ending, and so may a thread
                that does nothing but publish: it need not catch this, and nothing is printed. When the end
                begins in the moment of publishing, in another thread, some readers may have the event
                nevertheless.
            ChannelClosed: The channel was closed.
            NotTaken: Too many events wait for the broker, which cannot be reached.
            BrokerError: The channel's broker knows no transactions of yours.

        What is known later comes with the publication, to whoever asks that: `ChannelClosed`; `NotTaken` for
        an event that the broker has refused or could not be sent for seconds; `FateUnknown` for one that was
        sent, and of which nobody knows whether it was taken. What nobody asks about is logged.
        """
        if isinstance(data, str) and event is None and id is None and retry is None and comment is None:
            body = fields(data)  # no field that could be wrong
        else:
            body = fields(_checked(data, event, id, retry, comment))
        fanout = self._fanout
        topic = fanout.topic
        if connection is not NOTHING:
            return within(fanout.name, topic, connection, body)
        if drained and ending() and topic.local:
            raise refused(fanout.name)
        taken = topic.append(body, None, Pending)
        if isinstance(taken, str):
            crowded = fanout.grown()
            if drained and ending():  # it is too late, perhaps, to be brought to the readers
                raise refused(fanout.name)
        else:
            room = topic.room()
            if room is not None:
                wait_in_thread(room)  # a coroutine awaits its events instead
            crowded = bool(fanout.audiences) and fanout.crowded
            if not crowded and isinstance(taken, Pending):
                return taken
        return Published(taken, fanout.wait() if crowded else None)

    def close(
        self,
        data: Any = NOTHING,
        *,
        event: str | None = None,
        retry: int | None = None,
        comment: str | None = None,
        connection: Any = NOTHING,
    ) -> Publication:
        """End the channel: readers get what they lack, and then the end of their streams.

        Who comes later gets what is left of the history, then the end; a browser that has all of that is told
        by 204 to stay away. So it is in all processes on the same broker, until the history has expired; in
        memory for 300 seconds at least, and as long as somebody holds the channel. `delete` undoes it.

        Args:
            data: The data of a last event; without any of these there is none. Else see `publish`.
            event: See there, as for all others.
            retry: Milliseconds.
            comment: Text.
            connection: See `publish`: the end is part of your transaction.

        Raises:
            ChannelClosed: It is closed already, and there is a last event that nobody will get. Without one
                that is no error, unless it is within a transaction. This, and what else `publish` raises, may
                also come with the publication, which is that of the end.
        """
        body = b""
        if data is not NOTHING or any(each is not None for each in (event, retry, comment)):
            body = fields(_checked("" if data is NOTHING else data, event, None, retry, comment))
        fanout = self._fanout
        if connection is not NOTHING:
            events = [body, b""] if body else [b""]
            return within(fanout.name, fanout.topic, connection, *events)
        if ending() and fanout.topic.local:
            raise refused(fanout.name)
        closing = close(fanout.topic, body)
        fanout.closed()
        return closing

    def delete(self) -> Reply[None]:
        """Forget all of the channel's events, and that it was closed; on its broker, for all processes.

        Streams that are open go on, with what is published from now on; one that comes back with an id from
        before gets a gap. Await the reply, or, in a thread, ask for its ``result(timeout)``; and before that
        those of what was published, or closed, which it may overtake.
        """
        fanout = self._fanout
        deleted = fanout.topic.delete()
        fanout.deleted()
        return Reply(deleted)

    def where(self, predicate: Predicate) -> FilteredChannel:
        """Return those events for which ``predicate(message)`` is true.

        Args:
            predicate: Gets a `hug.eventstream.wire.decode.Message`, as clients receive it: ``event``,
                ``data``, ``id`` and ``json()``. It runs on the event loop, once for each event and each group
                of readers with the same function, so it must neither wait nor block.
        """
        return FilteredChannel(self, ()).where(predicate)

    def subscribe(self, since: str | int | None = None) -> Messages:
        """Return the channel's events, to be read here: one `hug.eventstream.wire.decode.Message` at a time.

        Iterate over them, with ``async for`` in a coroutine and ``for`` in a thread or a script. It begins
        when its block is entered (``async with``, ``with``) or, without one, with the first message that is
        asked for: nothing that is published from then on is missed. It ends when the channel is closed. A
        reader that is too slow has a position, not a queue; when it falls out of what is kept it gets a
        message ``gap``, as streams do, and goes on.

        Args:
            since: Where to begin: ``"start"`` with the oldest event there is, a number with so many of the
                newest, an id behind that event; left out, with what comes from now on.

        Raises:
            TypeError: ``since`` is neither text nor a whole number.
            ValueError: It can be no id, or is a number below 1.
        """
        return Messages(self, since)

    @property
    def selection(self) -> Selection:
        """See `hug.eventstream.channels.selection.Selectable`."""
        return Selection(self._fanout, self)

    @property
    def readers(self) -> Readers:
        """The open streams that read this channel, and those who `subscribe`; all of it or some."""
        return Readers(self._fanout)

    def newest_id(self) -> Reply[str]:
        """Return the id of the newest event; a reader that starts ``since`` it gets what comes from now on.

        Await it, or, in a thread, ask for its ``result(timeout)``: a broker that several processes share has
        to be asked. It may raise `Unreachable`.
        """
        return Reply(self._fanout.topic.newest())

    @property
    def last_id(self) -> str:
        """The same at once: from memory, or, in a thread without an event loop, after waiting for the broker.

        Raises:
            RuntimeError: A coroutine cannot wait for that: ``await channel.newest_id()``.
            Unreachable: The broker does not answer.
        """
        newest = self._fanout.topic.newest()
        return newest if isinstance(newest, str) else wait_for_id(newest)

    def __repr__(self) -> str:
        return f"<channel {self.name!r}, {len(self.readers)} readers>"


def fanout_of(channel: Channel) -> Fanout:
    """Return what works behind a channel, and is not for applications."""
    return channel._fanout


def body(data: Any) -> bytes:
    """Return the lines of an event, as `Channel.publish` makes them of ``data``; raise what that does."""
    return fields(data if isinstance(data, str) else _checked(data, None, None, None, None))


def _checked(
    data: Any, event: str | None, id: str | int | None, retry: int | None, comment: str | None
) -> Event:
    if not isinstance(data, Event):
        item = make_event(data, event=event, retry=retry, comment=comment)
    elif event is None and retry is None and comment is None:
        item = data
    else:
        raise TypeError("publish() takes an event made by hug.sse.event(), or its fields, not both")
    if id is not None or item.id is not None:
        raise ValueError(
            "id must be left out: a channel gives its events ids of its own, by which readers resume. "
            "Put yours into the data"
        )
    return item
