"""What a client gets for a mistake, and what a server gets for ours."""

import asyncio
from datetime import UTC, datetime

import falcon
import pytest

import hug
from hug.dispatch.server_error import RAISED
from hug.test.requests import exchange, request_for


def test_all_errors_at_once(api: hug.API) -> None:
    """Everything that is missing or does not convert is named, with status 400."""

    @hug.get("/x", api=api)
    def handler(name, age: hug.types.number, a: int, b=1):
        return 1

    response = hug.test.get(api, "/x?age=z&a=z")
    assert response.status == hug.HTTP_400
    assert response.data == {
        "errors": {
            "name": "Required parameter 'name' not supplied",
            "age": "Invalid whole number provided",
            "a": "invalid literal for int() with base 10: 'z'",
        }
    }


def test_reasons(api: hug.API) -> None:
    """The reasons of an InvalidTypeData are the error."""

    def schema(value):
        raise hug.exceptions.InvalidTypeData("bad", {"inner": ["too short"]})

    @hug.get("/x", api=api)
    def handler(a: schema):
        return a

    assert hug.test.get(api, "/x?a=1").data == {"errors": {"a": {"inner": ["too short"]}}}


def test_validate(api: hug.API) -> None:
    """``validate``, sync or async, sees the fields once all convert; what it returns are the errors."""
    seen = []

    async def validate(fields):
        seen.append(fields)
        return {"a": "too small"} if fields["a"] < 5 else None

    @hug.get("/x", api=api, validate=validate)
    def handler(a: int):
        return a

    assert hug.test.get(api, "/x?a=z").status == hug.HTTP_400
    assert seen == []
    assert hug.test.get(api, "/x?a=1").data == {"errors": {"a": "too small"}}
    assert hug.test.get(api, "/x?a=5").data == 5


def test_on_invalid(api: hug.API) -> None:
    """``on_invalid`` changes the error's body, ``output_invalid`` its format; the status stays."""

    text = hug.output_format.text

    @hug.get("/a", api=api, on_invalid=lambda data: list(data["errors"]), output_invalid=text)
    def handler(a):
        return a

    @hug.get("/b", api=api, on_invalid=hug.redirect.not_found)
    def hidden(a):
        return a

    response = hug.test.get(api, "/a")
    assert (response.status, response.data) == (hug.HTTP_400, "['a']")
    assert response.content_type == "text/plain; charset=utf-8"
    assert hug.test.get(api, "/b").status == hug.HTTP_404


def test_arrow_leaves_errors_alone(api: hug.API) -> None:
    """A ``->`` annotation is for results only; an explicit transform goes over errors, too."""

    @hug.get("/arrow", api=api)
    def arrow(a) -> str:
        return a

    @hug.get("/option", api=api, transform=str)
    def option(a):
        return a

    assert hug.test.get(api, "/arrow").data["errors"].keys() == {"a"}
    assert isinstance(hug.test.get(api, "/option").data, str)


def test_raise_on_invalid(api: hug.API) -> None:
    """``raise_on_invalid`` lets a type's exception through; missing parameters are still 400."""

    @hug.get("/x", api=api, raise_on_invalid=True)
    def handler(a: int):
        return a

    with pytest.raises(ValueError, match="invalid literal"):
        hug.test.get(api, "/x?a=z")
    assert hug.test.get(api, "/x").status == hug.HTTP_400

    @hug.post("/x", api=api, raise_on_invalid=True)
    def of_body(body: int):
        return body

    with pytest.raises(ValueError, match="invalid literal"):
        hug.test.post(api, "/x", '"z"', headers={"content-type": "application/json"})


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (lambda: hug.HTTPBadRequest("Title", "Why"), "400 Bad Request", {"Title": "Why"}),
        (lambda: hug.HTTPForbidden("Title"), "403 Forbidden", {"Title": "403 Forbidden"}),
        (lambda: hug.HTTPError("418 I'm a teapot", "Title", "Why"), "418 I'm a teapot", {"Title": "Why"}),
        (lambda: hug.HTTPError(hug.HTTP_409), "409 Conflict", {"409 Conflict": None}),
        (lambda: hug.HTTPUnauthorized("A", "b", ["Basic"]), "401 Unauthorized", {"A": "b"}),
        (
            lambda: hug.HTTPUnsupportedMediaType("Why"),
            "415 Unsupported Media Type",
            {"Unsupported media type": "Why"},
        ),
        (lambda: hug.HTTPServiceUnavailable("A", "b", 3), "503 Service Unavailable", {"A": "b"}),
        (
            lambda: hug.HTTPUnauthorized("Log in first"),
            "401 Unauthorized",
            {"Log in first": hug.HTTP_401},
        ),
        (
            lambda: hug.HTTPInvalidParam("Why", "x"),
            "400 Bad Request",
            {"Invalid parameter": 'The value provided for the "x" parameter is invalid. Why'},
        ),
        (lambda: falcon.HTTPConflict(title="A", description="b"), "409 Conflict", {"A": "b"}),
    ],
)
def test_http_errors(api: hug.API, error, status: str, body) -> None:
    """HTTP errors, positional arguments as in hug 2, are written as ``{"errors": {title: description}}``."""

    @hug.get("/x", api=api, output=hug.output_format.text)
    def handler():
        raise error()

    response = hug.test.get(api, "/x")
    assert (response.status, response.data) == (status, {"errors": body})
    assert response.content_type == "application/json; charset=utf-8"


