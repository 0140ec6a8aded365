"""Sync generators may block, in any number: nothing else waits for them."""

import time
from collections.abc import Callable

import pytest

from ..waiting import quickest
from .serving import SERVERS, Server, until

PROMPT = 0.05

Start = Callable[..., Server]


def latency(server: Server) -> float:
    """Return how many seconds a ``def`` endpoint takes to answer, if that is at once."""

    def once() -> float:
        before = time.monotonic()
        server.get("/answer")
        return time.monotonic() - before

    return quickest(once, PROMPT)


@pytest.mark.parametrize(("name", "count"), [*((name, 300) for name in SERVERS), ("uvicorn", 1000)])
def test_blocked(start: Start, name: str, count: int) -> None:
    """With hundreds of blocked generators a ``def`` endpoint answers at once, also once clients have left."""
    server = start(name)
    clients = [server.stream("/blocked") for _ in range(count)]
    for client in clients:
        client.message()
    assert server.get("/status")["threads"] > count
    assert latency(server) < PROMPT
    server.leave()
    assert latency(server) < PROMPT
    assert server.get("/status")["threads"] > count, "this has tested nothing: they are not blocked"


def test_limit(start: Start) -> None:
    """When all threads are taken a client is told when to come back, and the log tells what to do."""
    server = start("uvicorn", THREADS="2")
    first = [server.stream("/ticking?key=k") for _ in range(2)]
    refused = server.stream("/ticking?key=k")
    assert b"data" not in refused.rest()
    assert 1000 <= (refused.decoder.retry or 0) <= 5000
    log = server.logs("asked to come back later")
    assert "app.ticking" in log
    assert "hug.sse.limits.sync_sources" in log
    first[0].leave()
    until(lambda: server.get("/status")["streams"] == 1)
    assert server.stream("/ticking?key=k").message()
