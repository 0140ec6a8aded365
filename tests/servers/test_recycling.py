"""A server that ends without a signal, because its time is over, ends its streams, too."""

import signal
from collections.abc import Callable

import pytest

from hug.ending_budget import GONE

from ..waiting import Stopwatch, until
from .client import Client
from .serving import Server

Start = Callable[..., Server]

LIMITED = ("uvicorn-limited", "uvicorn-h11-limited", "uvicorn-counted-limited", "uvicorn-protocol-limited")
"""Servers of one process that end after 20 requests."""


def used_up(server: Server) -> None:
    """Send it as many requests as it takes, and some that it may refuse already."""
    for _ in range(25):
        try:
            server.get("/answer")
        except OSError:
            return


@pytest.mark.parametrize("name", LIMITED)
def test_limit_of_requests(start: Start, name: str) -> None:
    """After so many requests the streams end with their ``retry``, and the process is gone."""
    server = start(name)
    clients = [server.stream("/idle") for _ in range(3)]
    for client in clients:
        client.message()
    used_up(server)
    watch = Stopwatch()
    for client in clients:
        client.rest()
        assert 1000 <= (client.decoder.retry or 0) <= 5000
    server.process.wait(30)
    assert watch.seconds < GONE
    assert "Traceback" not in server.log, server.log


@pytest.mark.parametrize("name", LIMITED)
def test_limit_before_a_stream_opens(start: Start, name: str) -> None:
    """The first stream to open, when its server has begun to end already, ends with its ``retry``."""
    server = start(name)
    client = server.open("/opens_late")
    used_up(server)
    client.head().rest()
    assert 1000 <= (client.decoder.retry or 0) <= 5000
    server.process.wait(30)


@pytest.mark.parametrize(
    "name", ["uvicorn-workers-limited", "gunicorn-limited", "gunicorn-asgi-limited", "hypercorn-limited"]
)
def test_workers_that_come_and_go(start: Start, name: str) -> None:
    """Where a supervisor starts new workers, requests are served again and again while streams are open."""
    server = start(name)
    lives = set()
    clients: list[Client] = []

    def served() -> bool:
        clients.append(server.stream("/idle"))
        for _ in range(10):
            lives.add(server.get("/status")["process"])
        return len(lives) > 4

    until(served, within=30)
    for client in clients[:3]:
        client.rest()
        assert 1000 <= (client.decoder.retry or 0) <= 5000


def test_worker_that_is_replaced(start: Start) -> None:
    """granian tells a worker whose lifetime is over by a signal, as it does here; its streams end."""
    server = start("granian")
    before = server.get("/status")["process"]
    with server.stream("/idle") as client:
        client.message()
        server.told(signal.SIGHUP)
        client.rest()
        assert 1000 <= (client.decoder.retry or 0) <= 5000
    until(lambda: server.get("/status")["process"] != before)
