"""hug.sse: how handlers may answer, what they may yield, and what an event stream route can do."""

import asyncio
import contextvars
import logging
import re
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import hug
from hug.exceptions import Unreachable

from ..waiting import until

Handler = Any
OPENING = b":\nid: \nevent: hug-torn\ndata: \n\n"


def texts(api: Any, url: str = "/stream", **kwargs: Any) -> list[str]:
    with hug.test.sse(api, url, **kwargs) as stream:
        return [message.data for message in stream]


class Countdown:
    """An async iterable that is no generator."""

    def __init__(self, start: int) -> None:
        self.left = start

    def __aiter__(self) -> AsyncIterator[int]:
        return self

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        await asyncio.sleep(0)
        return self.left


def generator() -> Iterator[int]:
    yield from (2, 1, 0)


async def async_generator() -> AsyncIterator[int]:
    for n in (2, 1, 0):
        yield n


SOURCES = {
    "generator": generator,
    "async generator": async_generator,
    "list": lambda: [2, 1, 0],
    "tuple": lambda: (2, 1, 0),
    "iterator": lambda: iter([2, 1, 0]),
    "range": lambda: range(2, -1, -1),
    "async iterable": lambda: Countdown(3),
    "events of a generator": lambda: hug.sse.events(generator()),
    "events of an async generator": lambda: hug.sse.events(async_generator()),
    "events of a list": lambda: hug.sse.events([2, 1, 0]),
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("asynchronous", [False, True])
def test_any_source_may_be_returned(api: Any, name: str, asynchronous: bool) -> None:
    """A `def` or `async def` handler may return any kind of source, itself or in `hug.sse.events`."""

    def stream() -> Any:
        return SOURCES[name]()

    async def async_stream() -> Any:
        return SOURCES[name]()

    hug.sse("/stream", api=api)(async_stream if asynchronous else stream)
    assert texts(api) == ["2", "1", "0"]


@pytest.mark.parametrize("function", [generator, async_generator])
def test_handler_may_be_the_generator(api: Any, function: Handler) -> None:
    """A handler may itself be a generator or an async generator."""
    hug.sse("/stream", api=api)(function)
    assert texts(api) == ["2", "1", "0"]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_nothing_is_204(api: Any, asynchronous: bool) -> None:
    """A handler that returns None answers 204, without a content type: a browser does not come back."""

    def stream() -> None:
        pass

    async def async_stream() -> None:
        pass

    hug.sse("/stream", api=api)(async_stream if asynchronous else stream)
    with hug.test.sse(api, "/stream") as nothing:
        assert list(nothing) == []
        assert nothing.status == "204 No Content"
        assert nothing.response.content_type is None


def test_handler_may_refuse_in_its_own_words(api: Any) -> None:
    """A status that the handler has set is not replaced by 204."""

    @hug.sse("/stream", api=api)
    def stream(response: Any) -> None:
        response.status = hug.HTTP_404

    assert hug.test.get(api, "/stream").status == "404 Not Found"


def test_items(api: Any) -> None:
    """Items are events, text, values that become JSON, and None, which is a heartbeat."""

    @hug.sse("/stream", api=api)
    async def stream() -> AsyncIterator[Any]:
        yield hug.sse.event({"n": 1}, event="tick", id=1)
        yield "two\nlines"
        yield {"n": 3}
        yield None
        yield hug.sse.event()

    with hug.test.sse(api, "/stream") as reading:
        messages = list(reading)
        assert [(each.event, each.data, each.id) for each in messages] == [
            ("tick", '{"n":1}', "1"),
            ("message", "two\nlines", "1"),
            ("message", '{"n":3}', "1"),
            ("message", "", "1"),
        ]
        body = reading.response.content
    assert body.startswith(OPENING)
    assert b'data: {"n":3}\n\n:\ndata: \n\n' in body


@pytest.mark.parametrize("value", ["text", b"bytes", {"a": 1}, 3, 2.5, object(), hug.sse.event("x")])
def test_what_is_no_source_is_named(api: Any, value: Any) -> None:
    """A single value is no stream: TypeError with the handler's name and what it returned."""

    @hug.sse("/stream", api=api)
    def handler() -> Any:
        return value

    with pytest.raises(TypeError, match=rf"handler returned {type(value).__name__}, which is no source"):
        hug.test.get(api, "/stream")


def test_events_refuses_what_is_no_source() -> None:
    """`hug.sse.events` says so where it is called."""
    with pytest.raises(TypeError, match=r"events.. needs a generator or another iterable of events, not int"):
        hug.sse.events(3)


@pytest.mark.parametrize("heartbeat", [0, -1, True, "15", float("nan"), float("inf")])
def test_heartbeat_out_of_range(heartbeat: Any) -> None:
    """A heartbeat is a number of seconds above 0, or None; for a stream and for an API."""
    with pytest.raises(ValueError, match=r"^heartbeat must be"):
        hug.sse.events([], heartbeat=heartbeat)
    with pytest.raises(ValueError, match=r"^heartbeat must be"):
        hug.API().sse.heartbeat = heartbeat


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retry", -1),
        ("retry", 1.5),
        ("drain_retry", (5, 1)),
        ("drain_retry", (-1, 1)),
        ("cleanup_timeout", 0),
        ("write_timeout", None),
        ("guard", 1),
    ],
)
def test_settings_out_of_range(name: str, value: Any) -> None:
    """No setting is taken that could not work."""
    with pytest.raises(ValueError, match=f"^{name} must be"):
        setattr(hug.API().sse, name, value)


