"""The newest events of a channel that is kept elsewhere, in the positions of this process. No I/O, no clock.

Where a channel is kept its events have numbers, 1, 2, 3. A position here is such a number plus an offset. The
offset changes only when the past turns out to be another one than was seen before, because what keeps the
channel was restored from a copy, say, and never so that a position could mean two events.
"""

from contextlib import AbstractContextManager
from functools import partial
from typing import Final

from hug.eventstream.history.log import Bounds, Log

MOST_EVENTS: Final = 1000
MOST_BYTES: Final = 4 * 1024 * 1024
"""Most events of a channel, and their bytes, of which a process holds a copy for readers that come back."""

_DIGITS: Final = 15
"""Digits that a number has at most: every engine can count to these, and no channel comes so far."""

GONE: Final = "gone"
"""Begins the id of a reader whose last event nobody here knows any more, only that it had this number."""


class Replica(Log):
    """A bounded copy of the newest events of a channel; what is older must be read where they are kept.

    A position before `oldest` is therefore no sign that events are lost, as it is in a `Log`. One before
    `origin` is: it belongs to another past.

    Attributes:
        origin: The position of a reader that has had none of the channel's events.
    """

    __slots__ = ("_asked", "_highest", "_ids", "origin")

    def __init__(self, life: str, bounds: Bounds, lock: AbstractContextManager[object]) -> None:
        """Make a copy of a channel of which nothing is known.

        Args:
            life: Begins the id at its beginning, until `restart` brings another.
            bounds: Limits of the channel's history; of the copy, if they are smaller than its own.
            lock: As in `Log`; the thread that has it must be able to take it again.
        """
        super().__init__(life, _held(bounds), lock)
        self._asked = bounds
        self._highest = 0
        self.origin = 0
        # A position, the id there, and those of all behind it: one object, so that who reads it while
        # another thread changes it has one state or the other.
        self._ids: tuple[int, list[str]] = (0, [f"{life}-0"])

    @property
    def bounds(self) -> Bounds:
        """The limits of the channel's history, wherever it is."""
        return self._asked

    def rebound(self, bounds: Bounds, now: float) -> None:
        """See `Log.rebound`."""
        self._asked = bounds
        super().rebound(_held(bounds), now)

    # Ids

    def id(self, position: int) -> str:
        """Return the id that a reader at ``position`` has received last.

        If that is not known here any more, it is one with the right number, from which a reader can resume
        if the event that follows is the oldest there is; of another past, one from which it cannot.
        """
        first, ids = self._ids
        if 0 <= position - first < len(ids):
            return ids[position - first]
        return GONE if position < self.origin else f"{GONE}-{position - self.origin}"

    def position(self, event_id: str) -> int | None:
        """Return the position of a reader whose last event had this id; None if that is not held here."""
        number = number_in(event_id)
        if number is None:
            return None
        with self._lock:  # or another past may begin in between, and this be a place of that
            return number + self.origin if self.identity(number) == event_id else None

    def position_of(self, number: int) -> int:
        """Return the position behind the event with this number."""
        position = number + self.origin
        self._highest = max(self._highest, position)
        return position

    def number_of(self, position: int) -> int:
        """Return the number of the event before a position; below 0 if that is of another past."""
        return position - self.origin

    def identity(self, number: int) -> str | None:
        """Return the id of the event with this number, None if it is not held; for 0 that of the channel."""
        first, ids = self._ids
        index = number + self.origin - first
        if not 0 <= index < len(ids) or ids[index].startswith(f"{GONE}-"):
            return None
        return ids[index]

    # Writing

    def restart(self, number: int, event_id: str, *, same: bool, closed: bool = False) -> None:
        """Hold nothing, and be behind the event with this number.

        Args:
            number: The number; 0 at the beginning of the channel.
            event_id: The event's id; at the beginning of the channel that of its life.
            same: Whether all that was held here is still what the channel has there. Else no position from
                now on is one that there was before, and readers are all before `origin`.
            closed: Whether this event has closed the channel.

        Raises:
            ValueError: It is the same past, and yet it ends earlier.
        """
        if same and number + self.origin < self.last:
            raise ValueError(f"the past cannot be the same and end at {number}, before what is held of it")
        self._change(partial(self._restart, number, event_id, same, closed))

    def _restart(self, number: int, event_id: str, same: bool, closed: bool) -> None:
        if not same:
            self.origin = max(self.last, self._highest) + 1
        position = number + self.origin
        self._ids = (position, [event_id])
        self._empty(position)
        self.closed = closed

    def renew(self, event_id: str) -> None:
        """Be at the beginning of another past, which follows on all of this one.

        A reader that has had everything is at that beginning, too; all others are before `origin`. Those that
        are connected are still given what they lack, as far as it is held; nobody can come back there.

        Args:
            event_id: That of its beginning.
        """
        self._change(partial(self._renew, event_id))

    def _renew(self, event_id: str) -> None:
        follows = self._highest <= self.last  # else a position behind all that is held may be somebody's
        self.origin = self.last if follows else self._highest + 1
        self._ids = (self.origin, [event_id])
        if follows:
            self._forget(self._life)
        else:
            self._empty(self.origin)

    def extend(self, number: int, event_id: str, fields: bytes, now: float) -> bool:
        """Add an event, if it is new here; without those before it, if some of them are missing.

        Args:
            number: Its number.
            event_id: Its id, with that number.
            fields: As in `Log.append`.
            now: When it came, as in `Log.append`.

        Returns:
            Whether it was new.
        """
        with self._lock:
            expected = self.last - self.origin + 1
            if number < expected:
                return False
            if number > expected:
                self.restart(number - 1, f"{GONE}-{number - 1}", same=True)
            self.closed = False  # or else this is no event behind the last, and it would be lost here
            # Before the event: who sees that can ask for its id.
            self._ids[1].append(event_id)
            if not self.append(fields, now, event_id):
                self.append_later(fields, now, _nothing, event_id)
        return True

    def _shorten(self) -> None:
        super()._shorten()
        first, ids = self._ids
        if first < self._base:
            self._ids = (self._base, ids[self._base - first :])


def number_in(event_id: str) -> int | None:
    """Return the number that an id ends in; None if it is none, or not written as we write it."""
    before, dash, number = event_id.rpartition("-")
    if not before or not dash or not number.isdecimal() or not number.isascii() or len(number) > _DIGITS:
        return None
    return int(number) if str(int(number)) == number else None


def _held(bounds: Bounds) -> Bounds:
    """Return the limits of the copy."""
    return Bounds(min(bounds.history, MOST_EVENTS), min(bounds.max_bytes, MOST_BYTES), bounds.max_age)


def _nothing(_event_id: str) -> None:
    pass
