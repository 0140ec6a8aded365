"""Where a reader begins: what it asks for, and where that is in a log. Wire layer: pure functions."""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from hug.eventstream.history.log import Log
from hug.eventstream.wire.last_event_id import UNKNOWN, split

START: Final = "start"
"""Asks for the oldest event there is."""

LONGEST_ID: Final = 64
"""Characters that the id of an event has at most."""

Asked: TypeAlias = str | int | None
"""The id of the event that a reader has received last, or `START`; a number asks for so many of the newest
events, None for those that come from now on."""


class Place(NamedTuple):
    """Where a reader begins in the log of a channel, which may be a copy of the newest part of it.

    Attributes:
        position: There; it may lie before what the log has.
        lost: How many events the reader has missed for good; None: some, and nobody knows how many.
        event_id: What the reader could come back with; None: what it has come with, or the log knows it.
    """

    position: int
    lost: int | None = 0
    event_id: str | None = None


def asked(last_event_id: str, since: Asked, count: int) -> Sequence[Asked]:
    """Return what a reader asks of each channel.

    Args:
        last_event_id: The request's; empty for a client that comes for the first time.
        since: What such a client asks for; an id is that of all channels, see `join`.
        count: How many channels there are.

    Returns:
        `UNKNOWN` where an id is none.
    """
    if not last_event_id and (since is None or since == START or isinstance(since, int)):
        return [since] * count
    ids = split(last_event_id or str(since), count)
    return [UNKNOWN if each == START or not 0 < len(each) <= LONGEST_ID else each for each in ids]


def place(log: Log, asked: Asked) -> Place:
    """Return where a reader begins in a log that is all there is of its channel.

    Args:
        log: The log, from which what is past its age has been dropped.
        asked: What the reader asks for.
    """
    position = log.position(asked) if isinstance(asked, str) and asked != START else 0
    last, first = log.last, log.resumable  # each once: another thread may publish
    if asked is None:
        return Place(last)
    if isinstance(asked, int):
        return Place(max(first, last - asked - log.closed))  # the end is no event that one asks for
    if asked == START:
        return Place(first)
    if position is None:
        return Place(first, None)
    if position < first or not log.bounds.history:
        return Place(first, first - position)
    return Place(position)
