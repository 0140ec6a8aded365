"""Channels: publish once, from anywhere, and every reader gets it."""

import asyncio
import concurrent.futures
import contextlib
import threading
import weakref
from collections.abc import Callable
from typing import Any, Protocol

from hug.eventstream.brokers import Broker, Topic
from hug.eventstream.channels.audience import Audience
from hug.eventstream.channels.publication import ROOM_TIMEOUT, Publication
from hug.eventstream.channels.reader import Part
from hug.eventstream.history.log import Bounds, Log
from hug.eventstream.history.view import OnGap, Predicate
from hug.eventstream.loop.open_streams import ending, streams_of
from hug.eventstream.wire.encode import fields
from hug.eventstream.wire.event import Event
from hug.eventstream.wire.event import event as make_event
from hug.exceptions import PublishRefused


class Keeper(Protocol):
    """What has made a channel.

    Attributes:
        broker: Where the events of its channels are kept.
    """

    broker: Broker

    def keep(self, channel: "Channel") -> None:
        """Keep a channel, which nobody else may hold, while it has a history."""


class Filtered:
    """Some of a channel's events; made by `Channel.where`."""

    __slots__ = ("channel", "predicates")

    def __init__(self, channel: "Channel", predicates: tuple[Predicate, ...]) -> None:
        self.channel = channel
        self.predicates = predicates

    def where(self, predicate: Predicate) -> "Filtered":
        """Return those of these events for which ``predicate`` is true, too; see `Channel.where`."""
        return _filtered(self.channel, self.predicates, predicate)

    @property
    def part(self) -> Part:
        """What a subscription needs to know."""
        return Part(self.channel, self.predicates)


def _filtered(channel: "Channel", predicates: tuple[Predicate, ...], predicate: Predicate) -> Filtered:
    if not callable(predicate):
        raise TypeError(f"where() needs a function of a message, not {predicate!r}")
    if asyncio.iscoroutinefunction(predicate):
        raise TypeError("where() needs a plain function: events wait for nobody, so it cannot be async")
    return Filtered(channel, (*predicates, predicate))


class Readers:
    """The open streams that read a channel; ``len()`` counts them."""

    __slots__ = ("_channel",)

    def __init__(self, channel: "Channel") -> None:
        self._channel = channel

    def __len__(self) -> int:
        return sum(audience.readers for audience in self._channel.audiences)

    def __repr__(self) -> str:
        return f"<{len(self)} readers of channel {self._channel.name!r}>"


