"""Serves a program, and serves it anew in a fresh process when a source file changes.

The supervising process binds the sockets and never imports the program; each child does. So a reload
starts from nothing, the port stays ours throughout, and a program that cannot be imported ends only
the child: clients that connect meanwhile wait for the next one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import multiprocessing.connection
import socket
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import uvicorn
from uvicorn.supervisors.basereload import BaseReload

from hug.server.changes import Changes
from hug.server.worker import PATIENCE, Worker, exit_code

logger = logging.getLogger("uvicorn.error")


class Reloader(BaseReload):
    """uvicorn's supervisor of one child, with eyes of our own.

    Its two ways to see changes lose what is saved while the child restarts (StatReload), need a further
    package (watchfiles), and look at files that the program never loads. Ours is `hug.server.changes`.
    """

    process: SpawnProcess

    def __init__(self, config: uvicorn.Config, worker: Worker, sockets: list[socket.socket]) -> None:
        super().__init__(config, worker, sockets)
        self.reloader_name = "hug"
        self._worker = worker
        self._changes = Changes(worker.program.sources(), config.reload_delay)
        self._report: Connection | None = None
        self._reloaded = False
        self._ended_alone = False
        self._told_end = False

    @property
    def exit_code(self) -> int:
        """0 after an order to end, else that of the child that ended by itself."""
        code = self.process.exitcode
        return exit_code(code) if code is not None and self._ended_alone else 0

    def startup(self) -> None:
        with self._child(self._worker):
            super().startup()
        threading.Thread(target=self._end_with_first, args=(self.process,), daemon=True).start()

    def should_restart(self) -> list[Path] | None:
        if self.should_exit.wait(self._changes.rest):
            raise StopIteration
        ended = not self.process.is_alive()
        if ended and not self._told_end:
            self._told_end = True
            logger.warning(
                "The program ended with exit code %s. Waiting for a change...", self.process.exitcode
            )
        if self._report is not None:
            with contextlib.suppress(EOFError, OSError):  # the child has ended
                self._changes.hear(self._report)
        return self._changes.find(ended=ended)

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
        self._changes.begin()

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
