"""A Redis for tests: the one of all, or one alone; and a connection to it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
import redis

from hug.eventstream.engines.engine import Engine
from hug.eventstream.engines.redis import maker

from ..conftest import Ear
from ..redis_server import Redis
from ..running import Server
from ..servers import started


@pytest.fixture
def shared(running: Callable[[str], Server]) -> Redis:
    """The one that all tests use."""
    server = running("redis")
    assert isinstance(server, Redis)
    return server


@pytest.fixture
def own() -> Iterator[Redis]:
    """One for a test alone."""
    with started("redis") as server:
        assert isinstance(server, Redis)
        yield server


@pytest.fixture
def client(shared: Redis) -> Iterator["redis.Redis"]:
    with shared.administrator() as one:
        yield one


@asynccontextmanager
async def connected(url: str, prefix: str) -> AsyncIterator[tuple[Engine, Ear]]:
    one, ear = maker(url, prefix)(), Ear()
    await one.connect(ear)
    try:
        yield one, ear
    finally:
        await one.close()
