"""The processes of a stage: workers that serve `app`, here or on another machine, and scripts."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path
from typing import IO, Any, cast

from ..servers.client import Client
from ..waiting import until
from .machine import WITH_US, Machine
from .reading import Address

ROOT = Path(__file__).parent.parent.parent


class Worker:
    """A process that serves.

    Attributes:
        address: Where.
        process: The process.
    """

    def __init__(self, url: str, port: int, machine: Machine | None = None, clock: str | None = None) -> None:
        """Start it.

        Args:
            url: Of its broker.
            port: Where it listens.
            machine: Where it runs; None: on this one.
            clock: By how much its wall clock is wrong, as ``faketime`` has it; ``-1h``, say.
        """
        self.address: Address = (machine.address if machine is not None else "127.0.0.1", port)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the process
        words = [*WITH_US, *(machine.enter if machine is not None else ())]
        if clock is not None:
            words += ["faketime", "--exclude-monotonic", "-f", clock]
        words += [sys.executable, "-m", "hug", "-f", str(Path(__file__).with_name("app.py")), "-s"]
        words += ["-ma", "-ho", "0.0.0.0" if machine is not None else "127.0.0.1", "-p", str(port)]
        self.process = subprocess.Popen(
            words,
            cwd=ROOT,
            env={**os.environ, "HUG_BROKER": url, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def ready(self) -> "Worker":
        until(self._answers, "a worker answers", within=30)
        return self

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log
        return bool(self.get("/status"))

    @property
    def log(self) -> str:
        """What it has printed."""
        return os.pread(self._output.fileno(), 1 << 24, 0).decode()

    def get(self, path: str, **query: object) -> Any:
        """Return the JSON that a GET is answered with."""
        words = f"{path}?{urllib.parse.urlencode(query)}" if query else path
        with Client(self.address[1], words, host=self.address[0], patience=30) as client:
            response = client.head()
            assert response.status == 200, response.rest()
            return response.json()

    def signal(self, number: int) -> None:
        """Send a signal to it, and to what it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End it as a loss of power would."""
        self.signal(signal.SIGKILL)
        self.process.wait(30)

    def remove(self) -> None:
        self.kill()
        self._output.close()


class Script:
    """A program that publishes, and is no server: see `publishing.main`."""

    def __init__(self, url: str) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the process
        self.process = subprocess.Popen(
            [*WITH_US, sys.executable, "-m", "tests.faults.publishing"],
            cwd=ROOT,
            env={**os.environ, "HUG_BROKER": url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._output,
            text=True,
            bufsize=1,
            start_new_session=True,
        )

    def ready(self) -> "Script":
        assert self._answer() == "ready\n", self.log
        return self

    def say(self, *words: object) -> None:
        """Have it do something, and wait until it is done."""
        cast("IO[str]", self.process.stdin).write(" ".join(map(str, words)) + "\n")
        assert self._answer() == "done\n", self.log

    def _answer(self) -> str:
        return cast("IO[str]", self.process.stdout).readline()

    @property
    def log(self) -> str:
        """What it has said of errors."""
        return os.pread(self._output.fileno(), 1 << 24, 0).decode()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def remove(self) -> None:
        self.process.kill()
        self.process.wait(30)
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                cast("IO[str]", pipe).close()
        self._output.close()
