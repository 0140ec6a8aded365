"""Serves a program, and serves it anew in a fresh process when a source file changes.

The supervising process binds the sockets and never imports the program; each child does. So a reload
starts from nothing, the port stays ours throughout, and a program that cannot be imported ends only
the child: clients that connect meanwhile wait for the next one.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import stat
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import ModuleType
from typing import Any

import uvicorn
from uvicorn.supervisors.basereload import BaseReload

from hug.eventstream.loop.budget import GRACE
from hug.eventstream.sources.iteration import Iteration
from hug.server.program import Program, ProgramError, of_program
from hug.server.serve import configuration, serve_on
from hug.server.sockets import close, listen

# Seconds a child may take to end before it is killed: what requests get, and time to shut down in order.
PATIENCE = GRACE + 2.0

# Share of the time that looking for changes may take. In a folder with very many files the looks become rare.
SCAN_SHARE = 0.1

FOREIGN_FOLDERS = {"__pycache__", "dist-packages", "node_modules", "site-packages"}

logger = logging.getLogger("uvicorn.error")


def run(
    program: Program,
    *,
    host: str = "",
    port: int = 8000,
    interval: float | None = 1.0,
    silent: bool = False,
    documentation: bool = True,
) -> int:
    """Serve ``program`` until the process is told to end; return the exit code.

    A program that cannot be loaded at first ends the run; one that breaks later waits for its next change.

    Args:
        program: What to serve.
        host: A name or an address; ``""`` means all interfaces, IPv4 and IPv6.
        port: 0 to 65535; 0 lets the system choose a free one, which the banner tells.
        interval: Seconds between two looks for changes; None never reloads.
        silent: Print no banner and log no requests; errors are shown.
        documentation: Answer an unknown URL with the API's documentation, not just a bare 404.

    Raises:
        ListenError: The address cannot be had.
    """
    sockets = listen(host, port)
    config = configuration(silent=silent, reload_delay=interval or 0.0)
    worker = _Worker(program, config, silent, documentation)
    if interval is None:
        return worker.serve(sockets)
    reloader = _Reloader(config, worker, sockets, program.sources())
    try:
        reloader.run()
    finally:
        close(sockets)
    return reloader.exit_code


@dataclass(frozen=True, slots=True)
class _Worker:
    """Loads a program and serves it, in this process or as what a child process runs.

    A value that is pickled into the child: nothing has to be squeezed through an import string and
    environment variables, which every process the program itself starts would inherit.
    """

    program: Program
    config: uvicorn.Config
    silent: bool
    documentation: bool

    def __call__(self, sockets: list[socket.socket] | None) -> None:
        """Be a child process."""
        _end_with_parent()
        Iteration.timed = True
        sys.exit(self.serve(sockets or []))

    def serve(self, sockets: list[socket.socket]) -> int:
        """Serve until told to end and return 0; if the program cannot be loaded, say why and return 1."""
        try:
            module = self.program.load()
            application = self._application(module)
        except ProgramError as error:
            print(f"Error: {error}", file=sys.stderr)
            return 1
        except Exception as error:
            traceback.print_exception(type(error), error, of_program(error.__traceback__))
            return 1
        serve_on(sockets, application, self.config, None if self.silent else self._title(module))
        return 0

    def _application(self, module: ModuleType) -> Any:
        if self.documentation:
            return module.__hug_asgi__
        return module.__hug__.http.server(default_not_found=False)

    def _title(self, module: ModuleType) -> str:
        api = module.__hug__
        routes = sum(1 for _ in api.http.handlers())
        return f"{api.name}: {routes} route{'' if routes == 1 else 's'}"


class _Reloader(BaseReload):
    """uvicorn's supervisor of one child, with eyes of our own.

    Its two ways to see changes lose what is saved while the child restarts (StatReload), need a further
    package (watchfiles), and both look into virtual environments. Here a change is any difference from
    the last look, so also a file that appears, and none falls between two looks.
    """

    process: SpawnProcess

    def __init__(
        self, config: uvicorn.Config, target: _Worker, sockets: list[socket.socket], sources: list[Path]
    ) -> None:
        super().__init__(config, target, sockets)
        self.reloader_name = "hug"
        self._sources = sources
        self._seen: dict[Path, tuple[int, int]] = {}
        self._rest = config.reload_delay
        self._look()
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
        super().startup()
        threading.Thread(target=self._end_with_first, args=(self.process,), daemon=True).start()

    def should_restart(self) -> list[Path] | None:
        if self.should_exit.wait(self._rest):
            raise StopIteration
        if not (self._told_end or self.process.is_alive()):
            self._told_end = True
            logger.warning(
                "The program ended with exit code %s. Waiting for a change...", self.process.exitcode
            )
        changed = self._look()
        for path in changed:
            # Bytecode files date their source to the second: of two saves within one, the first would run.
            with contextlib.suppress(OSError, NotImplementedError):
                Path(importlib.util.cache_from_source(str(path))).unlink()
        return changed

    def restart(self) -> None:
        self._reloaded = True
        self._told_end = False
        with self._patience():
            super().restart()

    def shutdown(self) -> None:
        with self._patience():
            super().shutdown()

    def _look(self) -> list[Path]:
        began = time.monotonic()
        seen = dict(_stamps(self._sources))
        self._rest = max(self.config.reload_delay, (time.monotonic() - began) / SCAN_SHARE)
        before, self._seen = self._seen, seen
        return sorted(path for path in before.keys() | seen.keys() if before.get(path) != seen.get(path))

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


def _stamps(sources: Iterable[Path]) -> Iterator[tuple[Path, tuple[int, int]]]:
    """Yield each source file with a stamp that differs after a change.

    Left out: hidden folders, virtual environments and installed packages, and linked folders, which may
    lead round in circles.
    """
    for source in sources:
        yield from _stamp(source)
        for folder, folders, files in os.walk(source):
            if "pyvenv.cfg" in files and Path(folder) != source:
                folders.clear()
                continue
            folders[:] = [
                name for name in folders if not name.startswith(".") and name not in FOREIGN_FOLDERS
            ]
            for name in files:
                if name.endswith(".py"):
                    yield from _stamp(Path(folder, name))


def _stamp(path: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    # Nothing if it is gone since its folder was read.
    with contextlib.suppress(OSError):
        status = path.stat()
        if stat.S_ISREG(status.st_mode):
            yield path, (status.st_mtime_ns, status.st_size)


def _end_with_parent() -> None:
    """End this process in order when its supervisor is killed: nobody else would free the port."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
