"""One channel at work: its events, the audiences that follow them, and publishers too fast for those."""

import asyncio
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Protocol

from hug.eventstream.brokers import Broker, Page, Topic
from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.channels.audience import Audience
from hug.eventstream.channels.filter_failures import Failures
from hug.eventstream.channels.options import Options
from hug.eventstream.channels.publication import wait_in_thread
from hug.eventstream.channels.thread_reader import Apart
from hug.eventstream.channels.unread_memory import be_quiet
from hug.eventstream.history.log import Bounds, Log
from hug.eventstream.history.track import OnGap, Predicate, Track
from hug.eventstream.loop.open_streams import streams_of
from hug.eventstream.loop.several_processes import warn_if_several


class Keeper(Protocol):
    """What has made a channel.

    Attributes:
        broker: Where the events of its channels are kept.
    """

    broker: Broker

    def keep(self, name: str) -> None:
        """Keep a channel, which nobody else may hold, while it has a history."""

    def keep_closed(self, name: str) -> None:
        """Keep a channel that was closed, for a while, so that nobody makes another one in its place."""

    def forget(self, name: str) -> None:
        """Keep it no more for having been closed: it was deleted."""


class Fanout:
    """Brings a channel's events to its audiences, of which each event loop has one.

    The lock keeps out other threads, but finalizers and signal handlers publish, too, between any two lines:
    so nothing is called between looking at a field and changing it.

    Attributes:
        name: The channel's name.
        options: How many of its events are kept, and what readers get that have missed some.
        topic: Where its events are put in order.
        log: They themselves.
        audiences: Those that have readers.
        ready: What is done once the log is up to date, for readers that are there; None if it is.
        kept: For its keeper alone: 0 to be told of events, else where its log ended when it was looked at.
        watch: What else is called, from any thread, when the log has grown, if that is kept elsewhere.
    """

    __slots__ = (
        "__weakref__", "_failures", "_keeper", "_room",
        "audiences", "kept", "log", "name", "options", "ready", "topic", "watch",
    )  # fmt: skip

    topic: Topic
    log: Log

    def __init__(self, name: str, options: Options, keeper: Keeper) -> None:
        self.name = name
        self.options = options
        self._keeper = keeper
        self.watch: Callable[[], None] | None = None
        self.begin()
        self.kept = self._kept()

    def begin(self) -> None:
        """Begin a life of the channel: without events and without readers."""
        # What those wait for who publish faster than readers can be served.
        self._room: Future[None] | None = None
        self.ready: Future[None] | None = None
        self.audiences: tuple[Audience | Apart, ...] = ()
        self.topic = self._keeper.broker.topic(self.name, self.bounds, partial(_grown, weakref.ref(self)))
        self.log = self.topic.log
        self._failures: Failures | None = None

    def _kept(self) -> int:
        """Return what `kept` is for a channel whose keeper has not been told of events."""
        return 0 if self.topic.local and self.bounds.history else -1

    @property
    def broker(self) -> Broker:
        """Where its events are kept."""
        return self._keeper.broker

    @property
    def bounds(self) -> Bounds:
        """How many of its events are kept."""
        return self.options.bounds

    @property
    def on_gap(self) -> OnGap:
        """See `hug.eventstream.history.view.Track`."""
        return self.options.on_gap

    def _chosen_on_gap(self) -> OnGap:
        return self.options.on_gap

    def choose(self, options: Options) -> None:
        """Have other options from now on."""
        before, self.options = self.options, options
        if options.bounds != before.bounds:
            self.topic.rebound(options.bounds)
            for audience in self.audiences:
                audience.rebound()
            if self.kept <= 0:
                self.kept = self._kept()

    def set_aside(self) -> Callable[[], None]:
        """Begin another life for a while; return what goes back to this one."""
        before = self.audiences, self.topic, self._failures, self.ready, self.kept, self.options, self._room

        def go_back() -> None:
            self.finish(None)
            self.settle()
            audiences, self.topic, self._failures, self.ready, self.kept, self.options, self._room = before
            self.log = self.topic.log
            self.audiences = tuple([each for each in audiences if each.readers])
            self.log.held = bool(self.audiences)
            if not self.topic.local:
                self._unfollow()
            self.settle()

        self.begin()
        self.kept = self._kept()
        return go_back

    def track(self, predicates: tuple[Predicate, ...] = ()) -> Track:
        """Return what readers see of it."""
        if not predicates:
            return Track(self.name, self.log, self._chosen_on_gap)
        if self._failures is None:
            self._failures = Failures(self.name, self.log)
        return Track(self.name, self.log, self._chosen_on_gap, predicates, self._failures.tell)

    # Readers

    def audience(self, loop: asyncio.AbstractEventLoop, channel: object) -> Audience:
        """Return the readers on ``loop``; a new, empty audience if there are none, holding ``channel``."""
        pump = streams_of(loop).pump
        for audience in self.audiences:
            if audience.pump is pump and isinstance(audience, Audience):
                return audience
        if self.topic.local:
            warn_if_several(self.name)
        audience = Audience(self, pump, channel)
        self._add(audience)
        return audience

    def apart(self, channel: object, tell: Callable[[], None]) -> Apart:
        """Return a new audience for one who reads in a thread, holding ``channel``; see `Apart`."""
        if self.topic.local:
            warn_if_several(self.name)
        audience = Apart(self, channel, tell)
        self._add(audience)
        return audience

    def _add(self, audience: Audience | Apart) -> None:
        be_quiet()
        with LOCK:
            self.log.held = True
            self._replace(lambda audiences: (*(each for each in audiences if not each.pump.closed), audience))
        if not self.topic.local:
            self.follow()

    def forsake(self, audience: Audience | Apart) -> None:
        """Forget an audience that has no readers left."""
        with LOCK:
            self._replace(lambda audiences: tuple(each for each in audiences if each is not audience))
            if not self.audiences:
                self.log.held = False
        if not self.topic.local:
            self._unfollow()
        self.settle()

    def follow(self) -> None:
        """Have the channel followed, should it not be."""
        self.ready = self.topic.follow()

    def _unfollow(self) -> None:
        # Not under the lock, which a broker may need in another thread before it can answer.
        if not self.audiences:
            self.topic.unfollow()
            if self.audiences:
                self.follow()  # a reader has come in another thread meanwhile

    def page(self, position: int) -> Future[Page]:
        """See `hug.eventstream.brokers.Topic.page`."""
        return self.topic.page(position)

    def _replace(
        self, change: Callable[[tuple[Audience | Apart, ...]], tuple[Audience | Apart, ...]]
    ) -> None:
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
        # In this order: who comes, or falls behind, between two lines is no further back than the first says.
        log = self.log
        last = log.last
        audiences = self.audiences
        served = min([audience.served for audience in audiences], default=last)
        if all(audience.complete for audience in audiences):
            log.release(served)
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
            if self.topic.local:
                warn_if_several(self.name)
        crowded = False
        for audience in self.audiences:
            if not audience.queued:
                audience.pump.wake(audience)
            elif audience.crowded:
                crowded = True
        return crowded

    def closed(self) -> None:
        """The channel is closed, or about to be."""
        self.grown()
        if self.topic.local:
            self._keeper.keep_closed(self.name)

    def deleted(self) -> None:
        """It was deleted, or is about to be."""
        if self.topic.local:
            self._keeper.forget(self.name)

    @property
    def crowded(self) -> bool:
        """Whether readers cannot keep pace with what is published."""
        for audience in self.audiences:  # noqa: SIM110  (any() and a generator take 0.4 us for none)
            if audience.crowded:
                return True
        return False

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
        if fanout.watch is not None:
            fanout.watch()
