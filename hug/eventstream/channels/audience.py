"""The readers of one channel on one event loop: those who see all of it, and those who see some, or more."""

from collections.abc import Iterator
from typing import Protocol

from hug.eventstream.channels.group import TURN, Group
from hug.eventstream.history.log import LIVE_BYTES, LIVE_EVENTS, Log
from hug.eventstream.history.view import OnGap, Track, View
from hug.eventstream.loop.pump import Pump
from hug.eventstream.sources.feed import WRITE_SIZE


class Followed(Protocol):
    """A channel, as its audiences see it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def on_gap(self) -> OnGap:
        """What happens to readers that have missed events that are gone."""

    @property
    def log(self) -> Log:
        """Its events."""

    def forsake(self, audience: "Audience") -> None:
        """Forget an audience that has no readers."""

    def settle(self) -> None:
        """An audience has been served."""


class Audience(Group):
    """The readers of one channel on one event loop: a group of those who see all of it, and other groups.

    Attributes:
        queued: See `hug.eventstream.loop.pump.Pumped`.
        selections: The other groups, by the key of their view.
        readers: How many there are, in all groups.
        served: The position of those that keep up.
        served_all: Whether that is all of them.
        awaited: Whether somebody waits for them to be served.
    """

    __slots__ = (
        "_bytes_in", "_channel", "_log", "_room",
        "awaited", "queued", "readers", "selections", "served", "served_all",
    )  # fmt: skip

    def __init__(self, channel: Followed, pump: Pump) -> None:
        self._channel = channel
        self._log = log = channel.log
        super().__init__(View([Track(channel.name, log, channel.on_gap)]), pump)
        self._room = max(log.bounds.history, LIVE_EVENTS) // 2
        self._bytes_in = log.bytes_in
        self.served = log.last
        self.served_all = True
        self.awaited = False
        self.queued = False
        self.selections: dict[object, Selection] = {}
        self.readers = 0

    def serve(self) -> Iterator[None] | None:
        """See `hug.eventstream.loop.pump.Pumped.serve`."""
        log = self._log
        last, bytes_in = log.last, log.bytes_in
        together = self._together
        if self.selections or self._behind or self._ending or len(together) > TURN:
            return self._serve_all(last, bytes_in)
        # As `Group.serve` does it, in fewer steps: most channels of most applications have few readers.
        positions = self._cursor.positions
        if together and positions[0] < last:
            try:
                body, positions[0] = log.chunk(positions[0], WRITE_SIZE)
            except LookupError:
                return self._serve_all(last, bytes_in)
            self._share(tuple(together), body)
            if positions[0] < last:
                return self._serve_all(last, bytes_in)
        self.served, self._bytes_in, self.served_all = last, bytes_in, not self._stuck
        if log.exceeds or self.awaited:
            self._settle()
        return None

    def _serve_all(self, last: int, bytes_in: int) -> Iterator[None]:
        groups = (self, *self.selections.values())
        yield from self.serve_in_turns()
        for group in groups[1:]:
            yield from group.serve() or (None,)
        self.served, self._bytes_in = last, bytes_in
        self.served_all = all(group.complete for group in groups)
        self._settle()

    def _settle(self) -> None:
        self.awaited = False
        self._channel.settle()

    def finish(self, error: BaseException | None) -> None:
        """See `Group.finish`; so for all groups."""
        super().finish(error)
        for group in list(self.selections.values()):
            group.finish(error)

    @property
    def crowded(self) -> bool:
        """Whether so much waits for the next pass that some might be dropped before."""
        log = self._log
        return (
            log.last - self.served > self._room or log.bytes_in - self._bytes_in > LIVE_BYTES // 2
        ) and not self.pump.closed

    def wake(self) -> None:
        """See `Group.wake`."""
        self.pump.wake(self)

    def count(self, change: int) -> None:
        """Count readers that come or go; the last one ends the audience."""
        self.readers += change
        if not self.readers:
            self._channel.forsake(self)

    _count = count


class Selection(Group):
    """Readers with the same view of some of a channel's events, or of several channels."""

    __slots__ = ("_audiences", "_readers")

    def __init__(self, view: View, audiences: tuple[Audience, ...]) -> None:
        super().__init__(view, audiences[0].pump)
        self._audiences = audiences
        self._readers = 0

    def wake(self) -> None:
        """See `Group.wake`."""
        for audience in self._audiences:
            audience.wake()

    def _count(self, change: int) -> None:
        self._readers += change
        for audience in self._audiences:
            if self._readers:
                audience.selections[self.view.key] = self
            else:
                audience.selections.pop(self.view.key, None)
            audience.count(change)
