"""The readers of one channel on one event loop: those who see all of it, and those who see some, or more."""

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Protocol

from hug.eventstream.brokers import Page
from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.channels.group import Group, Listeners
from hug.eventstream.history.log import LIVE_BYTES, LIVE_EVENTS, Log
from hug.eventstream.loop.pump import Pump


class Origin(Protocol):
    """What has an audience on each event loop: a channel.

    Attributes:
        log: Its events.
    """

    log: Log

    def follow(self) -> None:
        """Have it followed, should it not be."""

    def page(self, position: int) -> Future[Page]:
        """See `hug.eventstream.brokers.Topic.page`."""

    def forsake(self, audience: "Audience") -> None:
        """Forget an audience that has no readers."""

    def settle(self) -> None:
        """An audience has been served."""


class Audience:
    """The groups of a channel's readers on one event loop.

    Attributes:
        pump: What serves it.
        queued: See `hug.eventstream.loop.pump.Pumped`.
        readers: How many there are, in all groups.
        served: The position of those that keep up.
        awaited: Whether somebody waits for them to be served.
    """

    __slots__ = (
        "_bytes_in", "_channel", "_groups", "_log", "_origin", "_room", "_sole",
        "awaited", "pump", "queued", "readers", "served",
    )  # fmt: skip

    def __init__(self, origin: Origin, pump: Pump, channel: object) -> None:
        """Make an audience without readers; it holds ``channel``, which is to live as long as it has some."""
        self.pump = pump
        self._origin = origin
        self._channel = channel
        self._log = log = origin.log
        self._sole: Listeners | None = None  # that has readers, if there is but one
        self._groups: dict[object, Listeners] | None = None  # else all of them, by the key of their view
        self.rebound()
        self._bytes_in = log.bytes_in
        self.served = log.last
        self.awaited = False
        self.queued = False
        self.readers = 0

    def rebound(self) -> None:
        """The channel keeps more from now on, or less."""
        self._room = max(self._log.bounds.history, LIVE_EVENTS) // 2

    def group(self, key: object) -> Group | None:
        """Return the group of readers whose view has this key, if there are any."""
        group = self._sole if self._groups is None else self._groups.get(key)
        return group if isinstance(group, Group) and group.view.key == key else None

    def serve(self) -> Iterator[None] | None:
        """See `hug.eventstream.loop.pump.Pumped.serve`."""
        log = self._log
        last, bytes_in = log.last, log.bytes_in
        group = self._sole
        if group is None:
            return self._serve_in_turns(self._all(), last, bytes_in)
        turns = group.serve()
        if turns is not None:
            return self._serve_in_turns((group,), last, bytes_in, turns)
        self.served, self._bytes_in = last, bytes_in
        if log.exceeds or self.awaited:
            self._settle()
        return None

    def _serve_in_turns(
        self, groups: tuple[Listeners, ...], last: int, bytes_in: int, turns: Iterator[None] | None = None
    ) -> Iterator[None]:
        yield from turns or ()
        for group in groups if turns is None else ():
            yield from group.serve() or (None,)
        self.served, self._bytes_in = last, bytes_in
        self._settle()

    def _settle(self) -> None:
        self.awaited = False
        self._origin.settle()

    def finish(self, error: BaseException | None) -> None:
        """End the readers there are now, each when it has everything; raise ``error`` in them, if any."""
        for group in self._all():
            group.finish(error)

    @property
    def complete(self) -> bool:
        """Whether all readers keep up."""
        return all(group.complete for group in self._all())

    @property
    def crowded(self) -> bool:
        """Whether so much waits for the next pass that some might be dropped before."""
        log = self._log
        return (
            log.last - self.served > self._room or log.bytes_in - self._bytes_in > LIVE_BYTES // 2
        ) and not self.pump.closed

    def slowest(self) -> int | None:
        """Return the position of the reader that has the least, None without readers; in any thread."""
        places = [group.slowest(self._log) for group in self._all()]
        return min([each for each in places if each is not None], default=None)

    def wake(self) -> None:
        """See `hug.eventstream.channels.group.Belonging`."""
        self.pump.wake(self)

    @property
    def oldest(self) -> int:
        """See `hug.eventstream.channels.fetching.Shelf`."""
        return self._log.oldest

    def follow(self) -> None:
        """See there."""
        self._origin.follow()

    def page(self, position: int) -> Future[Page]:
        """See there."""
        return self._origin.page(position)

    def count(self, group: Listeners, change: int) -> None:
        """See `hug.eventstream.channels.group.Belonging`; the last reader ends the audience."""
        with LOCK:
            self.readers += change
            self._arrange(group)
        if not self.readers:
            self._origin.forsake(self)

    def _arrange(self, group: Listeners) -> None:
        key = group.view.key
        if self._groups is None and self._sole in (None, group):
            self._sole = group if group.readers else None
        elif group.readers:
            if self._groups is None and self._sole is not None:
                self._groups = {self._sole.view.key: self._sole}
                self._sole = None
            if self._groups is not None:
                self._groups[key] = group
        elif self._groups is not None:
            self._groups.pop(key, None)
            if len(self._groups) == 1:
                (self._sole,) = self._groups.values()
                self._groups = None

    def _all(self) -> tuple[Listeners, ...]:
        """Return all groups that have readers; from any thread."""
        with LOCK:
            if self._groups is not None:
                return tuple(self._groups.values())
            return () if self._sole is None else (self._sole,)
