"""The engines that keep channels for several processes, started as Debian has them, on the servers' core.

Each is on a port of its own, with its data in a temporary folder, and durable as it is by default: Redis
appends to its file and flushes that each second, NATS each two minutes, PostgreSQL at each commit.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from servers import CLIENT_CORE, SERVER_CORE, cpu_of, free_port

READY = 30.0
"""Seconds for an engine to start."""

PROGRAMS = {"redis": ("redis-server",), "nats": ("nats-server",), "postgres": ("postgres", "initdb")}
"""What is needed for each; the others need nothing."""

ALL = ("memory", "sqlite", *PROGRAMS)


def which(program: str) -> str | None:
    """Return where a program is; Debian keeps PostgreSQL's out of the path."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -float(folder.parent.name))
    return shutil.which(program, path=":".join([path, *map(str, folders)]))


def installed(name: str) -> bool:
    """Return whether an engine can be started."""
    return all(map(which, PROGRAMS.get(name, ())))


class Engine:
    """One engine while it runs; use it as a context manager.

    Attributes:
        name: One of `ALL`.
        url: What hug is told, the value of ``HUG_BROKER``.
        port: Where it listens; 0 if nothing does.
    """

    def __init__(self, name: str, host: str = "127.0.0.1", prefix: Sequence[str] = ()) -> None:
        """Prepare an engine.

        Args:
            name: Which one.
            host: Where it listens.
            prefix: Words before the command, for a network of its own.
        """
        self.name = name
        self.host = host
        self.port = free_port() if name in PROGRAMS else 0
        self._prefix = list(prefix)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return {
            "memory": "memory:",
            "sqlite": f"sqlite:///{self._folder}/events.db",
            "redis": f"redis://{self.host}:{self.port}",
            "nats": f"nats://{self.host}:{self.port}",
            "postgres": f"postgresql://hug@{self.host}:{self.port}/postgres",
        }[self.name]

    def _command(self) -> list[str]:
        port, data = str(self.port), str(self._folder / "data")
        return {
            "redis": [
                *("redis-server", "--bind", self.host, "--port", port, "--dir", str(self._folder)),
                *("--save", "", "--appendonly", "yes", "--protected-mode", "no"),
            ],
            "nats": ["nats-server", "-a", self.host, "-p", port, "-js", "-sd", data],
            "postgres": ["postgres", "-D", data, "-h", self.host, "-p", port, "-k", str(self._folder)],
        }[self.name]

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="hug-benchmark-"))
        try:
            if self.name in PROGRAMS:
                self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        user = (
            "postgres" if self.name == "postgres" and os.geteuid() == 0 else None
        )  # it refuses to be root's
        if user:
            shutil.chown(self._folder, user, user)
        if self.name == "postgres":
            initdb = [str(which("initdb")), "-D", str(self._folder / "data"), "-U", "hug", "--auth=trust"]
            initdb += ["--encoding=UTF8", "--locale=C", "--no-sync"]
            subprocess.run(initdb, check=True, capture_output=True, user=user, cwd=self._folder)
            with (self._folder / "data" / "pg_hba.conf").open("a") as rules:
                rules.write("host all all 10.0.0.0/8 trust\n")  # the machines of machines.py
        program, *words = self._command()
        words = [*self._prefix, str(which(program)), *words]
        with (self._folder / "log").open("wb") as log:
            os.sched_setaffinity(0, SERVER_CORE)  # which the child inherits
            try:
                # A group of its own, so that all its processes can be ended.
                self._process = subprocess.Popen(
                    words, cwd=self._folder, stdout=log, stderr=log, user=user, start_new_session=True
                )
            finally:
                os.sched_setaffinity(0, CLIENT_CORE)
        deadline = time.monotonic() + READY
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start: {(self._folder / 'log').read_text()[-600:]}")
            time.sleep(0.05)
        time.sleep(0.5)

    def _answers(self) -> bool:
        if self.name == "postgres":
            return b"ready to accept connections" in (self._folder / "log").read_bytes()
        try:
            socket.create_connection((self.host, self.port), 1).close()
        except OSError:
            return False
        return True

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            for pid in self._family()[1:]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def cpu(self) -> float:
        """Return the seconds of processor time of all its processes."""
        total = 0.0
        for pid in self._family():
            with contextlib.suppress(OSError):
                total += cpu_of(pid)
        return total

    def _family(self) -> list[int]:
        return [] if self._process is None else list(_descendants(self._process.pid))


def _descendants(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _descendants(int(child))
