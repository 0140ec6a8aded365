"""What one reader sees of some channels, as bytes from a position on. Wire layer: no I/O, no clock.

A view of one whole channel passes the log's own bytes on, the same for all readers. Filters and several
channels cost a look at each event, which the readers of one view share while they are at the same position.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from hug.eventstream.history.beginning import START, Asked, Place, asked, place
from hug.eventstream.history.cursor import Cursor, Older
from hug.eventstream.history.gap import gap_event
from hug.eventstream.history.older_pages import Pages, Row
from hug.eventstream.history.track import Track
from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.encode import checkpoint
from hug.eventstream.wire.last_event_id import UNKNOWN, join
from hug.exceptions import Gap

WHOLE: Final = "whole"
"""Key of the view of one whole channel, among all views of that channel."""

_ID: Final = b"id: "
_NEVER: Final = 1 << 62

_NO_ENDS: Final[Mapping[int, int]] = {}

_LOOKS: Final = 256
"""Most events of a channel that are looked at before others get a turn."""


class View:
    """Some channels as one stream.

    Attributes:
        tracks: The channels.
        key: Equal for views that show the same, of one channel or of several.
        whole: The log, if the view is of one channel and of all of it.
    """

    __slots__ = ("_guard", "_knows_ids", "_patience", "key", "tracks", "whole")

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
        self._knows_ids = self.whole is not None or not any(track.is_copy for track in self.tracks)
        histories = [track.log.bounds.history for track in self.tracks if track.log.bounds.history]
        self._patience = max(1, min(histories) // 2) if histories else _NEVER

    @property
    def closed(self) -> bool:
        """Whether its channels are: a reader that has everything can go."""
        return all(track.log.closed for track in self.tracks)

    def is_over(self, at: Cursor) -> bool:
        """Whether a reader there has all that there will ever be.

        It may lack what is not for it: not every client keeps an id that comes without data.
        """
        places = zip(self.tracks, at.positions, strict=True)
        return self.closed and not any(track.has_more(position) for track, position in places)

    def id(self, at: Cursor) -> str:
        """Return the id that a reader there has received last, and resumes from."""
        if at.ids is not None:
            return join(at.ids)
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

    def start(self, last_event_id: str, since: Asked, now: float) -> tuple[Cursor, bytes]:
        """Return where a reader begins of channels that are in memory, and what tells it of lost events.

        Args:
            last_event_id: The request's; empty for a client that comes for the first time.
            since: What such a client asks for.
            now: As in `Log.append`.

        Raises:
            Gap: There are lost events, and their channel disconnects.
        """
        for track in self.tracks:
            track.log.expire(now)
        if not (last_event_id or since):
            return Cursor(self.ends()), b""
        wanted = asked(last_event_id, since, len(self.tracks))
        places = [place(track.log, each) for track, each in zip(self.tracks, wanted, strict=True)]
        return self.begin(wanted, places)

    def begin(self, wanted: Sequence[Asked], places: Sequence[Place]) -> tuple[Cursor, bytes]:
        """Return where a reader begins, and what tells it of events it has missed for good.

        Args:
            wanted: What it asks of each channel.
            places: Where that is.

        Raises:
            Gap: There are such events, and their channel disconnects.
        """
        at = Cursor([place.position for place in places])
        lost = [
            index
            for index, (track, each, place) in enumerate(zip(self.tracks, wanted, places, strict=True))
            if place.lost != 0 or (isinstance(each, str) and each != START and not track.keeps)
        ]
        if self._knows_ids and not lost:
            return at, b""
        ids = [
            each
            if isinstance(each, str) and each not in (START, UNKNOWN)
            else place.event_id or track.log.id(place.position)
            for each, track, place in zip(wanted, self.tracks, places, strict=True)
        ]
        for index in lost:
            if places[index].lost is None:
                ids[index] = ""
        gaps: list[bytes] = []
        for index in lost:  # each with an id that forgets no other, should the connection break in between
            here, count, event_id = places[index]
            ids[index] = event_id or self.tracks[index].log.id(here)
            gaps.append(self._gap(at, index, here, count, join(ids)))
        if not self._knows_ids:
            at.ids = ids
        return at, b"".join(gaps)

    def read(self, at: Cursor, limit: int) -> bytes:
        """Return events behind a cursor, and move it there; empty when a filter has passed none.

        Of a whole channel these are ``limit`` bytes at most, or one event; else a few more.

        Raises:
            Gap: The cursor has fallen out of a log, and its channel disconnects.
        """
        if at.pages is not None:
            return self._read_pages(at, at.pages, limit)
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

    def _read_pages(self, at: Cursor, pages: Pages, limit: int) -> bytes:
        """Do so while some of the events are not in memory, but in pages."""
        gaps: list[bytes] = []
        for index, start in pages.starts.items():
            before = at.positions[index]
            if before < start:
                at.positions[index] = start
                if at.ids is not None:
                    at.ids[index] = self.tracks[index].log.id(start)
                lost = None if before < self.tracks[index].log.origin <= start else start - before
                gaps.append(self._gap(at, index, start, lost, self.id(at), pages.first(index)))
        body = b"".join(gaps)
        if not gaps and self.whole is not None:
            body, at.positions[0] = pages.chunk(at.positions[0], limit)
        elif not gaps:
            try:
                coming = [
                    _numbered(
                        index,
                        pages.after(index, position)
                        if index in pages.starts
                        else track.log.after(position, _LOOKS),
                    )
                    for index, (track, position) in enumerate(zip(self.tracks, at.positions, strict=True))
                ]
            except LookupError:
                at.pages = None
                return self._fallen(at)
            body = self._pick(at, limit, heapq.merge(*coming), pages.ends)
        if any(at.positions[index] >= end for index, end in pages.ends.items()):
            at.pages = None  # behind that this channel may have more that comes before the others'
        return body

    def _pick(
        self,
        at: Cursor,
        limit: int,
        coming: Iterator[tuple[float, int, int, bytes]],
        ends: Mapping[int, int] = _NO_ENDS,
    ) -> bytes:
        picked: list[bytes] = []
        size = 0
        seen = [ends.get(index, position + _LOOKS) for index, position in enumerate(at.positions)]
        for _, index, position, frame in coming:
            track = self.tracks[index]
            if at.ids is not None:
                at.ids[index] = _id_of(frame) or track.log.id(position)
            if not frame or frame.startswith(_ID):  # the channel's end, of which nothing is written
                at.positions[index] = position
                continue
            if track.predicates and not track.wants(track.log.message(position, frame)):
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
        """Move a cursor to the oldest events there are, and return what tells the reader so.

        Raises:
            Gap: A channel disconnects such a reader.
            Older: The events are still there, but not in memory.
        """
        gaps: list[bytes] = []
        older: list[tuple[int, int]] = []
        for index, track in enumerate(self.tracks):
            lost = track.log.oldest - at.positions[index]
            if lost <= 0:
                continue
            if track.is_copy:
                older.append((index, at.positions[index]))
                continue
            at.positions[index] += lost
            if at.ids is not None:
                at.ids[index] = track.log.id(at.positions[index])
            gaps.append(self._gap(at, index, at.positions[index], lost, self.id(at)))
        if older and not gaps:
            raise Older(older)
        return b"".join(gaps)

    def _gap(
        self,
        at: Cursor,
        index: int,
        position: int,
        lost: int | None,
        event_id: str,
        following: bytes | None = None,
    ) -> bytes:
        track = self.tracks[index]
        if track.on_gap() == "disconnect":
            raise Gap(track.name, lost)
        at.gaps = (*at.gaps, lost)
        at.unsaid = 0
        resumed_at = (following and _id_of(following)) or (
            track.log.id(position + 1) if position < track.log.last else None
        )
        return gap_event(event_id, track.name, None if track.predicates else lost, resumed_at)


def _id_of(frame: bytes) -> str:
    """Return the id of an event from its bytes: its last line; empty for the end of a channel."""
    return frame[frame.rindex(_ID) + len(_ID) : -2].decode() if frame else ""


def _numbered(index: int, events: Iterable[Row]) -> Iterator[tuple[float, int, int, bytes]]:
    for time, position, frame in events:
        yield time, index, position, frame
