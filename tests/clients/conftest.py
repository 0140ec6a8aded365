import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from ..servers.serving import Server


class ClientsServer(Server):
    """A process that serves ``clients_app.py``."""

    app = "clients_app"
    folder = Path(__file__).parent


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The application, on uvicorn."""
    server = ClientsServer("uvicorn")
    try:
        yield server.ready()
    finally:
        server.kill()


@pytest.fixture(autouse=True)
def patience(request: pytest.FixtureRequest) -> Iterator[None]:
    """Heartbeats keep a client waiting for ever that lacks an event: fail in its place."""

    if "server" not in request.fixturenames:
        yield
        return

    def give_up(number: int, frame: FrameType | None) -> None:
        raise AssertionError("the client is still waiting")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
