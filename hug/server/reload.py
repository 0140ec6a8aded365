"""Serves a program, and serves it anew in a fresh process when a source file changes.

The supervising process binds the sockets and never imports the program; each child does. So a reload
starts from nothing, the port stays ours throughout, and a program that cannot be imported ends only
the child: clients that connect meanwhile wait for the next one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import logging
import multiprocessing.connection
import socket
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final

import uvicorn
from uvicorn.supervisors.basereload import BaseReload

from hug.eventstream.loop.budget import GRACE
from hug.server.source_files import Stamp, stamp, stamps
from hug.server.worker import Worker

PATIENCE: Final = GRACE + 2.0
"""Seconds a child may take to end before it is killed: what requests get, and time to shut down in order."""

SCAN_SHARE: Final = 0.1
"""Share of the time that looking through folders may take: with very many files the looks become rare."""

logger = logging.getLogger("uvicorn.error")


class Reloader(BaseReload):
    """uvicorn's supervisor of one child, with eyes of our own.

    Its two ways to see changes lose what is saved while the child restarts (StatReload), need a further
    package (watchfiles), and look at files that the program never loads. Here the child tells what it has
    loaded, and a change is any difference from what that was like then. A child that has ended may have
    missed something, so that any difference in its folders counts, also a file that appears.
    """

    process: SpawnProcess

    def __init__(self, config: uvicorn.Config, worker: Worker, sockets: list[socket.socket]) -> None:
        super().__init__(config, worker, sockets)
        self.reloader_name = "hug"
        self._worker = worker
        self._places = worker.program.sources()
        self._report: Connection | None = None
        self._loaded: dict[Path, Stamp] = {}
        self._before: dict[Path, Stamp] = {}
        self._rest = config.reload_delay
        self._reloaded = False
        self._ended_alone = False
        self._told_end = False

    @property
    def exit_code(self) -> int:
        """0 after an order to end, else that of the child that ended by itself."""
        code = self.process.exitcode
        if code is None or not self._ended_alone:
            return 0
        # A signal that ended it, told as shells tell it.
        return code if code >= 0 else 128 - code

    def startup(self) -> None:
        with self._child(self._worker):
            super().startup()
        threading.Thread(target=self._end_with_first, args=(self.process,), daemon=True).start()

    def should_restart(self) -> list[Path] | None:
        if self.should_exit.wait(self._rest):
            raise StopIteration
        ended = not self.process.is_alive()
        if ended and not self._told_end:
            self._told_end = True
            logger.warning(
                "The program ended with exit code %s. Waiting for a change...", self.process.exitcode
            )
        changed = self._changed(ended)
        for path in changed:
            # Bytecode files date their source to the second: of two saves within one, the first would run.
            with contextlib.suppress(OSError, NotImplementedError):
                Path(importlib.util.cache_from_source(str(path))).unlink()
        return changed

    def restart(self) -> None:
        self._reloaded = True
        self._told_end = False
        with self._patience(), self._child(dataclasses.replace(self._worker, listing=False)):
            super().restart()

    def shutdown(self) -> None:
        with self._patience():
            super().shutdown()

    @contextlib.contextmanager
    def _child(self, worker: Worker) -> Iterator[None]:
        """Have the child that is started meanwhile tell what it loads."""
        receiver, sender = multiprocessing.connection.Pipe(duplex=False)
        self.target = dataclasses.replace(worker, report=sender)
        with sender:  # the child has its own; once it has ended, so has what we receive
            yield
        if self._report is not None:
            self._report.close()
        self._report = receiver
        self._loaded = {}
        self._before = self._look_through()
        self._rest = self.config.reload_delay

    def _changed(self, ended: bool) -> list[Path]:
        self._hear()
        changed = {path for path, before in self._loaded.items() if stamp(path) != before}
        self._rest = self.config.reload_delay
        if ended:
            seen = self._look_through()
            places = self._before.keys() | seen.keys()
            changed |= {path for path in places if self._before.get(path) != seen.get(path)}
        return sorted(changed)

    def _hear(self) -> None:
        with contextlib.suppress(EOFError, OSError):  # the child has ended
            while self._report is not None and self._report.poll():
                starting, loaded = self._report.recv()
                self._loaded.update(loaded)
                if starting:  # a change meanwhile may have come before or after the file was read: reload
                    self._loaded.update((path, self._before.get(path, seen)) for path, seen in loaded)

    def _look_through(self) -> dict[Path, Stamp]:
        began = time.monotonic()
        seen = dict(stamps(self._places))
        self._rest = max(self.config.reload_delay, (time.monotonic() - began) / SCAN_SHARE)
        return seen

    def _end_with_first(self, first: SpawnProcess) -> None:
        """End the command when its first child ends by itself; a later one, once broken, may be mended."""
        multiprocessing.connection.wait([first.sentinel])
        if not (self._reloaded or self.should_exit.is_set()):
            self._ended_alone = True
            self.should_exit.set()

    @contextlib.contextmanager
    def _patience(self) -> Iterator[None]:
        """Kill the present child if it has not ended within `PATIENCE`."""
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
