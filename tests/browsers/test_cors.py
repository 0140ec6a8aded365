"""Pages of one origin, and an API of another one, in real browsers."""

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from . import cors_app
from .engines import Browser
from .watching import wait_for


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """Where the page is, and where the API is: the same application, at two ports."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    # Handlers that fail are logged, and here they are meant to.
    server = uvicorn.Server(uvicorn.Config(cors_app.__hug_asgi__, log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": listeners})
    thread.start()
    yield listeners[0].getsockname()[1], listeners[1].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def api(browser: Browser, ports: tuple[int, int]) -> str:
    """The URL of the API, as a page of another origin has it, which is open."""
    page, api = ports
    cors_app.called.clear()
    browser.open(f"http://127.0.0.1:{page}/")
    return f"http://127.0.0.1:{api}"


def fetched(browser: Browser, url: str, **options: Any) -> dict[str, Any]:
    """Have the page fetch a URL; return the status, the body and the count, or that it failed."""
    browser.evaluate(
        "void (window.got = undefined,"
        f" fetch({json.dumps(url)}, {json.dumps(options)})"
        ".then(async r => { window.got = "
        "{status: r.status, body: await r.text(), count: r.headers.get('x-count')}; })"
        ".catch(e => { window.got = {failed: e.name}; }))"
    )
    wait_for(browser, "window.got !== undefined")
    return browser.evaluate("window.got")


def followed(browser: Browser, url: str, credentials: bool) -> list[Any]:
    """Have the page open an `EventSource`; return what it heard first, and up to its last event."""
    options = json.dumps({"withCredentials": credentials})
    browser.evaluate(
        f"void (window.heard = [], window.source = new EventSource({json.dumps(url)}, {options}),"
        " source.onmessage = e => heard.push(e.data), source.onerror = () => heard.push(source.readyState))"
    )
    wait_for(browser, "heard.includes(2) || heard.includes('last')")
    heard = browser.evaluate("heard")
    browser.evaluate("void source.close()")
    return [each for each in heard if each != 0]


def test_event_source_with_credentials(browser: Browser, api: str) -> None:
    """A stream of another origin is for whoever has logged in there, if the page sends credentials."""
    fetched(browser, f"{api}/logout", method="POST", credentials="include")
    assert followed(browser, f"{api}/members", credentials=True) == [2]
    assert fetched(browser, f"{api}/login", method="POST", credentials="include")["status"] == 200
    assert followed(browser, f"{api}/members", credentials=True) == ["Ann", "last"]
    assert followed(browser, f"{api}/members", credentials=False) == [2]


def test_preflight(browser: Browser, api: str) -> None:
    """A request with a method, a header and a type that need leave gets it, and may read what is exposed."""
    sent = {
        "method": "PUT",
        "headers": {"X-Custom": "mine", "Content-Type": "application/json"},
        "body": "{}",
    }
    got = fetched(browser, f"{api}/items/7", **sent)
    assert (got["status"], json.loads(got["body"]), got["count"]) == (
        200,
        {"number": 7, "custom": "mine"},
        "7",
    )
    assert cors_app.called == ["PUT"]


ERRORS = {
    "/items/x": (400, "number"),
    "/me": (401, "Authentication Required"),
    "/nowhere": (404, "404"),
    "/broken": (500, "500 Internal Server Error"),
}


@pytest.mark.parametrize("path", ERRORS)
def test_errors(browser: Browser, api: str, path: str) -> None:
    """A page can read what is wrong, also after a preflight, and also where nothing is."""
    status, said = ERRORS[path]
    method = "PUT" if path == "/items/x" else "GET"
    got = fetched(browser, f"{api}{path}", method=method, headers={"X-Custom": "mine"}, credentials="omit")
    assert got["status"] == status
    assert said in json.dumps(json.loads(got["body"]))


def test_other_origins(browser: Browser, ports: tuple[int, int]) -> None:
    """A page of an origin that is not allowed reads nothing, and what needs leave is not done for it."""
    page, api = ports
    cors_app.called.clear()
    browser.open(f"http://localhost:{page}/")
    url = f"http://127.0.0.1:{api}"
    assert fetched(browser, f"{url}/limited") == {"failed": "TypeError"}
    assert fetched(browser, f"{url}/items/7", method="PUT") == {"failed": "TypeError"}
    assert followed(browser, f"{url}/members", credentials=True) == [2]
    assert cors_app.called == []
