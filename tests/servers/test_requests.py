"""What a request is answered with before, or instead of, a stream."""

from collections.abc import Callable

import pytest

from .client import Client, Torn
from .serving import Server

Key = Callable[[], str]

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_head_of_the_response(server: Server, key: Key) -> None:
    """The head and a first comment arrive before the source has yielded anything; it says what it must."""
    name = key()
    stream = server.stream(f"/waiting?key={name}")
    assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert stream.headers["cache-control"] == "no-store, no-transform"
    assert stream.headers["x-accel-buffering"] == "no"
    assert "connection" not in stream.headers
    assert "content-length" not in stream.headers
    assert stream.chunk().startswith(b":")
    assert not stream.messages
    server.get(f"/open?key={name}")
    assert stream.message().data == "let through"
    stream.rest()


def test_head_method(server: Server, key: Key) -> None:
    """HEAD is answered at once with the head of the stream; the handler is not called."""
    name = key()
    response = server.open(f"/called?key={name}", method="HEAD").head()
    assert response.status == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert not response.pause(0.05), "a body"
    response.leave()
    assert server.stream(f"/called?key={key()}").message().data == "item"
    assert server.notes(name) == {}


def test_post(server: Server) -> None:
    """A stream may answer POST; its handler gets what the body says."""
    body = b"text=hello"
    headers = {**FORM, "Content-Length": str(len(body))}
    with server.stream("/echo", method="POST", headers=headers, body=body) as stream:
        assert stream.message().data == "hello"
        stream.rest()
    with server.open("/echo?text=hello") as response:
        assert response.head().status == 405


def test_nothing(server: Server) -> None:
    """None is 204 without a body, which tells a browser not to come back."""
    with server.open("/nothing") as response:
        assert response.head().status == 204
        assert "content-type" not in response.headers
        assert not response.pause(0.05), "a body"


def test_denied(server: Server) -> None:
    """A requirement that is not met is answered plainly."""
    with server.open("/denied") as response:
        assert response.head().status == 403
        assert response.headers["content-type"].startswith("application/json")
        assert response.json() == "no entry"


def test_invalid(server: Server) -> None:
    """A parameter that is wrong is answered plainly; the answer names it."""
    with server.open("/fails?after=many") as response:
        assert response.head().status == 400
        assert "after" in response.json()["errors"]


# Bodies


def test_unfinished_body(server: Server) -> None:
    """A client that announces more than it sends gets 408 when the API's patience is over."""
    headers = {**FORM, "Content-Length": "100"}
    with server.open("/echo", method="POST", headers=headers, body=b"text=") as response:
        assert response.head().status == 408
        assert b"0.5 seconds" in response.rest()
    assert server.get("/answer")


def test_too_large_body(server: Server) -> None:
    """A body over the API's limit gets 413, announced or not."""
    headers = {**FORM, "Content-Length": "1001"}
    with server.open("/echo", method="POST", headers=headers) as response:
        assert response.head().status == 413
    headers = {**FORM, "Transfer-Encoding": "chunked"}
    chunk = b"%x\r\n%b\r\n" % (1001, b"x" * 1001)
    with server.open("/echo", method="POST", headers=headers, body=chunk) as response:
        assert response.head().status == 413


# Last-Event-ID


def after(server: Server, last_event_id: str) -> Client:
    """Reconnect with this id, given as the latin-1 text of its bytes."""
    return server.open("/resumed", headers={"Last-Event-ID": last_event_id})


def test_last_event_id(server: Server) -> None:
    """An id in UTF-8, which is what browsers send, arrives as text."""
    with after(server, "Zürich-日本-🐝".encode().decode("latin-1")).head() as stream:
        assert stream.status == 200
        assert stream.message().json() == {"after": "Zürich-日本-🐝"}
        # The opening repeats the id, and the client does not lose it.
        assert stream.decoder.last_event_id == "Zürich-日本-🐝"


def test_no_last_event_id(server: Server) -> None:
    """A first connection has none."""
    with server.stream("/resumed") as stream:
        assert stream.message().json() == {"after": None}


@pytest.mark.parametrize("value", ["\xff\xfe", "x" * 4097], ids=["not UTF-8", "too long"])
def test_impossible_last_event_id(server: Server, value: str) -> None:
    """An id that no event of ours can have had is an error of the client; the answer names the header."""
    with after(server, value).head() as response:
        assert response.status == 400
        assert "Last-Event-ID" in response.json()["errors"]


def test_gigantic_last_event_id(server: Server) -> None:
    """One of 1 MB is refused by hug, or by the server before, and nothing breaks."""
    try:
        with after(server, "x" * 1_000_000).head() as response:
            assert response.status in {400, 431}
    except (ConnectionError, Torn):
        pass  # refused before all of it was sent
    assert server.get("/answer")
