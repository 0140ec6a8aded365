"""Ids that clients see, and names that no other process ever gives: of lives, of publishers, of events."""

import secrets
import string
import time
from typing import Final

from hug.eventstream.engines.engine import Ends, Kept

BEFORE_ALL: Final = "0-0"
"""The id of a reader of a channel that does not exist, and of which nobody here knows that it ever has."""

_DIGITS: Final = string.digits + string.ascii_lowercase


def new_life() -> str:
    """Return what begins the ids of one life of a channel: 12 letters and digits, no other life has them.

    The time, in milliseconds, makes later lives come later in order; chance tells those apart that begin at
    the same moment, or after the clock was set back.
    """
    return _base36(time.time_ns() // 1_000_000).rjust(8, "0") + "".join(
        secrets.choice(_DIGITS) for _ in range(4)
    )


def _base36(number: int) -> str:
    """Return a number above 0 in digits and small letters."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


def id_of(event: Kept) -> str:
    """Return the id that clients see."""
    return f"{event.request}-{event.position}"


def beginning_id(ends: Ends) -> str:
    """Return the id of a client that has had nothing of a channel."""
    return f"{ends.life}-0" if ends.life else BEFORE_ALL


def behind_id(life: str) -> str:
    """Return the id of a client that has had all of a channel which was deleted, and nothing of the next."""
    return f"{life}.0-0"


def newest_id(ends: Ends) -> str:
    """Return the id of a client that has had all of a channel."""
    return f"{ends.request}-{ends.last}" if ends.last else beginning_id(ends)
