"""What answers when something was raised: ``@hug.exception``."""

import asyncio
import json
import sys
import threading
from collections.abc import Callable
from typing import Any

import falcon
import pytest

import hug
from hug.test.requests import request_for
from hug.versions import UNVERSIONED

from .serving import exchange, get, serving


class Broken(Exception):
    """What tests raise."""


class VeryBroken(Broken):
    """What they raise for a more special handler."""


class Abort(BaseException):
    """What is no Exception."""


def told(exception):
    return str(exception)


def raising(error: BaseException) -> Callable[..., Any]:
    def raiser(*_: Any, **__: Any) -> Any:
        raise error

    return raiser


def test_what_a_handler_gets(api: hug.API) -> None:
    """A handler gets the exception, request, response, fields and directives; its result answers."""

    @hug.exception(Broken, api=api)
    def handler(exception, request, response, name, hug_timer, missing="default"):
        response.status = hug.HTTP_418
        return [str(exception), request.path, name, float(hug_timer) >= 0, missing]

    @hug.get("/x/{name}", api=api)
    def function(name):
        raise Broken("why")

    answer = hug.test.get(api, "/x/me")
    assert answer.status_code == 418
    assert answer.data == ["why", "/x/me", "me", True, "default"]


def test_the_exception_is_not_the_clients(api: hug.API) -> None:
    """Neither the query nor a field of the URL gives the exception, and an annotation does not convert it."""

    @hug.exception(Broken, api=api)
    def handler(exception: Broken):
        return type(exception).__name__

    @hug.get("/x/{exception}", api=api)
    def function(exception):
        raise VeryBroken

    assert hug.test.get(api, "/x/forged?exception=forged").data == "VeryBroken"


def test_status_stays(api: hug.API) -> None:
    """The status is the one that was set before, 200 if none was."""
    hug.exception(Broken, api=api)(lambda exception: "handled")

    @hug.get("/set", api=api)
    def with_status(response):
        response.status = hug.HTTP_201
        raise Broken

    hug.get("/plain", api=api)(raising(Broken()))
    assert hug.test.get(api, "/set").status == hug.HTTP_201
    assert hug.test.get(api, "/plain").status == hug.HTTP_200


@pytest.mark.parametrize("order", [(Exception, Broken, VeryBroken), (VeryBroken, Broken, Exception)])
def test_most_specific(api: hug.API, order: tuple[type[Exception], ...]) -> None:
    """The handler of the most specific class answers, in whatever order they were declared."""
    for kind in order:
        hug.exception(kind, api=api)(lambda exception, kind=kind: kind.__name__)
    for error in (VeryBroken(), Broken(), KeyError()):
        hug.get(f"/{type(error).__name__}", api=api)(raising(error))
    assert hug.test.get(api, "/VeryBroken").data == "VeryBroken"
    assert hug.test.get(api, "/Broken").data == "Broken"
    assert hug.test.get(api, "/KeyError").data == "Exception"


def test_newest(api: hug.API) -> None:
    """Of several handlers of one class the newest answers."""
    for number in (1, 2):
        hug.exception(Broken, api=api)(lambda number=number: number)
    hug.get("/x", api=api)(raising(Broken()))
    assert hug.test.get(api, "/x").data == 2


def test_several_classes_and_excluded(api: hug.API) -> None:
    """A handler may be for several classes, and leave some of what is derived from them to others."""

    @hug.exception((ArithmeticError, Broken), exclude=(OverflowError, VeryBroken), api=api)
    def handler(exception):
        return type(exception).__name__

    hug.exception(OverflowError, exclude=OverflowError, api=api)(lambda: "never")
    hug.exception(Exception, api=api)(lambda: "any")
    for error in (ZeroDivisionError(), OverflowError(), Broken(), VeryBroken()):
        hug.get(f"/{type(error).__name__}", api=api)(raising(error))
    assert hug.test.get(api, "/ZeroDivisionError").data == "ZeroDivisionError"
    assert hug.test.get(api, "/Broken").data == "Broken"
    assert hug.test.get(api, "/OverflowError").data == "any"
    assert hug.test.get(api, "/VeryBroken").data == "any"


