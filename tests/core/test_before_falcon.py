"""What hug refuses before any route: headers beyond all bounds, what it cannot read, other protocols."""

import json
from collections.abc import Iterator
from typing import Any

import falcon.testing
import pytest

import hug
from hug.interface.input_formats import media_type
from hug.web.before_falcon import LONGEST_MEDIA_TYPE

from .serving import exchange, get, serving


@pytest.fixture(params=["httptools", "h11"])
def port(request: pytest.FixtureRequest, api: hug.API) -> Iterator[int]:
    """The port of a server for ``api``, which only hug protects."""

    @hug.get("/get", api=api)
    async def get(a: int = 1):
        return a

    with serving(api.http.server(), http=request.param) as port:
        yield port


def test_headers_are_bounded(port: int) -> None:
    """Too many headers, or too large ones, are a 431, before anything reads them."""
    many = get("/get", *["X: a"] * 3000)
    long = get("/get", "X: " + "a" * 65_536)
    for request in (many, long):
        status, _, body = exchange(port, request)
        # uvicorn's h11 closes before it has read all, and the reset may take its answer's body along.
        by_h11 = status == 400 and b"Invalid HTTP request received.".startswith(body)
        assert (status, b"65536" in body) == (431, True) or by_h11
    # uvicorn's h11 itself refuses a head of 16 KiB or more that comes in pieces.
    assert exchange(port, get("/get", "X: " + "a" * 15_000))[2] == b"1"


def test_the_bound_is_a_setting(api: hug.API) -> None:
    """``api.http.max_header_size`` may be lowered."""
    hug.get("/get", api=api)(lambda: 1)
    api.http.max_header_size = 3000
    assert hug.test.get(api, "/get", headers={"x": "a" * 2000}).data == 1
    response = hug.test.get(api, "/get", headers={"x": "a" * 3000})
    assert (response.status_code, response.data["errors"].keys()) == (
        431,
        {"431 Request Header Fields Too Large"},
    )
    assert hug.test.head(api, "/get", headers={"x": "a" * 3000}).data is None


@pytest.mark.parametrize("name", ["Content-Type", "Accept"])
def test_media_types_are_short(port: int, name: str) -> None:
    """Media types, whose parsers are quadratic, are refused when they are long, with the header's name."""
    status, _, body = exchange(port, get("/get", f'{name}: text/plain;"' + ";" * 4000))
    assert (status, name.lower() in body.decode()) == (431, True)


def test_http_versions(port: int) -> None:
    """Another minor version of HTTP/1 is read as 1.1; another major one in a request line is a 505."""

    def ask(version: str) -> int:
        return exchange(port, f"GET /get HTTP/{version}\r\nHost: localhost\r\n\r\n".encode())[0]

    assert ask("1.0") == ask("1.1") == 200
    assert ask("2.0") in (505, 400)  # some parsers refuse it first


@pytest.mark.parametrize(
    ("version", "status"), [("1", 200), ("1.2", 200), ("2.0", 505), ("0.9", 505), ("", 505)]
)
def test_http_versions_of_the_scope(api: hug.API, version: str, status: int) -> None:
    """Whatever the server calls the version, it is not our failure."""
    hug.get("/get", api=api)(lambda: 1)
    assert statuses(api, http_version=version) == [status]


def test_a_query_is_text(api: hug.API) -> None:
    """Bytes in a query that are not UTF-8 are a 400; percent-encoded ones arrive as they are."""
    hug.get("/get", api=api)(lambda a: a)
    assert statuses(api, query_string=b"a=\xff") == [400]
    assert statuses(api, query_string="a=ä".encode()) == [200]
    assert hug.test.get(api, "/get?a=%FF").status == hug.HTTP_200


def statuses(api: hug.API, **changes: Any) -> list[int]:
    """Return the statuses that are sent for a GET of ``/get`` with another scope."""
    scope, _ = hug.test.requests.request_for("GET", "/get", "", None, {})
    sent = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    hug.test.portal.call(api.http.server(), {**scope, **changes}, receive, send)
    return [message["status"] for message in sent if "status" in message]


HANDSHAKE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


@pytest.mark.parametrize("path", ["/get", "/nope"])
def test_websockets_are_refused(api: hug.API, path: str) -> None:
    """A WebSocket is refused before it is accepted: 403."""
    hug.get("/get", api=api)(lambda: 1)
    with serving(api.http.server(), ws="wsproto") as port:
        assert exchange(port, get(path, *HANDSHAKE))[0] == 403


def test_errors_are_not_sniffed(api: hug.API) -> None:
    """A refusal is JSON, and no browser takes it for anything else."""
    response = hug.test.get(api, "/get", headers={"x": "a" * 100_000})
    assert response.headers_dict["x-content-type-options"] == "nosniff"
    assert json.loads(response.content) == response.data


def test_what_is_remembered_of_clients_is_bounded(api: hug.API) -> None:
    """Content types, which clients make up, are remembered in a bounded number of bounded length."""
    hug.post("/x", api=api)(lambda body: 1)
    for number in range(200):
        kind = f"a/{number}; charset=x{number}{'y' * 1900}"
        hug.test.post(api, "/x", "a", headers={"content-type": kind})
    kept = media_type.cache_info()
    assert kept.currsize * LONGEST_MEDIA_TYPE <= 256 * 1024
    response = hug.test.post(api, "/x", "a", headers={"content-type": "a" * (LONGEST_MEDIA_TYPE + 1)})
    assert response.status_code == 431


def test_headers_that_can_be_read_once(api: hug.API) -> None:
    """Headers may be iterables that end, as ASGI has it and Falcon's own test client sends them."""
    api.http.add_middleware(hug.middleware.CORSMiddleware(api, allow_origins=["https://page.example"]))
    hug.get("/x", api=api)(lambda request: request.get_header("X-A"))
    hug.sse("/stream", api=api)(lambda: ["event"])
    client = falcon.testing.TestClient(api.http.server())
    headers = {"X-A": "a", "Origin": "https://page.example"}
    assert client.simulate_get("/x", headers=headers).json == "a"
    assert "data: event\n" in client.simulate_get("/stream", headers=headers).text
    refused = client.simulate_get("/x", headers=headers | {"X-A": "a" * 70_000})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (431, headers["Origin"])
