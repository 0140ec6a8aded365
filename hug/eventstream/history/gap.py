"""The event that tells a reader of others that are lost: `docs/channels.md` promises what it says."""

from typing import Final

from hug.eventstream.wire.encode import encode
from hug.eventstream.wire.event import Event

GAP_EVENT: Final = "gap"
"""Its type."""


def gap_event(event_id: str, channel: str, lost: int | None, resumed_at: str | None) -> bytes:
    """Return its bytes.

    Args:
        event_id: Its id: with it, a reader goes on behind what is lost.
        channel: The name of the channel.
        lost: How many events are lost; None if nobody knows.
        resumed_at: The id of the event that follows, if there is one already.
    """
    return encode(Event({"channel": channel, "lost": lost, "resumed_at": resumed_at}, GAP_EVENT, event_id))
