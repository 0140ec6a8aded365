"""Middleware in Falcon's style, sync and async."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import hug
from hug.test.requests import request_for
from hug.web.threads import helpers

from .serving import exchange, get, serving


def on_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class Recorder:
    def __init__(self, name, calls) -> None:
        self.name = name
        self.calls = calls

    def record(self, *what) -> None:
        self.calls.append((self.name, *what))


class Sync(Recorder):
    def process_request(self, request, response):
        self.record("request", request.path, on_loop())

    def process_resource(self, request, response, resource, params):
        self.record("resource", params)

    def process_response(self, request, response, resource, req_succeeded):
        self.record("response", req_succeeded, on_loop())


class Async(Recorder):
    async def process_request(self, request, response):
        self.record("request", request.path, on_loop())

    async def process_response(self, request, response, resource, req_succeeded):
        self.record("response", req_succeeded, on_loop())


class Mixed(Recorder):
    async def process_request(self, request, response):
        self.record("request", request.path, on_loop())

    def process_response(self, request, response, resource, req_succeeded):
        self.record("response", req_succeeded, on_loop())


def test_order_and_place(api: hug.API) -> None:
    """Requests go inwards, responses outwards; sync methods run in threads, async ones on the loop."""
    calls = []
    for component in (Sync("a", calls), Async("b", calls), Mixed("c", calls)):
        api.http.add_middleware(component)
    hug.get("/x/{y}", api=api)(lambda y: y)
    assert hug.test.get(api, "/x/5").data == "5"
    assert calls == [
        ("a", "request", "/x/5", False),
        ("b", "request", "/x/5", True),
        ("c", "request", "/x/5", True),
        ("a", "resource", {"y": "5"}),
        ("c", "response", True, False),
        ("b", "response", True, True),
        ("a", "response", True, False),
    ]


def test_inline(api: hug.API) -> None:
    """An API that runs sync code inline does so with middleware, too."""
    calls = []
    api.http.inline = True
    api.http.add_middleware(Sync("a", calls))
    hug.get("/x", api=api)(lambda: 1)
    hug.test.get(api, "/x")
    assert calls[0] == ("a", "request", "/x", True)


@pytest.mark.parametrize(
    ("read", "length"), [(lambda request: request.stream.read(), 9), (lambda request: request.media, 3)]
)
def test_sync_methods_read_bodies(api: hug.API, read, length: int) -> None:
    """A sync method reads the body as a value, within the limits of the API; the handler gets it, too."""

    @hug.request_middleware(api=api)
    def look(request, response):
        request.context["seen"] = len(read(request))

    @hug.post("/x", api=api)
    async def handler(body, request):
        return [request.context["seen"], body]

    assert hug.test.post(api, "/x", body=[1, 2, 3]).data == [length, [1, 2, 3]]
    api.http.max_body = 4
    assert hug.test.post(api, "/x", body=[1, 2, 3]).status_code == 413


def test_decorators(api: hug.API) -> None:
    """Functions and classes become middleware by decoration."""

    @hug.request_middleware(api=api)
    def first(request, response):
        request.context["seen"] = ["function"]

    @hug.middleware_class(api=api)
    class Second:
        def process_request(self, request, response):
            request.context["seen"].append("class")

    @hug.response_middleware(api=api)
    async def last(request, response, resource):
        response.set_header("x-resource", str(hasattr(resource, "on_get")))

    hug.get("/x", api=api)(lambda request: request.context["seen"])
    response = hug.test.get(api, "/x")
    assert (response.data, response.headers_dict["x-resource"]) == (["function", "class"], "True")


def test_errors_of_requests_reach_middleware(api: hug.API) -> None:
    """HTTP errors raised in middleware are answered, and seen by the others as a failure."""
    calls = []
    api.http.add_middleware(Sync("a", calls))

    @hug.request_middleware(api=api)
    def refuse(request, response):
        raise hug.HTTPForbidden("No")

    hug.get("/x", api=api)(lambda: 1)
    response = hug.test.get(api, "/x")
    assert (response.status, response.data) == (hug.HTTP_403, {"errors": {"No": "403 Forbidden"}})
    assert calls[-1] == ("a", "response", False, False)


def test_sync_methods_share_a_thread(api: hug.API) -> None:
    """Sync methods that follow one another take one change of threads, whatever else is around them."""
    threads = []

    class Noting:
        def process_request(self, request, response):
            threads.append(threading.current_thread())

        def process_response(self, request, response, resource, req_succeeded):
            threads.append(threading.current_thread())

    calls = []
    changes = []
    run = helpers.run

    async def counted(function, *args, **kwargs):
        changes.append(function)
        return await run(function, *args, **kwargs)

    for component in (Noting(), Noting(), Noting(), Async("x", calls), Noting()):
        api.http.add_middleware(component)

    @hug.get("/x", api=api)
    async def handler():
        return 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(helpers, "run", counted)
        assert hug.test.get(api, "/x").data == 1
    assert len(threads) == 8
    assert all(thread.name.startswith("hug-") and thread.name != "hug-test" for thread in threads)
    assert len(changes) == 4  # three and one on the way in, one and three on the way out


def test_a_failure_on_the_way_out(api: hug.API) -> None:
    """One that fails on the way out does not keep those outside of it from being called, which see it."""
    calls = []

    class Failing:
        def process_response(self, request, response, resource, req_succeeded):
            calls.append(("failing", req_succeeded))
            raise hug.HTTPForbidden("No")

    for component in (Sync("a", calls), Sync("b", calls), Failing(), Sync("d", calls)):
        api.http.add_middleware(component)
    hug.get("/x", api=api)(lambda: 1)
    assert hug.test.get(api, "/x").status == hug.HTTP_403
    outward = [call for call in calls if "response" in call or "failing" in call]
    assert outward == [
        ("d", "response", True, False),
        ("failing", True),
        ("b", "response", False, False),
        ("a", "response", False, False),
    ]


def test_complete(api: hug.API) -> None:
    """One that completes the response keeps the request from those inside, and from the handler."""
    calls = []

    class Completing:
        def process_request(self, request, response):
            response.text = "done"
            response.complete = True

    for component in (Sync("a", calls), Completing(), Sync("c", calls)):
        api.http.add_middleware(component)
    hug.get("/x", api=api)(lambda: calls.append("handler"))
    assert hug.test.get(api, "/x").content == b"done"
    assert [call[:2] for call in calls] == [("a", "request"), ("c", "response"), ("a", "response")]


def test_plain_functions_that_give_coroutines(api: hug.API) -> None:
    """A sync method that returns an awaitable is awaited before the next one is called."""
    calls = []

    class Wrapping:
        async def later(self, what):
            await asyncio.sleep(0)
            calls.append((what, on_loop()))

        def process_request(self, request, response):
            return self.later("request")

        def process_response(self, request, response, resource, req_succeeded):
            return self.later("response")

    for component in (Wrapping(), Sync("b", calls)):
        api.http.add_middleware(component)
    hug.get("/x", api=api)(lambda: 1)
    assert hug.test.get(api, "/x").status == hug.HTTP_200
    assert calls == [
        ("request", True),
        ("b", "request", "/x", False),
        ("b", "resource", {}),
        ("b", "response", True, False),
        ("response", True),
    ]


def test_functions_of_an_object(api: hug.API) -> None:
    """Functions that an object was given as attributes are called like methods of its class."""
    calls = []

    class Empty:
        pass

    component = Empty()
    component.process_request = lambda request, response: calls.append("request")
    component.process_response = lambda request, response, resource, succeeded: calls.append(succeeded)
    api.http.add_middleware(component)
    hug.get("/x", api=api)(lambda: 1)
    assert hug.test.get(api, "/x").data == 1
    assert calls == ["request", True]


def test_both_kinds(api: hug.API) -> None:
    """Of a component for both WSGI and ASGI the methods for ASGI are called; other hooks stay."""
    calls = []

    class Both:
        def process_request(self, request, response):
            raise AssertionError

        async def process_request_async(self, request, response):
            calls.append("request")

        async def process_startup(self, scope, event):
            calls.append("startup")

    api.http.add_middleware(Both())
    hug.get("/x", api=api)(lambda: 1)
    with serving(api.http.server()) as port:
        assert exchange(port, get("/x"))[0] == 200
    assert calls == ["startup", "request"]


@pytest.mark.parametrize("path", ["/sync", "/async"])
def test_failures_reach_middleware(api: hug.API, path: str) -> None:
    """An exception that nobody handles is answered with 500, through middleware, and is raised after that."""
    calls = []
    api.http.add_middleware(Sync("a", calls))

    @hug.response_middleware(api=api)
    def mark(request, response, resource):
        response.set_header("x-seen", "yes")

    @hug.get("/sync", api=api, response_headers={"x-mine": "1"})
    def sync(response):
        response.text = "secret"
        raise ZeroDivisionError("secret")

    @hug.get("/async", api=api, response_headers={"x-mine": "1"}, output=hug.output_format.html)
    async def asynchronous(response):
        response.stream = iter([b"secret"])
        raise ZeroDivisionError("secret")

    with pytest.raises(ZeroDivisionError, match="secret"):
        hug.test.get(api, path)
    assert calls[-1] == ("a", "response", False, False)
    with serving(api.http.server()) as port:
        status, headers, body = exchange(port, get(path))
    assert (status, body) == (500, b'{"errors": {"500 Internal Server Error": null}}')
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert (headers["x-seen"], "x-mine" in headers) == ("yes", False)


def test_failures_in_middleware(api: hug.API, caplog: pytest.LogCaptureFixture) -> None:
    """The first of several failures is raised, the others are logged."""

    @hug.response_middleware(api=api)
    def outer(request, response, resource):
        raise KeyError("outer")

    @hug.response_middleware(api=api)
    def inner(request, response, resource):
        raise LookupError("inner")

    hug.get("/x", api=api)(lambda: 1)
    with pytest.raises(LookupError, match="inner"):
        hug.test.get(api, "/x")
    assert [record.exc_info[1].args for record in caplog.records if record.name == "hug"] == [("outer",)]


def generators(api: hug.API, seen: list) -> None:
    """Add a generator of each kind, which say what they see."""

    @hug.reqresp_middleware(api=api)
    def sync(request):
        seen.append(("in", "sync", request.path))
        try:
            response, resource = yield request
            seen.append(("out", "sync", request.path, resource is not None))
            response.set_header("x-sync", request.path)
            yield response
            seen.append("never")
        finally:
            seen.append(("closed", "sync", request.path))

    @hug.reqresp_middleware(api=api)
    async def asynchronous(request):
        seen.append(("in", "async", request.path))
        try:
            response, resource = yield request
            await asyncio.sleep(0)
            seen.append(("out", "async", request.path, resource is not None))
            response.set_header("x-async", request.path)
            yield response
            seen.append("never")
        finally:
            seen.append(("closed", "async", request.path))


def test_generators(api: hug.API) -> None:
    """A generator runs around each request: until its first yield before, and until the second after it."""
    seen = []
    generators(api, seen)
    hug.get("/x", api=api)(lambda: seen.append("handler"))
    headers = hug.test.get(api, "/x").headers_dict
    assert (headers["x-sync"], headers["x-async"]) == ("/x", "/x")
    assert seen == [
        ("in", "sync", "/x"),
        ("in", "async", "/x"),
        "handler",
        ("out", "async", "/x", True),
        ("closed", "async", "/x"),
        ("out", "sync", "/x", True),
        ("closed", "sync", "/x"),
    ]
    seen.clear()
    assert hug.test.get(api, "/nowhere").headers_dict["x-async"] == "/nowhere"
    assert ("out", "sync", "/nowhere", False) in seen


def test_generators_of_concurrent_requests(api: hug.API) -> None:
    """Of 200 requests at once each has a generator of its own."""
    seen = []
    generators(api, seen)

    @hug.get("/{number}", api=api)
    async def handler(number: int):
        await asyncio.sleep(0.01)

    with ThreadPoolExecutor(200) as clients:
        answers = list(clients.map(lambda number: hug.test.get(api, f"/{number}").headers_dict, range(200)))
    for name in ("x-sync", "x-async"):
        assert [headers[name] for headers in answers] == [f"/{number}" for number in range(200)]


def test_generators_of_requests_that_die(api: hug.API) -> None:
    """A request that is cancelled, as some servers do when a client leaves, closes its generators."""
    seen = []
    generators(api, seen)
    begun = asyncio.Event()

    @hug.get("/x", api=api)
    async def handler():
        begun.set()
        await asyncio.sleep(60)

    async def request() -> None:
        scope, _ = request_for("GET", "/x", "", None, {})

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            seen.append(message)

        task = asyncio.create_task(api.http.server()(scope, receive, send))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(request())
    assert seen == [
        ("in", "sync", "/x"),
        ("in", "async", "/x"),
        ("closed", "async", "/x"),
        ("closed", "sync", "/x"),
    ]


def test_generators_around_failures_and_streams(api: hug.API) -> None:
    """They see the answer to a failure, and streams when these begin."""
    seen = []
    generators(api, seen)

    @hug.get("/broken", api=api)
    def broken():
        raise ZeroDivisionError

    @hug.sse("/stream", api=api)
    def stream():
        yield "event"

    with pytest.raises(ZeroDivisionError):
        hug.test.get(api, "/broken")
    assert seen[-1] == ("closed", "sync", "/broken")
    with hug.test.sse(api, "/stream") as events:
        assert events.response.headers_dict["x-sync"] == "/stream"
        assert seen[-1] == ("closed", "sync", "/stream")


def test_generators_that_are_none(api: hug.API) -> None:
    """A function that is no generator is an error when it is decorated; one that yields nothing, later."""
    with pytest.raises(TypeError, match="has to be a generator"):
        hug.reqresp_middleware(api=api)(lambda request: request)

    @hug.reqresp_middleware(api=api)
    def nothing(request):
        yield from ()

    hug.get("/x", api=api)(lambda: 1)
    with pytest.raises(RuntimeError, match="ended before"):
        hug.test.get(api, "/x")


def test_generators_of_an_extended_api(api: hug.API) -> None:
    """Middleware of an API that another one extends runs for the requests of that one, once for each."""
    seen = []
    generators(api, seen)
    hug.get("/x", api=api)(lambda: 1)
    parent = hug.API()
    parent.extend(api, route="/part")
    headers = hug.test.get(parent, "/part/x").headers_dict
    assert (headers["x-sync"], headers["x-async"]) == ("/part/x", "/part/x")
    assert len(seen) == 6
