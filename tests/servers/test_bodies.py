"""Bodies that are large or come in pieces: they take little memory, and end when the client leaves."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..waiting import quickest, until
from .client import Torn
from .serving import SERVERS, Server

Key = Callable[[], str]

BOUNDARY = "boundary"
SIZE = 200 * 1024 * 1024
PIECE = 1 << 20

MOST = 48 * 1024 * 1024
"""Bytes that a process may grow by while 200 MB go through it."""


class BodyServer(Server):
    app = "bodies_app"


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    server = BodyServer(request.param).ready()
    yield server
    server.kill()


@pytest.mark.parametrize("kind", ["ticking", "blocking"])
def test_leaving(server: Server, key: Key, kind: str) -> None:
    """A generator of an ordinary route ends within 50 ms of its client, also while it waits."""

    def leave() -> float:
        name = key()
        stream = server.stream(f"/{kind}?key={name}")
        assert stream.headers["content-type"] == "application/jsonl"
        assert stream.chunk().startswith(b'{"n": 1}\n')
        assert "closed" not in server.notes(name)
        left = stream.leave()
        return server.noted(name, "closed") - left

    assert quickest(leave, 0.05) < 0.05


def test_backpressure(server: Server, key: Key) -> None:
    """A client that does not read holds its generator up; when it leaves, that ends."""
    name = key()
    stream = server.open(f"/flood?key={name}", buffer=4096).head()
    time.sleep(0.5)
    assert "closed" not in server.notes(name)
    stream.leave()
    server.noted(name, "closed")
    assert server.notes(name)["made"] < 5000


def test_failing(server: Server) -> None:
    """A generator that fails cuts its answer off, so that the client can tell, and it is logged."""
    stream = server.stream("/failing")
    with pytest.raises(Torn):
        stream.rest()
    assert stream.body == b"1\n"
    assert "on purpose" in server.logs("on purpose")


@pytest.mark.parametrize("kind", ["reader", "file", "pieces", "async"])
def test_response_stream(server: Server, kind: str) -> None:
    """``response.stream`` takes sync and async readers and iterables, and closes them."""
    stream = server.stream(f"/stream/{kind}")
    stream.rest()
    assert stream.body == b"piece" * 30_000
    assert stream.headers.get("content-length") == ("150000" if kind in ("reader", "file") else None)
    server.noted(kind, "closed")


def test_text_as_data(server: Server) -> None:
    """``response.data`` may be text."""
    stream = server.stream("/data")
    stream.rest()
    assert stream.body == "é".encode()


def test_large_file(server: Server, tmp_path: Path) -> None:
    """A file of 200 MB goes through a process that grows by a fraction of that."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(SIZE)
    before = server.get("/memory")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(
            f"GET /large?path={path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        )
        received = 0
        buffer = bytearray(PIECE)
        while count := connection.recv_into(buffer):
            received += count
    assert SIZE < received < SIZE + 1000
    assert server.get("/memory") - before < MOST


@pytest.mark.parametrize("url", ["/upload", "/upload_sync"])
def test_large_upload(server: Server, tmp_path: Path, url: str) -> None:
    """A form with a file of 200 MB goes through a process that grows by a fraction of that."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'.encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    before = server.get("/memory")
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        lines = [
            f"POST {url}?path={tmp_path / 'saved'} HTTP/1.1",
            "Host: localhost",
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
            f"Content-Length: {len(head) + SIZE + len(tail)}",
            "Connection: close",
        ]
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + head)
        piece = os.urandom(PIECE)
        for _ in range(SIZE // PIECE):
            connection.sendall(piece)
        connection.sendall(tail)
        answer = b""
        while chunk := connection.recv(PIECE):
            answer += chunk
    assert b" 200 " in answer.splitlines()[0], answer
    if url == "/upload":
        assert answer.endswith(f"[{SIZE}, {piece[0]}, {SIZE}]".encode())
    else:
        assert (tmp_path / "saved").stat().st_size == SIZE
        with (tmp_path / "saved").open("rb") as saved:
            assert saved.read(PIECE) == piece
    assert server.get("/memory") - before < MOST


def test_ending(server: Server, key: Key) -> None:
    """The process ends although a generator would go on for ever, and that is closed."""
    name = key()
    own = BodyServer(server.name).ready()
    try:
        stream = own.stream(f"/ticking?key={name}")
        stream.chunk()
        own.told(signal.SIGTERM)
        until(lambda: own.process.poll() is not None, within=5)
        with pytest.raises(Torn):
            stream.rest()
        assert "without completing" not in own.log, "which is how uvicorn sees an answer that nobody ended"
    finally:
        own.kill()
