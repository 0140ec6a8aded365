"""One process that serves a program: this one, or a child of a supervisor."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import uvicorn

from hug.ending_budget import GRACE, SHUTDOWN
from hug.eventstream.sources.iteration import Iteration
from hug.eventstream.watching import looking
from hug.exceptions import BrokerError
from hug.server.banner import banner, prefixes, routes
from hug.server.program import Program, ProgramError, of_program
from hug.server.serve import name_lines, serve_on, tell
from hug.server.source_files import Reporter

PATIENCE: Final = GRACE + 2.0 + SHUTDOWN + 5.0
"""Seconds a child may take to end before it is killed: what requests get, time to shut down in order and for
a handler that does so, and what a broker that does not answer gets to take the last events."""


class Served(NamedTuple):
    """What a program offers, for the banner.

    Attributes:
        title: Its name, and how many routes it has.
        listed: What `routes` and `prefixes` of `hug.server.banner` gave.
    """

    title: str
    listed: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Worker:
    """Loads a program and serves it, in this process or as what a child process runs.

    A value that is pickled into the child: nothing has to be squeezed through an import string and
    environment variables, which every process the program itself starts would inherit.

    Attributes:
        program: What to serve.
        config: uvicorn's settings; the application is yet to be set.
        silent: Whether no banner is printed.
        documentation: Whether an unknown URL is answered with the API's documentation.
        listing: Whether the banner lists the routes.
        report: Where to tell which files have been loaded; None if nobody reloads them.
        started: Where to tell what is `Served`, once it is, so that its supervisor prints the banner; None to
            print it here.
        broker: The URL that channels have unless the program says otherwise; empty: the environment's.
        private: The folder that this broker is in, to be removed when the supervisor is killed.
        shared: One that workers may make to leave files for each other; it is removed then, too.
    """

    program: Program
    config: uvicorn.Config
    silent: bool
    documentation: bool
    listing: bool = True
    report: Connection | None = None
    started: Connection | None = None
    broker: str = ""
    private: Path | None = None
    shared: Path | None = None

    def __call__(self, sockets: list[socket.socket] | None) -> None:
        """Be a child process."""
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # see `hug.server.child`
        _end_with_parent([each for each in (self.private, self.shared) if each is not None])
        looking.offer(self.shared, self.broker)
        if self.broker:
            # In the environment, for a process that the program starts publishes on the same channels.
            os.environ["HUG_BROKER"] = self.broker
        reporter = None
        if self.report is not None:
            Iteration.timed = True
            reporter = Reporter(self.report, self.program.sources())
            reporter.begin()
        sys.exit(self.serve(sockets or [], reporter))

    def serve(self, sockets: list[socket.socket], reporter: Reporter | None = None) -> int:
        """Serve until told to end and return 0; if the program cannot be loaded, say why and return 1."""
        name_lines(self.config)
        try:
            module = self.program.load()
            application = self._application(module)
            if reporter is not None:
                reporter.look(started=True)
        except (ProgramError, BrokerError) as error:
            print(f"Error: {error}", file=sys.stderr)
            return 1
        except Exception as error:
            traceback.print_exception(type(error), error, of_program(error.__traceback__))
            return 1
        serve_on(sockets, application, self.config, partial(self._tell, _served(module), sockets))
        return 0

    def _application(self, module: ModuleType) -> Any:
        if self.documentation:
            return module.__hug_asgi__
        return module.__hug__.http.server(default_not_found=False)

    def _tell(self, served: Served, sockets: list[socket.socket]) -> None:
        if self.started is not None:
            with contextlib.suppress(OSError):  # the supervisor is gone, and this process about to follow
                self.started.send(served)
        elif not self.silent:
            tell(banner(served.title, sockets, served.listed if self.listing else ()))


def _served(module: ModuleType) -> Served:
    api = module.__hug__
    listed = routes(api.http.routes)
    title = f"{api.name}: {len(listed)} route{'' if len(listed) == 1 else 's'}"
    return Served(title, listed + prefixes(api.http.sinks))


def exit_code(code: int) -> int:
    """Return what the command ends with for a child's exit code: a signal is told as shells tell it."""
    return code if code >= 0 else 128 - code


def _end_with_parent(private: Sequence[Path]) -> None:
    """End this process in order when its supervisor is killed: nobody else would free the port."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        for folder in private:
            shutil.rmtree(folder, ignore_errors=True)  # all of its processes do, as they are ending
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
