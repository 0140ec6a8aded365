"""``__hug_wsgi__`` on WSGI servers: requests, bodies, errors, streams, starting and ending."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import hug

from ..waiting import until
from .client import Torn
from .serving import Server

ALL = ("gunicorn-sync", "gunicorn-threads", "waitress")
THREADED = ("gunicorn-threads", "waitress")


class WSGIServer(Server):
    """A process that serves ``wsgi_app.py``; `noted_lines` is what that has noted."""

    app = "wsgi_app"

    def __init__(self, name: str, log: Path, **environment: str) -> None:
        self._log = log
        super().__init__(name, WSGI_LOG=str(log), **environment)

    def lines(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], WSGIServer]]:
    started: dict[str, WSGIServer] = {}

    def find(name: str) -> WSGIServer:
        if name not in started:
            started[name] = WSGIServer(name, tmp_path_factory.mktemp(name) / "log")
            started[name].ready()
        return started[name]

    yield find
    for each in started.values():
        each.kill()


@pytest.fixture(params=ALL)
def wsgi(request: pytest.FixtureRequest, servers: Callable[[str], WSGIServer]) -> Iterator[WSGIServer]:
    """Each of the servers in turn."""
    server = servers(request.param)
    yield server
    server.leave()


@pytest.fixture(params=THREADED)
def threaded(request: pytest.FixtureRequest, servers: Callable[[str], WSGIServer]) -> Iterator[WSGIServer]:
    """Those that answer several requests at once."""
    server = servers(request.param)
    yield server
    server.leave()


def answered(server: Server, path: str, **request: object) -> tuple[int, bytes]:
    with server.open(path, **request) as client:  # closed at once: gunicorn waits for that
        return client.head().status, client.rest()


def posted(server: Server, path: str, body: bytes, kind: str = "text/plain") -> tuple[int, bytes]:
    headers = {"Content-Type": kind, "Content-Length": str(len(body))}
    return answered(server, path, method="POST", headers=headers, body=body)


def test_requests(wsgi: WSGIServer) -> None:
    """Fields of the URL, query, headers and the client's address arrive; the module is marked as served."""
    path = "/echo/h%C3%A9?q=%C3%BC"
    status, body = answered(wsgi, path, headers={"X-Name": "me"})
    assert (status, body.decode()) == (200, '["hé", "ü", "127.0.0.1", "me"]')
    assert wsgi.get("/answer") == ["connected"]
    assert wsgi.get("/marked") is True


@pytest.mark.parametrize("path", ["/echo/%ff?q=%ff", "/%ff", "/echo/a?q=\xfc", "/echo/a?\xff=1"])
def test_what_is_no_text(wsgi: WSGIServer, path: str) -> None:
    """Bytes that are no UTF-8, escaped or not, are the client's mistake, never a 500."""
    status, _ = answered(wsgi, path)
    assert status in (200, 400, 404)


def test_bodies(wsgi: WSGIServer) -> None:
    """Bodies arrive whole, large and empty, at sync and async handlers; one past the limit is 413."""
    assert posted(wsgi, "/size", b"x" * 900_000) == (200, b"900000")
    assert posted(wsgi, "/size", b"") == (200, b"0")
    assert posted(wsgi, "/size_later", b'{"text": "%s"}' % (b"x" * 300_000), "application/json") == (
        200,
        b"300000",
    )
    assert posted(wsgi, "/size", b"x" * 1_000_001)[0] == 413


