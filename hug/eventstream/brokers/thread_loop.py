"""The event loop of a broker's thread."""

import asyncio


def new_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's, if that is installed."""
    try:
        import uvloop  # noqa: PLC0415
    except (ImportError, RuntimeError):  # the latter if it is too late for the executors that it imports
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
