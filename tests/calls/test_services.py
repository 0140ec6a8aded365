"""Services as one's own: over HTTP, in this process, behind sockets."""

import asyncio
import contextlib
import gzip
import http.server
import io
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import hug
from hug import use
from tests.ports import free_port


class Handler(http.server.BaseHTTPRequestHandler):
    """Tells what it was asked; ``/status/500`` and its like answer with that status."""

    def handle_any(self) -> None:
        length = int(self.headers.get("content-length", 0))
        url = urlsplit(self.path)
        told = {
            "method": self.command,
            "path": url.path,
            "query": parse_qs(url.query),
            "body": self.rfile.read(length).decode(),
            "type": self.headers.get("content-type"),
            "own": self.headers.get("x-own"),
            "auth": self.headers.get("authorization"),
        }
        kind, content = "application/json", json.dumps(told).encode()
        if url.path.startswith("/text"):
            kind, content = "text/plain; charset=latin-1", b"caf\xe9"
        if url.path.startswith("/bytes"):
            kind, content = "application/octet-stream", b"\x00\xff"
        if url.path.startswith("/slow"):
            time.sleep(0.5)
        status = int(url.path.rpartition("/")[2]) if url.path.startswith("/status") else 200
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = handle_any

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()


@pytest.mark.slow
def test_http(url: str) -> None:
    """Values go into the query or a JSON body, as the method has it; fields of URLs are quoted."""
    with use.HTTP(url, headers={"X-Own": "all"}, auth=("me", "secret")) as service:
        told = service.get("users/{id}", url_params={"id": "a/b ?"}, active=True, tags=["x", "y"], none=None)
        assert told.status_code == 200
        assert told.headers is not None
        assert told.headers["Content-Type"] == "application/json"
        assert told.data["path"] == "/api/users/a%2Fb%20%3F"
        assert told.data["query"] == {"active": ["true"], "tags": ["x", "y"]}
        assert told.data["own"] == "all"
        assert told.data["auth"].startswith("Basic ")
        posted = service.post("/users", name="é", headers={"X-Own": "this"}).data
        assert json.loads(posted["body"]) == {"name": "é"}
        assert (posted["type"], posted["own"], posted["path"]) == ("application/json", "this", "/api/users")
        for method in ("get", "post", "put", "patch", "delete", "options", "trace"):
            assert getattr(service, method)("x").data["method"] == method.upper()
        assert service.request("put", "x").data["method"] == "PUT"


def test_http_form_and_version(url: str) -> None:
    """``json_transport=False`` sends forms; a version comes before the URL."""
    with use.HTTP(f"{url}/", version=2, json_transport=False) as service:
        told = service.post("users", name="a b").data
        assert told["body"] == "name=a+b"
        assert told["type"] == "application/x-www-form-urlencoded"
        assert told["path"] == "/api/v2/users"


def test_http_data(url: str) -> None:
    """An answer is what its content type says."""
    with use.HTTP(url.removesuffix("/api")) as service:
        assert service.get("text").data == "café"
        assert service.get("bytes").data == b"\x00\xff"


def test_http_errors(url: str) -> None:
    """Statuses of ``raise_on`` are errors that carry the answer; so are no answer, a late and a long one."""
    base = url.removesuffix("/api")
    with use.HTTP(base) as service:
        assert service.get("status/404").status_code == 404
        with pytest.raises(use.ServiceError, match=r"GET status/500: .* 500") as raised:
            service.get("status/500")
        assert raised.value.response.data["path"] == "/status/500"
        with pytest.raises(use.ServiceUnreachable, match="slow"):
            service.get("slow", timeout=0.1)
    with use.HTTP(base, max_body=20) as service, pytest.raises(use.AnswerTooLong, match="20 bytes"):
        service.get("x")
    with use.HTTP(base, raise_on=404) as service, pytest.raises(use.ServiceError):
        service.get("status/404")
    with use.HTTP(f"http://127.0.0.1:{free_port()}") as service, pytest.raises(use.ServiceUnreachable):
        service.get("x")


def raw(head: str, body: bytes = b"") -> bytes:
    return f"HTTP/1.1 200 OK\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


PACKED = gzip.compress(bytes(100_000))
HOSTILE = {
    "quadratic charset": raw("Content-Type: text/plain; charset=punycode\r\n", b"-" + b"a" * 1_000_000),
    "unknown charset": raw("Content-Type: text/plain; charset=none\r\n", b"x"),
    "long type": raw('Content-Type: text/plain;"' + ";" * 60_000 + "\r\n", b"x"),
    "packed": raw("Content-Type: text/plain\r\nContent-Encoding: gzip\r\n", gzip.compress(b"abc") * 2),
    "packed long": raw("Content-Encoding: gzip\r\n", PACKED),
    "packed twice": raw("Content-Encoding: gzip, gzip\r\n", gzip.compress(PACKED)),
    "not packed": raw("Content-Encoding: gzip\r\n", b"abc"),
    "packed and torn": raw("Content-Encoding: gzip\r\n", gzip.compress(b"abc")[:-9]),
    "slow": b"HTTP/1.1 200 OK\r\n\r\n",
}


