"""Serves a program from several processes, and keeps that many of them alive.

The supervising process binds the sockets and never imports the program. It starts the first worker, and the
others once that serves: a program that cannot be loaded says so once. A worker that ends is replaced, one
that ends again and again after longer and longer pauses. When the program changes, or at SIGHUP, the workers
are replaced one after the other, each once its successor serves.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing.connection
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uvicorn
from uvicorn.supervisors.multiprocess import Multiprocess

from hug.server.banner import banner
from hug.server.changes import Changes
from hug.server.child import STEADY, Child
from hug.server.serve import tell
from hug.server.worker import PATIENCE, Worker, exit_code

MOST: Final = 256
"""Workers that a supervisor starts: more are a slip of the finger."""

LONGEST_PAUSE: Final = 30.0
"""Seconds before a worker is started that has ended at once however often it was."""

logger = logging.getLogger("uvicorn.error")


class Workers(Multiprocess):
    """uvicorn's supervisor of several processes, told by them what they do instead of asking.

    Signals are uvicorn's: SIGTERM and SIGINT end all, SIGHUP replaces one after the other, SIGTTIN and
    SIGTTOU make them more and fewer. Nothing here waits for one process alone, so all are heard at once, also
    while workers are replaced.

    Attributes:
        worker: What each process is, unless it runs already.
        exit_code: What the command ends with.
    """

    processes: list[Child]  # type: ignore[assignment]

    def __init__(
        self, config: uvicorn.Config, worker: Worker, sockets: list[socket.socket], *, watch: bool
    ) -> None:
        """Take signals from now on; `run` starts the workers.

        Args:
            config: uvicorn's settings.
            worker: What each of them is.
            sockets: Where they serve.
            watch: Whether they are replaced when a source file changes.
        """
        super().__init__(config, sockets)
        self.worker = worker
        self.exit_code = 0
        self._changes = Changes(worker.program.sources(), config.reload_delay) if watch else None
        self._look_at = 0.0
        self._generation = 0
        self._first_serves = self._complete = self._replacing = self._broken = False
        self._successor: Child | None = None
        self._leaving: dict[Child, float] = {}
        self._failures: dict[int, int] = {}
        self._due: dict[int, float] = {}
        self._woken, self._waker = socket.socketpair()

    def run(self) -> None:
        """Serve until the process is told to end, or the program cannot be loaded at first."""
        with self._woken_by_signals():
            if self._changes is not None:
                self._changes.begin()
            try:
                while not self.should_exit.is_set():
                    self._fill()
                    self._wait()
                    self.handle_signals()
                    self._hear()
                    self._bury()
                    self._replace()
                    self._look()
            finally:
                self._end()

    # What uvicorn's signals do, beside SIGTERM and SIGINT

    def handle_hup(self) -> None:
        self._begin_anew()

    def handle_ttin(self) -> None:
        self.processes_num = min(self.processes_num + 1, MOST)

    def handle_ttou(self) -> None:
        self.processes_num = max(self.processes_num - 1, 1)
        for child in [child for child in self.processes if child.number > self.processes_num]:
            self._dismiss(child)

    @contextlib.contextmanager
    def _woken_by_signals(self) -> Iterator[None]:
        """Have `_wait` return at a signal, through which it would sleep."""
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        before = signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            self._woken.close()
            self._waker.close()

    # One round

    def _fill(self) -> None:
        """Start the workers that are lacking, unless they have to wait."""
        now = time.monotonic()
        for number in self._lacking():
            if self._due.get(number, 0.0) <= now:
                self.processes.append(self._start(number))

    def _lacking(self) -> list[int]:
        there = {child.number for child in self.processes}
        if self._successor is not None:
            there.add(self._successor.number)
        wanted = self.processes_num if self._first_serves else min(self.processes_num, 1)
        return [number for number in range(1, wanted + 1) if number not in there]

    def _wait(self) -> None:
        """Wait until a process ends or tells something, for a signal, or for the time of something."""
        children = self._children()
        times = [*self._leaving.values(), *(self._due.get(number, 0.0) for number in self._lacking())]
        if self._changes is not None:
            times.append(self._look_at)
        multiprocessing.connection.wait(
            [
                self._woken,
                *(child.process.sentinel for child in children),
                *(source for child in children for source in child.sources),
            ],
            timeout=max(min(times) - time.monotonic(), 0.0) if times else None,
        )
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)

    def _hear(self) -> None:
        """Take what the processes tell."""
        for child in self._children():
            if child.hear(self._changes if child.generation == self._generation else None):
                self._first_serves = True
                self._broken = False
        if (
            not self._complete
            and sum(child.served is not None for child in self.processes) >= self.processes_num
        ):
            self._complete = True
            self._announce(listing=True)

    def _bury(self) -> None:
        """See to the processes that have ended, or should have."""
        now = time.monotonic()
        for child, until in list(self._leaving.items()):
            if child.exitcode is None and now >= until:
                logger.error("%s has not ended within %g s: it is killed", child, PATIENCE)
                child.kill()
                child.join()
            if child.exitcode is not None:
                del self._leaving[child]
                child.let_go()
        for child in [child for child in self.processes if child.exitcode is not None]:
            self.processes.remove(child)
            child.let_go()
            killed = self._first_serves and (child.exitcode or 0) < 0  # which says nothing of the program
            if self._complete or child.served is not None or killed:
                self._mourn(child, now)
            else:  # it has said why
                self.exit_code = exit_code(child.exitcode or 0)
                self.should_exit.set()

    def _mourn(self, child: Child, now: float) -> None:
        """Have another process take the place of one that has ended, by and by if that happens too often."""
        if child.served is not None and child.exitcode == 0:  # it has answered as many requests as it may
            self._failures.pop(child.number, None)
            return
        lived = now - child.began
        if child.served is None:
            self._broken = True
        elif lived >= STEADY:
            self._failures.pop(child.number, None)
            logger.error("%s %s: another one takes its place", child, child.fate)
            return
        times = self._failures[child.number] = self._failures.get(child.number, 0) + 1
        pause = min(0.5 * 2 ** (times - 1), LONGEST_PAUSE)
        self._due[child.number] = now + pause
        again = "" if times == 1 else f", {times} times in a row so soon"
        logger.error(
            "%s %s %.1f s after its start%s: another one is started in %g s",
            child, child.fate, lived, again, pause,
        )  # fmt: skip

    def _replace(self) -> None:
        """Go on replacing the workers that serve what the program was, one after the other."""
        successor = self._successor
        if successor is not None and successor.exitcode is not None:
            self._give_up(successor)
        elif successor is not None and successor.generation < self._generation:
            self._dismiss(successor)
        elif successor is not None and successor.served is not None:
            self._successor = None
            for child in [child for child in self.processes if child.number == successor.number]:
                self._dismiss(child)
            self.processes.append(successor)
            if successor.number > self.processes_num:  # there are to be fewer since it was started
                self._dismiss(successor)
        if self._successor is not None or self._leaving:
            return
        outdated = [child for child in self.processes if child.generation < self._generation]
        if outdated:
            child = min(outdated, key=lambda each: each.number)
            if child.served is None:
                self._dismiss(child)
            else:
                self._successor = self._start(child.number)
        elif self._replacing and all(child.served is not None for child in self.processes):
            self._replacing = False
            if self._complete:
                self._announce(listing=False)

    def _give_up(self, successor: Child) -> None:
        """Replace no worker by what cannot be started."""
        self._successor = None
        self._replacing = False
        self._broken = True
        successor.let_go()
        waiting = "" if self._changes is None else " Waiting for a change..."
        logger.error(
            "%s %s: the workers go on with the program as they have loaded it.%s",
            successor, successor.fate, waiting,
        )  # fmt: skip
        for child in self.processes:
            child.generation = self._generation

    def _look(self) -> None:
        """Look for changes, if it is time to."""
        if self._changes is None or time.monotonic() < self._look_at:
            return
        changed = self._changes.find(ended=self._broken)
        if changed:
            logger.warning("hug detected changes in %s. Reloading...", ", ".join(map(_shown, changed)))
            self._begin_anew()
        self._look_at = time.monotonic() + self._changes.rest

    # What these have in common

    def _children(self) -> list[Child]:
        successor = [] if self._successor is None else [self._successor]
        return [*self.processes, *successor, *self._leaving]

    def _start(self, number: int) -> Child:
        self._due.pop(number, None)
        watched = self._changes is not None
        return Child(number, self._generation, self.worker, self.sockets, watched=watched)

    def _begin_anew(self) -> None:
        """Have all workers replaced by such as load the program as it is now."""
        self._generation += 1
        self._replacing = True
        self._broken = False
        self._due.clear()
        self._failures.clear()
        if self._changes is not None:
            self._changes.begin()

    def _announce(self, *, listing: bool) -> None:
        served = next(child.served for child in reversed(self.processes) if child.served is not None)
        if not self.worker.silent:
            count = len(self.processes)
            title = f"{served.title}, {count} worker{'' if count == 1 else 's'}"
            tell(banner(title, self.sockets, served.listed if listing else ()))

    def _dismiss(self, child: Child) -> None:
        """Have a worker end in order."""
        if child in self.processes:
            self.processes.remove(child)
        if child is self._successor:
            self._successor = None
        child.terminate()
        self._leaving[child] = time.monotonic() + PATIENCE

    def _end(self) -> None:
        """Have all of them end, and wait until they have."""
        for child in self._children():
            if child not in self._leaving:
                self._dismiss(child)
        self._changes = None
        self._complete = True
        self.processes_num = 0
        while self._leaving:
            self._wait()
            self._hear()
            self._bury()


def _shown(path: Path) -> str:
    here = Path.cwd()
    return f"'{path.relative_to(here) if path.is_relative_to(here) else path}'"
