"""Whether this thread is one that runs an event loop, which nobody may block."""

import asyncio


def in_loop() -> bool:
    """Return whether an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