@pytest.fixture
def hostile() -> Iterator[Callable[[str], str]]:
    """Give the URL of a server that answers with one of `HOSTILE`, and then a byte now and then."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer(content: bytes) -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(content)
                    while not over.wait(0.01):
                        connection.sendall(b"x")

        over = threading.Event()
        threads = []

        def url_of(name: str) -> str:
            threads.append(threading.Thread(target=answer, args=(HOSTILE[name],)))
            threads[-1].start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        yield url_of
        over.set()
        for thread in threads:
            thread.join(10)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("quadratic charset", bytes),
        ("unknown charset", bytes),
        ("long type", bytes),
        ("packed", str),
        ("packed long", use.AnswerTooLong),
        ("packed twice", use.ServiceUnreachable),
        ("not packed", use.ServiceUnreachable),
        ("packed and torn", use.ServiceUnreachable),
        ("slow", use.ServiceUnreachable),
    ],
)
def test_hostile_services(hostile: Callable[[str], str], name: str, found: type) -> None:
    """No service freezes who asks it, takes more time than it may, or more memory, packed or not."""
    limit = 99_999 if found is use.AnswerTooLong else 2_000_000
    with use.HTTP(hostile(name), timeout=0.3 if name == "slow" else 10, max_body=limit) as service:
        if issubclass(found, Exception):
            with pytest.raises(found):
                service.get("/x")
        else:
            assert type(service.get("/x").data) is found


@pytest.mark.slow
def test_without_httpx2() -> None:
    """What needs httpx2 says how to get it; hug, and the other services, work without."""
    code = """
import sys
sys.modules["httpx2"] = None
import hug, hug.use
hug.use.Local(hug.API())
try:
    hug.use.HTTP("http://localhost")
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "hug.use.HTTP needs httpx2: pip install 'hug-sse[client]'\n"


def test_local(api: hug.API) -> None:
    """An API of this process is asked as any other service, without a network."""

    @hug.get("/users/{name}", api=api, versions=2)
    def user(name, request, limit: int = 1):
        return [name, limit, request.get_header("X-Own")]

    @hug.post("/users", api=api)
    async def add(body):
        return body

    @hug.get("/fails", api=api)
    def fails(response):
        response.status = hug.HTTP_500
        return "bad"

    @hug.get("/raises", api=api)
    def raises():
        raise KeyError("mine")

    @hug.get("/slow", api=api)
    async def slow():
        await asyncio.sleep(5)

    service = use.Local(api, version=2, headers={"X-Own": "all"})
    answer = service.get("users/{name}", url_params={"name": "a b"}, limit=3)
    assert answer.data == ["a b", 3, "all"]
    assert answer.headers is not None
    assert answer.headers["content-type"].startswith("application/json")
    plain = use.Local(api)
    assert plain.post("/users", name="x").data == {"name": "x"}
    assert plain.get("/users/x").status_code == 404
    with pytest.raises(use.ServiceError):
        plain.get("fails")
    with pytest.raises(KeyError, match="mine"):
        plain.get("raises")
    with pytest.raises(use.ServiceUnreachable, match=r"within 0\.05 seconds"):
        plain.get("slow", timeout=0.05)


def test_own_service() -> None:
    """A service of one's own defines how it is asked."""

    class Echo(use.Service):
        def ask(self, method, path, headers, timeout, params):
            return use.Response([method, path, dict(headers), timeout, dict(params)], 200, {})

    assert Echo(version=1, timeout=3).put("x", headers={"a": "b"}, c=1).data == [
        "PUT",
        "/v1/x",
        {"a": "b"},
        3,
        {"c": 1},
    ]
    with pytest.raises(NotImplementedError):
        use.Service().get("x")


def answering(listener: socket.socket, answer: Callable[[bytes], bytes]) -> None:
    """Answer one connection, or one datagram, in a thread."""

    def once() -> None:
        with listener:
            if listener.type == socket.SOCK_DGRAM:
                data, sender = listener.recvfrom(1000)
                listener.sendto(answer(data), sender)
                return
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as file:
                connection.sendall(answer(file.read()))

    threading.Thread(target=once, daemon=True).start()


@pytest.mark.parametrize("proto", ["tcp", "udp", "unix_stream", "unix_dgram"])
def test_sockets(proto: Any, tmp_path: Path) -> None:
    """A message gets its answer, on streams and by datagrams, on networks and on paths."""
    kind = socket.SOCK_DGRAM if proto in ("udp", "unix_dgram") else socket.SOCK_STREAM
    unix = proto.startswith("unix")
    listener = socket.socket(socket.AF_UNIX if unix else socket.AF_INET, kind)
    listener.bind(str(tmp_path / "s") if unix else ("127.0.0.1", 0))
    if kind == socket.SOCK_STREAM:
        listener.listen()
    answering(listener, lambda data: b"got " + data)
    answer = use.Socket(connect_to=listener.getsockname(), proto=proto, timeout=10).request("é")
    assert isinstance(answer.data, io.BytesIO)
    assert answer.data.read() == b"got \xc3\xa9"
    assert answer[1:] == (None, None)


def test_socket_errors() -> None:
    """No answer, a late one, a long one and a protocol that there is not are errors."""
    with pytest.raises(ValueError, match="tcp, udp"):
        use.Socket("x", "sctp")  # type: ignore[arg-type]
    silent = socket.create_server(("127.0.0.1", 0))
    service = use.Socket(silent.getsockname(), "tcp")
    with silent, pytest.raises(use.ServiceUnreachable, match="timed out"):
        service.request(b"x", timeout=0.1)
    with pytest.raises(use.ServiceUnreachable):
        service.request(b"x")
    loud = socket.create_server(("127.0.0.1", 0))
    answering(loud, lambda data: data * 100)
    with pytest.raises(use.AnswerTooLong):
        use.Socket(loud.getsockname(), "tcp", timeout=10, max_body=99).request(b"x")
