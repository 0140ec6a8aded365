"""One process that serves a program: this one, or a child of a supervisor."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import sys
import threading
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

import uvicorn

from hug.eventstream.sources.iteration import Iteration
from hug.server.banner import banner, routes
from hug.server.program import Program, ProgramError, of_program
from hug.server.serve import serve_on
from hug.server.source_files import Reporter


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
    """

    program: Program
    config: uvicorn.Config
    silent: bool
    documentation: bool
    listing: bool = True
    report: Connection | None = None

    def __call__(self, sockets: list[socket.socket] | None) -> None:
        """Be a child process."""
        _end_with_parent()
        reporter = None
        if self.report is not None:
            Iteration.timed = True
            reporter = Reporter(self.report, self.program.sources())
            reporter.begin()
        sys.exit(self.serve(sockets or [], reporter))

    def serve(self, sockets: list[socket.socket], reporter: Reporter | None = None) -> int:
        """Serve until told to end and return 0; if the program cannot be loaded, say why and return 1."""
        try:
            module = self.program.load()
            application = self._application(module)
            if reporter is not None:
                reporter.look(started=True)
        except ProgramError as error:
            print(f"Error: {error}", file=sys.stderr)
            return 1
        except Exception as error:
            traceback.print_exception(type(error), error, of_program(error.__traceback__))
            return 1
        text = "" if self.silent else self._banner(module, sockets)
        serve_on(sockets, application, self.config, text)
        return 0

    def _application(self, module: ModuleType) -> Any:
        if self.documentation:
            return module.__hug_asgi__
        return module.__hug__.http.server(default_not_found=False)

    def _banner(self, module: ModuleType, sockets: list[socket.socket]) -> str:
        api = module.__hug__
        found = routes(api.http.routes)
        count = f"{len(found)} route{'' if len(found) == 1 else 's'}"
        return banner(f"{api.name}: {count}", sockets, found if self.listing else ())


def _end_with_parent() -> None:
    """End this process in order when its supervisor is killed: nobody else would free the port."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
