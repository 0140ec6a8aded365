"""What one reader sees of some channels, as bytes from a position on. Wire layer: no I/O, no clock.

A view of one whole channel passes the log's own bytes on, the same for all readers. Filters and several
channels cost a look at each event, which the readers of one view share while they are at the same position.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from hug.eventstream.history.log import Log
from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.decode import Message
from hug.eventstream.wire.encode import checkpoint, encode
from hug.eventstream.wire.event import Event
from hug.eventstream.wire.last_event_id import join, split
from hug.exceptions import HugError

GAP_EVENT: Final = "gap"
"""Type of the event that tells of others that are lost."""

Predicate: TypeAlias = Callable[[Message], object]
OnGap: TypeAlias = Literal["event", "disconnect"]

WHOLE: Final = "whole"
"""Key of the view of one whole channel, among all views of that channel."""

_START: Final = "start"
_ID: Final = b"id: "
_NEVER: Final = 1 << 62

_LOOKS: Final = 256
"""Most events of a channel that are looked at before others on the event loop get a turn."""


class Gap(HugError, LookupError):
    """Events that a reader has not seen are gone, and its channel disconnects such readers."""

    def __init__(self, channel: str, lost: int | None) -> None:
        many = "an unknown number of" if lost is None else lost
        super().__init__(f"channel {channel!r} cannot resume a reader: {many} events are gone")
        self.channel = channel
        self.lost = lost


class Track(NamedTuple):
    """One channel's part in a view.

    Attributes:
        name: The channel's name.
        log: Its events.
        on_gap: What happens to a reader that has fallen out of the log.
        predicates: Which events to pass on: those for which all are true.
        failed: To be called with a predicate, an event that it has raised an error for, and that. The event
            counts as one that is not wanted: else its reader would meet it again whenever it comes back.
    """

    name: str
    log: Log
    on_gap: OnGap
    predicates: tuple[Predicate, ...] = ()
    failed: Callable[[Predicate, Message, BaseException], object] = lambda *_: None


class Cursor:
    """Where a reader of a view is.

    Attributes:
        positions: A position in the log of each track.
        unsaid: How many events a filter has held back since the client last received an id.
    """

    __slots__ = ("positions", "unsaid")

    def __init__(self, positions: list[int], unsaid: int = 0) -> None:
        self.positions = positions
        self.unsaid = unsaid

    def copy(self) -> "Cursor":
        """Return another cursor at the same place."""
        return Cursor(self.positions.copy(), self.unsaid)


class View:
    """Some channels as one stream.

    Attributes:
        tracks: The channels.
        key: Equal for views that show the same, of one channel or of several.
        whole: The log, if the view is of one channel and of all of it.
    """

    __slots__ = ("_guard", "_patience", "key", "tracks", "whole")

    def __init__(self, tracks: Sequence[Track], guard: Guard = Guard.NONE) -> None:
        """Make a view.

        Args:
            tracks: The channels.
            guard: What its readers are; see `checkpoint`.
        """
        self.tracks = tuple(tracks)
        self._guard = guard
        filtered = any(track.predicates for track in self.tracks)
        self.whole = None if filtered or len(self.tracks) > 1 else self.tracks[0].log
        self.key: object = WHOLE
        if self.whole is None:
            self.key = (
                guard if filtered else Guard.NONE,
                *((id(track.log), *map(id, track.predicates)) for track in self.tracks),
            )
        histories = [track.log.bounds.history for track in self.tracks if track.log.bounds.history]
        self._patience = max(1, min(histories) // 2) if histories else _NEVER

    def id(self, at: Cursor) -> str:
        """Return the id that a reader there has received last, and resumes from."""
        return join(
            [track.log.id(position) for track, position in zip(self.tracks, at.positions, strict=True)]
        )

    def ends(self) -> list[int]:
        """Return the positions of a reader that has everything there is now."""
        return [track.log.last for track in self.tracks] if self.whole is None else [self.whole.last]

    def is_behind(self, at: Cursor, ends: Sequence[int] | None = None) -> bool:
        """Whether a reader there has not been given all events, or all before ``ends``."""
        if self.whole is not None:
            return at.positions[0] < (self.whole.last if ends is None else ends[0])
        if ends is None:
            ends = self.ends()
        return any(position < end for position, end in zip(at.positions, ends, strict=True))

    def start(self, last_event_id: str, since: str | None, now: float) -> tuple[Cursor, bytes]:
        """Return where a reader begins, and what tells it of events it has missed for good.

        Args:
            last_event_id: The request's; empty for a client that comes for the first time.
            since: Where such a client begins: ``"start"`` is the oldest event there is, an id is what follows
                it, None is what comes from now on.
            now: As in `Log.append`.

        Raises:
            Gap: There are such events, and their channel disconnects.
        """
        for track in self.tracks:
            track.log.expire(now)
        after = last_event_id or since
        if not after:
            return Cursor(self.ends()), b""
        if after == _START and not last_event_id:
            return Cursor([track.log.resumable for track in self.tracks]), b""
        ids = list(split(after, len(self.tracks)))
        positions = [track.log.position(each) for track, each in zip(self.tracks, ids, strict=True)]
        at = Cursor([])
        lost: list[int] = []
        for index, (track, position) in enumerate(zip(self.tracks, positions, strict=True)):
            # Without a history nobody can tell whether a reader that was away has missed something.
            if position is None or position < track.log.resumable or not track.log.bounds.history:
                lost.append(index)
                ids[index] = "" if position is None else ids[index]
                at.positions.append(track.log.resumable)
            else:
                at.positions.append(position)
        gaps: list[bytes] = []
        for index in lost:  # each with an id that forgets no other, should the connection break in between
            before, here = positions[index], at.positions[index]
            ids[index] = self.tracks[index].log.id(here)
            count = None if before is None else here - before
            gaps.append(self._gap(index, here, count, join(ids)))
        return at, b"".join(gaps)

    def read(self, at: Cursor, limit: int) -> bytes:
        """Return events behind a cursor, and move it there; empty when a filter has passed none.

        Of a whole channel these are ``limit`` bytes at most, or one event; else a few more.

        Raises:
            Gap: The cursor has fallen out of a log, and its channel disconnects.
        """
        if self.whole is not None:
            try:
                piece, at.positions[0] = self.whole.chunk(at.positions[0], limit)
            except LookupError:
                return self._fallen(at)
            return piece
        try:
            coming = [
                _numbered(index, track.log.after(position, _LOOKS))
                for index, (track, position) in enumerate(zip(self.tracks, at.positions, strict=True))
            ]
        except LookupError:
            return self._fallen(at)
        return self._pick(at, limit, coming[0] if len(coming) == 1 else heapq.merge(*coming))

    def _pick(self, at: Cursor, limit: int, coming: Iterator[tuple[float, int, int, bytes]]) -> bytes:
        picked: list[bytes] = []
        size = 0
        seen = [position + _LOOKS for position in at.positions]
        for _, index, position, frame in coming:
            track = self.tracks[index]
            if track.predicates and not _wanted(track, track.log.message(position, frame)):
                at.positions[index] = position
                at.unsaid += 1
                if position == seen[index]:
                    break
                continue
            at.positions[index] = position
            at.unsaid = 0
            if len(self.tracks) > 1:
                fields = frame[: frame.rindex(_ID)]  # the last line is the channel's own id
                picked.append(b"%b%b%b\n\n" % (fields, _ID, self.id(at).encode()))
            else:
                picked.append(frame)
            size += len(picked[-1])
            if size >= limit or position == seen[index]:
                break  # in the latter case this channel may have more that comes before the others'
        if at.unsaid >= self._patience:
            # The client's id must not fall out of the history while a filter keeps it waiting.
            at.unsaid = 0
            picked.append(checkpoint(self.id(at), self._guard))
        return b"".join(picked)

    def _fallen(self, at: Cursor) -> bytes:
        """Move a cursor to the oldest events there are, and return what tells the reader so."""
        gaps: list[bytes] = []
        for index, track in enumerate(self.tracks):
            lost = track.log.oldest - at.positions[index]
            if lost > 0:
                at.positions[index] += lost
                gaps.append(self._gap(index, at.positions[index], lost, self.id(at)))
        return b"".join(gaps)

    def _gap(self, index: int, position: int, lost: int | None, event_id: str) -> bytes:
        track = self.tracks[index]
        if track.on_gap == "disconnect":
            raise Gap(track.name, lost)
        data = {
            "channel": track.name,
            "lost": None if track.predicates else lost,
            "resumed_at": track.log.id(position + 1) if position < track.log.last else None,
        }
        return encode(Event(data, GAP_EVENT, event_id))


def _wanted(track: Track, message: Message) -> bool:
    for predicate in track.predicates:
        try:
            if not predicate(message):
                return False
        except KeyboardInterrupt:  # a signal's, and by chance in here
            raise
        except BaseException as error:  # also sys.exit(), which would end the server
            track.failed(predicate, message, error)
            return False
    return True


def _numbered(
    index: int, events: Iterator[tuple[float, int, bytes]]
) -> Iterator[tuple[float, int, int, bytes]]:
    for time, position, frame in events:
        yield time, index, position, frame