def test_retry_is_told_first(api: Any) -> None:
    """The reconnection time of a stream, or of its API, is known before the first event."""
    api.sse.retry = 7000
    hug.sse("/api", api=api)(generator)
    hug.sse("/stream", api=api)(SOURCES["events of a list"])
    hug.sse("/own", api=api)(lambda: hug.sse.events([1], retry=10))
    for url, retry in [("/api", 7000), ("/own", 10)]:
        with hug.test.sse(api, url) as stream:
            next(stream)
            assert stream.retry == retry
    api.sse.retry = None
    with hug.test.sse(api, "/stream") as stream:
        next(stream)
        assert stream.retry is None


def test_headers(api: Any) -> None:
    """The head says what proxies and browsers need, and nothing that HTTP/2 forbids."""
    hug.sse("/stream", api=api, response_headers={"x-own": "1"})(generator)
    with hug.test.sse(api, "/stream") as stream:
        headers = dict(stream.response.headers)
    assert headers == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
        "x-own": "1",
    }


def test_head_makes_no_source(api: Any) -> None:
    """HEAD gets the same head at once; the handler is not called."""
    called = []

    @hug.sse("/stream", api=api)
    def stream() -> Any:
        called.append(1)
        return generator()

    response = hug.test.head(api, "/stream")
    assert response.status == "200 OK"
    assert response.content_type == "text/event-stream; charset=utf-8"
    assert response.content == b""
    assert not called


def test_post(api: Any) -> None:
    """A stream may accept POST, with arguments in its body; then GET is refused."""

    @hug.sse("/stream", accept=("POST",), api=api)
    def stream(n: int) -> Any:
        return range(n)

    assert texts(api, method="POST", body={"n": 2}) == ["0", "1"]
    assert hug.test.get(api, "/stream").status == "405 Method Not Allowed"


def test_invalid_arguments_are_refused_before_a_stream_starts(api: Any) -> None:
    """An argument that fails validation is a plain 400."""
    called = []

    @hug.sse("/stream/{n}", api=api)
    async def stream(n: hug.types.number) -> AsyncIterator[Any]:
        called.append(n)
        yield n

    response = hug.test.get(api, "/stream/x")
    assert (response.status, response.data) == (
        "400 Bad Request",
        {"errors": {"n": "Invalid whole number provided"}},
    )
    assert not called
    assert texts(api, "/stream/7") == ["7"]


def test_requires(api: Any) -> None:
    """A requirement that is not met answers in place of the stream."""

    def signed_in(request: Any) -> Any:
        return request.get_header("x-key") == "right" or "sign in first"

    hug.sse("/stream", requires=signed_in, api=api)(generator)
    with hug.test.sse(api, "/stream") as stream:
        assert stream.response.data == "sign in first"
    assert texts(api, headers={"x-key": "right"}) == ["2", "1", "0"]


def test_versions(api: Any) -> None:
    """Versions have streams of their own."""
    hug.sse("/stream", versions=1, api=api)(lambda: ["one"])
    hug.sse("/stream", versions=2, api=api)(lambda: ["two"])
    assert texts(api, "/v1/stream") == ["one"]
    assert texts(api, "/v2/stream") == ["two"]


