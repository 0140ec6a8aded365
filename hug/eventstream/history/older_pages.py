"""Events older than those in memory, for readers that are at the same place. Wire layer: no I/O, no clock."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Row: TypeAlias = tuple[float, int, bytes]
"""An event: when it came, the position behind it, its bytes; as `Log.after` gives it."""


class Pages:
    """A run of events for each of some channels, read for those who are at the same places in them.

    They share it, and what is made of it. It is let go of when the last of them is past it.

    Attributes:
        starts: By track: the position that its events follow on.
        ends: By track: the position behind the last of them.
    """

    __slots__ = ("__weakref__", "_joined", "_rows", "ends", "starts")

    def __init__(self, runs: Mapping[int, tuple[int, Sequence[Row]]]) -> None:
        """Take over events.

        Args:
            runs: By track: the position that the events follow on, and they, without a hole.
        """
        self._rows = {index: rows for index, (_, rows) in runs.items()}
        self._joined: dict[int, tuple[bytes, int]] = {}
        self.starts = {index: start for index, (start, _) in runs.items()}
        self.ends = {index: start + len(rows) for index, (start, rows) in runs.items()}

    def after(self, index: int, position: int) -> Sequence[Row]:
        """Return the events of a track behind ``position``, which is not before the track's start."""
        return self._rows[index][position - self.starts[index] :]

    def first(self, index: int) -> bytes | None:
        """Return the first event of a track, if there is any."""
        rows = self._rows[index]
        return rows[0][2] if rows else None

    def chunk(self, position: int, limit: int) -> tuple[bytes, int]:
        """Return the only track's events behind ``position`` as one piece; see `Log.chunk`."""
        known = self._joined.get(position)
        if known is None:
            frames: list[bytes] = []
            size, end = 0, position
            for _, behind, frame in self.after(0, position):
                if frames and size + len(frame) > limit:
                    break
                if not frame.startswith(b"id: "):  # as the end of a channel does, of which nothing is written
                    frames.append(frame)
                size, end = size + len(frame), behind
            known = self._joined[position] = (b"".join(frames), end)
        return known
