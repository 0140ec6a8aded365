"""When to look whether another process has changed an SQLite file: often while it changes, seldom else."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from typing import Final

from hug.eventstream.engines.sqlite.file import File
from hug.eventstream.engines.sqlite.notices import Notices
from hug.exceptions import BrokerError, Unreachable

PAUSE: Final = 0.002
"""Seconds between two looks while the file changes."""

QUIET_PAUSE: Final = 0.004
"""Seconds between two looks while it does not, where the kernel does not tell of changes."""

NOTICED_PAUSE: Final = 0.25
"""Seconds between two looks when it has not for long, where the kernel does: in case that it has not told."""

UNENDED_PAUSE: Final = 0.04
UNENDED: Final = 60.0
"""Seconds between two looks, at most, when it has told of a transaction whose end was not seen, so that its
events are with others within 50 ms; and for how long that is expected: it may be undone, or our own."""

IN_VAIN: Final = 10
"""Looks without a change after which the file does not change, and the kernel is relied on."""

SHARE: Final = 0.2
"""Of the time since the last change or notice, how much may pass until the next look: the kernel tells of
what a transaction writes, not that it has ended, which may take a disk as long as it takes to sync."""

MISSED: Final = 3
"""Changes in a row without a notice, after which the kernel is not relied on: file systems may give none."""

_LOOKS: Final = 100
"""Looks after which it is looked whether the file is still there."""


class Polling:
    """Looks, on one event loop, from `start` to `stop`.

    Attributes:
        in_vain: Looks since the last change.
        relied_on: Whether the kernel is.
    """

    def __init__(
        self, file: File, changed: Callable[[], bool], failed: Callable[[Exception], object]
    ) -> None:
        """Look at nothing yet.

        Args:
            file: What to look at.
            changed: Is called when it has changed; returns whether it wants to be called again soon.
            failed: Is called with why it was not possible to look.
        """
        self._file = file
        self._changed = changed
        self._failed = failed
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._version = (0, 0)  # of the data, as the connection has seen them last; and which one it is
        self._again = False
        self._looks = self._missed = 0
        self._told = False  # whether there was a notice since the last change
        self._last = 0.0  # when there was a notice, or a change
        self._notices: Notices | None = None
        self._watched = 0  # which connection's file they are about
        self.in_vain = 0
        self.relied_on = True

    def start(self) -> None:
        """Look from now on, on the running event loop."""
        self._loop = asyncio.get_running_loop()
        if self._timer is None:
            self.in_vain = 0
            self._timer = self._loop.call_later(PAUSE, self._look)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._again = False
        self._forget_notices()

    def soon(self) -> None:
        """Act as if it had changed: the connection's own changes do not show in its version of the data."""
        if self._timer is not None and self._loop is not None:
            self._loop.call_soon(self._changed_here)

    def _changed_here(self) -> None:
        if self._timer is not None:  # not stopped meanwhile
            self._again = self._changed()
            if self._again:
                self._look_again()

    def _look(self) -> None:
        self._ignore_notices()
        if noticed := self._take():  # before looking: what comes meanwhile is for the next look
            self._told = True
            self._last = time.monotonic()
        try:
            version = self._file.now(_version), self._file.opened
            self._looks += 1
            if self._looks >= _LOOKS:
                self._looks = 0
                self._file.must_be_there()
        except (sqlite3.Error, Unreachable, BrokerError) as error:
            self.in_vain = 0
            self._failed(error)
        else:
            if version != self._version or self._again:
                if self.in_vain >= IN_VAIN and version[1] == self._watched:
                    self._found()
                self._version, self.in_vain, self._told = version, 0, False
                self._last = time.monotonic()
                self._again = self._changed()
            else:
                self.in_vain = 0 if noticed else self.in_vain + 1
        if self._timer is not None and self._loop is not None:
            self._timer = self._loop.call_later(self._pause(), self._look)

    def _look_again(self) -> None:
        """Look when the transaction that is being written will have ended."""
        self._ignore_notices()
        if self._timer is not None and self._loop is not None:
            self._timer.cancel()
            self._timer = self._loop.call_later(PAUSE / 2, self._look)

    def _ignore_notices(self) -> None:
        if self._notices is not None:
            self._notices.ignore()

    def _take(self) -> bool:
        return self._notices is not None and self._notices.take()

    def _pause(self) -> float:
        """Return for how long not to look, and have the kernel end that early."""
        if self.in_vain < IN_VAIN or self._loop is None:
            return PAUSE
        if self.relied_on and self._watched != self._file.opened and self._watch():
            self.in_vain = 0  # what came before has to be looked for once more
            self._last = time.monotonic()
            return PAUSE
        if self._notices is None:
            return QUIET_PAUSE
        self._looks = _LOOKS  # there are few from here on
        try:
            self._notices.await_one(self._loop, self._look_again)
        except OSError:  # epoll has a limit of its own
            self._rely_no_more()
            return QUIET_PAUSE
        quiet = time.monotonic() - self._last
        longest = UNENDED_PAUSE if self._told and quiet < UNENDED else NOTICED_PAUSE
        return min(longest, max(PAUSE, SHARE * quiet))

    def _watch(self) -> bool:
        """Have the kernel tell of changes from now on; return whether it does."""
        self._forget_notices()
        self._watched = self._file.opened
        try:
            self._notices = Notices(self._file.log)
        except OSError:
            self._rely_no_more()
        return self.relied_on

    def _found(self) -> None:
        """Note whether a change came with a notice."""
        self._missed = 0 if self._told else self._missed + 1
        if self._missed >= MISSED:
            self._rely_no_more()

    def _rely_no_more(self) -> None:
        self.relied_on = False
        self._forget_notices()

    def _forget_notices(self) -> None:
        self._watched = 0
        if self._notices is not None:
            self._notices.close()
            self._notices = None


def _version(database: sqlite3.Connection) -> int:
    version: int = database.execute("PRAGMA data_version").fetchone()[0]
    return version
