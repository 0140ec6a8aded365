"""The servers that are measured: each started afresh on a core of its own, on the same uvicorn.

Linux only: affinity and ``/proc``.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from client import answer
from table import progress

APPS = Path(__file__).parent / "apps"

APPLICATIONS = {
    "hug": "hug_app:app",
    "hug inline": "hug_app:inline",
    "falcon": "falcon_app:app",
    "sse-starlette": "sse_starlette_app:app",
    "fastapi": "fastapi_app:app",
    "asgi": "asgi_app:app",
}
"""What is served under each name; ``asgi`` is uvicorn without a framework, the floor for all others."""

NEEDED = {"sse-starlette": "sse_starlette", "fastapi": "fastapi.sse"}
"""The module without which a server is left out."""

OPTIONS = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "critical"]

PAGE = os.sysconf("SC_PAGE_SIZE")

ERRORS_SHOWN = 600
"""Bytes of what a server has to say about errors; it might say it for each request."""


def installed(name: str) -> bool:
    """Return whether the server can be started."""
    needed = NEEDED.get(name, "falcon")
    try:
        return importlib.util.find_spec(needed) is not None
    except ModuleNotFoundError:  # the package around the module
        return False


def cores() -> tuple[set[int], set[int]]:
    """Return the core of servers and that of clients, the same one where there is no other."""
    available = sorted(os.sched_getaffinity(0))
    return {available[0]}, {available[min(1, len(available) - 1)]}


SERVER_CORE, CLIENT_CORE = cores()


class Server:
    """A server while it runs; use it as a context manager.

    Attributes:
        host: Where it listens.
        port: And at which port.
        said: What it had to say about errors, once it has ended.
    """

    said = b""

    def __init__(
        self,
        name: str,
        command: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        """Prepare a server.

        Args:
            name: What it is called.
            command: What starts it, with ``{port}`` for its port; left out, it is one of `APPLICATIONS`.
            environment: Variables that it has besides ours.
            host: Where it will listen.
        """
        self.name = name
        self.host = host
        self.port = free_port()
        self._environment = {**os.environ, **(environment or {})}
        self._command = [part.format(port=self.port) for part in command or uvicorn(APPLICATIONS[name])]

    def __enter__(self) -> Self:
        self._errors = tempfile.TemporaryFile()  # closed by __exit__
        os.sched_setaffinity(0, SERVER_CORE)  # which the child inherits
        try:
            self._process = subprocess.Popen(
                self._command, cwd=APPS, stderr=self._errors, env=self._environment
            )
        finally:
            os.sched_setaffinity(0, CLIENT_CORE)
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._errors.seek(0)
        self.said = self._errors.read()
        if self.said:
            words = self.said[:ERRORS_SHOWN].decode(errors="replace")
            progress(f"{self.name} wrote {len(self.said):,} bytes to stderr, which begin\n{words}")
        self._errors.close()

    def _wait_until_ready(self, timeout: float = 20.0) -> None:
        deadline = time.monotonic() + timeout
        while True:
            try:
                socket.create_connection((self.host, self.port)).close()
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the server {self.name} did not start") from None
                time.sleep(0.05)
            else:
                return

    def cpu(self) -> float:
        """Return the seconds of processor time it has used, all its threads together."""
        return cpu_of(self._process.pid)

    def memory(self) -> int:
        """Return the bytes of memory it has resident; the kernel's for its sockets are not among them."""
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * PAGE

    def tasks(self) -> int:
        """Return how many tasks its event loop has."""
        return int(answer(self.port, "/tasks", self.host))


def cpu_of(pid: int) -> float:
    """Return the seconds of processor time that a process has used, all its threads together."""
    # What clock_getcpuclockid(3) makes of a process id.
    return time.clock_gettime((~pid << 3) | 2)


def uvicorn(application: str, *options: str) -> list[str]:
    """Return the command that serves an application of `APPS`."""
    return [sys.executable, "-m", "uvicorn", *OPTIONS, *options, "--port", "{port}", application]


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
