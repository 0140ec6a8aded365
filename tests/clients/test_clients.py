"""Clients that nobody here wrote read exactly what was sent, and go on exactly where they were."""

import itertools
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlencode

import pytest

from ..servers.serving import Server
from .clients import CLIENTS, POST, Event, Read
from .clients_app import EVENTS

GENERATED = [(kind, data, str(number)) for number, (kind, data) in enumerate(EVENTS, 1)]

_names = itertools.count()


@pytest.fixture(params=CLIENTS.values(), ids=CLIENTS)
def read(request: pytest.FixtureRequest) -> Read:
    """Each of the clients in turn."""
    return request.param


@pytest.fixture
def name() -> str:
    """The name of a channel that no other test has."""
    return f"channel{next(_names)}"


def url(port: int, path: str, **query: str) -> str:
    return f"http://127.0.0.1:{port}/{path}" + (f"?{urlencode(query)}" if query else "")


def take(events: Iterator[Event], count: int) -> list[Event]:
    return list(itertools.islice(events, count))


def publish(server: Server, name: str, *data: str) -> list[Event]:
    """Publish; return what a client must read."""
    ids = server.get(f"/publish?{urlencode([('name', name), *(('data', each) for each in data)])}")
    return [Event("message", each, event_id) for each, event_id in zip(data, ids, strict=True)]


def test_generator(server: Server, read: Read) -> None:
    """Every event of a generator comes once, whole and in order; nothing else does, heartbeats included."""
    with closing(read(url(server.port, "generated"))) as events:
        assert take(events, len(GENERATED)) == GENERATED


@pytest.mark.parametrize("read", POST.values(), ids=POST)
def test_post(server: Server, read: Read) -> None:
    """So does what a POST is answered with."""
    test_generator(server, read)
