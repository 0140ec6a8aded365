"""Publishing when the process ends: refused, and no reason for a traceback where a thread ends by it."""

import threading
from functools import lru_cache

from hug.exceptions import PublishRefused


def refused(channel: str) -> PublishRefused:
    """Return the error to raise. A thread of the application that ends by it does so without a word."""
    if threading.current_thread() is not threading.main_thread():
        _say_nothing()
    return PublishRefused(channel)


@lru_cache(maxsize=1)
def _say_nothing() -> None:
    """Keep `threading.excepthook` from printing this one error, in a process that ends anyway."""
    before = threading.excepthook

    def excepthook(failed: threading.ExceptHookArgs) -> None:
        if not issubclass(failed.exc_type, PublishRefused):
            before(failed)

    threading.excepthook = excepthook