def test_documentation(api: Any) -> None:
    """Streams are documented as such, with their examples; private ones are not."""

    @hug.sse("/stream", examples="n=3", api=api)
    def stream(n: int = 1) -> Any:
        """Counts."""

    hug.sse("/secret", private=True, api=api)(generator)
    handlers = api.http.documentation()["handlers"]
    assert handlers == {
        "/stream": {
            "GET": {
                "usage": "Counts.",
                "examples": ["/stream?n=3"],
                "outputs": {
                    "format": "Server-sent events",
                    "content_type": "text/event-stream; charset=utf-8",
                },
                "inputs": {"n": {"type": "Integer", "default": 1}},
            }
        }
    }


def test_transform_is_no_option(api: Any) -> None:
    """What a stream would ignore is not taken in silence."""
    with pytest.warns(UserWarning, match="an event stream has no transform"):
        hug.sse("/stream", transform=str, api=api)(generator)
    assert texts(api) == ["2", "1", "0"]


def test_chaining_and_route_api(api: Any) -> None:
    """A router may be chained into streams; `hug.route.API(...).sse` has everything `hug.sse` has."""
    router = hug.http(api=api, response_headers={"x-own": "1"})
    router.sse("/chained")(generator)
    routes = hug.route.API(api)
    routes.sse("/routed")(lambda: routes.sse.events([routes.sse.event("x")]))
    assert texts(api, "/chained") == ["2", "1", "0"]
    assert texts(api, "/routed") == ["x"]
    assert hug.test.head(api, "/chained").headers_dict["x-own"] == "1"


def test_classes(api: Any) -> None:
    """A method may be a stream; it takes the options of its class."""

    @hug.object.urls("/numbers", api=api)
    class Numbers:
        first = 2

        @hug.object.sse("down")
        def down(self) -> Iterator[int]:
            yield from range(self.first, -1, -1)

        @hug.object.get()
        def one(self) -> int:
            return self.first

    assert texts(api, "/numbers/down") == ["2", "1", "0"]
    assert hug.test.get(api, "/numbers").data == 2


@pytest.mark.parametrize("sent", ["7", "é…", None])
def test_last_event_id(api: Any, sent: str | None) -> None:
    """The directive gives the reconnecting client's id as text, by name or annotation; else the default."""

    @hug.sse("/stream", api=api)
    def by_name(hug_last_event_id: Any = "none") -> Any:
        return [hug_last_event_id]

    @hug.sse("/annotated", api=api)
    async def annotated(last: hug.directives.last_event_id = "none") -> AsyncIterator[Any]:
        yield last

    expected = [sent or "none"]
    assert texts(api, last_event_id=sent) == expected
    assert texts(api, "/annotated", last_event_id=sent) == expected


def test_client_keeps_its_id(api: Any) -> None:
    """A client that reconnects is told the id it has, in case a torn line has spoilt that."""
    hug.sse("/stream", api=api)(generator)
    with hug.test.sse(api, "/stream", last_event_id="41…") as stream:
        assert list(stream)[-1].id == "41…"
        assert stream.response.content.startswith(":\nid: 41…\nevent: hug-torn\ndata: \n\n".encode())
    hug.API(api).sse.guard = False
    with hug.test.sse(api, "/stream", last_event_id="41…") as stream:
        assert list(stream)[-1].id == "41…"
        assert stream.response.content.startswith(":\nid: 41…\ndata: 2\n\n".encode())


def test_programs_keep_their_id(api: Any) -> None:
    """A program that asks as an EventSource does is told the id alone, with no event."""
    hug.sse("/stream", api=api)(generator)
    agent = {"user-agent": "node"}
    with hug.test.sse(api, "/stream", headers=agent, last_event_id="41") as stream:
        assert list(stream)[-1].id == "41"
        assert stream.response.content.startswith(b":\nid: 41\n\ndata: 2\n\n")
    with hug.test.sse(api, "/stream", headers=agent) as stream:
        list(stream)
        assert stream.response.content.startswith(b":\ndata: 2\n\n")


