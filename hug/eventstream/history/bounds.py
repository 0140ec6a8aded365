"""How much of a channel is kept. Wire layer: values."""

from dataclasses import dataclass
from typing import Final

LIVE_EVENTS: Final = 1000
LIVE_BYTES: Final = 4 * 1024 * 1024
"""Most events, and their bytes, kept past the history's limits while readers that are connected lack them."""

JOINED_BYTES: Final = 256 * 1024
"""Most bytes of events kept in a second form: as joined pieces, and as messages that filters look at."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a channel is kept for readers that come back.

    Attributes:
        history: Most events.
        max_bytes: Most bytes of them, as they are on the wire.
        max_age: Seconds after which an event is dropped; None: never.
        given: Whether somebody has given them. Others hold only for a channel of which nobody knows any: a
            process that publishes on it, and does not say how much is kept, takes nothing from those that do.
    """

    history: int
    max_bytes: int
    max_age: float | None = None
    given: bool = True
