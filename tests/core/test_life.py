"""What an application does when its server starts and ends: ``@hug.startup``, ``@hug.shutdown``."""

import asyncio
import logging
import sys
import threading
from typing import Any

import pytest

import hug
from hug.test.requests import request_for


class Server:
    """What a server does with an application that it lets know of its life."""

    def __init__(self, application: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        self._application = application
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        self._told.set()

    async def tell(self, kind: str) -> None:
        self._told = asyncio.Event()
        await self._events.put({"type": f"lifespan.{kind}"})
        await asyncio.wait_for(self._told.wait(), 10)

    async def start(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
        self._task = asyncio.create_task(self._application(scope, self._events.get, self.send))
        await self.tell("startup")

    async def stop(self) -> None:
        await self.tell("shutdown")
        await self._task


def recorded(api: hug.API, log: list[str]) -> None:
    """Add handlers of each kind to ``api``, which write into ``log``."""

    @hug.startup(api=api)
    def first(given):
        log.append("start 1" if given is api else "wrong")

    @hug.startup(api=api)
    async def second():
        await asyncio.sleep(0)
        log.append("start 2")

    @hug.startup(api=api)
    def third(api):
        log.append("start 3")

    @hug.shutdown(api=api)
    async def fourth(api):
        log.append("stop 1")

    @hug.shutdown(api=api)
    def fifth():
        log.append("stop 2")


START, STOP = ["start 1", "start 2", "start 3"], ["stop 1", "stop 2"]


def test_with_a_server(api: hug.API) -> None:
    """A server's start and end call all handlers, sync and async, in the order they are declared, once."""
    log: list[str] = []
    recorded(api, log)

    async def main() -> None:
        server = Server(api.http.server())
        await server.start()
        assert log == START
        assert api.started
        await request(api)
        await server.stop()
        assert log == START + STOP
        assert not api.started
        assert [each["type"] for each in server.sent] == [
            "lifespan.startup.complete",
            "lifespan.shutdown.complete",
        ]

    asyncio.run(main())


async def request(api: hug.API) -> int:
    scope, _ = request_for("GET", "/x", "", None, {})
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await api.http.server()(scope, receive, send)
    status: int = sent[0]["status"]
    return status


def test_several_servers(api: hug.API) -> None:
    """Of several servers the first calls what is to be called at a start, the last what is at the end."""
    log: list[str] = []
    recorded(api, log)

    async def main() -> None:
        servers = [Server(api.http.server()), Server(api.http.server(default_not_found=False))]
        for server in servers:
            await server.start()
        assert log == START
        await servers[0].stop()
        assert log == START
        await servers[1].stop()
        assert log == START + STOP
        await servers[0].start()
        assert log == START + STOP + START
        await servers[0].stop()

    asyncio.run(main())


def test_before_the_first_request(api: hug.API) -> None:
    """Without a server that tells, the first request waits for the start, and so do all meanwhile."""
    log: list[str] = []
    entered, go_on = threading.Event(), threading.Event()

    @hug.startup(api=api)
    def slow():
        entered.set()
        assert go_on.wait(10)
        log.append("started")

    @hug.get("/x", api=api)
    async def function():
        log.append("answered")

    async def main() -> None:
        first = asyncio.create_task(request(api))
        await asyncio.to_thread(entered.wait)
        second = asyncio.create_task(request(api))
        other_loop = asyncio.create_task(asyncio.to_thread(hug.test.get, api, "/x"))
        await asyncio.sleep(0)
        assert log == []
        go_on.set()
        await asyncio.gather(first, second, other_loop)
        assert log == ["started", "answered", "answered", "answered"]

    asyncio.run(main())


def test_once_for_all_tests(api: hug.API) -> None:
    """``hug.test`` calls startup handlers before the first request to an API, and not again."""
    log: list[str] = []
    recorded(api, log)
    hug.get("/x", api=api)(lambda: "x")
    hug.sse("/stream", api=api)(lambda: iter("x"))
    for _ in range(3):
        hug.test.get(api, "/x")
    with hug.test.sse(api, "/stream") as stream:
        assert next(stream).data == "x"
    assert log == START


def test_running(api: hug.API) -> None:
    """``hug.test.running`` is the life of a server: a start, and an end."""
    log: list[str] = []
    recorded(api, log)
    hug.get("/x", api=api)(lambda: "x")
    with hug.test.running(api) as running:
        assert running is api
        assert log == START
        hug.test.get(api, "/x")
        assert log == START
    assert log == START + STOP


def test_added_later(api: hug.API) -> None:
    """A handler that is added when all is running is called before the next request."""
    log: list[str] = []
    hug.get("/x", api=api)(lambda: "x")
    hug.test.get(api, "/x")
    assert api.started
    recorded(api, log)
    assert len(api.startup_handlers) == 3
    assert len(api.shutdown_handlers) == 2
    hug.test.get(api, "/x")
    hug.test.get(api, "/x")
    assert log == START


def test_a_start_that_fails(api: hug.API, caplog: pytest.LogCaptureFixture) -> None:
    """A handler that fails fails the start: the traceback is logged, a line says which it was."""

    @hug.startup(api=api)
    def connect():
        raise ValueError("no database")

    hug.shutdown(api=api)(lambda: pytest.fail("nothing was started"))

    async def main() -> list[dict[str, Any]]:
        server = Server(api.http.server())
        await server.start()
        return server.sent

    with caplog.at_level(logging.ERROR, "hug"):
        (sent,) = asyncio.run(main())
    assert sent["type"] == "lifespan.startup.failed"
    assert sent["message"] == "A startup handler has failed: ValueError: no database"
    assert "in connect" in caplog.text
    assert f"connect ({__file__}:" in caplog.text
    assert not api.started


@pytest.mark.parametrize("error", [SystemExit("no database"), asyncio.CancelledError()])
@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_start_that_exits(api: hug.API, error: BaseException, asynchronous: bool) -> None:
    """``sys.exit()`` in a startup handler fails the start, as does something cancelled that it waits for."""

    def connect():
        raise error

    async def connect_later():
        raise error

    hug.startup(api=api)(connect_later if asynchronous else connect)

    async def main() -> list[dict[str, Any]]:
        server = Server(api.http.server())
        await server.start()
        return server.sent

    (sent,) = asyncio.run(main())
    assert sent["type"] == "lifespan.startup.failed"
    assert sent["message"].startswith(f"A startup handler has failed: {type(error).__name__}: ")


@pytest.mark.parametrize("asynchronous", [True, False])
def test_an_end_that_takes_too_long(
    api: hug.API, asynchronous: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A shutdown handler that does not return is left behind and named in the log; the others are called."""
    log: list[str] = []
    go_on = threading.Event()

    async def waits():
        await asyncio.Event().wait()

    def blocks():
        go_on.wait(20)

    hug.shutdown(api=api)(waits if asynchronous else blocks)
    hug.shutdown(api=api)(raising_exit)
    hug.shutdown(api=api)(lambda: log.append("called"))
    api.life.shutdown_timeout = 0.3
    with caplog.at_level(logging.ERROR, "hug"), hug.test.running(api):
        pass
    go_on.set()
    assert log == ["called"]
    assert f"{'waits' if asynchronous else 'blocks'} ({__file__}:" in caplog.text
    assert "goes on after 0.3 s" in caplog.text
    assert "SystemExit: 4" in caplog.text


async def raising_exit():
    sys.exit(4)


def test_a_request_that_cannot_start(api: hug.API) -> None:
    """Without a server that tells, each request fails until the handler does not; none is called twice."""
    log: list[str] = []
    broken = [True]
    hug.startup(api=api)(lambda: log.append("before"))

    @hug.startup(api=api)
    async def connect():
        if broken:
            raise ValueError("no database")
        log.append("connected")

    hug.get("/x", api=api)(lambda: "x")
    for _ in range(2):
        with pytest.raises(ValueError, match="no database"):
            hug.test.get(api, "/x")
    broken.clear()
    assert hug.test.get(api, "/x").data == "x"
    assert log == ["before", "connected"]


def test_an_end_that_fails(api: hug.API, caplog: pytest.LogCaptureFixture) -> None:
    """A shutdown handler that fails is logged; the others are called all the same."""
    log: list[str] = []

    @hug.shutdown(api=api)
    def fails():
        raise ValueError("gone")

    hug.shutdown(api=api)(lambda: log.append("called"))
    with caplog.at_level(logging.ERROR, "hug"), hug.test.running(api):
        pass
    assert log == ["called"]
    assert f"fails ({__file__}:" in caplog.text
    assert "ValueError: gone" in caplog.text


def test_after_the_last_stream(api: hug.API) -> None:
    """Shutdown handlers are called when the sources of all streams have been closed."""
    log: list[str] = []

    @hug.sse("/x", api=api)
    async def stream():
        try:
            yield "one"
            await asyncio.Event().wait()
        finally:
            log.append("stream")

    hug.shutdown(api=api)(lambda: log.append("shutdown"))

    async def main() -> None:
        server = Server(api.http.server())
        await server.start()
        async with hug.test.sse(api, "/x") as reading:
            assert (await anext(reading)).data == "one"
            await server.stop()
            assert log == ["stream", "shutdown"]

    asyncio.run(main())


def test_middleware_in_between(api: hug.API) -> None:
    """Middleware starts after the startup handlers and ends before the others: it may use what they make."""
    log: list[str] = []

    class Component:
        async def process_startup(self, scope, event):
            log.append("middleware starts")

        async def process_shutdown(self, scope, event):
            log.append("middleware ends")

    api.http.add_middleware(Component())
    hug.startup(api=api)(lambda: log.append("start"))
    hug.shutdown(api=api)(lambda: log.append("end"))

    async def main() -> None:
        server = Server(api.http.server())
        await server.start()
        await server.stop()

    asyncio.run(main())
    assert log == ["start", "middleware starts", "middleware ends", "end"]


def test_threads(api: hug.API) -> None:
    """A sync handler runs in a thread, or on the loop of an API whose handlers run there."""
    places: list[threading.Thread] = []
    hug.startup(api=api)(lambda: places.append(threading.current_thread()))

    async def main() -> None:
        server = Server(api.http.server())
        await server.start()
        await server.stop()

    asyncio.run(main())
    api.http.inline = True
    asyncio.run(main())
    assert places[0] is not threading.main_thread()
    assert places[1] is threading.main_thread()


@pytest.mark.filterwarnings("ignore:The RequestOptions.auto_parse_form_urlencoded option is deprecated")
def test_options_of_falcon(api: hug.API) -> None:
    """A handler may set options of the Falcon app, also one that Falcon's ASGI apps refuse."""

    @hug.startup(api=api)
    def options(api):
        api.http.falcon.req_options.auto_parse_form_urlencoded = True
        api.http.falcon.req_options.keep_blank_qs_values = True

    hug.get("/x", api=api)(lambda a: a)

    async def main() -> None:
        server = Server(api.http.server())
        await server.start()
        assert server.sent[0]["type"] == "lifespan.startup.complete"
        await server.stop()

    asyncio.run(main())
    assert hug.test.get(api, "/x?a=").data == ""


def test_error_handlers_of_falcon(api: hug.API) -> None:
    """A handler may give the Falcon app a handler of errors, as Falcon 4 calls them."""

    async def answer(request, response, error, params):
        response.status = hug.HTTP_418
        response.text = f"{error.args[0]} at {params['place']}"

    hug.startup(api=api)(lambda: api.http.falcon.add_error_handler(LookupError, answer))

    @hug.get("/x/{place}", api=api)
    def lose(place):
        raise KeyError("lost")

    response = hug.test.get(api, "/x/sea")
    assert (response.status, response.content) == (hug.HTTP_418, b"lost at sea")


def test_for_a_command(api: hug.API) -> None:
    """Where nothing is served, `API._ensure_started` calls the handlers: sync ones in this very thread."""
    log: list[str] = []
    recorded(api, log)
    hug.startup(api=api)(lambda: log.append(threading.current_thread().name))
    api._ensure_started()
    api._ensure_started()
    assert log == [*START, threading.current_thread().name]
