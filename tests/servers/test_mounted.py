"""An API that is mounted in another application, which tells it of the life of the server."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .serving import Server


class MountedServer(Server):
    """A process that serves ``mounted_app.py``; `lines` is what that has noted."""

    app = "mounted_app"

    def __init__(self, name: str, log: Path, **environment: str) -> None:
        self._noted = log
        super().__init__(name, MOUNTED_LOG=str(log), **environment)

    def lines(self) -> list[str]:
        return self._noted.read_text().splitlines() if self._noted.exists() else []


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[..., MountedServer]]:
    started: list[MountedServer] = []

    def start(name: str, **environment: str) -> MountedServer:
        started.append(MountedServer(name, tmp_path / "log", **environment))
        return started[-1]

    yield start
    for each in started:
        each.kill()


@pytest.mark.parametrize("name", ["uvicorn", "uvicorn-h11", "hypercorn", "granian"])
def test_life(mounted: Callable[..., MountedServer], name: str) -> None:
    """It starts with the server, before any request, and ends with it: its streams, then what was started."""
    server = mounted(name).ready()
    assert server.lines() == ["started"]
    stream = server.stream("/api/stream")
    assert stream.message().data == "first"
    told = server.told(signal.SIGTERM)
    stream.rest()
    server.process.wait(10)
    assert time.monotonic() - told < 5
    assert server.lines() == ["started", "stream ended", "stopped"]


def test_a_start_that_fails(mounted: Callable[..., MountedServer]) -> None:
    """If a startup handler fails, so does the start of the server; the log says why."""
    server = mounted("uvicorn", MOUNTED_FAILS="1")
    assert server.process.wait(20) != 0
    log = server.logs("Application startup failed")
    assert "A startup handler has failed: ValueError: no database" in log
