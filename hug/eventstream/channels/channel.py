"""Channels: publish once, from anywhere, and every reader gets it."""

import asyncio
from typing import Any

from hug.eventstream.channels.fanout import Fanout
from hug.eventstream.channels.publication import Publication
from hug.eventstream.channels.refusal import refused
from hug.eventstream.history.log import Bounds
from hug.eventstream.history.view import OnGap, Predicate
from hug.eventstream.loop.open_streams import ending
from hug.eventstream.wire.encode import fields
from hug.eventstream.wire.event import Event
from hug.eventstream.wire.event import event as make_event
from hug.eventstream.wire.no_value import NoValue


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
    ) -> Publication:
        """Send an event to all readers, and keep it for those that come back.

        It may be called from a coroutine, from a handler in a thread, from any other thread, and before there
        is a reader. It does not wait in a coroutine; elsewhere it may, for a second at most, when events come
        faster than the readers can be served.

        Args:
            data: See `hug.eventstream.wire.event.event`; or an event made by that.
            event: See there, as for all others.
            id: Must be left out: the channel gives its events ids, by which readers resume.
            retry: Milliseconds.
            comment: Text.

        Raises:
            TypeError: ``data`` is nothing that hug can write as JSON.
            ValueError: A field is wrong; the message names it.
            PublishRefused: The process is ending, and so may a thread that does nothing but publish: it
                need not catch this, and nothing is printed. When the end begins in the moment of publishing,
                in another thread, some readers may have the event nevertheless.
        """
        if isinstance(data, str) and event is None and id is None and retry is None and comment is None:
            body = fields(data)  # no field that could be wrong
        else:
            body = fields(_checked(data, event, id, retry, comment))
        fanout = self._fanout
        if ending():
            raise refused(fanout.name)
        taken = fanout.topic.append(body)
        if isinstance(taken, str):
            crowded = fanout.grown()
            if ending():  # it is too late, perhaps, to be brought to the readers
                raise refused(fanout.name)
        else:
            crowded = fanout.crowded
        return Publication(taken, fanout.wait() if crowded else None)

    def where(self, predicate: Predicate) -> FilteredChannel:
        """Return those events for which ``predicate(message)`` is true.

        Args:
            predicate: Gets a `hug.eventstream.wire.decode.Message`, as clients receive it: ``event``,
                ``data``, ``id`` and ``json()``. It runs on the event loop, once for each event and each group
                of readers with the same function, so it must neither wait nor block.
        """
        return FilteredChannel(self, ()).where(predicate)

    @property
    def readers(self) -> Readers:
        """The open streams that read this channel, filtered or not."""
        return Readers(self._fanout)

    @property
    def last_id(self) -> str:
        """The id of the newest event; a reader that starts ``since`` it gets what comes from now on."""
        log = self._fanout.log
        return log.id(log.last)

    def __repr__(self) -> str:
        return f"<channel {self.name!r}, {len(self.readers)} readers>"


def fanout_of(channel: Channel) -> Fanout:
    """Return what works behind a channel, and is not for applications."""
    return channel._fanout


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
