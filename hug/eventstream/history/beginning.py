"""Where a reader begins: what it asks for, and where that is in a log. Wire layer: pure functions."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from hug.eventstream.history.log import Log
from hug.eventstream.wire.last_event_id import UNKNOWN, split

START: Final = "start"
"""Asks for the oldest event there is."""

LONGEST_ID: Final = 64
"""Characters that the id of an event has at most."""

Asked: TypeAlias = str | int | None
"""The id of the event that a reader has received last, or `START`; a number asks for so many of the newest
events, None for those that come from now on."""


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


def place(log: Log, asked: Asked) -> tuple[int, int | None]:
    """Return where a reader begins in a log that is all there is of its channel, and how many are lost.

    Args:
        log: The log, from which what is past its age has been dropped.
        asked: What the reader asks for.

    Returns:
        The position, and how many events are lost before it; None: some, nobody knows how many.
    """
    position = log.position(asked) if isinstance(asked, str) and asked != START else 0
    last, first = log.last, log.resumable  # each once: another thread may publish
    if asked is None:
        return last, 0
    if isinstance(asked, int):
        return max(first, last - asked - log.closed), 0  # the end is no event that one asks for
    if asked == START:
        return first, 0
    if position is None:
        return first, None
    if position < first or not log.bounds.history:
        return first, first - position
    return position, 0
