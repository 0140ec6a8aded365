"""A NATS server for tests: the one of all, or one alone; and a connection to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import nats
import pytest

from hug.eventstream.engines.nats import Nats as Engine
from hug.eventstream.engines.nats import maker

from ..conftest import Ear
from ..nats_server import Nats
from ..running import Server
from ..servers import new, started


@pytest.fixture
def shared(running: Callable[[str], Server]) -> Nats:
    """The one that all tests use."""
    server = running("nats")
    assert isinstance(server, Nats)
    return server


@pytest.fixture
def own() -> Iterator[Nats]:
    """One for a test alone."""
    with started("nats") as server:
        assert isinstance(server, Nats)
        yield server


@contextmanager
def configured(*more: str, jetstream: str = "", authorization: bool = True) -> Iterator[Nats]:
    """One with a configuration of its own."""
    server = new("nats")
    assert isinstance(server, Nats)
    if not authorization:
        server.more = [line for line in server.more if not line.startswith("authorization")]
    server.more += more
    server.jetstream = jetstream or server.jetstream
    try:
        server.start()
        yield server
    finally:
        server.remove()


@asynccontextmanager
async def connected(url: str, prefix: str = "hug") -> AsyncIterator[tuple[Engine, Ear]]:
    one, ear = maker(url, prefix)(), Ear()
    await one.connect(ear)
    try:
        yield one, ear
    finally:
        await one.close()


Api = Callable[..., Awaitable[dict[str, Any]]]


@asynccontextmanager
async def administrator(url: str) -> AsyncIterator[Api]:
    """Another program, which asks JetStream for something."""
    client = await nats.connect(url, **_who(url))

    async def ask(subject: str, /, **body: object) -> dict[str, Any]:
        answer = await client.request(f"$JS.API.{subject}", json.dumps(body).encode() if body else b"", 5)
        result: dict[str, Any] = json.loads(answer.data)
        assert "error" not in result, result["error"]
        return result

    try:
        yield ask
    finally:
        await client.close()
        await asyncio.sleep(0)


def _who(url: str) -> dict[str, str]:
    return {"user": Nats.user_name, "password": Nats.password} if "@" in url else {}
