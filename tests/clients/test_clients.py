"""Clients that nobody here wrote read exactly what was sent, and go on exactly where they were."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlencode

import aiohttp
import aiohttp_sse_client2.client
import pytest

from hug.eventstream.wire.client import Guard

from ..browsers.servers import tearing_proxy
from ..servers.serving import Server
from .clients import CLIENTS, POST, Event, Read
from .clients_app import EVENTS, HISTORY

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


def test_there_are_heartbeats(server: Server) -> None:
    """The application does what the clients are to bear: it sends heartbeats between events."""
    with server.stream("/generated") as stream:
        body = stream.rest().decode()
    assert body.count("\n\n") == len(EVENTS)
    assert body.count("\n\n:\n") >= len(EVENTS) // 3


def test_farewell(server: Server, read: Read, name: str) -> None:
    """The end of a process is no event; a client that comes back misses and repeats nothing."""
    with closing(read(url(server.port, "channel", name=name))) as events:
        before = publish(server, name, "eins", "zwei\nZeilen")
        assert take(events, 2) == before
        server.get("/drain")
        after = publish(server, name, "drei", "vier")
        assert take(events, 2) == after


@pytest.mark.parametrize("path", ["channel", "generated"])
def test_cut(server: Server, read: Read, name: str, path: str) -> None:
    """After a connection that breaks behind an event a client misses and repeats nothing."""
    sent: list[Event] = [Event(*each) for each in GENERATED]
    if path == "channel":
        sent = publish(server, name, *(data for _, data in EVENTS))
    kept = f"id: {sent[2].id}\n\n".encode()
    with (
        tearing_proxy(server.port, kept, b"") as proxy,
        closing(read(url(proxy, path, name=name))) as events,
    ):
        assert take(events, len(sent)) == sent


def test_checkpoint(server: Server, read: Read, name: str) -> None:
    """That a filter holds events back, and moves the id on meanwhile, is no event; resuming is exact."""
    sent = publish(server, name, "wanted 1")
    with closing(read(url(server.port, "wanted", name=name))) as events:
        assert take(events, 1) == sent
        publish(server, name, *["no"] * HISTORY)
        sent = publish(server, name, "wanted 2")
        assert take(events, 1) == sent
        server.get("/drain")
        sent = publish(server, name, "no", "wanted 3")
        assert take(events, 1) == sent[1:]


def test_cut_behind_a_checkpoint(server: Server, name: str) -> None:
    """A program that reads as the standard says has the id of events that it did not get, and lacks none."""
    read = CLIENTS["aiohttp-sse-client2"]
    sent = publish(server, name, "wanted 1")
    with closing(read(url(server.port, "wanted", name=name))) as events:
        assert take(events, 1) == sent
        publish(server, name, *["no"] * 2 * HISTORY)
        server.get("/drain")
        sent = publish(server, name, "wanted 2")
        assert take(events, 1) == sent


GUARDS = dict.fromkeys(CLIENTS, Guard.NONE) | dict.fromkeys(
    ["aiohttp-sse-client2", "launchdarkly-eventsource"], Guard.BLOCK
)


@pytest.mark.parametrize("client", CLIENTS)
def test_table(server: Server, client: str) -> None:
    """Each client is told from the others by what it really asks with."""
    with closing(CLIENTS[client](url(server.port, "guarded"))) as events:
        assert [each.data for each in take(events, 1)] == [GUARDS[client].name]


def test_early_id(server: Server, name: str) -> None:
    """A program that reads as the standard says loses nothing when a stream breaks before its first event."""

    async def read(port: int) -> tuple[Event, Event]:
        async with aiohttp_sse_client2.client.EventSource(url(port, "live", name=name)) as source:
            with pytest.raises(aiohttp.ClientPayloadError):
                await anext(source)
            (sent,) = await asyncio.to_thread(publish, server, name, "meanwhile")
            await source.connect()
            got = await anext(source)
            return sent, Event(got.type or "message", got.data, got.last_event_id)

    publish(server, name, "before")  # a channel without history is forgotten when its last reader has left
    with tearing_proxy(server.port, b"\n\n", b"") as proxy:
        sent, got = asyncio.run(read(proxy))
    assert got == sent
