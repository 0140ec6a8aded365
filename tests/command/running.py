"""The command as users run it: a process of its own, real sockets, real files."""

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from ..waiting import until

# Tells what it was loaded as and where, and leans on as little of hug as can be.
PROGRAM = """
import asyncio, os, sys, time
from hug.api import API

API(__name__)
WORD = "one"

async def __hug_asgi__(scope, receive, send):
    if scope["type"] == "lifespan":
        raise RuntimeError("not supported")
    if scope["path"] == "/die":
        os._exit(5)
    if scope["path"] == "/hang":
        print("hangs", file=sys.stderr, flush=True)
        time.sleep(60)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while scope["path"] == "/endless":
        await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
        await asyncio.sleep(0.001)
    said = f"{WORD} {__name__} {os.getpid()} {scope['client'][0]}"
    await send({"type": "http.response.body", "body": said.encode()})
"""

# Python itself would put the current folder first in sys.path for -m: here the command shall.
ENVIRONMENT = {**os.environ, "PYTHONSAFEPATH": "1"}
# Old bytecode is one of the things a reload must see through.
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)


def command(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "hug", *words],
        cwd=cwd,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Running:
    """A Python process that serves, and what it has printed so far."""

    def __init__(self, words: tuple[str, ...], cwd: Path, outputs: Path, path: Path | None) -> None:
        self._stdout, self._stderr = outputs / "stdout", outputs / "stderr"
        with self._stdout.open("w") as stdout, self._stderr.open("w") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, *words],
                cwd=cwd,
                stdout=stdout,
                stderr=stderr,
                # A group of its own, which can be interrupted as a terminal does it.
                start_new_session=True,
                env=ENVIRONMENT | ({"PYTHONPATH": str(path)} if path else {}),
            )

    @property
    def stdout(self) -> str:
        return self._stdout.read_text()

    @property
    def stderr(self) -> str:
        return self._stderr.read_text()

    @property
    def port(self) -> int:
        """The port that the banner names."""
        return until(self._port_told)

    def _port_told(self) -> int:
        assert self.process.poll() is None, self.stderr
        told = re.findall(r"http://\S+:(\d+)\n", self.stdout)
        return int(told[-1]) if told else 0

    def get(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        """Return the body of the answer to one request."""
        connection = http.client.HTTPConnection(host, self.port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def says(self, word: str) -> str:
        """Wait until the program answers with ``word``; return the whole answer."""
        return until(lambda: answer if word in (answer := self.get()) else "")

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal to the command and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def interrupt(self) -> int:
        """Do what Ctrl-C does: SIGINT for the command and all its children; return the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(30)

    def kill(self) -> None:
        """Leave nothing of it behind."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
