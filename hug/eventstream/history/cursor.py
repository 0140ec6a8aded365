"""Where a reader of some channels is. Wire layer: no I/O, no clock."""

from collections.abc import Sequence

from hug.eventstream.history.older_pages import Pages


class Cursor:
    """Where a reader of a view is.

    Attributes:
        positions: A position in the log of each track.
        unsaid: How many events a filter has held back since the client last received an id.
        ids: Those of the events before the positions, where a log may not know them any more.
        pages: What it reads before it goes on in the logs; None if these have what it needs.
        gaps: How many events were lost in each gap it was told of since somebody has looked here.
    """

    __slots__ = ("gaps", "ids", "pages", "positions", "unsaid")

    def __init__(self, positions: list[int], unsaid: int = 0, ids: list[str] | None = None) -> None:
        self.positions = positions
        self.unsaid = unsaid
        self.ids = ids
        self.pages: Pages | None = None
        self.gaps: tuple[int | None, ...] = ()

    def copy(self) -> "Cursor":
        """Return another cursor at the same place."""
        return Cursor(self.positions.copy(), self.unsaid, None if self.ids is None else self.ids.copy())


class Older(LookupError):
    """A cursor is at events that are not in memory; they must be fetched.

    Attributes:
        places: The tracks of which that is so, and the positions behind which their events are needed.
    """

    def __init__(self, places: Sequence[tuple[int, int]]) -> None:
        super().__init__(f"older than what is in memory: {places}")
        self.places = tuple(places)
