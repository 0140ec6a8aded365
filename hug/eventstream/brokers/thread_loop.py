"""The event loop of a broker's thread."""

import asyncio
import os


def new_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's, if that is installed, and can be closed again."""
    try:
        import uvloop  # noqa: PLC0415
    except (ImportError, RuntimeError):  # the latter if it is too late for the executors that it imports
        return asyncio.new_event_loop()
    return asyncio.new_event_loop() if _lacks_standard_streams() else uvloop.new_event_loop()


def _lacks_standard_streams() -> bool:
    """Whether files may get a number below 3: libuv ends the process when it closes such a one."""
    try:
        for number in range(3):
            os.fstat(number)
    except OSError:
        return True
    return False
