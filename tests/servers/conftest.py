import itertools
from collections.abc import Callable, Iterator

import pytest

from .serving import SERVERS, Server


@pytest.fixture(scope="session")
def running() -> Iterator[Callable[[str], Server]]:
    """Return the server of that name, started at its first use and shared by all tests."""
    servers: dict[str, Server] = {}

    def find(name: str) -> Server:
        if name not in servers:
            servers[name] = Server(name)
            servers[name].ready()
        return servers[name]

    yield find
    for server in servers.values():
        server.kill()


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, running: Callable[[str], Server]) -> Iterator[Server]:
    """Each of the servers in turn."""
    server = running(request.param)
    yield server
    server.leave()


@pytest.fixture
def uvicorn(running: Callable[[str], Server]) -> Iterator[Server]:
    """The one server that is enough for what depends on none."""
    server = running("uvicorn")
    yield server
    server.leave()


@pytest.fixture
def counted(running: Callable[[str], Server]) -> Iterator[Server]:
    """A uvicorn whose app is behind an ASGI middleware that counts its writes."""
    server = running("uvicorn-counted")
    yield server
    server.leave()


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """Start servers that no other test sees."""
    started: list[Server] = []

    def start(name: str, **environment: str) -> Server:
        started.append(Server(name, **environment))
        return started[-1].ready()

    yield start
    for server in started:
        server.kill()


_keys = itertools.count()


@pytest.fixture
def key() -> Callable[[], str]:
    """Give a name for a request that no other request has."""
    return lambda: f"k{next(_keys)}"