def test_chunked_body(wsgi: WSGIServer) -> None:
    """A body that comes in chunks, without a length, arrives."""
    raw = b"POST /size HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
    raw += b"Transfer-Encoding: chunked\r\n\r\n"
    status, body = answered(wsgi, "/size", raw=raw + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
    assert (status, body) == (200, b"11")


def in_chunks(path: str, kind: str, *pieces: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n"
    return head.encode() + b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in pieces)


def test_chunked_uploads(wsgi: WSGIServer) -> None:
    """A form with files that comes in chunks may be larger than what is taken into memory; no other body."""
    first = b'--X\r\nContent-Disposition: form-data; name="file"; filename="q"\r\n\r\n'
    pieces = (first, *[b"z" * 100_000] * 30, b"\r\n--X--\r\n", b"")
    raw = in_chunks("/upload", "multipart/form-data; boundary=X", *pieces)
    assert answered(wsgi, "/upload", raw=raw) == (200, b"3000000")
    raw = in_chunks("/size", "text/plain", b"x" * 1_000_001, b"")
    assert answered(wsgi, "/size", raw=raw)[0] == 413


@pytest.mark.parametrize("path", ["/size", "/size_later"])
def test_torn_bodies(wsgi: WSGIServer, path: str) -> None:
    """Clients that leave amid a body, with a length or in chunks, keep nobody waiting."""
    announced = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    announced += "Content-Length: 100\r\n\r\n[1]"
    for raw in (announced.encode(), in_chunks(path, "application/json", b"[1]")):
        for _ in range(3):
            wsgi.open(path, raw=raw).leave()
        assert wsgi.open("/answer", patience=15).head().json() == ["connected"]


def test_half_closed(wsgi: WSGIServer) -> None:
    """Half a body, and nothing more: the answer is 400, if the server has asked at all."""
    raw = b"POST /size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"

    client = wsgi.open("/size", raw=raw)
    client.end()
    try:
        status = client.head().status
    except (Torn, OSError):
        assert wsgi.name == "waitress"
    else:
        assert status == 400


def test_no_forged_lines(wsgi: WSGIServer) -> None:
    """The path of a request that fails makes no line of its own in the log."""
    assert answered(wsgi, "/fails/x%0aCRITICAL%20forged%1b%5b31m")[0] == 500
    log = wsgi.logs("a named mistake")
    assert r"/fails/x\nCRITICAL forged\x1b[31m, the route /fails/{name}, failed" in log
    assert "\nCRITICAL" not in wsgi.log


def test_connection_after_a_failure(threaded: WSGIServer) -> None:
    """A handler's failure leaves the connection for what the client, or a proxy, sends next on it."""
    with threaded.open("/fails") as client:
        assert client.head().status == 500
        client.rest()
        assert "connection" not in client.headers or client.headers["connection"] == "keep-alive"
        client.send(b"GET /answer HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.head().status == 200


def test_errors(wsgi: WSGIServer) -> None:
    """What nobody answers is a 500 that tells nothing, and its traceback is in the log, once."""
    printed = len(wsgi.log)
    status, body = answered(wsgi, "/fails")
    assert status == 500
    assert b"mistake" not in body
    wsgi.logs("ValueError: a mistake", printed)
    assert answered(wsgi, "/nowhere")[0] == 404
    assert wsgi.log[printed:].count("ValueError: a mistake") == 1
    assert wsgi.open("/answer", method="HEAD").head().status == 405


@pytest.mark.parametrize("path", ["/cancelled", "/exits", "/odd"])
def test_what_is_no_exception(wsgi: WSGIServer, path: str) -> None:
    """Whatever is raised is answered with 500, and holds up no thread of the server, nor ends its loop."""
    assert answered(wsgi, path)[0] == 500
    assert answered(wsgi, "/answer")[0] == 200


def test_at_once(threaded: WSGIServer) -> None:
    """Requests in several threads are answered at once, of sync handlers and of async ones."""
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: answered(threaded, "/meets"), range(8))) == {(200, b'"met"')}
        assert set(pool.map(lambda _: answered(threaded, "/sleeps"), range(16))) == {(200, b'"slept"')}


def test_streams(wsgi: WSGIServer) -> None:
    """An event stream comes event by event, and ends."""
    stream = wsgi.stream("/three")
    assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [stream.message().data for _ in range(3)] == ["0", "1", "2"]
    stream.rest()


def test_torn_stream(wsgi: WSGIServer) -> None:
    """A source that fails is cut off, so that its client does not take the stream for whole."""
    stream = wsgi.stream("/torn")
    assert stream.message().data == "first"
    with pytest.raises((Torn, OSError)):
        stream.rest()
    wsgi.logs("ValueError: torn")


def test_leaving(wsgi: WSGIServer) -> None:
    """A client that leaves ends its stream with the next heartbeats, and frees the thread."""
    stream = wsgi.stream("/ticks?key=left")
    assert stream.message().data == "first"
    before = wsgi.lines().count("closed left")
    stream.leave()
    until(lambda: wsgi.lines().count("closed left") == before + 1)
    assert wsgi.get("/answer") == ["connected"]


def test_signal(tmp_path: Path) -> None:
    """SIGTERM ends the stream of a worker with one thread, which then stops in order."""
    server = WSGIServer("gunicorn-sync", tmp_path / "log")
    try:
        stream = server.ready().stream("/ticks?key=signal")
        assert stream.message().data == "first"
        server.told(signal.SIGTERM)
        stream.rest()
        assert server.process.wait(30) == 0
        assert server.lines() == ["started", "closed signal", "stopped"]
    finally:
        server.kill()


@pytest.mark.parametrize("name", ALL)
def test_end(name: str, tmp_path: Path) -> None:
    """Startup handlers are called once, shutdown handlers when the server ends in order."""
    server = WSGIServer(name, tmp_path / "log")
    try:
        server.ready()
        for _ in range(3):
            server.get("/answer")
        assert server.lines() == ["started"]
        server.told(signal.SIGINT if name == "waitress" else signal.SIGTERM)
        server.process.wait(30)
        assert server.lines() == ["started", "stopped"]
    finally:
        server.kill()


def test_server_of_asgi() -> None:
    """A server that calls it as ASGI has it, as uvicorn does, is told what to be given."""
    with pytest.raises(TypeError, match="give this one, of ASGI, __hug_asgi__"):
        hug.API().http.wsgi()({"type": "http"})


def test_start_that_fails(tmp_path: Path) -> None:
    """A startup handler that fails makes every request a 500, with the traceback in the log."""
    server = WSGIServer("waitress", tmp_path / "log", WSGI_FAILS="1")
    try:
        until(lambda: server.open("/answer").head().status == 500)
        assert "ValueError: no database" in server.log
    finally:
        server.kill()
