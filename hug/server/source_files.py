"""Which source files of a program a process has loaded, told to the one that reloads it."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, TypeAlias

INTERVAL: Final = 0.1
"""Seconds between two looks. A file saved between its loading and the next passes for what was loaded."""

FOREIGN_FOLDERS: Final = {"__pycache__", "dist-packages", "node_modules", "site-packages"}

Stamp: TypeAlias = tuple[int, int] | None
"""Differs after a change; None if there is no such file."""


def stamp(path: Path) -> Stamp:
    """Return the stamp of ``path`` as it is now."""
    with contextlib.suppress(OSError):
        status = path.stat()
        if stat.S_ISREG(status.st_mode):
            return status.st_mtime_ns, status.st_size
    return None


def stamps(places: Iterable[Path]) -> Iterator[tuple[Path, Stamp]]:
    """Yield each Python file in ``places``, files or folders, with its stamp.

    Left out: hidden folders, virtual environments and installed packages, and linked folders, which may
    lead round in circles.
    """
    for place in places:
        if place.is_file():
            yield place, stamp(place)
        for folder, folders, files in os.walk(place):
            if "pyvenv.cfg" in files and Path(folder) != place:
                folders.clear()
                continue
            folders[:] = [name for name in folders if not _is_foreign(name)]
            for name in files:
                if name.endswith(".py"):
                    path = Path(folder, name)
                    yield path, stamp(path)


def _is_foreign(folder: str) -> bool:
    return folder.startswith(".") or folder in FOREIGN_FOLDERS


class Reporter:
    """Tells which files in some places this process has loaded, each with its stamp, as soon as it knows."""

    def __init__(self, report: Connection, places: list[Path]) -> None:
        self._report = report
        self._places = places
        self._lock = threading.Lock()
        self._starting = True
        self._modules = 0
        self._known: set[str] = set()

    def begin(self) -> None:
        """Look from now on, in a thread: a program may import at any time."""
        threading.Thread(target=self._run, daemon=True, name="hug-loaded-files").start()

    def look(self, *, started: bool = False) -> None:
        """Tell what has been loaded since the last look.

        Args:
            started: Whether all is loaded that the program loads before it is served.
        """
        with self._lock, contextlib.suppress(OSError):  # the supervisor is gone, or has another child already
            paths = self._new() if len(sys.modules) != self._modules or started else []
            if own := [(path, stamp(path)) for path in paths if self._is_own(path)]:
                self._report.send((self._starting, own))
            self._starting = self._starting and not started

    def _new(self) -> list[Path]:
        modules = list(sys.modules.values())
        self._modules = len(modules)
        files = {file for module in modules if isinstance(file := getattr(module, "__file__", None), str)}
        paths = [Path(file) for file in files - self._known]
        self._known |= files
        return paths

    def _run(self) -> None:
        while True:
            self.look()
            time.sleep(INTERVAL)

    def _is_own(self, path: Path) -> bool:
        return any(
            path.is_relative_to(place) and not any(map(_is_foreign, path.relative_to(place).parts[:-1]))
            for place in self._places
        )
