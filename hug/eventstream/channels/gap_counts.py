"""How many gaps the readers in this process were told of."""

from dataclasses import dataclass
from typing import Final

from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.history.cursor import Cursor


@dataclass(slots=True)
class Gaps:
    """Gaps that were told, one for each reader.

    Attributes:
        told: How many, of whatever size.
        lost: Events that were lost in those of known size.
        unknown: How many were of unknown size.
    """

    told: int = 0
    lost: int = 0
    unknown: int = 0

    def count(self, cursor: Cursor, readers: int) -> None:
        """Count the gaps that so many readers at this cursor are about to be told of."""
        gaps, cursor.gaps = cursor.gaps, ()
        with LOCK:
            for lost in gaps:
                self.told += readers
                if lost is None:
                    self.unknown += readers
                else:
                    self.lost += readers * lost


GAPS: Final = Gaps()
"""Those of this process."""
