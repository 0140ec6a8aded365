"""Sources that do not end: kept as they are, since to destroy one would let it go on."""

import contextlib
import threading
from typing import Any, Final

_kept: Final[list[Any]] = []


def keep(source: Any) -> None:
    """Have ``source`` never be destroyed, not even when the interpreter ends.

    Python would close it then once more, where it may loop for ever: without an event loop nothing that it
    awaits makes it wait. What a daemon thread holds is left alone.
    """
    if not _kept:
        with contextlib.suppress(RuntimeError):  # no more threads
            threading.Thread(target=_hold, args=(_kept,), daemon=True, name="hug-left-behind").start()
    _kept.append(source)


def _hold(_: list[Any]) -> None:
    threading.Event().wait()
