"""A process that is told to end says goodbye on every stream and is gone as if none had been open."""

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from hug.ending_budget import CLEANED_UP, FLUSHED, GONE, GRACE, LEFT, SHORTEST

from ..waiting import Stopwatch, until
from .client import Client
from .serving import SERVERS, Server

SIGNALS = [pytest.param(signal.SIGTERM, id="term"), pytest.param(signal.SIGINT, id="int")]

Start = Callable[..., Server]

KINDS = (
    "/endless",
    "/endless_thread",
    "/ticking",
    "/blocked",
    "/idle",
    "/reluctant",
    "/last_word",
    "/swallowing",
)


def farewells(clients: list[Client]) -> list[int]:
    """Read each stream to its clean end; return when the clients are to come back, in milliseconds."""
    with ThreadPoolExecutor(len(clients)) as threads:  # all at once: who does not read is cut off
        list(threads.map(Client.rest, clients))
    return [client.decoder.retry or 0 for client in clients]


def told(server: Server, number: int = signal.SIGTERM) -> Stopwatch:
    """Send a signal to the process; return what counts the seconds since."""
    watch = Stopwatch()
    server.told(number)
    return watch


def ends(server: Server, since: Stopwatch) -> None:
    """Wait until the process has exited, which it does in time."""
    server.process.wait(30)
    assert since.seconds < GONE


def test_budget() -> None:
    """What a stream may take at the end of its process is over before its server cancels what is left."""
    assert 0 < FLUSHED < CLEANED_UP < LEFT < GRACE < GONE
    assert FLUSHED + SHORTEST < CLEANED_UP, "what was held up while events were flushed has time for cleanup"
    assert CLEANED_UP + SHORTEST <= LEFT, "a source that is cancelled again has time to end"


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("name", [*SERVERS, "uvicorn-workers"])
def test_clean(start: Start, name: str, number: int) -> None:
    """Whatever a stream is doing, its reader gets a clean end with a ``retry``, different for each."""
    server = start(name)
    clients = [server.stream(path) for path in KINDS for _ in range(3)]
    for client in clients:
        client.message()
    since = told(server, number)
    retries = farewells(clients)
    ends(server, since)
    assert all(1000 <= retry <= 5000 for retry in retries), retries
    assert max(retries) - min(retries) > 1000, "the clients come back as a herd"
    assert "Traceback" not in server.log, server.log


@pytest.mark.parametrize("name", SERVERS)
def test_lagging(start: Start, name: str) -> None:
    """A reader that is behind by a write still gets that write, and the clean end after it."""
    server = start(name)
    client = server.stream("/lagging?key=k", buffer=4096)
    sent = server.noted("k", "sent")
    server.told(signal.SIGTERM)
    assert client.rest().count(b"data: ") == sent
    assert client.decoder.retry


@pytest.mark.parametrize("name", SERVERS)
def test_opened_too_late(start: Start, name: str) -> None:
    """A stream that opens while the process ends, ends at once; its source is never started."""
    server = start(name)
    with server.stream("/idle") as witness, server.open("/slow") as late:
        witness.message()
        since = told(server)
        assert late.head().status == 200
        assert b"data" not in late.rest()
        assert late.decoder.retry
        witness.rest()
    ends(server, since)


@pytest.mark.parametrize("name", [name for name in SERVERS if name != "hypercorn"])
def test_first_stream_opened_too_late(start: Start, name: str) -> None:
    """A first stream that opens after the signal ends at once: nothing was open when that came."""
    server = start(name)
    with server.open("/slow?key=k") as late:
        server.noted("k", "called")
        since = told(server)
        assert late.head().status == 200
        late.rest()
        assert late.decoder.retry
    ends(server, since)


@pytest.mark.parametrize("name", ["uvicorn", "uvicorn-h11", "uvicorn-workers", "hug"])
def test_client_that_does_not_read(start: Start, name: str) -> None:
    """A client that has stopped reading does not hold the process, where uvicorn serves it."""
    server = start(name)
    with server.stream("/endless", buffer=4096) as client, server.stream("/idle") as witness:
        client.message()
        witness.message()
        since = told(server)
        witness.rest()
        ends(server, since)


@pytest.mark.parametrize("path", ["/deaf", "/deaf_shared"])
@pytest.mark.parametrize("name", SERVERS)
def test_source_that_goes_on(start: Start, name: str, path: str) -> None:
    """A source that swallows every cancellation is left behind, which is logged, and holds no process."""
    server = start(name)
    with server.stream(path) as client, server.stream(path) as left:
        client.message()
        left.leave()
        since = told(server)
        assert 1000 <= farewells([client])[0] <= 5000
    ends(server, since)
    # A worker of granian's may panic while it ends (https://github.com/emmett-framework/granian/issues/799).
    panicked = name == "granian" and "panicked at" in server.log
    assert panicked or f"app.{path[1:].removesuffix('_shared')} is left behind" in server.log


def test_source_that_goes_on_after_its_client(start: Start) -> None:
    """So is one whose client has left, once its time for cleanup is over; the server goes on."""
    server = start("uvicorn", CLEANUP_TIMEOUT="0.1")
    for path in ("/deaf", "/deaf_shared"):
        with server.stream(path) as client:
            client.message()
        server.logs("is cancelled again")
        server.logs("is left behind")
        until(lambda: server.get("/status")["idle"])
    ends(server, told(server))
