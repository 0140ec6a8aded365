"""`EventSource` in real browsers, reading hug's own streams from uvicorn."""

import itertools
import json
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn

from ..servers.client import get
from ..waiting import until
from . import app
from .engines import Browser
from .servers import tearing_proxy
from .watching import events, kinds, listen, said, wait_for, witness


@pytest.fixture(scope="module")
def serving_port() -> Iterator[int]:
    """The port at which uvicorn serves the app of these tests."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app.__hug_asgi__, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def port(serving_port: int) -> int:
    """Where the app is served, which is as at its start."""
    app.seen.clear()
    app.gate.clear()
    return serving_port


def test_open_comes_first(browser: Browser, port: int) -> None:
    """``onopen`` fires while the source has not yet yielded anything."""
    listen(browser, port, "/gated")
    assert kinds(said(browser, 1)) == ["open"]
    app.gate.set()
    report = said(browser, 2)
    assert events(report[:2]) == [("message", "let through", "")]
    assert [entry["readyState"] for entry in report[:2]] == [1, 1]


def test_messages(browser: Browser, port: int) -> None:
    """Unnamed events reach ``onmessage``: text as it is, other values as JSON."""
    listen(browser, port, "/messages")
    report = said(browser, 3)[:3]
    assert kinds(report) == ["open", "message", "message"]
    assert report[1]["data"] == "text"
    assert json.loads(report[2]["data"]) == {"n": 1}


def test_named_events(browser: Browser, port: int) -> None:
    """Named events reach their own listeners and not ``onmessage``; an id stays until the next one."""
    listen(browser, port, "/named", "tick", "tock")
    first, *rest = events(said(browser, 4)[:4])
    assert (first[0], json.loads(first[1]), first[2]) == ("tick", {"n": 1}, "1")
    assert rest == [("message", "unnamed", "1"), ("tock", "boom", "2")]


def test_text_arrives_whole(browser: Browser, port: int) -> None:
    """Lines, spaces, characters of every plane and what looks like a field all arrive as they were sent."""
    listen(browser, port, "/text")
    report = said(browser, 1 + len(app.TEXTS))
    received = [data for _, data, _ in events(report)[: len(app.TEXTS)]]
    assert received == [text.replace("\r\n", "\n").replace("\r", "\n") for text in app.TEXTS]


def tens(last: int) -> list[tuple[str, str, str]]:
    """Return the events that a page has of ``/tens`` when nothing was lost and nothing came twice."""
    return [("ten", f"zehn mal {ten // 10} für alle", str(ten)) for ten in range(10, last + 10, 10)]


def test_resume_and_stop(browser: Browser, port: int) -> None:
    """A stream that ended is resumed after its last id; nothing returned answers 204, which stops the page.

    ``onerror`` says which of the two it is: readyState 0 while the browser reconnects, 2 when it gave up.
    """
    listen(browser, port, "/tens", "ten")
    wait_for(browser, "source.readyState === 2")
    witness(browser, "/again", 3)
    report = browser.evaluate("report")
    assert events(report) == tens(app.LAST)
    assert [entry["readyState"] for entry in report if entry["type"] == "error"] == [0, 0, 2]
    assert kinds(report).count("open") == 2
    assert app.seen == [None, "30", "60"]


TEARS = {
    "in event": (b"eve", b"nt: ten\nretry: 50\ndata: zehn mal 2"),
    "in data": (b"data: zehn mal 2 f", b""),
    "in a character": (b"data: zehn mal 2 f\xc3", b"\xbc"),
    "after data": (b"data: zehn mal 2 f\xc3\xbcr alle\n", b"id: 20"),
    "in id": (b"id: 2", b"0\n"),
    "before the blank line": (b"id: 20\n", b"\n"),
}


@pytest.mark.parametrize(("kept", "lost"), TEARS.values(), ids=TEARS)
def test_torn(browser: Browser, port: int, kept: bytes, lost: bytes) -> None:
    """A connection torn within an event costs nothing: the page gets every event once and no part of one."""
    with tearing_proxy(port, kept, lost) as proxy:
        listen(browser, proxy, "/tens", "ten")
        wait_for(browser, "source.readyState === 2")
        report = browser.evaluate("report")
        browser.open("about:blank")
    assert events(report) == tens(app.LAST)
    assert app.seen == [None, "10", "40", "60"]
    assert [entry["readyState"] for entry in report if entry["type"] == "error"] == [0, 0, 0, 2]


@pytest.mark.parametrize("path", ["/number", "/json", "/nowhere"])
def test_fatal(browser: Browser, port: int, path: str) -> None:
    """A request hug refuses, an endpoint that is no stream, an unknown one: one error with readyState 2."""
    listen(browser, port, path)
    (error,) = said(browser, 1)
    assert (error["type"], error["readyState"]) == ("error", 2)


_names = itertools.count()


@pytest.fixture
def name() -> str:
    """The name of a channel that no other test has."""
    return f"channel{next(_names)}"


def test_break_before_the_first_event(browser: Browser, port: int, name: str) -> None:
    """A stream of a channel that breaks before its first event costs nothing that comes meanwhile."""
    before = app.channel(name).publish("before").id
    with tearing_proxy(port, b"data: \n\n", b"") as proxy:
        listen(browser, proxy, f"/missed?name={name}", "gap")
        wait_for(browser, "report.some(entry => entry.data !== null)")
        report = browser.evaluate("report")
        browser.open("about:blank")
    assert kinds(report) == ["open", "error", "open", "message"]
    assert events(report) == [("message", "missed 1", app.channel(name).last_id)]
    assert app.seen == [None, before]


def test_checkpoint(browser: Browser, port: int, name: str) -> None:
    """A filter moves the id on without an event: a page that comes back then lacks nothing.

    Its heartbeats and the end of the process are no events either.
    """
    channel = app.channel(name)
    listen(browser, port, f"/wanted?name={name}", "gap")
    until(lambda: get(port, f"/readers?name={name}") == 1)
    first = channel.publish("one").id
    wait_for(browser, "report.length == 2")
    for _ in range(2 * app.HISTORY):
        last_of_many = channel.publish("unwanted").id
    get(port, "/drain")
    wait_for(browser, "report.length == 4")
    second = channel.publish("two").id
    wait_for(browser, "report.length == 5")
    report = browser.evaluate("report")
    assert kinds(report) == ["open", "message", "error", "open", "message"]
    assert events(report) == [("message", "one", first), ("message", "two", second)]
    assert app.seen == [None, last_of_many]


FETCHES = {
    "as it is": "{}",
    "with its type": "{headers: {Accept: 'text/event-stream'}}",
    "uncached": "{cache: 'no-store'}",
    "with both headers": "{headers: {Accept: 'text/event-stream', 'Cache-Control': 'no-cache'}}",
}


@pytest.mark.parametrize("options", FETCHES.values(), ids=FETCHES)
def test_fetch(browser: Browser, port: int, options: str) -> None:
    """A page that reads a stream with ``fetch`` sees no event but those that were sent."""
    listen(browser, port, "/nowhere")
    browser.evaluate(
        f"void fetch('/messages', {options}).then(r => r.text()).then(t => {{ window.body = t }})"
    )
    wait_for(browser, "window.body !== undefined")
    assert browser.evaluate("body") == ':\ndata: text\n\ndata: {"n":1}\n\n'
