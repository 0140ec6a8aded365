"""A client that does not read holds up its own source, and nothing else."""

import time
from collections.abc import Callable

import pytest

from ..waiting import Stopwatch
from .serving import SERVERS, Server, until

MOST_SENT = 6_000_000
"""Bytes that a source gets rid of when nobody reads: Linux holds 2.7 MB, the server a few hundred KB."""

MOST_MEMORY = 3_000_000
"""Bytes by which the process may grow meanwhile."""

Start = Callable[..., Server]


def held_up(server: Server, key: str) -> int:
    """Wait until the source stands still while another stream goes on; return the bytes it has sent."""
    with server.stream("/busy?heartbeat=15") as witness:

        def same() -> bool:
            before = server.notes(key).get("sent")
            for _ in range(10):
                witness.message()
            return before is not None and server.notes(key)["sent"] == before

        until(same)
    return int(server.notes(key)["sent"])


@pytest.mark.parametrize("path", ["endless", "endless_thread"])
def test_held_up(server: Server, path: str) -> None:
    """The source waits once the buffers are full; the memory of the process stays as it is."""
    memory = server.get("/status")["memory"]
    with server.stream(f"/{path}?key=held-{path}", buffer=4096):
        sent = held_up(server, f"held-{path}")
        assert sent < MOST_SENT
        assert server.get("/status")["memory"] - memory < MOST_MEMORY
    server.noted(f"held-{path}", "ended")


def test_long_end(uvicorn: Server) -> None:
    """A client that reads slowly gets all of a stream that has ended, and has as long as for any write."""
    server = uvicorn
    with server.stream("/burst?key=burst", buffer=4096) as client:
        sent = server.noted("burst", "sent")
        with server.stream("/silent?heartbeat=0.2") as clock:
            for _ in range(8):
                clock.chunk()
        assert client.rest().count(b"data: ") == sent


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("path", ["endless", "endless_thread"])
def test_cut_off(start: Start, name: str, path: str) -> None:
    """A client that reads nothing for ``write_timeout`` is cut off unclean, and its source has ended."""
    server = start(name, WRITE_TIMEOUT="0.3")
    opened = time.monotonic()
    with server.stream("/busy?heartbeat=15") as witness, server.stream(f"/{path}?key=k", buffer=4096) as slow:
        assert slow.message()
        watch = Stopwatch()
        assert server.noted("k", "ended") - opened >= 0.3
        assert watch.seconds < 2
        slow.torn()
        witness.messages.clear()
        assert witness.message()
    assert "Traceback" not in server.log, server.log


@pytest.mark.parametrize("name", SERVERS)
def test_slow_but_reading(start: Start, name: str) -> None:
    """A client that reads on gets a large event whole, though that takes longer than ``write_timeout``."""
    server = start(name, WRITE_TIMEOUT="0.7")
    size = 16_000_000
    client = server.stream(f"/large_event?size={size}", buffer=65536)
    began, read = time.monotonic(), 0
    while read < size:
        data = client.read(100_000)
        assert data, f"cut off after {read} bytes, {time.monotonic() - began:.1f} s"
        read += len(data)
        time.sleep(max(0, began + read / 8_000_000 - time.monotonic()))
    assert time.monotonic() - began > 1.4, "this has tested nothing"


@pytest.mark.parametrize("name", ["uvicorn", "uvicorn-h11", "hug"])
def test_dropped(start: Start, name: str) -> None:
    """On uvicorn the connection of one that was cut off is gone, although there is more to read."""
    server = start(name, WRITE_TIMEOUT="0.3")
    sockets = server.get("/status")["sockets"]
    with server.stream("/endless?key=k", buffer=4096):
        assert server.get("/status")["sockets"] > sockets
        server.noted("k", "ended")
        until(lambda: server.get("/status")["sockets"] <= sockets)
