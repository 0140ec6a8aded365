"""A turn for all others, from a source that is never without an item."""

import asyncio
import threading
import time
from typing import Final

EVERY: Final = 0.01
"""Seconds of such a source after which threads get a turn, too."""

PAUSE: Final = 0.0001
"""Seconds for which they do. A thread that waits for the interpreter takes about as long to wake up.

An event loop lets go of the interpreter for shorter times only, and so often that the thread never has waited
long enough to demand it: beside a loop that is busy without end it could wait for seconds.
"""

_last: float = 0.0


async def take_turns() -> None:
    """Let whatever else is ready run on the event loop, and now and then in other threads."""
    global _last
    if threading.active_count() > 1 and time.monotonic() - _last > EVERY:
        time.sleep(PAUSE)  # noqa: ASYNC251  # that is the point
        _last = time.monotonic()
    await asyncio.sleep(0)