def test_errors_are_falcons(api: hug.API) -> None:
    """hug's errors are Falcon's and hug's, so either ``except`` catches them."""
    error = hug.HTTPTooManyRequests("A", "b", 5, {"X-A": "1"})
    assert isinstance(error, falcon.HTTPTooManyRequests)
    assert isinstance(error, hug.HTTPError)
    assert dict(error.headers) == {"X-A": "1", "Retry-After": "5"}
    assert hug.HTTPStatus(hug.HTTP_200, body="text").text == "text"


@pytest.mark.parametrize("name", ["HTTPServiceUnavailable", "HTTPTooManyRequests", "HTTPContentTooLarge"])
@pytest.mark.parametrize("retry_after", [None, 0, 5, datetime(2026, 1, 1, tzinfo=UTC)])
@pytest.mark.parametrize("headers", [None, {"X-A": "1"}, [("X-A", "1")]])
def test_errors_to_retry(name: str, retry_after, headers) -> None:
    """Errors with ``retry_after`` say what Falcon's say."""
    own = getattr(hug, name)("Title", None, retry_after, headers)
    falcons = getattr(falcon, name)(title="Title", retry_after=retry_after, headers=headers)
    assert (own.status, own.title, dict(own.headers or {})) == (
        falcons.status,
        falcons.title,
        dict(falcons.headers or {}),
    )
    assert getattr(hug, name)().title == getattr(falcon, name)().title


def test_wrong_method(api: hug.API) -> None:
    """A method that the URL does not answer is 405 with ``Allow``; OPTIONS tells the methods."""
    hug.get("/x", api=api)(lambda: 1)
    response = hug.test.post(api, "/x")
    assert (response.status, response.data) == (hug.HTTP_405, {"errors": {"405 Method Not Allowed": None}})
    assert response.headers_dict["allow"] == "GET, OPTIONS"
    assert hug.test.head(api, "/x").status == hug.HTTP_405
    response = hug.test.options(api, "/x")
    assert (response.status, response.headers_dict["allow"], response.content) == (hug.HTTP_200, "GET", b"")


def test_errors_in_the_output_format_of_the_api(api: hug.API) -> None:
    """HTTP errors are in the API's format."""
    api.http.output_format = hug.output_format.text

    @hug.get("/x", api=api)
    async def handler():
        raise hug.HTTPForbidden("A", "b")

    assert hug.test.get(api, "/x").data == "{'errors': {'A': 'b'}}"


