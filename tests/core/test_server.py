"""The application under a real server: bodies, limits, and what goes wrong on the way."""

import json
import logging
import socket
import threading
from collections.abc import Iterator

import pytest

import hug

from ..waiting import until
from .serving import exchange, serving

pytestmark = pytest.mark.slow


@pytest.fixture
def port(api: hug.API) -> Iterator[int]:
    """The port of a server for ``api``, which accepts bodies of 1000 bytes."""
    api.http.max_body = 1000

    @hug.post("/size", api=api)
    def size(body):
        return len(body)

    @hug.post("/async-size", api=api)
    async def async_size(body):
        return len(body)

    @hug.post("/raw", api=api, parse_body=False)
    async def raw(request):
        return len(await request.stream.read())

    @hug.get("/get", api=api)
    async def get(a: int = 1):
        return a

    @hug.get("/broken", api=api)
    def broken():
        raise ZeroDivisionError

    with serving(api.http.server()) as port:
        yield port


def post(path: str, *headers: str) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: text/plain", *headers, "", "")
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize("path", ["/size", "/async-size", "/raw"])
def test_bodies(port: int, path: str) -> None:
    """A body counts with a length and in chunks, in one piece and in several."""
    assert exchange(port, post(path, "Content-Length: 5"), b"abc", b"de")[2] == b"5"
    chunks = (b"3\r\nabc\r\n", b"2\r\nde\r\n", b"0\r\n\r\n")
    assert exchange(port, post(path, "Transfer-Encoding: chunked"), *chunks)[2] == b"5"
    assert exchange(port, post(path, "Content-Length: 1000"), b"a" * 1000)[2] == b"1000"


@pytest.mark.parametrize("path", ["/size", "/async-size"])
def test_too_long(port: int, path: str) -> None:
    """A body past the limit is 413: at once if it says so, as soon as it is if it does not."""
    chunk = b"258\r\n" + b"a" * 600 + b"\r\n"
    for parts in (
        (post(path, "Content-Length: 1001"),),
        (post(path, "Content-Length: 999999999999"), b"a"),
        (post(path, "Transfer-Encoding: chunked"), chunk, chunk),
    ):
        status, headers, body = exchange(port, *parts)
        assert status == 413
        assert headers["connection"] == "close"
        assert json.loads(body) == {
            "errors": {"413 Content Too Large": "The body may have 1000 bytes at most."}
        }


@pytest.mark.parametrize("started", [b"", b"ab"])
@pytest.mark.parametrize("framing", ["Content-Length: 5", "Transfer-Encoding: chunked"])
def test_too_slow(port: int, api: hug.API, framing: str, started: bytes) -> None:
    """A body that does not come is 408, also when not one byte of it came."""
    api.http.body_timeout = 0.5
    if started and "chunked" in framing:
        started = b"2\r\nab\r\n"
    status, headers, body = exchange(port, post("/size", framing), started)
    assert status == 408
    assert headers["connection"] == "close"
    assert "0.5 seconds" in next(iter(json.loads(body)["errors"].values()))


def test_limits_after_middleware(port: int, api: hug.API) -> None:
    """What middleware leaves of a body has the same limits."""

    @hug.request_middleware(api=api)
    async def peek(request, response):
        assert await request.stream.read(2) == b"ab"

    assert exchange(port, post("/size", "Content-Length: 5"), b"abcde")[2] == b"3"
    chunk = b"258\r\nab" + b"a" * 598 + b"\r\n"
    assert exchange(port, post("/size", "Transfer-Encoding: chunked"), chunk, chunk, b"0\r\n\r\n")[0] == 413
    api.http.body_timeout = 0.5
    assert exchange(port, post("/size", "Content-Length: 5"), b"ab")[0] == 408


def test_unread_body_is_not_waited_for(port: int) -> None:
    """A request that no route answers gets its answer before its body."""
    assert exchange(port, post("/nope", "Content-Length: 5"))[0] == 404


def test_expect_continue(port: int) -> None:
    """A client that asks is told to go on only if its body will be read."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(post("/size", "Content-Length: 5", "Expect: 100-continue"))
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(b"abcde")
        assert b"200 OK" in connection.recv(1000)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(post("/size", "Content-Length: 5000", "Expect: 100-continue"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("length", ["-1", "x"])
def test_senseless_length(api: hug.API, length: str) -> None:
    """A Content-Length that is no length is 400, where the server lets it through."""
    hug.post("/x", api=api)(lambda body: 1)
    assert hug.test.post(api, "/x", headers={"content-length": length}).status == hug.HTTP_400


def test_client_leaves_during_its_body(port: int, api: hug.API) -> None:
    """A function is not called with half a body."""
    called = threading.Event()
    seen = threading.Event()

    @hug.request_middleware(api=api)
    async def arrived(request, response):
        seen.set()

    @hug.post("/called", api=api)
    def handler(body):
        called.set()

    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(post("/called", "Content-Length: 5") + b"ab")
        assert seen.wait(10)
    # The next request of another connection is answered after the first has been dropped.
    api.http.body_timeout = 0.5
    assert exchange(port, post("/size", "Content-Length: 5"))[0] == 408
    assert not called.is_set()


def test_get(port: int) -> None:
    """A request without a body needs none."""
    assert exchange(port, b"GET /get?a=5 HTTP/1.1\r\nHost: localhost\r\n\r\n")[2] == b"5"


def test_unhandled_exception(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """An exception that nobody answers is a 500, and then in the server's log."""
    with caplog.at_level(logging.ERROR):
        assert exchange(port, b"GET /broken HTTP/1.1\r\nHost: localhost\r\n\r\n")[0] == 500
        until(lambda: ZeroDivisionError in [each.exc_info and each.exc_info[0] for each in caplog.records])


def test_many_at_once(port: int, api: hug.API) -> None:
    """200 requests at once, sync and async, keep their contexts to themselves."""

    @hug.request_middleware(api=api)
    def remember(request, response):
        request.context["user"] = request.get_header("x-user")

    @hug.get("/sync/{name}", api=api)
    def synchronous(name, user: hug.directives.user):
        return [name, user]

    @hug.get("/async/{name}", api=api)
    async def asynchronous(name, user: hug.directives.user):
        return [name, user]

    answers: dict[int, bytes] = {}

    def ask(number: int) -> None:
        kind = "sync" if number % 2 else "async"
        head = f"GET /{kind}/{number} HTTP/1.1\r\nHost: localhost\r\nX-User: {number}\r\n\r\n"
        answers[number] = exchange(port, head.encode())[2]

    clients = [threading.Thread(target=ask, args=(number,)) for number in range(200)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(20)
    assert answers == {number: f'["{number}", "{number}"]'.encode() for number in range(200)}
