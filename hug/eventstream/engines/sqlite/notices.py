"""The kernel's notices that a file was written to, which cost nothing while none comes: on Linux (inotify).

Source: https://man7.org/linux/man-pages/man7/inotify.7.html
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import weakref
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import ctypes

_MODIFY: Final = 0x2
"""``IN_MODIFY``: written to, or cut off."""

_BYTES: Final = 4096
"""Room for some of them: those that follow on each other are one, since all are of one file."""


class Notices:
    """Notices about one file, from the time of its making on, until it is closed."""

    def __init__(self, path: Path) -> None:
        """Begin.

        Raises:
            OSError: There are none: no Linux, no such file, or too many that are watched by one user.
        """
        system = _system()
        self._descriptor = _checked(system.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._loop: asyncio.AbstractEventLoop | None = None
        try:
            _checked(system.inotify_add_watch(self._descriptor, os.fsencode(path), _MODIFY))
        except OSError:
            self.close()
            raise
        _close_after_forks()
        _open.add(self)

    def take(self) -> bool:
        """Return whether some have come since the last time."""
        try:
            return bool(os.read(self._descriptor, _BYTES))
        except OSError:  # most often, that there are none
            return False

    def await_one(self, loop: asyncio.AbstractEventLoop, come: Callable[[], object]) -> None:
        """Have a function called when there is one, and again while nobody takes it, until `ignore`."""
        self._loop = loop
        loop.add_reader(self._descriptor, come)

    def ignore(self) -> None:
        """Have nothing called any more."""
        if self._loop is not None:
            loop, self._loop = self._loop, None
            if not loop.is_closed():
                loop.remove_reader(self._descriptor)

    def close(self) -> None:
        """End. To close it again does nothing."""
        self.ignore()
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def close_in_child(self) -> None:
        """End in a process that was forked: not where they are waited for, which is still its parent's."""
        self._loop = None
        self.close()


_open: weakref.WeakSet[Notices] = weakref.WeakSet()


@cache
def _close_after_forks() -> None:
    os.register_at_fork(after_in_child=_close_all_in_child)


def _close_all_in_child() -> None:
    for notices in list(_open):
        notices.close_in_child()


@cache
def _system() -> ctypes.CDLL:
    if sys.platform != "linux":
        raise OSError("the kernel has no inotify")
    from ctypes import CDLL  # noqa: PLC0415  # only where a file is watched

    return CDLL(None, use_errno=True)


def _checked(answer: int) -> int:
    if answer < 0:
        from ctypes import get_errno  # noqa: PLC0415

        raise OSError(get_errno(), os.strerror(get_errno()))
    return answer
