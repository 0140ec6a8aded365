"""Which source files differ from what the processes that serve a program have loaded."""

from __future__ import annotations

import contextlib
import importlib.util
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from hug.server.source_files import Stamp, stamp, stamps

SCAN_SHARE: Final = 0.1
"""Share of the time that looking through folders may take: with very many files the looks become rare."""


class Changes:
    """Finds what has changed since a program was loaded.

    The processes tell what they have loaded, and a change is any difference from what that was like then. One
    that has ended may have missed something, so that any difference in its folders counts, also a file that
    appears.

    Attributes:
        rest: Seconds until the next look.
    """

    def __init__(self, places: Iterable[Path], delay: float) -> None:
        """Look in ``places``, each ``delay`` seconds."""
        self._places = list(places)
        self._delay = delay
        self._loaded: dict[Path, Stamp] = {}
        self._before: dict[Path, Stamp] = {}
        self.rest = delay

    def begin(self) -> None:
        """Forget what was loaded: from now on processes load it again."""
        self._loaded = {}
        self._before = self._look_through()
        self.rest = self._delay

    def hear(self, report: Connection) -> None:
        """Take what a process tells of what it has loaded; see `hug.server.source_files.Reporter`.

        Raises:
            EOFError: The process has ended, and has told all; or OSError.
        """
        while report.poll():
            starting, loaded = report.recv()
            self._loaded.update(loaded)
            if starting:  # a change meanwhile may have come before or after the file was read: reload
                self._loaded.update((path, self._before.get(path, seen)) for path, seen in loaded)

    def find(self, *, ended: bool) -> list[Path]:
        """Return what has changed.

        Args:
            ended: Whether a process has ended that should have loaded the program.
        """
        changed = {path for path, before in self._loaded.items() if stamp(path) != before}
        self.rest = self._delay
        if ended:
            seen = self._look_through()
            places = self._before.keys() | seen.keys()
            changed |= {path for path in places if self._before.get(path) != seen.get(path)}
        for path in changed:
            # Bytecode files date their source to the second: of two saves within one, the first would run.
            with contextlib.suppress(OSError, NotImplementedError):
                Path(importlib.util.cache_from_source(str(path))).unlink()
        return sorted(changed)

    def _look_through(self) -> dict[Path, Stamp]:
        began = time.monotonic()
        seen = dict(stamps(self._places))
        self.rest = max(self._delay, (time.monotonic() - began) / SCAN_SHARE)
        return seen
