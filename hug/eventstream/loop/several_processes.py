"""Whether this process is one of several that a server has started, and which share no memory.

Nothing tells an application of that, so it has to be found with the servers: in what they have started this
process with, or, in one that they have forked off, further up on the stack of its main thread. Where neither
says so there is one process, as far as can be told: whoever starts several servers of his own knows that.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from types import FrameType
from typing import Any, Final

_COUNTS: Final = {"gunicorn.arbiter": "num_workers", "granian.server.common": "workers"}
"""Which attribute of the supervisors in these modules says how many processes they have."""

_warned_in = 0

logger = logging.getLogger("hug")


def warn_if_several(channel: str) -> None:
    """Warn, once in a process, that a channel in memory may have readers in other processes.

    Args:
        channel: The name of one that is used.
    """
    global _warned_in
    if _warned_in == os.getpid():
        return
    _warned_in = os.getpid()
    if one_of_several():
        logger.warning(
            "channel %r is in the memory of one process, and this is one of several workers: what is "
            "published here reaches the readers of this worker alone. Have them share it, with HUG_BROKER in "
            "the environment: sqlite:////path/of/a/file for one machine, redis://host for several",
            channel,
        )


def one_of_several() -> bool:
    """Return whether this process serves beside others that the same server has started."""
    return _spawned_with_others() or _forked_with_others()


def _spawned_with_others() -> bool:
    """Ask what the process was started with, if that was by Python's multiprocessing."""
    multiprocessing = sys.modules.get("multiprocessing.process")
    process = multiprocessing.current_process() if multiprocessing is not None else None
    target = getattr(process, "_target", None)
    if target is None:
        return False
    server = str(getattr(target, "__module__", "")).partition(".")[0]
    if server in ("uvicorn", "hypercorn"):  # and hug's own workers, which uvicorn's supervisor starts
        config = getattr(process, "_kwargs", {}).get("config")
        # uvicorn has one process while it reloads, whatever the environment says.
        return _several(getattr(config, "workers", 1)) and not getattr(config, "should_reload", False)
    if server == "granian":
        return any(map(_several, getattr(process, "_args", ())[:1]))  # the number of this one
    return False


def _forked_with_others() -> bool:
    """Ask the supervisor that this process was forked off from, which it has a copy of."""
    frame: FrameType | None = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        attribute = _COUNTS.get(frame.f_globals.get("__name__", ""))
        if attribute is not None and _several(getattr(frame.f_locals.get("self"), attribute, 1)):
            return True
        frame = frame.f_back
    return False


def _several(count: Any) -> bool:
    return isinstance(count, int) and count > 1
