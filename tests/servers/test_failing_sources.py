"""Sources that fail: a stream is cut off without a clean end, so that a browser reconnects."""

from collections.abc import Callable

import pytest

from .serving import Server


@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("path", ["fails", "fails_thread"])
def test_failing(server: Server, path: str, after: int) -> None:
    """What came before the failure arrives; the traceback is in the log, with the name of the handler."""
    printed = len(server.log)
    stream = server.stream(f"/{path}?after={after}")
    stream.torn()
    assert [message.data for message in stream.messages] == [str(number) for number in range(after)]
    assert stream.decoder.retry is None
    log = server.logs("RuntimeError: this source is broken", printed)
    assert f"app.{path} failed; its client will reconnect" in log
    assert f"in {path}\n" in log, "the traceback does not lead to the source"
    server.streams_end()


@pytest.mark.parametrize("name", ["uvicorn", "uvicorn-h11", "hug"])
def test_said_once(start: Callable[..., Server], name: str) -> None:
    """Where the server is uvicorn, it does not complain of an end that we mean."""
    server = start(name, WRITE_TIMEOUT="0.3")
    server.stream("/fails?after=3").torn()
    server.logs("this source is broken")
    pipelined = server.stream("/steady?key=pipelined")
    pipelined.send(b"GET /answer HTTP/1.1\r\nHost: localhost\r\n\r\n")
    pipelined.leave()
    server.noted("pipelined", "ended")
    with server.stream("/endless?key=stuck", buffer=4096):
        server.noted("stuck", "ended")
    server.streams_end()
    assert server.get("/answer")
    assert "without completing response" not in server.log


def test_http_error_in_a_source(uvicorn: Server) -> None:
    """Who raises an HTTP error where it is too late for one is told where it belongs."""
    uvicorn.stream("/no_such_job").torn()
    log = uvicorn.logs("no_such_job failed")
    assert "raise HTTP errors in the handler that returns the source" in log


@pytest.mark.parametrize("path", ["odd_item", "odd_item_thread"])
def test_item_that_is_no_json(server: Server, path: str) -> None:
    """An item that cannot be encoded ends the stream as a failure does; the log names its type."""
    printed = len(server.log)
    stream = server.stream(f"/{path}")
    stream.torn()
    assert [message.data for message in stream.messages] == ["0"]
    log = server.logs("TypeError", printed)
    assert f"app.{path} failed; its client will reconnect" in log
    assert "object" in log[log.rindex("TypeError") :]


def test_others_go_on(server: Server) -> None:
    """A failure is no business of the streams beside it."""
    with server.stream("/busy?heartbeat=15") as witness:
        witness.message()
        server.stream("/fails?after=1").torn()
        witness.messages.clear()
        assert witness.message()


def test_no_source(server: Server) -> None:
    """A handler that returns something that is no source gives 500; the log names both."""
    with server.open("/no_source") as response:
        assert response.head().status == 500
    log = server.logs("which is no source of events")
    assert "app.no_source returned int" in log
    assert server.get("/answer")


def test_late_yield(server: Server) -> None:
    """A generator that yields in its ``finally`` and is closed for it leaves its process in order."""
    server.stream("/last_word?key=late").message()
    server.leave()
    server.noted("late", "ended")
    server.streams_end()
    assert server.get("/answer")
