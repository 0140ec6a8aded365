"""Engines for tests: one of each kind for the whole run, names of its own for each test."""

import itertools
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest

from hug.eventstream.engines.engine import Deleted, Engine, Kept

from .servers import ENGINES, Server, engine_of, new


class Ear:
    """What an engine has told."""

    def __init__(self) -> None:
        self.events: dict[str, list[Kept]] = defaultdict(list)
        self.changes: list[str] = []
        self.deleted: list[Deleted | None] = []
        self.told_of: dict[str, list[tuple[str, str] | Deleted | None]] = defaultdict(list)
        """For each channel, in its order: the life and the request of events, deletions."""
        self.losses: list[BaseException] = []

    def positions(self, channel: str) -> list[int]:
        return [event.position for event in self.events[channel]]

    def told(self) -> None:
        """Called when something was heard; for tests to replace."""

    # See `Hearer`

    def heard(self, channel: str, life: str, events: Sequence[Kept]) -> None:
        self.events[channel].extend(events)
        self.told_of[channel] += [(life, event.request) for event in events]
        self.told()

    def changed(self, channel: str, deleted: Deleted | None = None) -> None:
        self.changes.append(channel)
        self.deleted.append(deleted)
        self.told_of[channel].append(deleted)

    def lost(self, error: BaseException) -> None:
        self.losses.append(error)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def running() -> Iterator[Callable[[str], Server]]:
    """Return the engine of that name, started at its first use and shared by all tests."""
    servers: dict[str, Server] = {}
    with ExitStack() as owned:

        def find(name: str) -> Server:
            if name not in servers:
                servers[name] = new(name)
                owned.callback(servers[name].remove)
                servers[name].start()
            return servers[name]

        yield find


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each of the engines in turn."""
    name: str = request.param
    return name


@pytest.fixture
def engine_url(engine_name: str, running: Callable[[str], Server]) -> str:
    """The URL of an engine that other tests use, too."""
    return running(engine_name).url


_tests = itertools.count()


@pytest.fixture
def prefix() -> str:
    """What keeps the channels of a test apart from those of all others."""
    return f"test-{os.getpid()}-{next(_tests)}"


Another = Callable[[], Awaitable[tuple[Engine, Ear]]]


@pytest.fixture
async def another(engine_name: str, engine_url: str, prefix: str) -> AsyncIterator[Another]:
    """Connect to the engine once more, as another process does."""
    connected: list[Engine] = []

    async def connect() -> tuple[Engine, Ear]:
        engine, ear = engine_of(engine_name, engine_url, prefix), Ear()
        connected.append(engine)
        await engine.connect(ear)
        return engine, ear

    yield connect
    for engine in connected:
        await engine.close()


@pytest.fixture
async def both(another: Another) -> tuple[Engine, Ear]:
    return await another()


@pytest.fixture
def engine(both: tuple[Engine, Ear]) -> Engine:
    """A connection to the engine."""
    return both[0]


@pytest.fixture
def ear(both: tuple[Engine, Ear]) -> Ear:
    """What that has told."""
    return both[1]