def test_what_a_filter_holds_back(api: Any) -> None:
    """A test sees as a page does that its id moves on: there is no event, and it comes back with that id."""
    channel = hug.sse.channel("news", history=4, api=api)
    hug.sse("/news", api=api)(lambda: channel.where(lambda message: message.data == "wanted"))
    with hug.test.sse(api, "/news") as stream:
        for _ in range(8):
            held_back = channel.publish("unwanted").id
        until(lambda: stream.last_event_id == held_back)
        stream.reconnect()
        channel.publish("wanted")
        assert next(stream).data == "wanted"
        assert [each.data for each in stream.received] == ["wanted"]


@pytest.mark.parametrize("sent", [b"\xff", b"x" * 5000])
def test_impossible_last_event_id(api: Any, sent: bytes) -> None:
    """An id no browser can have got from us is a 400 that names the header."""
    hug.sse("/stream", api=api)(generator)
    response = hug.test.get(api, "/stream", headers={"last-event-id": sent.decode("latin-1")})
    assert response.status == "400 Bad Request"
    assert list(response.data["errors"]) == ["Last-Event-ID"]


@pytest.mark.parametrize("sent", [b"\xff", b"x" * 5000])
def test_impossible_last_event_id_of_a_channel(api: Any, sent: bytes) -> None:
    """A channel tells of a gap instead, after which a browser comes back with an id that is possible."""
    news = hug.sse.channel("news", api=api)
    hug.sse("/news", api=api)(lambda: news)
    published = news.publish("x")
    with hug.test.sse(api, "/news", headers={"last-event-id": sent.decode("latin-1")}) as stream:
        gap, message = stream.take(2)
        assert gap.event == "gap"
        assert gap.json() == {"channel": "news", "lost": None, "resumed_at": published.id}
        assert (message.data, message.id) == ("x", published.id)


@pytest.mark.parametrize("id", ["a" * 4096, "ü" * 2048, "🐝" * 1024])
def test_longest_id(api: Any, id: str) -> None:
    """The longest id that an event can have comes back whole."""

    @hug.sse("/stream", api=api)
    def stream(hug_last_event_id: Any) -> Any:
        yield hug.sse.event(hug_last_event_id, id=id)

    with hug.test.sse(api, "/stream", last_event_id=id) as again:
        (message,) = again
        assert message.data == message.id == id


def test_context_reaches_the_source(api: Any) -> None:
    """Context variables of the request are seen in a sync generator's thread, too."""
    user = contextvars.ContextVar("user", default="nobody")

    @hug.request_middleware(api=api)
    async def sign_in(request: Any, response: Any) -> None:
        user.set("somebody")

    @hug.sse("/stream", api=api)
    def stream() -> Iterator[Any]:
        yield threading.current_thread() is threading.main_thread()
        yield user.get()

    hug.sse("/async", api=api)(async_generator)
    assert texts(api) == ["false", "somebody"]


def test_directives_outlive_the_source(api: Any) -> None:
    """What a directive gives the source is cleaned up when the stream has ended, not when it begins."""
    log = []

    class Session:
        def cleanup(self, exception: Any = None) -> None:
            log.append("session closed")

    @hug.directive(api=api)
    def session() -> Session:
        return Session()

    @hug.sse("/stream", api=api)
    async def stream(hug_session: Any) -> AsyncIterator[Any]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            log.append("source closed")

    with hug.test.sse(api, "/stream") as reading:
        next(reading)
        assert log == []
    assert log == ["source closed", "session closed"]


def test_source_that_is_not_streamed_is_closed(api: Any) -> None:
    """When middleware fails after the handler has returned, its generator, never started, is closed."""
    closed = []

    class Source:
        @staticmethod
        def opened() -> Any:
            return Source()

        def __aiter__(self) -> Any:
            return self

        async def __anext__(self) -> Any:
            raise AssertionError("started")

        async def aclose(self) -> None:
            closed.append(1)

    @hug.response_middleware(api=api)
    def fail(request: Any, response: Any, resource: Any) -> None:
        raise hug.HTTPForbidden("No", "not for you")

    hug.sse("/stream", api=api)(Source.opened)
    response = hug.test.get(api, "/stream")
    assert response.data == {"errors": {"No": "not for you"}}
    assert closed == [1]


