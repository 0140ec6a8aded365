"""The newest events of one channel, encoded once. Wire layer: no I/O, no clock.

A reader of a channel is a position in its log and no more: position n lies behind the n-th event that the
channel ever had. The log forgets the oldest events, so a position can fall out of it; that is a gap, and
never silent.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Final

from hug.eventstream.history.bounds import JOINED_BYTES, LIVE_BYTES, LIVE_EVENTS, Bounds
from hug.eventstream.history.messages import Messages
from hug.eventstream.wire.decode import Message

__all__ = ["JOINED_BYTES", "LIVE_BYTES", "LIVE_EVENTS", "Bounds", "Log"]

_DEAD: Final = 64
WITH_THE_NEXT: Final = -1  # a position that the next event is past
_NEVER: Final = float("inf")


class Log:
    """A bounded run of events with consecutive positions.

    Two limits hold. The *history* is what a reader that comes back may resume in. While ``held``, the events
    published last are kept besides, for readers that are connected and have not been given them yet.

    Any thread may change and read it, and so may a finalizer or a signal handler, which begins between any
    two lines of a thread that is in the middle of that. The lock keeps out the other threads only. What comes
    from above in the same thread is deferred, and done as soon as the thread is through.

    Attributes:
        last: The position behind the newest event.
        bytes_in: Bytes of all events there have ever been.
        exceeds: Whether more than the history is kept, which `release` lets go of.
        closed: Whether the newest event has closed the channel: it is one without fields, and the last.
        origin: The position of a reader that has had none of its events.
    """

    __slots__ = (
        "_base", "_bounds", "_busy", "_catching_up", "_chunks", "_deferred", "_expires", "_frames", "_full",
        "_held", "_history_bytes", "_joined", "_life", "_live", "_live_bytes", "_lock", "_messages",
        "_oldest", "_resumable", "_times", "bytes_in", "closed", "exceeds", "last",
    )  # fmt: skip

    origin = 0

    def __init__(self, life: str, bounds: Bounds, lock: AbstractContextManager[object]) -> None:
        """Make an empty log.

        Args:
            life: Begins all ids, and tells this log from any other of the same channel: ``[A-Za-z0-9._]``.
            bounds: Limits of the history.
            lock: Keeps other threads out; the thread that has it may take it again, as an `RLock`.
        """
        self._life = life
        self._bounds = bounds
        self._lock = lock
        self._busy = False  # whether the thread that has the lock is in the middle of a change or a copy
        self._deferred: list[Callable[[], object]] | None = None
        self._catching_up = False
        self._frames: list[bytes] = []  # the first ones may be dropped already, and are then empty
        self._times: list[float] = []
        self._base = 0  # position before the first of them
        self._oldest = 0
        self._resumable = 0
        self._history_bytes = 0
        self._live = 0
        self._live_bytes = 0
        self._full = WITH_THE_NEXT  # position past which an event is over a limit, or may be
        self._expires = -_NEVER  # when the oldest event of the history is past its age, or may be
        self._chunks: dict[int, tuple[bytes, int]] | None = None
        self._joined = 0  # bytes of these
        self._messages: Messages | None = None
        self._held = False
        self.last = 0
        self.bytes_in = 0
        self.exceeds = False
        self.closed = False

    @property
    def oldest(self) -> int:
        """The position before the oldest event that a connected reader can still be given."""
        return self._oldest

    @property
    def resumable(self) -> int:
        """The first position from which a reader that comes back can resume."""
        return self._resumable

    @property
    def bounds(self) -> Bounds:
        """The limits of the history."""
        return self._bounds

    @property
    def held(self) -> bool:
        """Whether readers are connected."""
        return self._held

    @held.setter
    def held(self, held: bool) -> None:
        self._change(partial(self._hold, held))

    # Ids

    def id(self, position: int) -> str:
        """Return the id that a reader at ``position`` has received last."""
        return f"{self._life}-{position}"

    def position(self, event_id: str) -> int | None:
        """Return the position of a reader whose last event had this id; None if it is not of this log."""
        life, dash, number = event_id.rpartition("-")
        if not dash or life != self._life or not number.isdecimal() or not number.isascii():
            return None
        if len(number) > 20 or str(position := int(number)) != number:  # an id is written in one way only
            return None
        return position if position <= self.last else None

    # Writing

    def append(self, fields: bytes, now: float, event_id: str = "") -> str:
        """Add an event, drop what is over the limits, and return the event's id.

        Args:
            fields: The event as `hug.eventstream.wire.encode.fields` gives it. Empty: it closes the channel.
                Readers get nothing of it but an id, when they end; nobody may append anything after it.
            now: Seconds of a clock that never goes back, the same for all logs.
            event_id: Its id, for a log that does not make them itself.

        Returns:
            Empty if not: it is closed, or this very thread is busy here, and this is for `append_later`.
        """
        with self._lock:
            if self._busy or self.closed:
                return ""
            self._busy = True
            try:
                position = self.last + 1
                if not event_id:
                    event_id = f"{self._life}-{position}"
                frame = b"%bid: %b\n\n" % (fields, event_id.encode())
                if not fields:
                    frame, self.closed = b"", True
                size = len(frame)
                self._frames.append(frame)
                self._times.append(now)
                self._chunks = None
                self.last = position
                self.bytes_in += size
                self._live_bytes += size
                self._history_bytes = history_bytes = self._history_bytes + size
                if (
                    now >= self._expires
                    or history_bytes > self._bounds.max_bytes
                    or (self._live_bytes > LIVE_BYTES and self._live < self._resumable)
                ):
                    self._limit(now)
                elif position > self._full and fields:  # the end takes no event's place
                    first = self._resumable
                    if self._oldest == first < self._live and position - first == self._bounds.history + 1:
                        self._drop_one(first)
                    else:
                        self._limit(now)
            finally:
                self._busy = False
                if self._deferred:
                    self._catch_up()
        return event_id

    def append_later(
        self, fields: bytes, now: float, told: Callable[[str], object], event_id: str = ""
    ) -> None:
        """Do so as soon as this thread is through; then call ``told`` with the id, empty if it is closed."""
        with self._lock:
            self._defer(lambda: told(self.append(fields, now, event_id)))
            if not self._busy:
                self._catch_up()

    def expire(self, now: float) -> None:
        """Drop the events whose age is over the limit."""
        if self._bounds.max_age is not None:
            self._change(partial(self._limit, now))

    def rebound(self, bounds: Bounds, now: float) -> None:
        """Keep so much from now on."""
        self._change(partial(self._limit, now, bounds))

    def forget(self, life: str) -> None:
        """Begin another life; no id from before means anything. Connected readers get what they lack."""
        self._change(partial(self._forget, life))

    def release(self, position: int) -> None:
        """Keep no more than the history of what is before ``position``: all connected readers have it."""
        self._change(partial(self._release, position))

    def _change(self, change: Callable[[], object]) -> None:
        """Make a change, or have it made when this thread is through."""
        with self._lock:
            if self._busy:
                self._defer(partial(self._change, change))
                return
            self._busy = True
            try:
                change()
            finally:
                self._busy = False
                if self._deferred:
                    self._catch_up()

    def _defer(self, change: Callable[[], object]) -> None:
        if self._deferred is None:
            self._deferred = []
        self._deferred.append(change)

    def _catch_up(self) -> None:
        """Do what has been deferred, in its order."""
        while self._deferred and not self._catching_up:
            self._catching_up = self._busy = True
            first = self._deferred.pop(0) if self._deferred else None  # still: it may be done from above
            self._busy = False
            try:
                if first is not None:
                    first()
            finally:
                self._catching_up = False

    def _hold(self, held: bool) -> None:
        if held and not self._held:
            self._live, self._live_bytes = self.last, 0
        self._held = held
        self._full = WITH_THE_NEXT  # another limit holds now

    def _forget(self, life: str) -> None:
        self._life, self.closed = life, False
        if not self._held:
            self._live, self._live_bytes = self.last, 0
        self._resumable, self._history_bytes, self._full = self.last, 0, WITH_THE_NEXT
        self._drop()
        self.exceeds = self._oldest < self.last

    def _empty(self, position: int) -> None:
        """Hold nothing, and be at a position."""
        self._chunks = self._messages = None
        self._frames, self._times = [], []
        self._base = self._oldest = self._resumable = self._live = self.last = position
        self._history_bytes = self._live_bytes = 0
        self.exceeds = self.closed = False

    def _limit(self, now: float, bounds: Bounds | None = None) -> None:
        """Move the two beginnings past what is over their limits, and forget what is before both."""
        self._bounds = bounds = bounds or self._bounds
        last, base = self.last, self._base
        history, live = self._resumable, self._live
        while last - history > bounds.history + self.closed or self._history_bytes > bounds.max_bytes:
            self._history_bytes -= len(self._frames[history - base])
            history += 1
        self._expires = _NEVER
        if bounds.max_age is not None:
            born = now - bounds.max_age
            while history < last and self._times[history - base] < born:
                self._history_bytes -= len(self._frames[history - base])
                history += 1
            self._expires = self._times[history - base] + bounds.max_age if history < last else -_NEVER
        if not self._held:
            live, self._live_bytes = last, 0
        while live < history and (
            last - live > LIVE_EVENTS or (self._live_bytes > LIVE_BYTES and last - live > 1)
        ):
            self._live_bytes -= len(self._frames[live - base])
            live += 1
        self._resumable, self._live = history, live
        self._full = history + bounds.history
        if live < history:
            self._full = min(self._full, live + LIVE_EVENTS)
        if history > self._oldest and live > self._oldest:
            self._drop()
        self.exceeds |= history > self._oldest

    def _drop_one(self, first: int) -> None:
        """Do what `_limit` does when the history has one event too many, and nothing is kept before it."""
        frames = self._frames
        index = first - self._base
        self._history_bytes -= len(frames[index])
        frames[index] = b""
        self._resumable = self._oldest = first + 1
        self._full = self.last
        self._messages = None
        if index >= _DEAD + len(frames) // 8:  # or `_shorten` would do nothing
            self._shorten()

    def _drop(self) -> None:
        """Forget what is neither history nor live."""
        start, base, frames = min(self._resumable, self._live), self._base, self._frames
        self._chunks = self._messages = None
        for position in range(self._oldest, start):
            frames[position - base] = b""
        self._oldest = start
        if start - base > _DEAD:
            self._shorten()

    def _shorten(self) -> None:
        """Shorten the lists, now and then only."""
        dead = self._oldest - self._base
        if dead > _DEAD + len(self._frames) // 8:
            del self._frames[:dead]
            del self._times[:dead]
            self._base += dead

    def _release(self, position: int) -> None:
        self._chunks = self._messages = None
        if position == self.last:
            self._live, self._live_bytes = position, 0
        while self._live < position:
            self._live_bytes -= len(self._frames[self._live - self._base])
            self._live += 1
        if self._resumable > self._oldest and self._live > self._oldest:
            self._drop()
        self.exceeds = self._oldest < self._resumable

    # Reading

    def chunk(self, position: int, limit: int) -> tuple[bytes, int]:
        """Return the events behind ``position`` as one piece, and the position behind them.

        Readers at the same position share the piece. It has ``limit`` bytes at most, or one event.

        Raises:
            LookupError: The position has fallen out of the log.
        """
        with self._lock:
            self._busy = True
            try:
                if position < self._oldest:
                    raise self._fallen(position)
                ahead = self.last - position
                if ahead == 1:
                    return self._frames[-1], position + 1
                if ahead <= 0:
                    return b"", position
                if self._chunks is not None and (known := self._chunks.get(position)) is not None:
                    return known
                return self._join(position, limit)
            finally:
                self._busy = False
                if self._deferred:
                    self._catch_up()

    def _join(self, position: int, limit: int) -> tuple[bytes, int]:
        frames = self._frames
        index = first = position - self._base
        size = 0
        for index in range(first, len(frames)):
            size += len(frames[index])
            if size > limit and index > first:
                break
        else:
            index = len(frames)
        joined = (b"".join(frames[first:index]), self._base + index)
        self._joined += size
        if self._chunks is None or self._joined > JOINED_BYTES:
            self._chunks, self._joined = {}, size
            self.exceeds = True
        self._chunks[position] = joined
        return joined

    def after(self, position: int, most: int) -> Iterator[tuple[float, int, bytes]]:
        """Return ``most`` events behind ``position`` at most: when they came, the position behind, the bytes.

        Raises:
            LookupError: The position has fallen out of the log.
        """
        with self._lock:
            self._busy = True
            try:
                if position < self._oldest:
                    raise self._fallen(position)
                first = position - self._base
                frames, times = self._frames[first : first + most], self._times[first : first + most]
            finally:
                self._busy = False
                if self._deferred:
                    self._catch_up()
        return zip(times, range(position + 1, position + 1 + len(frames)), frames, strict=True)

    def message(self, position: int, frame: bytes) -> Message:
        """Return the event before ``position``, whose bytes are ``frame``, as a client receives it."""
        messages = self._messages  # which another thread may take away meanwhile
        if messages is None:
            messages = self._messages = Messages()
            self.exceeds = True
        return messages.message(position, frame)

    def _fallen(self, position: int) -> LookupError:
        return LookupError(f"position {position} is no longer in the log, which begins at {self._oldest}")