def test_excluded_and_unhandled(api: hug.API) -> None:
    """What no handler is for goes to the server."""
    hug.exception(Broken, exclude=VeryBroken, api=api)(lambda: "handled")
    hug.get("/x", api=api)(raising(VeryBroken("mine")))
    with pytest.raises(VeryBroken, match="mine"):
        hug.test.get(api, "/x")


def test_no_class_of_exceptions(api: hug.API) -> None:
    """What is no class of exceptions is refused where it is written."""
    with pytest.raises(TypeError, match="a handler is for classes of exceptions, and <class 'int'> is none"):
        hug.exception(int, api=api)(lambda: None)  # type: ignore[arg-type]


@pytest.mark.parametrize("place", ["requires", "validate", "transform", "output", "directive", "type"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_every_step(api: hug.API, place: str, asynchronous: bool) -> None:
    """What any step of a call raises goes to a handler, sync or async."""
    hug.exception(Broken, api=api)(told)
    raiser = raising(Broken(place))

    def fails(value: Any = None) -> Any:
        raise Broken(place)

    async def fails_later(value: Any = None) -> Any:
        raise Broken(place)

    async def raises_later(*_: Any, **__: Any) -> Any:
        raise Broken(place)

    step = fails_later if asynchronous else fails
    if place == "directive":
        annotation: Any = hug.directive(api=api)(raises_later if asynchronous else raiser)
    else:
        annotation = step if place == "type" else str
    options: dict[str, Any] = {"requires": raises_later if asynchronous else raiser}
    if place != "requires":
        options = {} if place in ("directive", "type") else {place: step}

    @hug.get("/x", api=api, raise_on_invalid=True, **options)
    def function(a: annotation = None):
        return a

    assert hug.test.get(api, "/x?a=1").data == place


def test_invalid_is_not_raised(api: hug.API) -> None:
    """What a type says of a value is an answer, 400, that goes to no handler."""
    hug.exception(Exception, api=api)(lambda: "handled")

    @hug.get("/x", api=api)
    def function(a: int):
        return a

    assert hug.test.get(api, "/x?a=b").status == hug.HTTP_400


@pytest.mark.parametrize("method", ["process_request", "process_resource", "process_response"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_middleware(api: hug.API, method: str, asynchronous: bool) -> None:
    """What middleware raises goes to a handler."""

    def process(*args: Any) -> None:
        raise Broken(method)

    async def process_later(*args: Any) -> None:
        raise Broken(method)

    api.http.add_middleware(type("Component", (), {method: process_later if asynchronous else process})())
    hug.exception(Broken, api=api)(told)
    hug.get("/x", api=api)(lambda: "never")
    assert hug.test.get(api, "/x").data == method


def test_async_handlers(api: hug.API) -> None:
    """An ``async def`` handler runs on the loop, a ``def`` in a thread."""
    places = []

    @hug.exception(Broken, api=api)
    def blocking():
        places.append(threading.current_thread())
        return "blocking"

    @hug.exception(VeryBroken, api=api)
    async def on_loop():
        await asyncio.sleep(0)
        places.append(threading.current_thread())
        return "on loop"

    async def later(error: Exception) -> None:
        raise error

    for error in (Broken(), VeryBroken()):
        hug.get(f"/{type(error).__name__}", api=api)(lambda error=error: later(error))
    assert hug.test.get(api, "/Broken").data == "blocking"
    assert hug.test.get(api, "/VeryBroken").data == "on loop"
    assert places[0] is not places[1]


def test_http_errors(api: hug.API) -> None:
    """HTTP errors go to a handler of all exceptions, rather to one of their class, hug's or Falcon's."""
    hug.exception(Exception, api=api)(lambda exception: ["any", type(exception).__name__])
    hug.exception(hug.HTTPForbidden, api=api)(lambda: "forbidden")
    hug.get("/conflict", api=api)(raising(hug.HTTPConflict("Title", "Why")))
    hug.get("/forbidden", api=api)(raising(falcon.HTTPForbidden()))
    hug.get("/mine", api=api)(raising(hug.HTTPForbidden()))
    assert hug.test.get(api, "/conflict").data == ["any", "HTTPConflict"]
    assert hug.test.get(api, "/forbidden").data == "forbidden"
    assert hug.test.get(api, "/mine").data == "forbidden"


def test_a_class_before_the_root_of_http_errors(api: hug.API) -> None:
    """``hug.HTTPError`` is less specific than each of its kinds, whoever has made that."""
    hug.exception(hug.falcon.HTTPForbidden, api=api)(lambda: "forbidden")
    hug.exception(hug.HTTPError, exclude=hug.HTTPConflict, api=api)(lambda: "http")
    for error in (hug.HTTPForbidden(), falcon.HTTPForbidden(), falcon.HTTPBadRequest()):
        hug.get(f"/{type(error).__module__}/{type(error).__name__}", api=api)(raising(error))
    assert hug.test.get(api, "/hug.web.errors/HTTPForbidden").data == "forbidden"
    assert hug.test.get(api, "/falcon.errors/HTTPForbidden").data == "forbidden"
    assert hug.test.get(api, "/falcon.errors/HTTPBadRequest").data == "http"


def test_all_but_http_errors(api: hug.API) -> None:
    """``exclude=hug.HTTPError`` leaves all HTTP errors to themselves, Falcon's own, too."""
    hug.exception(Exception, exclude=hug.HTTPError, api=api)(lambda: "handled")
    for name, error in {
        "hug": hug.HTTPForbidden("No"),
        "falcon": falcon.HTTPForbidden(title="No"),
        "any": ValueError(),
    }.items():
        hug.get(f"/{name}", api=api)(raising(error))
    assert hug.test.get(api, "/hug").status == hug.test.get(api, "/falcon").status == hug.HTTP_403
    assert hug.test.get(api, "/any").data == "handled"


def test_answers_are_no_errors(api: hug.API) -> None:
    """Redirects, 404 and a method that is not there go to handlers of just these classes."""
    hug.exception(Exception, api=api)(lambda: "any")
    hug.get("/away", api=api)(lambda: hug.redirect.to("/there"))
    hug.get("/lost", api=api)(hug.redirect.not_found)
    assert hug.test.get(api, "/away").status == hug.HTTP_302
    assert "documentation" in hug.test.get(api, "/lost").data
    assert "documentation" in hug.test.get(api, "/nowhere").data
    assert hug.test.post(api, "/away").status == hug.HTTP_405
    hug.exception((hug.HTTPStatus, hug.HTTPNotFound, hug.HTTPMethodNotAllowed), api=api)(lambda: "mine")
    assert hug.test.get(api, "/away").data == "mine"
    assert hug.test.get(api, "/lost").data == "mine"
    assert hug.test.post(api, "/away").data == "mine"
    assert "documentation" in hug.test.get(api, "/nowhere").data


def test_a_handler_that_raises(api: hug.API) -> None:
    """What a handler raises goes to no handler: to the client if it is an HTTP error, else to the server."""
    calls = []

    @hug.exception(Broken, api=api)
    def handler(exception, again):
        calls.append(again)
        raise {"same": exception, "other": KeyError("new"), "http": hug.HTTPConflict("Title", "Why")}[again]

    hug.exception(Exception, api=api)(lambda: calls.append("wrong"))

    @hug.get("/x/{again}", api=api)
    def function(again):
        raise Broken

    with pytest.raises(Broken):
        hug.test.get(api, "/x/same")
    with pytest.raises(KeyError) as raised:
        hug.test.get(api, "/x/other")
    assert isinstance(raised.value.__context__, Broken)
    assert hug.test.get(api, "/x/http").data == {"errors": {"Title": "Why"}}
    assert calls == ["same", "other", "http"]


@pytest.mark.parametrize("again", ["same", "other"])
def test_failing_handlers_are_failures(api: hug.API, again: str) -> None:
    """A client of a handler that raises gets the same JSON as of an endpoint that does."""

    @hug.exception(Broken, api=api)
    def handler(exception):
        raise {"same": exception, "other": KeyError("new")}[again]

    hug.get("/x", api=api)(raising(Broken()))
    with serving(api.http.server()) as port:
        status, headers, body = exchange(port, get("/x"))
    assert (status, headers["content-type"]) == (500, "application/json; charset=utf-8")
    assert json.loads(body) == {"errors": {"500 Internal Server Error": None}}


def test_a_handler_that_sends_elsewhere(api: hug.API) -> None:
    """A handler may redirect, say 404, or return another endpoint, which gets no exception."""

    @hug.get("/other", api=api)
    def other(exception="none"):
        return ["other", exception]

    outcomes = {
        "redirect": lambda: hug.redirect.to("/other"),
        "404": hug.redirect.not_found,
        "other": lambda: other,
    }

    @hug.exception(Broken, api=api)
    def handler(exception):
        return outcomes[str(exception)]()

    for name in outcomes:
        hug.get(f"/{name}x", api=api)(raising(Broken(name)))
    assert hug.test.get(api, "/redirectx").headers_dict["location"] == "/other"
    assert "documentation" in hug.test.get(api, "/404x").data
    assert hug.test.get(api, "/otherx").data == ["other", "none"]


def test_an_endpoint_that_raises_again(api: hug.API) -> None:
    """An endpoint that a handler returns and that raises the same again ends it: no circle."""
    function = hug.get("/x", api=api)(raising(Broken("once")))
    hug.exception(Broken, api=api)(lambda: function)
    with pytest.raises(Broken, match="once"):
        hug.test.get(api, "/x")


def test_no_exception_at_all(api: hug.API) -> None:
    """What is no `Exception` can be handled, too, and otherwise goes to the server; sync or async."""
    hug.exception(Exception, api=api)(lambda: "any")
    hug.get("/x", api=api)(raising(Abort("now")))

    @hug.get("/later", api=api)
    async def later():
        raise Abort("later")

    with pytest.raises(Abort):
        hug.test.get(api, "/x")
    hug.exception(Abort, api=api)(told)
    assert hug.test.get(api, "/x").data == "now"
    assert hug.test.get(api, "/later").data == "later"
    hug.get("/exit", api=api)(raising(Broken()))
    assert hug.test.get(api, "/exit").data == "any"


@pytest.mark.parametrize("place", ["async", "sync", "requirement", "middleware"])
def test_exit_ends_one_request(api: hug.API, place: str) -> None:
    """``sys.exit()`` in what answers a request ends that, and no server, nor the event loop of others."""

    async def leave(request):
        sys.exit(3)

    if place == "middleware":
        hug.request_middleware(api=api)(lambda request, response: request.path == "/x" and sys.exit(3))
    if place == "async":
        hug.get("/x", api=api)(leave)
    else:
        hug.get("/x", api=api, requires=leave if place == "requirement" else ())(raising(SystemExit(3)))
    hug.get("/others", api=api)(lambda: "go on")
    with api.http.serve("127.0.0.1", 0, background=True, display_intro=False) as server:
        assert exchange(server.port, get("/x"))[0] == 500
        assert exchange(server.port, get("/others"))[2] == b'"go on"'

    async def main() -> None:
        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(_: Any) -> None:
            pass

        scope, _ = request_for("GET", "/x", "", None, {})
        with pytest.raises(RuntimeError, match="SystemExit"):
            await asyncio.create_task(api.http.server()(scope, receive, send))

    asyncio.run(main())


def test_cancelled(api: hug.API) -> None:
    """A request that is cancelled is no error: no handler is called, not even one of everything."""
    handled = []
    hug.exception(BaseException, api=api)(lambda exception: handled.append(exception))  # noqa: PLW0108  # a builtin tells no names
    began = asyncio.Event()

    @hug.get("/x", api=api)
    async def waits():
        began.set()
        await asyncio.Event().wait()

    async def main() -> None:
        scope, _ = request_for("GET", "/x", "", None, {})
        task = asyncio.create_task(api.http.server()(scope, never, never))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def never(*_: Any) -> Any:
        raise AssertionError

    asyncio.run(main())
    assert not handled


def test_versions(api: hug.API) -> None:
    """A handler of a version answers requests for it, wherever these say so; a general one the others."""
    hug.exception(Broken, api=api, versions=1)(lambda: "one")
    hug.exception(Broken, api=api, versions=(2, 3))(lambda: "two")
    hug.exception(Broken, api=api, versions=False)(lambda: "none")
    hug.exception(Exception, api=api)(lambda: "any")
    hug.get("/x", api=api)(raising(Broken()))
    hug.get("/very", api=api, versions=1)(raising(KeyError()))
    assert hug.test.get(api, "/v1/x").data == "one"
    assert hug.test.get(api, "/x", headers={"x-api-version": "3"}).data == "two"
    assert hug.test.get(api, "/x?api_version=2").data == "two"
    assert hug.test.get(api, "/x").data == "none"
    assert hug.test.get(api, "/v4/x").data == "any"
    assert hug.test.get(api, "/v1/very").data == "any"


def test_members(api: hug.API) -> None:
    """``exception_handlers`` gives those of one version by Falcon's class, the newest first."""
    first = hug.exception(hug.HTTPForbidden, api=api)(lambda: 1)
    second = hug.exception(hug.HTTPForbidden, api=api)(lambda: 2)
    hug.exception(Broken, api=api, versions=False)(lambda: 3)
    found = api.http.exception_handlers()
    assert {kind: [each.function for each in those] for kind, those in found.items()} == {
        falcon.HTTPForbidden: [second, first]
    }
    assert list(api.http.exception_handlers(False)) == [Broken]
    assert repr(UNVERSIONED) == "UNVERSIONED"
    assert not api.http.exception_handlers(7)


def test_added_later(api: hug.API) -> None:
    """A handler that is added between two requests, by the API itself, answers the next."""
    hug.get("/x", api=api)(raising(Broken()))
    with pytest.raises(Broken):
        hug.test.get(api, "/x")
    function = hug.exception(VeryBroken, api=api)(lambda: "handled")
    api.http.add_exception_handler(Broken, function.interface.http)
    assert hug.test.get(api, "/x").data == "handled"


def test_half_an_answer(api: hug.API) -> None:
    """Nothing is left of what was about to be answered, a file or an event stream included."""

    @hug.response_middleware(api=api)
    def process(request, response, resource):
        raise Broken

    hug.exception(Broken, api=api)(lambda: "handled")
    closed = []

    def source():
        try:
            yield "never"
        finally:
            closed.append("source")

    hug.sse("/stream", api=api)(source)
    hug.get("/text", api=api, output=hug.output_format.text)(lambda: "a long text to be answered")

    @hug.get("/file", api=api)
    def file(response):
        response.stream = iter([b"never"])
        response.stream_len = 5

    for url in ("/stream", "/text", "/file"):
        answer = hug.test.get(api, url)
        assert answer.data == "handled", url
        assert answer.content_type == "application/json; charset=utf-8"
        assert answer.headers_dict["content-length"] == str(len(answer.content))


def test_streams(api: hug.API) -> None:
    """A stream's function may be answered for until the response has begun; what its source raises is not."""
    handled = []

    @hug.exception(Broken, api=api)
    def handler(exception):
        handled.append(str(exception))
        return "handled"

    hug.sse("/early", api=api)(raising(Broken("early")))
    hug.sse("/immediate", api=api)(lambda: missing)  # noqa: F821  # raises NameError
    hug.exception(NameError, api=api)(lambda: "name")

    @hug.sse("/late", api=api)
    def late():
        yield "one"
        raise Broken("late")

    assert hug.test.get(api, "/early").data == "handled"
    assert hug.test.get(api, "/immediate").data == "name"
    with hug.test.sse(api, "/late") as stream:
        assert next(stream).data == "one"
        with pytest.raises(hug.test.StreamCut):
            next(stream)
    assert handled == ["early"]


def test_of_api() -> None:
    """``hug.route.API`` has handlers, and routers chain to them."""
    api = hug.API()
    routes = hug.route.API(api)
    routes.exception(Broken)(lambda: "handled")
    routes.get("/x")(raising(Broken()))
    assert hug.test.get(api, "/x").data == "handled"
    pretty = hug.exception(VeryBroken).output(hug.output_format.text).api(api)
    pretty(lambda: "text")
    routes.get("/very")(raising(VeryBroken()))
    assert hug.test.get(api, "/very").content_type == "text/plain; charset=utf-8"
