"""Streams that need nothing of a framework: the short way to them answers as the long one does."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import hug
from hug.interface.event_stream import EventStreamHTTP
from hug.web.body import is_plain_get

CHANNEL = hug.sse.channel("immediate")


@pytest.fixture
def api() -> hug.API:
    return hug.API(None)


def plain() -> Any:
    return CHANNEL


async def asynchronous() -> Any:
    return CHANNEL


def generator() -> Iterator[str]:
    yield "one"


def calls() -> Any:
    return CHANNEL.where(bool)


def reads() -> Any:
    return CHANNEL.readers


def with_parameter(n: int = 1) -> Any:
    return CHANNEL


def interface(function: Callable[..., Any], api: hug.API, **options: Any) -> EventStreamHTTP:
    hug.sse("/stream", api=api, **options)(function)
    (found,) = api.http.handlers()
    assert isinstance(found, EventStreamHTTP)
    return found


@pytest.mark.parametrize("function", [plain, asynchronous, generator])
def test_immediate(api: hug.API, function: Callable[..., Any]) -> None:
    """A function that takes nothing and cannot block needs no thread and no framework."""
    assert interface(function, api).immediate


@pytest.mark.parametrize("function", [calls, reads, with_parameter])
def test_not_immediate(api: hug.API, function: Callable[..., Any]) -> None:
    """One that calls anything, looks up an attribute or takes a parameter goes the long way."""
    assert not interface(function, api).immediate


@pytest.mark.parametrize(
    "options",
    [
        {"requires": lambda: True},
        {"response_headers": {"x-own": "1"}},
        {"status": "201 Created"},
        {"validate": lambda fields: None},
        {"shared": True},
    ],
    ids=lambda options: next(iter(options)),
)
def test_options_need_the_long_way(api: hug.API, options: dict[str, Any]) -> None:
    """Whatever is to be done before the function, or with its response, is done."""
    assert not interface(asynchronous, api, **options).immediate


def test_middleware_needs_the_long_way(api: hug.API) -> None:
    """Middleware sees each request and each response, as long as there is some."""
    seen: list[str] = []
    interface(asynchronous, api)
    with hug.test.sse(api, "/stream"):
        pass
    assert seen == []
    hug.request_middleware(api=api)(lambda request, response: seen.append(request.path))
    with hug.test.sse(api, "/stream"):
        pass
    assert seen == ["/stream"]


def test_same_answer(api: hug.API) -> None:
    """Status, headers and bytes are those of the long way."""
    hug.sse("/short", api=api)(asynchronous)
    hug.sse("/long", api=api)(with_parameter)
    with hug.test.sse(api, "/short") as short, hug.test.sse(api, "/long") as long:
        assert short.status == long.status == "200 OK"
        assert sorted(short.response.headers) == sorted(long.response.headers)
        assert short.response.content == long.response.content
        CHANNEL.publish("to both")
        assert next(short) == next(long)


@pytest.mark.parametrize("method", ["HEAD", "POST"])
def test_other_methods(api: hug.API, method: str) -> None:
    """HEAD and whatever the route does not accept are answered as ever."""
    interface(asynchronous, api)
    assert hug.test.call(method, api, "/stream").status_code == (200 if method == "HEAD" else 405)


def test_body(api: hug.API) -> None:
    """A GET with a body has it read, or refused, before there is a stream."""
    api.http.max_body = 3
    interface(asynchronous, api)
    assert hug.test.get(api, "/stream", body="long").status_code == 413


@pytest.mark.parametrize(
    ("method", "version", "headers", "plain"),
    [
        ("GET", "1.1", [], True),
        ("GET", "1.0", [(b"accept", b"*/*")], True),
        ("POST", "1.1", [], False),
        ("GET", "2", [], False),
        ("GET", "1.1", [(b"content-length", b"4")], False),
        ("GET", "1.1", [(b"transfer-encoding", b"chunked")], False),
    ],
)
def test_plain_get(method: str, version: str, headers: list[tuple[bytes, bytes]], plain: bool) -> None:
    """Only HTTP/1 says in its headers that a request has no body."""
    scope = {"method": method, "http_version": version, "headers": headers}
    assert is_plain_get(scope) is plain


def test_called_once(api: hug.API) -> None:
    """What has no stream to give is answered by the framework, from the outcome of the one call."""
    outcomes: list[Any] = [None, hug.HTTPNotFound(title="No such room"), KeyError("own"), "no source"]
    count = 0

    async def handler() -> Any:
        nonlocal count
        count += 1
        outcome = outcomes[count - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    assert interface(handler, api).immediate
    assert hug.test.get(api, "/stream").status_code == 204
    answer = hug.test.get(api, "/stream")
    assert (answer.status_code, answer.data["errors"].keys()) == (404, {"No such room"})
    with pytest.raises(KeyError, match="own"):
        hug.test.get(api, "/stream")
    with pytest.raises(TypeError, match="returned str, which is no source"):
        hug.test.get(api, "/stream")
    assert count == 4


def test_other_endpoint(api: hug.API) -> None:
    """A handler may return another endpoint, which answers in its place."""

    @hug.get("/other", api=api)
    async def other() -> str:
        return "other"

    async def handler() -> Any:
        return other

    hug.sse("/stream", api=api)(handler)
    assert hug.test.get(api, "/stream").data == "other"


def test_other_stream(api: hug.API) -> None:
    """That may be another stream."""

    @hug.sse("/other", api=api)
    async def other() -> Any:
        return ["other"]

    @hug.sse("/stream", api=api)
    async def handler() -> Any:
        return other

    with hug.test.sse(api, "/stream") as stream:
        assert [event.data for event in stream] == ["other"]


def test_disconnecting_channel(api: hug.API) -> None:
    """A reader that has missed what is gone is told so by 204, if its channel disconnects such readers."""
    strict = hug.sse.channel("strict", history=1, on_gap="disconnect", api=api)

    async def handler() -> Any:
        return strict

    assert interface(handler, api).immediate
    assert hug.test.get(api, "/stream", headers={"last-event-id": "forged"}).status_code == 204


def test_impossible_id(api: hug.API) -> None:
    """An id that no event can have had is a gap of a channel's readers, as on the long way."""
    interface(asynchronous, api)
    with hug.test.sse(api, "/stream", headers={"last-event-id": "x" * 5000}) as stream:
        assert next(stream).event == "gap"


def test_slash_at_the_end(api: hug.API) -> None:
    """Paths that only the framework can read still find their route."""
    interface(asynchronous, api)
    for path in ("/stream/", "/v1/stream"):
        with hug.test.sse(api, path) as stream:
            assert stream.status == "200 OK"


def test_blocking_handler_runs_in_a_thread(api: hug.API) -> None:
    """A def that calls something runs off the event loop, however short it is."""
    threads: list[threading.Thread] = []

    def handler() -> Any:
        threads.append(threading.current_thread())
        return CHANNEL

    interface(handler, api)
    with hug.test.sse(api, "/stream"):
        pass
    assert threads[0] not in {threading.main_thread(), hug.test.portal._thread}
