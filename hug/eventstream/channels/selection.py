"""What is read of a channel: all of its events, or some."""

from typing import NamedTuple, Protocol

from hug.eventstream.channels.fanout import Fanout
from hug.eventstream.history.track import Predicate


class Selection(NamedTuple):
    """Events of a channel.

    Attributes:
        fanout: What works behind the channel.
        channel: The channel, which is to live as long as somebody reads it.
        predicates: Which of its events: those for which all are true.
    """

    fanout: Fanout
    channel: object
    predicates: tuple[Predicate, ...] = ()


class Selectable(Protocol):
    """A channel, or some of its events."""

    @property
    def selection(self) -> Selection:
        """What is to be read."""
