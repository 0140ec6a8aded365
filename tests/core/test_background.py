"""Serving in the background, beside other work: ``api.http.serve(background=True)``."""

import asyncio
import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from typing import Any

import pytest

import hug
from hug.server.background import BackgroundServer, StartFailed
from hug.server.serve import Server, configuration
from hug.server.sockets import ListenError, close, listen

pytestmark = pytest.mark.slow


def served(api: hug.API) -> BackgroundServer:
    return api.http.serve("127.0.0.1", 0, display_intro=False, background=True)


def got(server: BackgroundServer, path: str) -> Any:
    with urllib.request.urlopen(f"{server.url}{path}", timeout=10) as answer:
        return json.loads(answer.read())


def test_serves(api: hug.API) -> None:
    """It answers as soon as it is there, and no more when it has stopped; stopping twice is fine."""
    hug.get("/x", api=api)(lambda: "x")
    server = served(api)
    assert got(server, "/x") == "x"
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert server.running
    server.stop()
    server.stop()
    assert not server.running
    with pytest.raises(urllib.error.URLError):
        got(server, "/x")
    assert f"<hug server at {server.url}, stopped>" == repr(server)


def test_port_first(api: hug.API) -> None:
    """A number in place of the host is the port, which came first in early releases of hug 2."""
    hug.get("/x", api=api)(lambda: "x")
    with api.http.serve(0, display_intro=False, background=True) as server:
        assert got(server, "/x") == "x"
        assert server.port not in {0, 8000}


def test_where_a_loop_runs(api: hug.API) -> None:
    """It works where an event loop runs, as in a notebook, which goes on meanwhile."""
    places = []

    @hug.get("/x", api=api)
    async def function():
        places.append(threading.current_thread())
        return "x"

    async def main() -> None:
        with served(api) as server:
            assert await asyncio.to_thread(got, server, "/x") == "x"

    asyncio.run(main())
    assert places[0] is not threading.main_thread()


def test_two_at_once(api: hug.API) -> None:
    """Two servers at once have ports of their own; stopping one leaves the other; it can be served again."""
    other = hug.API()
    hug.get("/x", api=api)(lambda: "one")
    hug.get("/x", api=other)(lambda: "other")
    with served(api) as first:
        with served(other) as second, served(api) as third:
            assert first.port != second.port
            assert (got(first, "/x"), got(second, "/x"), got(third, "/x")) == ("one", "other", "one")
        assert got(first, "/x") == "one"
    with served(api) as again:
        assert got(again, "/x") == "one"


def test_streams_end(api: hug.API) -> None:
    """Stopping ends streams in order, their sources are closed, and the channels can be used afterwards."""
    log: list[str] = []
    news = hug.sse.channel("tests.background", api=api)

    @hug.sse("/ticks", api=api)
    async def ticks():
        try:
            yield "one"
            await asyncio.Event().wait()
        finally:
            log.append("closed")

    hug.sse("/news", api=api)(lambda: news)
    hug.shutdown(api=api)(lambda: log.append("shutdown"))
    with served(api) as server:
        first = urllib.request.urlopen(f"{server.url}/ticks", timeout=10)
        second = urllib.request.urlopen(f"{server.url}/news", timeout=10)
        news.publish("hello")
        read = b""
        while b"hello" not in read:
            read += second.readline()
    assert b"one" in first.read()
    second.read()
    assert log == ["closed", "shutdown"]
    news.publish("later")
    news.close()


def test_start_that_fails(api: hug.API) -> None:
    """A startup handler that fails is told where the server is started; so is an address that is taken."""

    @hug.startup(api=api)
    def connect():
        raise ValueError("no database")

    with pytest.raises(StartFailed) as failed:
        served(api)
    assert "ValueError: no database" in str(failed.value)
    other = hug.API()
    with served(other) as server, pytest.raises(ListenError):
        other.http.serve("127.0.0.1", server.port, background=True)


@pytest.mark.parametrize("asynchronous", [True, False])
def test_told_to_end_while_it_starts(api: hug.API, asynchronous: bool) -> None:
    """A server whose startup handler does not return ends all the same when it is told to."""
    entered, go_on = threading.Event(), threading.Event()

    async def waits() -> None:
        entered.set()
        await asyncio.Event().wait()

    def blocks() -> None:
        entered.set()
        go_on.wait(20)

    hug.startup(api=api)(waits if asynchronous else blocks)
    config = configuration(silent=True)
    config.app = api.http.server()
    server = Server(config, lambda: pytest.fail("it has not started"))
    sockets = listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, args=(sockets,), daemon=True)
    thread.start()
    try:
        assert entered.wait(10)
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()
    finally:
        go_on.set()
        close(sockets)


def test_end_of_the_program() -> None:
    """A program that ends with a server in the background stops it in order."""
    code = """
import hug
@hug.shutdown()
def stop(): print("stopped")
server = hug.API(__name__).http.serve("127.0.0.1", 0, background=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.startswith("Serving __main__ at http://127.0.0.1:")
    assert done.stdout.endswith("\nstopped\n")


def test_stopped_by_a_handler(api: hug.API) -> None:
    """A handler may stop the server that it runs on."""
    servers: list[BackgroundServer] = []

    @hug.post("/stop", api=api)
    async def stop():
        servers[0].stop()

    servers.append(served(api))
    request = urllib.request.Request(f"{servers[0].url}/stop", method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    servers[0]._thread.join(10)
    assert not servers[0].running
