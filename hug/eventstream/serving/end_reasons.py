"""Why streams end, and how many have in this process."""

import enum
from typing import Final

from hug.eventstream.brokers.counter import Tally


class End(enum.Enum):
    """Why a stream ended; the name is what counts are told under, in lower case."""

    SOURCE = "its source ended"
    FAILURE = "its source failed"
    CLIENT = "the client left"
    STUCK = "the client has stopped reading"
    GAP = "the client has missed events, and its channel disconnects such clients"
    DRAIN = "the process ends"
    REFUSAL = "too many sync sources run, or a broker is away: its client was asked to come back later"
    CANCELLED = "the server cancelled it"


class Ends:
    """How many streams have begun and ended.

    Attributes:
        opened: How many have begun.
        ended: How many have ended, by reason.
    """

    __slots__ = ("ended", "opened")

    def __init__(self) -> None:
        self.opened = Tally()
        self.ended = {reason: Tally() for reason in End}


ENDS: Final = Ends()
"""Those of this process."""
