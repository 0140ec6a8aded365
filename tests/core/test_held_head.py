"""hug.server.held_head: the head of a response leaves with what follows it at once, and waits for nothing."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop

from hug.server.held_head import JOINED, HeldHead

from .serving import exchange, get, serving

OWN = "hug.http_protocol:HTTPProtocol"
LARGE = b"x" * (JOINED + 1)

Send = Callable[[dict[str, Any]], Awaitable[None]]


async def read(receive: Any) -> None:
    while (await receive()).get("more_body"):
        pass


async def application(scope: dict[str, Any], receive: Any, send: Send) -> None:
    if scope["type"] != "http":
        return
    path = scope["path"]
    body = LARGE if path == "/large" else b"small"
    length = [] if path == "/chunks" else [(b"content-length", str(len(body)).encode())]
    if path == "/nothing":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})
        return
    if path == "/read":
        await read(receive)
    await send({"type": "http.response.start", "status": 200, "headers": length})
    if path == "/late":
        await read(receive)
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(application, http=OWN) as port:
        yield port


def segments(client: socket.socket) -> int:
    """Return in how many pieces data has come; see ``tcpi_data_segs_in`` of Linux's ``struct tcp_info``."""
    info = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
    (count,) = struct.unpack_from("=I", info, 152)
    return int(count)


@pytest.mark.parametrize("path", ["/", "/chunks"])
def test_one_write(port: int, path: str) -> None:
    """Head and body are one write."""
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        for answered in range(1, 4):
            client.sendall(get(path))
            data = b""
            while b"small" not in data or (path == "/chunks" and not data.endswith(b"0\r\n\r\n")):
                more = client.recv(65536)
                assert more, data
                data += more
            assert segments(client) == answered


@pytest.mark.parametrize(
    ("path", "header", "first"),
    [
        ("/late", "X: y", b"HTTP/1.1 200 OK\r\n"),
        ("/read", "Expect: 100-continue", b"HTTP/1.1 100 Continue\r\n"),
    ],
    ids=["head", "expectation"],
)
def test_sent_at_once(port: int, path: str, header: str, first: bytes) -> None:
    """What nothing follows is not held: a client that waits for it goes on only then."""
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(get(path, header, "Content-Length: 2"))
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            data += client.recv(65536)
        assert data.startswith(first)
        client.sendall(b"go")
        while not data.endswith(b"small"):
            data += client.recv(65536)
        assert data.count(b"HTTP/1.1 200 OK\r\n") == 1


@pytest.mark.parametrize(
    ("request_", "status", "body"),
    [
        (get("/large"), 200, LARGE),
        (get("/nothing"), 204, b""),
        (get("/", "Connection: close").replace(b"GET", b"HEAD"), 200, b""),
    ],
    ids=["large", "no content", "HEAD"],
)
def test_whole(port: int, request_: bytes, status: int, body: bytes) -> None:
    """All of every answer comes, in its order."""
    found, _, content = exchange(port, request_)
    assert (found, content) == (status, body)


def test_pipelined(port: int) -> None:
    """Answers to requests that came together come one behind the other."""
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(get("/").replace(b"Connection: close\r\n", b"") * 3 + get("/large"))
        data = b""
        while piece := client.recv(1 << 18):
            data += piece
            if data.endswith(LARGE):
                break
    parts = data.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [part.partition(b"\r\n\r\n")[2] for part in parts] == [b"small"] * 3 + [LARGE]


@pytest.mark.parametrize("loops", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_client_that_leaves_before_the_head(loops: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """The head of one whose connection is closed meanwhile goes nowhere, and is no error."""
    failures = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: failures.append(context))
        ours, theirs = socket.socketpair()
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
        held: Any = HeldHead(SimpleNamespace(transport=transport), SimpleNamespace(loop=loop))  # type: ignore[arg-type]
        held._cycle.transport = held
        transport.abort()
        for _ in range(5):
            await asyncio.sleep(0)
        held.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(5):
            await asyncio.sleep(0)
        theirs.close()

    with asyncio.Runner(loop_factory=loops) as runner:
        runner.run(main())
    assert failures == []
