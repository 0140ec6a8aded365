"""One of several processes that serve a program, as their supervisor sees it."""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing.connection
import signal
import socket
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Final

from uvicorn._subprocess import get_subprocess
from uvicorn.supervisors.multiprocess import Process

from hug.server.changes import Changes
from hug.server.worker import Served, Worker

STEADY: Final = 10.0
"""Seconds after which a process that ends has not ended at once."""


class Child(Process):
    """A process of uvicorn's supervisor that tells by itself when it serves, and what it has loaded.

    uvicorn's own is asked each half second whether it is alive, and killed if it does not answer: one that
    computes for seconds without letting its other threads run would lose its streams for that.

    Attributes:
        number: Which one of the workers it is, from 1 on.
        generation: Which state of the program it serves.
        began: When it was started, in monotonic seconds.
        served: What it serves, once it does.
    """

    def __init__(
        self, number: int, generation: int, worker: Worker, sockets: list[socket.socket], *, watched: bool
    ) -> None:
        """Start it.

        Args:
            number: See above.
            generation: See above.
            worker: What it is to be.
            sockets: Where it serves.
            watched: Whether it tells what it loads.
        """
        self.config = worker.config
        self.number = number
        self.generation = generation
        self.served: Served | None = None
        self.parent_conn, self.child_conn = multiprocessing.connection.Pipe()
        report = None
        self._loaded: Connection | None = None
        if watched:
            self._loaded, report = multiprocessing.connection.Pipe(duplex=False)
        worker = dataclasses.replace(worker, started=self.child_conn, report=report)
        self.process = get_subprocess(self.config, worker, sockets)
        self.began = time.monotonic()
        with _interrupts_wait():
            self.start()
        self.child_conn.close()  # the process has its own; once it has ended, so has what we receive
        if report is not None:
            report.close()

    @property
    def sources(self) -> list[Connection]:
        """What can be read from when the process has something to tell."""
        waiting = [] if self.parent_conn.closed or self.served is not None else [self.parent_conn]
        return waiting if self._loaded is None else [*waiting, self._loaded]

    def hear(self, changes: Changes | None) -> bool:
        """Take what the process tells; return whether it has begun to serve by that.

        Args:
            changes: Who is to know what it has loaded; None if that is of no interest.
        """
        if self._loaded is not None:
            try:
                (changes or Changes((), 0)).hear(self._loaded)
            except (EOFError, OSError):
                self._loaded.close()
                self._loaded = None
        if self.served is None and not self.parent_conn.closed:
            try:
                if self.parent_conn.poll():
                    self.served = self.parent_conn.recv()
                    return True
            except (EOFError, OSError):
                self.parent_conn.close()
        return False

    @property
    def fate(self) -> str:
        """How it has ended, in words."""
        code = self.exitcode or 0
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def __str__(self) -> str:
        return f"Worker {self.number} (process {self.pid})"

    def let_go(self) -> None:
        """Close what it told through; it has ended."""
        for source in (self.parent_conn, self._loaded):
            if source is not None:
                source.close()


@contextlib.contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Let SIGINT wait, here and in the process that is started meanwhile.

    Ctrl-C is for all processes of a terminal. A Python that is starting answers it with a traceback; that
    process takes the signal as soon as it can end in order.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
