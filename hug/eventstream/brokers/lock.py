"""The lock for what the threads of a process share of its channels.

There is one. A finalizer or a signal handler may begin while its thread has it, and go on to another channel:
with a lock for each of them two threads could then wait for each other for ever.
"""

import threading
from typing import Final

LOCK: Final = threading.RLock()
"""To be held for as long as a few lines take, and for nothing that waits."""

_owner = threading.Condition(LOCK)


def held_here() -> bool:
    """Whether this very thread has the lock, so that nobody gets on while it waits."""
    try:
        _owner.notify()
    except RuntimeError:
        return False
    return True