def test_failing_source_is_cut_and_logged(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What came before a failure arrives; then the stream is cut, and the log has handler and traceback."""

    @hug.sse("/stream", api=api)
    async def failing() -> AsyncIterator[Any]:
        yield 1
        yield 2
        raise LookupError("no more")

    with caplog.at_level(logging.ERROR, "hug"), hug.test.sse(api, "/stream") as stream:
        assert [each.data for each in stream.take(2)] == ["1", "2"]
        with pytest.raises(hug.test.StreamCut, match="2 message"):
            next(stream)
    (record,) = caplog.records
    assert "failing" in record.getMessage()
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)


def test_options_of_the_route(api: hug.API) -> None:
    """``retry`` of a route holds for whatever its handler returns."""
    channel = hug.sse.channel("numbers", history=3, api=api)
    channel.publish(1)
    router = hug.sse(retry=1234, api=api)
    router.urls("/generator")(generator)
    router.urls("/list")(lambda: [1])
    router.urls("/channel")(lambda: hug.sse.events(channel, since="start"))
    router.urls("/shared", shared=True)(async_generator)
    for url in ("/generator", "/list", "/channel", "/shared"):
        with hug.test.sse(api, url) as stream:
            next(stream)
            assert stream.retry == 1234


@pytest.mark.parametrize("when", ["before the stream", "in the stream"])
def test_broker_that_is_away(api: hug.API, when: str, caplog: pytest.LogCaptureFixture) -> None:
    """Who needs an answer of a broker that has none is asked to come back: an error would be final."""

    @hug.sse("/stream", api=api)
    async def stream() -> Any:
        async def items() -> AsyncIterator[int]:
            raise Unreachable("redis://there has not answered for 10 s")
            yield 1

        return hug.sse.events(items()) if when == "in the stream" else await anext(items())

    with hug.test.sse(api, "/stream") as opened:
        assert list(opened) == []
        assert opened.status == hug.HTTP_200
        assert 1000 <= (opened.retry or 0) <= 5000
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert "there has not answered" in record.message


@pytest.mark.parametrize("asked", ["once for all", "for an error"])
def test_broker_that_is_away_elsewhere(api: hug.API, asked: str) -> None:
    """Nor is it an error for readers of a shared source, and whoever asks while answering one."""

    def ask(*_given: Any) -> Any:
        raise Unreachable("redis://there has not answered for 10 s")

    if asked == "once for all":
        hug.sse("/stream", shared=True, api=api)(ask)
    else:

        @hug.sse("/stream", on_invalid=ask, api=api)
        def stream(number: int) -> Any:
            return [number]

    with hug.test.sse(api, "/stream") as opened:
        assert list(opened) == []
        assert opened.status == hug.HTTP_200
        assert 1000 <= (opened.retry or 0) <= 5000


def test_events_go_before_options(api: hug.API) -> None:
    """What the handler says of one stream holds for that; None is something that can be said."""

    @hug.sse("/stream", retry=1000, heartbeat=None, api=api)
    def stream(retry: int = 0) -> Any:
        return hug.sse.events([1], retry=retry or None)

    for retry in (0, 2000):
        with hug.test.sse(api, "/stream", retry=retry) as opened:
            next(opened)
            assert opened.retry == (retry or None)


def test_heartbeat_of_the_route(api: hug.API) -> None:
    """A quiet stream beats as its route says."""

    @hug.sse("/stream", heartbeat=0.01, api=api)
    async def stream() -> AsyncIterator[int]:
        await asyncio.Event().wait()
        yield 1

    scope, _ = hug.test.requests.request_for("GET", "/stream", "", None, {})
    beats: list[bytes] = []

    async def run() -> None:
        beaten = asyncio.Event()

        async def receive() -> Any:
            await beaten.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            beats.append(message.get("body", b""))
            if beats.count(b":\n") >= 2:
                beaten.set()

        async with asyncio.timeout(10):
            await api.http.server()(scope, receive, send)

    hug.test.portal.call(run)


@pytest.mark.parametrize("options", [{"heartbeat": 0}, {"heartbeat": "1"}, {"retry": -1}, {"retry": 1.5}])
def test_senseless_options(api: hug.API, options: Any) -> None:
    """An option that is out of range is an error where it is written."""
    with pytest.raises(ValueError, match=next(iter(options))):
        hug.sse("/stream", api=api, **options)(generator)


@pytest.mark.parametrize("since", ["begin", "now", "", "a b1", "\n1", "1" * 5000, "20"])
def test_senseless_since(api: hug.API, since: str) -> None:
    """What is neither "start" nor could be an id is an error, and not a stream that begins anywhere."""
    channel = hug.sse.channel("numbers", api=api)
    with pytest.raises(ValueError, match="since must be 'start' or the id of an event"):
        hug.sse.events(channel, since=since)
    assert hug.sse.events(channel, since=channel.publish(1).id)


def test_forgotten_return(api: hug.API, caplog: pytest.LogCaptureFixture) -> None:
    """A handler that made a generator and did not return it is named in the log, once."""

    @hug.sse("/forgotten", api=api)
    def forgetful() -> None:
        def generate() -> Iterator[int]:
            yield 1

        generate()

    @hug.sse("/over", api=api)
    def over(last: bool = True) -> list[int] | None:
        return None if last else [1]

    for _ in range(2):
        for path in ("/forgotten", "/over"):
            assert hug.test.get(api, path).status == hug.HTTP_204
    (record,) = caplog.records
    assert "forgetful has returned nothing" in record.getMessage()
    assert "Is a return missing?" in record.getMessage()


@pytest.mark.parametrize("what", ["channel", "filtered", "events"])
@pytest.mark.parametrize("where", ["returned", "returned in a list", "yielded"])
def test_streams_are_no_values(api: hug.API, what: str, where: str, caplog: pytest.LogCaptureFixture) -> None:
    """A stream where a value belongs is an error that says where streams belong."""
    channel = hug.sse.channel("numbers", api=api)
    values: dict[str, Any] = {
        "channel": channel,
        "filtered": channel.where(lambda event: True),
        "events": hug.sse.events([1]),
    }
    value = values[what]
    hint = "return it from a function with @hug.sse"

    @hug.get("/get", api=api)
    def get() -> Any:
        return value if where == "returned" else [value]

    @hug.sse("/stream", api=api)
    def stream() -> Iterator[Any]:
        yield value

    if where == "yielded":
        with hug.test.sse(api, "/stream") as opened, pytest.raises(hug.test.StreamCut):
            next(opened)
        assert hint in str(caplog.records[0].exc_info[1])
        caplog.clear()
    else:
        with pytest.raises(TypeError, match=hint):
            hug.test.get(api, "/get")


@pytest.mark.parametrize("where", ["returned", "returned in a dictionary", "yielded in a list"])
def test_events_are_no_values(api: hug.API, where: str, caplog: pytest.LogCaptureFixture) -> None:
    """An event where its data belong is an error that says where events belong; it is no JSON."""
    hint = r"yield it, by itself and not in a list, from a function with @hug\.sse"

    @hug.get("/get", api=api)
    def get() -> Any:
        event = hug.sse.event("x")
        return event if where == "returned" else {"event": event}

    @hug.sse("/stream", api=api)
    def stream() -> Iterator[Any]:
        yield [hug.sse.event("x")]

    if where == "yielded in a list":
        with hug.test.sse(api, "/stream") as opened, pytest.raises(hug.test.StreamCut):
            next(opened)
        assert re.search(hint, str(caplog.records[0].exc_info[1]))
        caplog.clear()
    else:
        with pytest.raises(TypeError, match=hint):
            hug.test.get(api, "/get")


@pytest.mark.parametrize("given", [list, lambda channels: hug.sse.events(list(channels))])
def test_list_of_channels(api: hug.API, given: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Channels in a list are no stream, and the error says what makes one of them."""
    channels = hug.sse.channel("numbers", api=api), hug.sse.channel("names", api=api)
    hug.sse("/stream", api=api)(lambda: given(channels))
    with hug.test.sse(api, "/stream") as opened, pytest.raises(hug.test.StreamCut):
        next(opened)
    assert "hug.sse.events(a, b)" in str(caplog.records[0].exc_info[1])
    caplog.clear()


def test_async_iterables_are_no_values(api: hug.API) -> None:
    """An async iterable inside a value is an error that says where streams belong; alone it is JSON lines."""
    hug.get("/alone", api=api)(lambda: Countdown(2))
    assert hug.test.get(api, "/alone").content.count(b"\n") == 2
    hug.get("/get", api=api)(lambda: [Countdown(1)])
    with pytest.raises(TypeError, match=r"for functions with @hug\.sse"):
        hug.test.get(api, "/get")
