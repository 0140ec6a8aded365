"""hug's own protocol for uvicorn: streams of a channel are written to directly where that is right."""

import contextlib
import signal
from collections.abc import Callable
from typing import Any

import pytest

from .client import Client, Torn
from .serving import Server, until

Start = Callable[..., Server]


@pytest.fixture(params=["protocol", "protocol-wrapped"])
def name(request: pytest.FixtureRequest) -> str:
    """Which server: the protocol with the bare application, or with a middleware before that."""
    found: str = request.param
    return found


@pytest.fixture
def server(anew: Start, name: str) -> Server:
    """That server, which tests share."""
    return anew(name)


@pytest.fixture
def impatient(start: Start, name: str) -> Server:
    """That server with a short ``write_timeout``."""
    return start(name, WRITE_TIMEOUT="1")


def publish(server: Server, count: int, size: int = 10) -> None:
    with Client(server.port, f"/publish?count={count}&size={size}", method="POST") as client:
        assert client.head().status == 200


def numbers(client: Client, count: int) -> list[int]:
    """Read until ``count`` events have come; return their numbers."""
    found: list[int] = []
    while len(found) < count:
        found.append(int(client.message().data.split()[0]))
        client.body = b""
    return found


def test_same_for_the_reader(server: Server) -> None:
    """Readers get the same, well-formed, with the protocol alone and behind a middleware that sees it all."""
    streams = [server.stream("/numbers") for _ in range(20)]
    publish(server, 500)
    for stream in streams:
        assert numbers(stream, 500) == list(range(500))
    counts: dict[str, int] = server.get("/answer")
    if server.name == "protocol":
        assert (counts["direct"], counts["others"]) == (20, 0)
    else:
        assert (counts["direct"], counts["others"]) == (0, 20)
        assert counts["parts"] >= 20


def test_slow_readers(server: Server) -> None:
    """One that does not read is set aside, gets the rest as a gap and what is there, and delays nobody."""
    with server.stream("/numbers", buffer=4096) as slow, server.stream("/numbers") as quick:
        read = 0
        while read < 12_000:  # 12 MB, more than buffers and the channel hold
            publish(server, 500, 1000)
            assert numbers(quick, 500) == list(range(500))
            read += 500
        last, gaps = -1, 0
        while last < 499 or not gaps:
            message = slow.message()
            slow.body = b""
            if message.event == "gap":
                gaps += 1
                lost: Any = message.json()["lost"]
                assert lost > 0
                last = (last + lost) % 500
            else:
                number = int(message.data.split()[0])
                assert number == (last + 1) % 500
                last = number


def test_cut_off(impatient: Server) -> None:
    """A reader that reads nothing for ``write_timeout`` is cut off."""
    with impatient.stream("/numbers", buffer=4096) as slow:
        publish(impatient, 10_000, 1000)
        until(lambda: impatient.get("/answer")["readers"] == 0)
        assert slow.torn()


def test_content_length(server: Server) -> None:
    """A response that says its length has no chunks, so nothing is written that looks like one."""
    with server.stream("/sized") as stream:
        assert "transfer-encoding" not in stream.headers
        publish(server, 3)
        while b"data: 2 " not in stream._received:
            stream._receive()
        assert stream._received.startswith(b":\nid: ")
        assert server.get("/answer")["direct"] == 0


GET = b"GET /few?n=%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /few?n=%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n{ }"


@pytest.mark.parametrize("cut", [0, 1, 20, len(GET) - 3, len(GET), len(GET) + 1, len(GET) + 60])
@pytest.mark.parametrize("late", [True, False])
def test_connections_go_on(server: Server, cut: int, late: bool) -> None:
    """A request that follows on a stream is read whole, wherever it is cut and whenever it comes."""
    following = GET % 4 + POST % 5
    with server.stream("/few?n=2") as client:
        assert client.message().data == "begun"
        client.send(following[:cut])
        assert not client.pause(0.01)
        publish(server, 1)
        if not late:
            client.send(following[cut:])
        assert [client.message().data for _ in range(2)] == ["0", "1"]
        client.rest()
        if late:
            client.send(following[cut:])
        for n in (4, 5):
            assert client.head().status == 200
            assert client.message().data == "begun"
            publish(server, 1)
            assert [client.message().data for _ in range(n)] == [str(number) for number in range(n)]
            client.rest()
    until(lambda: server.get("/answer")["streams"] == 0)


@pytest.mark.parametrize("path", ["/few?n=0", "/answer"])
def test_old_client(server: Server, path: str) -> None:
    """HTTP/1.0 knows no chunks: what a client of it gets is the body as it is, up to the connection's end."""
    with Client(server.port, raw=f"GET {path} HTTP/1.0\r\n\r\n".encode()) as client:
        client.head()
        assert client.status == 200
        assert client.headers["connection"] == "close"
        assert "transfer-encoding" not in client.headers
        if path == "/answer":
            assert client.json()["streams"] == 0
            return
        while b"data: begun\n\n" not in client._received:
            client._receive()
        publish(server, 1)
        with contextlib.suppress(Torn):
            while True:
                client._receive()
        assert all(not line or line[0] in b":dri" for line in client._received.split(b"\n"))
    until(lambda: server.get("/answer")["streams"] == 0)
    assert "Traceback" not in server.log


@pytest.mark.parametrize("target", ["http://localhost", "HTTP://x:80?a=b", "http://localhost/"])
def test_whole_url(server: Server, target: str) -> None:
    """A target may be a whole URL; one without a path is that of the root."""
    request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with Client(server.port, raw=request) as client, Client(server.port, "/") as usual:
        assert client.head().status == usual.head().status == 404
        assert client.rest() == usual.rest()


def test_end(start: Start, name: str) -> None:
    """At SIGTERM the last bytes come whole, behind everything that was published."""
    server = start(name)
    streams = [server.stream("/numbers") for _ in range(20)]
    publish(server, 100)
    server.told(signal.SIGTERM)
    for stream in streams:
        assert stream.rest().count(b"data: ") == 100
        assert stream.decoder.retry
    server.process.wait(30)


def test_first_request_at_the_end(start: Start, name: str) -> None:
    """A connection that was there before a server was told to end has its request answered, and is closed."""
    server = start(name, UNUSED="5")
    with Client(server.port, raw=b"") as client, Client(server.port, raw=b"") as unused:
        server.get("/sessions")  # both have been accepted by then
        server.told(signal.SIGTERM)
        until(lambda: refuses(server.port), "it takes no more connections")
        client.send(b"GET /sessions HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.head().status == 200
        assert client.headers["connection"] == "close"
        unused.leave()
    server.process.wait(30)


def test_connection_without_a_request_at_the_end(start: Start, name: str) -> None:
    """One that stays unused holds no server up."""
    server = start(name)
    with Client(server.port, raw=b"") as client:
        server.get("/sessions")
        server.told(signal.SIGTERM)
        server.process.wait(30)
        assert client.rest() == b""


def refuses(port: int) -> bool:
    try:
        Client(port, raw=b"").leave()
    except ConnectionRefusedError:
        return True
    return False
