"""Who looks at the status now and then, in every process that serves: for what other processes show of it."""

import atexit
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

from hug.eventstream.channels.unread_memory import be_quiet

PAUSE: Final = 1.0
"""Seconds between two looks, at least."""

_SHARE: Final = 20
"""For how many times as long as a look has taken nobody looks again: it takes a twentieth of the time."""

_lookers: Final[list[Callable[[], None]]] = []
_once: Final[list[Callable[[], None]]] = []
_looking_in: list[int] = []  # the process, once it has begun

shared_folder: Path | None = None
"""Where the processes of one server may leave files for each other, made by the first that needs it."""

private_broker = ""
"""The URL of a broker that these processes alone have, and another one after the next start."""


def offer(folder: Path | None, broker: str) -> None:
    """Let the processes of this server leave files for each other in a folder; it need not exist yet.

    Args:
        folder: The folder.
        broker: See `private_broker`.
    """
    global private_broker, shared_folder
    shared_folder, private_broker = folder, broker


def register(look: Callable[[], None]) -> None:
    """Have somebody look now and then, in any thread, from when this process serves, and once in its end."""
    _lookers.append(look)


def register_once(look: Callable[[], None]) -> None:
    """Have somebody look when this process begins to serve."""
    _once.append(look)


def begin() -> None:
    """Do so: a server has begun to ask for what is served."""
    be_quiet()
    while _once:
        _once.pop()()
    if _lookers and os.getpid() not in _looking_in:
        _looking_in[:] = [os.getpid()]
        _at_exit(_look)
        threading.Thread(target=_look_again_and_again, name="hug-watching", daemon=True).start()


def finish() -> None:
    """Have all look for the last time, perhaps: some servers end their process by a signal after this."""
    if os.getpid() in _looking_in:
        _look()


def _look_again_and_again() -> None:
    ended = threading.Event()
    while True:
        began = monotonic()
        _look()
        ended.wait(max(PAUSE, _SHARE * (monotonic() - began)))


def _look() -> None:
    for look in _lookers:
        look()


def _at_exit(function: Callable[[], None]) -> None:
    """Have it called when this process ends, also if `multiprocessing` has made it: `atexit` is not, then."""
    parent = getattr(sys.modules.get("multiprocessing.process"), "parent_process", lambda: None)()
    if parent is not None:
        sys.modules["multiprocessing.util"].Finalize(None, function, exitpriority=0)
    else:
        atexit.register(function)