class Channel:
    """A named run of events that any number of streams follow; made by ``hug.sse.channel``.

    Attributes:
        name: Its name, one of a kind in its API.
        bounds: How many of its events are kept.
        on_gap: What happens to a reader that has missed events that are gone: ``"event"`` tells it so,
            ``"disconnect"`` ends its stream.
        audiences: Its readers, by event loop.
        kept: For its keeper alone: 0 unless that keeps it, else where its log ended when it was looked at.
    """

    __slots__ = (
        "__weakref__", "_keeper", "_lock", "_log", "_room", "_topic",
        "audiences", "bounds", "kept", "name", "on_gap",
    )  # fmt: skip

    def __init__(self, name: str, bounds: Bounds, on_gap: OnGap, keeper: "Keeper") -> None:
        self.name = name
        self.bounds = bounds
        self.on_gap: OnGap = on_gap
        self.audiences: tuple[Audience, ...] = ()
        self.kept = 0
        self._keeper = keeper
        self._topic: Topic | None = None
        self._log: Log | None = None
        self._lock = threading.Lock()
        # What those wait for who publish faster than readers can be served.
        self._room: concurrent.futures.Future[None] | None = None

    # For applications

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
            PublishRefused: The process is ending. When it begins to in the moment of publishing, in another
                thread, some readers may have the event nevertheless.
        """
        if isinstance(data, str) and event is None and id is None and retry is None and comment is None:
            body = fields(data)  # no field that could be wrong
        else:
            body = fields(_checked(data, event, id, retry, comment))
        if ending():
            raise PublishRefused(self.name)
        taken = (self._topic or self._opened()).append(body)
        if isinstance(taken, str):
            crowded = self.grown()
            if ending():  # it is too late, perhaps, to be brought to the readers
                raise PublishRefused(self.name)
        else:
            crowded = self._crowded()
        return Publication(taken, self._wait() if crowded else None)

    def where(self, predicate: Predicate) -> Filtered:
        """Return those events for which ``predicate(message)`` is true.

        Args:
            predicate: Gets a `hug.eventstream.wire.decode.Message`, as clients receive it: ``event``,
                ``data``, ``id`` and ``json()``. It runs on the event loop, once for each event and each group
                of readers with the same function, so it must neither wait nor block.
        """
        return _filtered(self, (), predicate)

    @property
    def readers(self) -> Readers:
        """The open streams that read this channel, filtered or not."""
        return Readers(self)

    @property
    def last_id(self) -> str:
        """The id of the newest event; a reader that starts ``since`` it gets what comes from now on."""
        return self.log.id(self.log.last)

    def __repr__(self) -> str:
        return f"<channel {self.name!r}, {len(self.readers)} readers>"

    # For streams

    @property
    def part(self) -> Part:
        """What a subscription needs to know."""
        return Part(self)

    @property
    def log(self) -> Log:
        """Its events."""
        return self._log or self._opened().log

    def _opened(self) -> Topic:
        # Not before it is needed: processes that are forked off must not have the same ids for other events.
        topic = self._topic
        if topic is None:
            with self._lock:
                topic = self._topic
                if topic is None:
                    topic = self._keeper.broker.topic(self.name, self.bounds, _teller(weakref.ref(self)))
                    self._topic, self._log = topic, topic.log
        return topic

    def audience(self, loop: asyncio.AbstractEventLoop) -> Audience:
        """Return the readers on ``loop``; a new, empty audience if there are none."""
        pump = streams_of(loop).pump
        log = self.log
        with self._lock:
            for audience in self.audiences:
                if audience.pump is pump:
                    return audience
            audience = Audience(self, pump)
            log.held = True
            self.audiences = (*(each for each in self.audiences if not each.pump.closed), audience)
        return audience

    def forsake(self, audience: Audience) -> None:
        """Forget an audience that has no readers left."""
        with self._lock:
            self.audiences = tuple(each for each in self.audiences if each is not audience)
            if not self.audiences:
                self.log.held = False
        self.settle()

    def end(self, error: BaseException | None) -> None:
        """End the streams that read this channel now, each when it has everything; with ``error``, if any."""
        for audience in self.audiences:
            audience.pump.call(audience.finish, error)

    def settle(self) -> None:
        """Let go of what all readers have, and let those publish on who wait for readers to keep pace."""
        log, audiences = self.log, self.audiences
        if all(audience.served_all for audience in audiences):
            log.release(min([audience.served for audience in audiences], default=log.last))
        if self._room is not None:
            with self._lock:
                room, self._room = self._room, None
            if room is not None:
                room.set_result(None)

    def grown(self) -> bool:
        """Have the readers served: the log has grown. Return whether they cannot keep pace."""
        if not self.kept:
            self._keeper.keep(self)
        crowded = False
        for audience in self.audiences:
            if not audience.queued:
                audience.pump.wake(audience)
            elif audience.crowded:
                crowded = True
        return crowded

    def _crowded(self) -> bool:
        return any(audience.crowded for audience in self.audiences)

    def _wait(self) -> concurrent.futures.Future[None] | None:
        """Return what to wait for when readers cannot keep pace; in a thread, wait for it and return None."""
        with self._lock:
            room = self._room = self._room or concurrent.futures.Future()
        for audience in self.audiences:
            if audience.crowded:
                audience.awaited = True
                audience.pump.hurry()
        if not self._crowded():
            return None  # they were served in between, and who waits is not waited for
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            with contextlib.suppress(TimeoutError):
                room.result(ROOM_TIMEOUT)
            return None
        return room


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


def _teller(reference: "weakref.ref[Channel]") -> Callable[[], None]:
    """Return what tells a channel's readers that its log has grown, and does not keep the channel alive."""

    def grown() -> None:
        channel = reference()
        if channel is not None:
            channel.grown()

    return grown