@pytest.mark.parametrize("kind", ["sync", "async", "inline"])
def test_unhandled_exceptions(api: hug.API, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """What hug does not answer comes through hug.test; it is not logged then."""
    api.http.inline = kind == "inline"

    def broken():
        raise ZeroDivisionError("mine")

    async def async_broken():
        broken()

    hug.get("/x", api=api)(async_broken if kind == "async" else broken)
    with pytest.raises(ZeroDivisionError, match="mine"):
        hug.test.get(api, "/x")
    assert not caplog.records


@pytest.mark.parametrize("place", ["handler", "middleware", "both"])
def test_unhandled_exceptions_on_a_server(api: hug.API, place: str, caplog: pytest.LogCaptureFixture) -> None:
    """A server gets no exception but the answer, 500; each that there was is logged once, with the route."""

    @hug.get("/rooms/{number}", api=api)
    def broken(number: int):
        if place != "middleware":
            raise ZeroDivisionError("of the handler")

    @hug.response_middleware(api=api)
    def process(request, response, resource):
        if place != "handler":
            raise LookupError("of the middleware")

    scope, content = request_for("GET", "/rooms/5", "", {}, {})
    del scope[RAISED]
    assert asyncio.run(exchange(api.http.server(), scope, content)).data == {
        "errors": {"500 Internal Server Error": None}
    }
    again = " again, while that was answered" if place == "both" else ""
    assert caplog.messages[-1] == f"GET /rooms/5, the route /rooms/{{number}}, failed{again}"
    assert len(caplog.records) == (2 if place == "both" else 1)
    assert all(record.name == "hug" and record.exc_info for record in caplog.records)


def test_stop_iteration_is_an_error(api: hug.API) -> None:
    """A function that lets StopIteration escape fails, it does not hang."""

    @hug.get("/x", api=api)
    def handler():
        return next(iter(()))

    with pytest.raises(RuntimeError, match="StopIteration"):
        hug.test.get(api, "/x")


def test_raised_not_found(api: hug.API) -> None:
    """HTTPNotFound is answered as a URL that does not exist, unless it says more, of whatever kind."""

    @hug.get("/x", api=api)
    def handler():
        raise hug.HTTPNotFound

    @hug.get("/y", api=api)
    def telling():
        raise hug.HTTPNotFound(title="No such book", description="5 is not in the library")

    @hug.get("/z", api=api)
    def entitled():
        raise hug.HTTPNotFound(title="No such room")

    assert hug.test.get(api, "/x").data.keys() == {"404", "documentation"}
    assert hug.test.get(api, "/z").data == {"errors": {"No such room": "404 Not Found"}}
    hug.not_found(api=api)(lambda: "nothing here")
    assert hug.test.get(api, "/x").data == "nothing here"
    assert hug.test.get(api, "/z").data == {"errors": {"No such room": "404 Not Found"}}
    api.http.not_found_handlers.clear()
    response = hug.test.get(api, "/y")
    assert (response.status, response.data) == (
        hug.HTTP_404,
        {"errors": {"No such book": "5 is not in the library"}},
    )


def test_not_found_handlers(api: hug.API) -> None:
    """A handler answers for URLs that do not exist, by version, with 404 unless it says otherwise."""

    @hug.not_found(api=api, versions=1)
    def first(request):
        return ["first", request.path]

    @hug.not_found(hug.output_format.text, api=api)
    async def every(response):
        response.status = hug.HTTP_200
        return "every"

    @hug.get("/x", api=api)
    def handler():
        hug.redirect.not_found()

    response = hug.test.get(api, "/v1/nope")
    assert (response.status, response.data) == (hug.HTTP_404, ["first", "/v1/nope"])
    for url in ("/nope", "/v2/nope", "/x"):
        response = hug.test.get(api, url)
        assert (response.status, response.data) == (hug.HTTP_200, "every")


@pytest.mark.parametrize("asynchronous", [True, False])
def test_requirements(api: hug.API, asynchronous: bool) -> None:
    """What a requirement returns, unless it is True or None, is the answer; later ones are not asked."""
    asked = []

    def passes(request, response, context, module):
        asked.append("passes")
        return True

    async def passes_too():
        asked.append("passes too")

    def denies(**everything):
        asked.append("denies")
        return "denied"

    async def handler() -> int:
        return 1

    def sync_handler() -> int:
        return 1

    router = hug.http(api=api, requires=[passes, passes_too])
    router.get("/open")(handler if asynchronous else sync_handler)
    router.requires(denies).requires(passes).get("/closed")(handler if asynchronous else sync_handler)
    assert hug.test.get(api, "/open").data == 1
    asked.clear()
    response = hug.test.get(api, "/closed")
    assert (response.status, response.data) == (hug.HTTP_200, "denied")
    assert asked == ["passes", "passes too", "denies"]


@pytest.mark.parametrize("asynchronous", [True, False])
@pytest.mark.parametrize("verdict", [False, 0, "", [], {}, 0.0])
def test_requirements_fail_closed(api: hug.API, asynchronous: bool, verdict) -> None:
    """A requirement that returns something false, but not None, keeps the client out with 403."""
    called = []

    async def denies():
        return verdict

    def denies_too():
        return verdict

    @hug.get("/x", api=api, requires=denies if asynchronous else denies_too)
    def handler():
        called.append(1)

    @hug.sse("/stream", api=api, requires=denies if asynchronous else denies_too)
    def stream():
        called.append(1)
        yield 1

    for path in ("/x", "/stream"):
        response = hug.test.get(api, path)
        assert (response.status, response.data) == (hug.HTTP_403, {"errors": {"403 Forbidden": None}})
    assert called == []


def test_reasons_that_are_no_json(api: hug.API) -> None:
    """Whatever an exception of a type carries, the client gets something to read."""

    class Odd:
        def __str__(self):
            return "odd"

    def odd(value):
        raise ValueError([Odd])

    def code(value):
        raise KeyError(5)

    @hug.get("/x", api=api)
    def handler(a: odd, b: code):
        return 1

    errors = hug.test.get(api, "/x?a=1&b=1").data["errors"]
    assert "Odd" in errors["a"]
    assert errors["b"] == 5
