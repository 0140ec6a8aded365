"""The end of a process, and the fork of another: what a broker has at work must not be lost, or shared."""

import atexit
import os
import sys
from functools import lru_cache
from time import monotonic
from typing import Final, Protocol

from hug.eventstream.brokers.process import keep_track

AT_EXIT: Final = 5.0
"""Seconds that a process waits, when it ends, for its events to be taken."""

BEGINNING: Final = 2.0
"""Seconds that a process waits, when another is forked off, for threads that have just begun."""


class AtWork(Protocol):
    """A broker that has a thread, and connections."""

    def await_beginning(self, timeout: float) -> None:
        """Wait until the thread has begun: a child would have a half of it."""

    def begin_anew(self) -> None:
        """Leave to the parent what is the parent's; this is a child."""

    def close(self, timeout: float) -> None:
        """Wait until all that was published is taken, no longer than so many seconds, and disconnect."""


class _Ended:
    """Whether this process has flushed what it has published, as it ends."""

    now = False


_at_work: Final[dict[int, AtWork]] = {}  # also without anybody else who has them


def begins(broker: AtWork) -> None:
    """Take note that a broker is at work in this process."""
    _at_work[id(broker)] = broker
    # `multiprocessing` ends the processes that it has made without `atexit`.
    parent = getattr(sys.modules.get("multiprocessing.process"), "parent_process", lambda: None)()
    if parent is not None:
        sys.modules["multiprocessing.util"].Finalize(None, flush, exitpriority=0)


def is_over(broker: AtWork) -> None:
    """Take note that it is at work no more."""
    _at_work.pop(id(broker), None)


def has_ended() -> bool:
    """Whether nobody flushes any more: what is called now was registered with `atexit` before `prepare`."""
    return _Ended.now


@lru_cache(maxsize=1)
def prepare() -> None:
    """Be told when the process ends, and when another is forked off.

    As early as can be: what is registered with `atexit` while that is at work is not called any more.
    """
    keep_track()
    atexit.register(_end)
    os.register_at_fork(before=_await_beginnings, after_in_child=_begin_anew)


def flush(timeout: float = AT_EXIT) -> None:
    """Wait until all that was published is taken, for so many seconds at most, and disconnect."""
    until = monotonic() + timeout
    for broker in list(_at_work.values()):
        broker.close(max(0.0, until - monotonic()))


def _end() -> None:
    _Ended.now = True
    flush()


def _await_beginnings() -> None:
    until = monotonic() + BEGINNING
    for broker in list(_at_work.values()):
        broker.await_beginning(max(0.0, until - monotonic()))


def _begin_anew() -> None:
    for broker in list(_at_work.values()):
        broker.begin_anew()
    _at_work.clear()
