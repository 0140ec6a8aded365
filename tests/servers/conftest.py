import itertools
from collections.abc import Callable, Iterator

import pytest

from .serving import SERVERS, Server


@pytest.fixture(scope="session")
def running() -> Iterator[Callable[..., Server]]:
    """Return the server of that name and environment, started at its first use and shared by all tests."""
    servers: dict[tuple[str, ...], Server] = {}

    def find(name: str, **environment: str) -> Server:
        known = (name, *(f"{key}={value}" for key, value in environment.items()))
        if known not in servers:
            servers[known] = Server(name, **environment)
            servers[known].ready()
        return servers[known]

    yield find
    for server in servers.values():
        server.kill()


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, running: Callable[..., Server]) -> Iterator[Server]:
    """Each of the servers in turn."""
    server = running(request.param)
    yield server
    server.leave()


@pytest.fixture
def uvicorn(running: Callable[..., Server]) -> Iterator[Server]:
    """The one server that is enough for what depends on none."""
    server = running("uvicorn")
    yield server
    server.leave()


@pytest.fixture
def counted(running: Callable[..., Server]) -> Iterator[Server]:
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


@pytest.fixture
def anew(running: Callable[..., Server]) -> Iterator[Callable[..., Server]]:
    """Return the shared server of that name and environment; its app begins anew, as if just started."""
    used: list[Server] = []

    def begin(name: str, **environment: str) -> Server:
        used.append(server := running(name, **environment))
        server.streams_end("/answer")
        server.get("/anew")
        return server.log_anew()

    yield begin
    for server in used:
        server.leave()


_keys = itertools.count()


@pytest.fixture
def key() -> Callable[[], str]:
    """Give a name for a request that no other request has."""
    return lambda: f"k{next(_keys)}"
