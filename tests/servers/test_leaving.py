"""A client that leaves ends its source, at once and whatever the source is doing."""

import os
from collections.abc import Callable

import pytest

from ..waiting import quickest
from .client import Client
from .serving import Server

PROMPT = 0.05
"""Seconds within which a source's ``finally`` has run."""

Key = Callable[[], str]

LEAVING = [pytest.param(Client.leave, id="fin"), pytest.param(Client.reset, id="rst")]


def seconds(server: Server, path: str, leave: Callable[[Client], float], key: Key) -> float:
    """Return how many seconds after its client left a source ended, if it did so at once."""

    def once() -> float:
        name = key()
        client = server.stream(f"{path}?key={name}")
        client.message()
        left = leave(client)
        return server.noted(name, "ended") - left

    return quickest(once, PROMPT)


@pytest.mark.parametrize("leave", LEAVING)
def test_idle(server: Server, leave: Callable[[Client], float], key: Key) -> None:
    """The ``finally`` of an async generator that waits has run within 50 ms."""
    assert seconds(server, "/idle", leave, key) < PROMPT


@pytest.mark.parametrize("leave", LEAVING)
@pytest.mark.parametrize("path", ["/endless", "/endless_thread"])
def test_sending(server: Server, path: str, leave: Callable[[Client], float], key: Key) -> None:
    """That of a generator held up by a slow client while it yields without a pause has run within 50 ms."""
    assert seconds(server, path, leave, key) < PROMPT


@pytest.mark.parametrize("leave", LEAVING)
def test_sync(server: Server, leave: Callable[[Client], float], key: Key) -> None:
    """The ``finally`` of a sync generator has run 50 ms after the blocking call it is in has returned."""
    assert seconds(server, "/ticking", leave, key) < PROMPT


def test_behind_a_middleware(counted: Server, key: Key) -> None:
    """A ``finally`` has run within 50 ms behind an ASGI middleware, where nothing is known of the server."""
    assert seconds(counted, "/idle", Client.leave, key) < PROMPT


@pytest.mark.parametrize("path", ["/swallowing", "/last_word", "/stubborn"])
def test_wayward(server: Server, path: str, key: Key) -> None:
    """A generator that keeps its cancellation to itself, or yields to nobody, has ended within 50 ms."""
    assert seconds(server, path, Client.leave, key) < PROMPT


def test_ignored_close(server: Server, key: Key) -> None:
    """A generator that yields again when it is closed is logged, with the name of its handler."""
    name = key()
    client = server.stream(f"/stubborn?key={name}")
    client.message()
    client.leave()
    server.noted(name, "ended")
    log = server.logs("async generator ignored GeneratorExit")
    assert "app.stubborn failed in its cleanup" in log


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_gone_before(server: Server, kind: str, key: Key) -> None:
    """A source whose client left before the handler answered is closed, too, and its cleanup may wait."""
    name = key()
    printed = len(server.log)
    client = server.open(f"/late?key={name}&kind={kind}")
    server.noted(name, "called")
    client.leave()
    server.get(f"/open?key={name}")
    server.noted(name, "answered")
    server.noted(name, "ended")
    server.streams_end()
    assert "Traceback" not in server.log[printed:]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_refused(server: Server, kind: str, key: Key) -> None:
    """A source is closed, never started, when a middleware puts an error in place of the response."""
    name = key()
    with server.open(f"/refused?key={name}&kind={kind}") as client:
        assert client.head().status == 403
        assert b"after the handler had answered" in client.rest()
    assert server.noted(name, "ended")
    assert "started" not in server.notes(name)


def test_vanished(server: Server) -> None:
    """A client that is gone without a FIN is noticed by a heartbeat."""
    client = server.stream("/silent?heartbeat=0.1")
    client.message()
    try:
        client.vanish()
    except PermissionError:
        if os.environ.get("CI"):
            raise
        pytest.skip("only those who administer networks may close a connection without a word (TCP_REPAIR)")
    server.streams_end()


def test_pipelined(server: Server) -> None:
    """A client that leaves behind another request of its is noticed, though servers read no FIN behind it."""
    client = server.stream("/silent?heartbeat=0.1")
    client.message()
    client.send(b"GET /answer HTTP/1.1\r\nHost: localhost\r\n\r\n")
    client.leave()
    server.streams_end()


@pytest.mark.parametrize("leave", LEAVING)
def test_pipelined_and_written_to(server: Server, leave: Callable[[Client], float], key: Key) -> None:
    """So is one that is noticed by a write to it; its source is closed although it waits for something."""
    name = key()
    client = server.stream(f"/steady?key={name}")
    client.message()
    client.send(b"GET /answer HTTP/1.1\r\nHost: localhost\r\n\r\n")
    leave(client)
    server.noted(name, "ended")
    server.streams_end()
    assert "already running" not in server.log
