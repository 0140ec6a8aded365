"""hug's own protocol for uvicorn: what clients may send, how long they may take, and who has left."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from hug.server.chunks import possible_end

from .client import Client, Torn
from .serving import Server, until

Start = Callable[..., Server]

GET = b"GET /answer HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(params=["protocol", "protocol-wrapped"])
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def server(anew: Start, name: str) -> Server:
    return anew(name)


@pytest.fixture
def bare(anew: Start) -> Server:
    return anew("protocol")


def exchange(server: Server, request: bytes) -> tuple[int, bytes]:
    """Send a request as it is; return status and body of the response, which must close the connection."""
    with Client(server.port, raw=request) as client:
        client.head()
        assert client.headers["connection"] == "close"
        body = client.rest()
        with pytest.raises(Torn):
            client.head()
        return client.status, body


# What comes behind a request


@pytest.mark.parametrize("ahead", [GET, GET * 3000, b"GET /ans", b"\0" * 200_000], ids=len)
@pytest.mark.parametrize("at_once", [True, False])
def test_leaving(server: Server, ahead: bytes, at_once: bool) -> None:
    """A client that leaves is noticed without a heartbeat, whatever it has sent behind its request."""
    stream = b"GET /quiet HTTP/1.1\r\nHost: localhost\r\n\r\n"
    client = Client(server.port, raw=stream + ahead if at_once else stream)
    assert client.head().status == 200
    if not at_once:
        client.send(ahead)
    until(lambda: server.get("/answer")["readers"] == 1)
    client.leave()
    until(lambda: server.get("/answer")["readers"] == 0)


def test_memory(start: Start) -> None:
    """What clients send behind a request takes no more memory than it has bytes, and 64 KiB at most each."""
    bare = start("protocol")  # one that has not had, and so has not kept, the memory of other tests
    ahead = b"GET / HTTP/1.1\r\n\r\n" * 14_500
    for _ in range(3):  # so that what is taken once has been taken
        with bare.stream("/quiet") as client:
            client.send(ahead)
    until(lambda: bare.get("/answer")["readers"] == 0)
    before = bare.get("/memory")
    streams = [bare.stream("/quiet") for _ in range(20)]
    for stream in streams:
        stream.send(ahead[:60_000])
    for stream in streams[:10]:
        stream.send(ahead)
    assert bare.get("/memory") - before < 20 * 128 * 1024


def test_too_much_ahead(server: Server) -> None:
    """A client that sends more than 64 KiB ahead gets its answer whole; then the connection closes."""
    with server.stream("/few?n=2") as client:
        assert client.message().data == "begun"
        client.send(GET * 5000)
        with Client(server.port, "/publish?count=1", method="POST") as other:
            assert other.head().status == 200
        assert [client.message().data for _ in range(2)] == ["0", "1"]
        client.rest()
        with pytest.raises((Torn, ConnectionResetError)):
            client.head()


TEXT = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
CHUNKS = b"4;a=b\r\n\r\n\r\n\r\n5\r\nGET /\r\n0\r\nTrailer: of no use\r\n\r\n"
EMPTY_LINES = b"10\r\n" + b"\r\n" * 9 + b"5\r\na" + b"\r\n" * 3 + b"0\r\n\r\n"

REQUESTS = [
    (GET, None),
    (TEXT + b"Content-Length: 10\r\n\r\n\r\n\r\nGET / ", "\r\n\r\nGET / "),
    (TEXT + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS, "\r\n\r\nGET /"),
    (b"\r\n" + TEXT + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc", "abc"),
    (TEXT + b"CONNECTION: UPGRADE\r\nUPGRADE: H2C\r\nContent-Length: 3\r\n\r\nabc", "abc"),
    (
        TEXT + b"uPGRADE: h2c\r\nconnectioN: uPGRADE\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
        "\r\n\r\nGET /",
    ),
    (TEXT + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""),
    (TEXT + b"Transfer-Encoding: chunked\r\n\r\n" + EMPTY_LINES, "\r\n" * 8 + "a" + "\r\n" * 2),
    (GET, None),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 20])
def test_cut_anywhere(bare: Server, size: int) -> None:
    """Requests that follow each other are told apart, however the bytes arrive."""
    data = b"".join(request for request, _ in REQUESTS)
    with Client(bare.port, raw=b"") as client:
        for start in range(0, len(data), size):
            client.send(data[start : start + size])
        for _, expected in REQUESTS:
            assert client.head().status == 200
            answer = client.json()
            if expected is not None:
                body, headers = answer
                assert (body or "") == expected
                assert "TRAILER" not in headers


# What is too much


def head(lines: list[bytes], first: bytes = b"GET /answer HTTP/1.1") -> bytes:
    return b"\r\n".join([first, b"Host: localhost", *lines, b"", b""])


LIMITS = {
    "URL": (414, head([], b"GET /answer?%b HTTP/1.1" % (b"x" * 8192))),
    "URL without an end": (414, b"GET /" + b"x" * 1_000_000),
    "field": (431, head([b"Content-Type: text/plain;" + b";" * 128_000])),
    "field without an end": (431, b"GET / HTTP/1.1\r\nX: " + b"x" * 10_000),
    "number": (431, head([b"X: a"] * 100)),
    "size": (431, head([b"X: " + b"a" * 1000] * 33)),
    "flood": (431, head([b"X:a"] * 400_000)),
    "HTTP/2.0": (505, head([], b"GET /answer HTTP/2.0")),
    "HTTP/0.9": (505, b"GET /answer\r\n\r\n"),
    "HTTP/2 without asking": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00"),
    "garbage": (400, b"\0\0\0\0"),
    "bare LF": (400, b"GET /answer HTTP/1.1\n\n"),
    "two lengths": (400, head([b"Content-Length: 1", b"Content-Length: 2"])),
    "no Host": (400, b"GET /answer HTTP/1.1\r\n\r\n"),
    "two Hosts": (400, head([b"HOST: localhost"])),
    "two Hosts of HTTP/1.0": (400, head([b"Host: localhost"], b"GET /answer HTTP/1.0")),
    "CONNECT": (400, head([], b"CONNECT localhost:80 HTTP/1.1")),
}


@pytest.mark.parametrize(("status", "request_"), LIMITS.values(), ids=LIMITS)
def test_refused(bare: Server, status: int, request_: bytes) -> None:
    """What is too long or no HTTP/1.1 gets an answer that says so, and the server goes on."""
    answered, body = exchange(bare, request_)
    assert (answered, bool(body)) == (status, True)
    log = bare.logs(f"refused a request of 127.0.0.1 with {status}: {body.decode()}")
    assert "Traceback" not in log
    assert bare.get("/answer")["readers"] == 0


FITS = {
    "URL": head([], b"GET /answer?%b HTTP/1.1" % (b"x" * 8100)),
    "field": head([b"Cookie: " + b"x" * 8100]),
    "number": head([b"X: a"] * 99),
    "size": head([b"X: " + b"a" * 1000] * 32),
}


@pytest.mark.parametrize("request_", FITS.values(), ids=FITS)
@pytest.mark.parametrize("cut", [0, 9000])
def test_taken(bare: Server, request_: bytes, cut: int) -> None:
    """What is as long as it may be is answered."""
    with Client(bare.port, raw=request_[:cut]) as client:
        client.send(request_[cut:])
        assert client.head().status == 200


def test_trailer(bare: Server) -> None:
    """A body whose last chunk is followed by more than a head may be is refused while it is read."""
    request = TEXT + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"x" * 500_000
    assert exchange(bare, request)[0] == 431
    assert bare.get("/answer")["readers"] == 0
    assert "Traceback" not in bare.log


BETWEEN = {
    "size": b"z" * 40_000,
    "extension": b"1;" + b"a" * 40_000 + b"\0",
    "trailer": b"0\r\n" + b"x" * 40_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("between", BETWEEN.values(), ids=BETWEEN)
def test_refused_once(bare: Server, between: bytes) -> None:
    """What is invalid between the chunks, and too long besides, is refused, once."""
    assert exchange(bare, TEXT + b"Transfer-Encoding: chunked\r\n\r\n" + between)[0] == 400
    assert bare.logs("refused a request").count("refused a request") == 1
    assert "Traceback" not in bare.log


def test_steps() -> None:
    """Empty lines that follow each other in a body in chunks are one step for the parser."""
    lines = b"\r\n" * 100_000
    start, steps = 0, 0
    data = b"30d40\r\n" + lines + b"\r\n0\r\n\r\n"
    while start < len(data):
        start = possible_end(data, start)
        steps += 1
    assert steps <= 2


# What takes too long


def test_slow_head(anew: Start) -> None:
    """A head that does not come in time is answered with 408, however slowly it goes on."""
    server = anew("protocol", HEAD_TIMEOUT="1")
    with Client(server.port, raw=b"GET /answer HTTP/1.1\r\n") as client:
        while not client.pause(0.1):
            client.send(b"X: a\r\n")
        assert client.head().status == 408


@pytest.mark.parametrize("sent", [b"", b"\r\n", GET, GET + b"\r\n"], ids=repr)
def test_nothing(anew: Start, sent: bytes) -> None:
    """A client that sends nothing, or nothing further, is let go without a word."""
    server = anew("protocol", HEAD_TIMEOUT="1")
    with Client(server.port, raw=sent) as client:
        if GET in sent:
            client.head().rest()
        with pytest.raises(Torn):
            client.head()
        assert not client._received


def test_slow_reader(anew: Start) -> None:
    """A client with little space to receive in that reads slowly, but on and on, gets all."""
    server = anew("protocol", SILENCE="2")
    with server.open("/long", buffer=4096) as client:
        client.head()
        ends = time.monotonic() + 5
        while time.monotonic() < ends:
            client._received += client._socket.recv(500)
            time.sleep(0.02)
        while client.chunk():
            client.body = b""
        assert len(client.messages) == 200


def test_stuck(start: Start, name: str) -> None:
    """A client that takes nothing of its answer is cut off, and the stream behind that ends; others go on.

    One that reads slowly gets all, and a stream has a limit of its own.
    """
    server = start(name, ANSWER_TIMEOUT="2", WRITE_TIMEOUT="300")
    begin = b"GET /%b HTTP/1.1\r\nHost: localhost\r\n\r\n"
    stream = server.open("/long", buffer=4096).head()
    slow = server.open("/big", buffer=4096).head()
    stuck = server.open("", raw=begin % b"big", buffer=4096)
    followed = server.open("", raw=begin % b"big" + begin % b"session", buffer=4096)
    until(lambda: server.get("/sessions") == [1, 1])

    over = threading.Event()

    def read_slowly() -> None:
        while not over.wait(0.01):
            slow._received += slow._socket.recv(500)

    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(read_slowly)
        try:
            until(lambda: server.log.count("took nothing of an answer for 2 seconds: cut off") == 2)
            until(lambda: server.get("/sessions") == [1, 0])
            for client in (stuck, followed):
                client.head().torn()
        finally:
            over.set()
        reading.result()
    for client in (slow, stream):
        client.take_more()
    assert len(slow.json()) == 20_000_000
    while stream.chunk():
        stream.body = b""
    assert len(stream.messages) == 200
    assert "Traceback" not in server.log


def test_vanished(anew: Start) -> None:
    """A client that acknowledges nothing any more is noticed by a heartbeat, and dropped."""
    server = anew("protocol", SILENCE="2")
    with server.stream("/beating") as client:
        client.fall_silent()
        until(lambda: server.get("/answer")["readers"] == 0, within=15)


# The end


def test_limit_of_requests(start: Start) -> None:
    """When the server ends by itself, its streams end, too, and the process."""
    server = start("protocol-limited")
    streams = [server.stream("/quiet") for _ in range(3)]
    for _ in range(20):
        try:
            server.get("/answer")
        except (OSError, Torn):
            break
    for stream in streams:
        stream.rest()
        assert stream.decoder.retry
    assert server.process.wait(30) == 0
