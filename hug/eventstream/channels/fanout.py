"""One channel at work: its events, the audiences that follow them, and publishers too fast for those."""

import asyncio
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Protocol

from hug.eventstream.brokers import Broker, Topic
from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.channels.audience import Audience
from hug.eventstream.channels.failures import Failures
from hug.eventstream.channels.publication import wait_in_thread
from hug.eventstream.history.log import Bounds, Log
from hug.eventstream.history.view import OnGap, Predicate, Track
from hug.eventstream.loop.open_streams import streams_of


class Keeper(Protocol):
    """What has made a channel.

    Attributes:
        broker: Where the events of its channels are kept.
    """

    broker: Broker

    def keep(self, name: str) -> None:
        """Keep a channel, which nobody else may hold, while it has a history."""


class Fanout:
    """Brings a channel's events to its audiences, of which each event loop has one.

    The lock keeps out other threads, but finalizers and signal handlers publish, too, between any two lines:
    so nothing is called between looking at a field and changing it.

    Attributes:
        name: The channel's name.
        bounds: How many of its events are kept.
        on_gap: See `hug.eventstream.history.view.Track`.
        topic: Where its events are put in order.
        log: They themselves.
        audiences: Those that have readers.
        kept: For its keeper alone: 0 to be told of events, else where its log ended when it was looked at.
    """

    __slots__ = (
        "__weakref__", "_failures", "_keeper", "_room",
        "audiences", "bounds", "kept", "log", "name", "on_gap", "topic",
    )  # fmt: skip

    topic: Topic
    log: Log

    def __init__(self, name: str, bounds: Bounds, on_gap: OnGap, keeper: Keeper) -> None:
        self.name = name
        self.bounds = bounds
        self.on_gap: OnGap = on_gap
        self.kept = 0 if bounds.history else -1
        self._keeper = keeper
        self.begin()

    def begin(self) -> None:
        """Begin a life of the channel: without events and without readers."""
        # What those wait for who publish faster than readers can be served.
        self._room: Future[None] | None = None
        self.audiences: tuple[Audience, ...] = ()
        self.topic = self._keeper.broker.topic(self.name, self.bounds, partial(_grown, weakref.ref(self)))
        self.log = self.topic.log
        self._failures: Failures | None = None

    def track(self, predicates: tuple[Predicate, ...] = ()) -> Track:
        """Return what readers see of it."""
        if not predicates:
            return Track(self.name, self.log, self.on_gap)
        if self._failures is None:
            self._failures = Failures(self.name, self.log)
        return Track(self.name, self.log, self.on_gap, predicates, self._failures.tell)

    # Readers

    def audience(self, loop: asyncio.AbstractEventLoop, channel: object) -> Audience:
        """Return the readers on ``loop``; a new, empty audience if there are none, holding ``channel``."""
        pump = streams_of(loop).pump
        for audience in self.audiences:
            if audience.pump is pump:
                return audience
        audience = Audience(self, pump, channel)
        with LOCK:
            self.log.held = True
            self._replace(lambda audiences: (*(each for each in audiences if not each.pump.closed), audience))
        return audience

    def forsake(self, audience: Audience) -> None:
        """Forget an audience that has no readers left."""
        with LOCK:
            self._replace(lambda audiences: tuple(each for each in audiences if each is not audience))
            if not self.audiences:
                self.log.held = False
        self.settle()

    def _replace(self, change: Callable[[tuple[Audience, ...]], tuple[Audience, ...]]) -> None:
        while True:
            before = self.audiences
            after = change(before)
            if self.audiences is before:
                self.audiences = after
                return

    def idle(self) -> bool:
        """Whether nothing is left of any reader: none is there, and only the history is kept."""
        return not self.audiences and not self.log.held and self.log.oldest == self.log.resumable

    def finish(self, error: BaseException | None) -> None:
        """End the streams that read the channel now, each when it has everything; with ``error``, if any."""
        for audience in self.audiences:
            audience.pump.call(audience.finish, error)

    def settle(self) -> None:
        """Let go of what all readers have, and let those publish on who wait for readers to keep pace."""
        log, audiences = self.log, self.audiences
        if all(audience.complete for audience in audiences):
            log.release(min([audience.served for audience in audiences], default=log.last))
        if self._room is not None:
            with LOCK:
                room, self._room = self._room, None
            if room is not None:
                room.set_result(None)

    # Publishers

    def grown(self) -> bool:
        """Have the readers served: the log has grown. Return whether they cannot keep pace."""
        if not self.kept:
            self._keeper.keep(self.name)
        crowded = False
        for audience in self.audiences:
            if not audience.queued:
                audience.pump.wake(audience)
            elif audience.crowded:
                crowded = True
        return crowded

    @property
    def crowded(self) -> bool:
        """Whether readers cannot keep pace with what is published."""
        return any(audience.crowded for audience in self.audiences)

    def wait(self) -> Future[None] | None:
        """Return what to wait for when readers cannot keep pace; in a thread, wait for it and return None."""
        made: Future[None] = Future()
        with LOCK:
            if self._room is None:
                self._room = made
            room = self._room
        for audience in self.audiences:
            if audience.crowded:
                audience.awaited = True
                audience.pump.hurry()
        if not self.crowded:
            return None  # they were served in between, and who waits is not waited for
        return wait_in_thread(room)


def _grown(reference: "weakref.ref[Fanout]") -> None:
    """Do what `Fanout.grown` does, and do not keep it alive for that."""
    fanout = reference()
    if fanout is not None:
        fanout.grown()
