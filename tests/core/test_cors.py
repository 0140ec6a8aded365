"""Which pages of other origins may read what is answered."""

import re

import pytest

import hug

from .serving import exchange, get, serving

PAGE = "https://page.example"
OTHER = "https://other.example"


def cors_of(response) -> dict[str, str]:
    """Return what a response says to pages."""
    return {
        name.removeprefix("access-control-"): value
        for name, value in response.headers
        if name.startswith("access-control-") or name == "vary"
    }


def asked(api: hug.API, path: str, origin: str | None = PAGE, **headers: str):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return hug.test.get(api, path, headers=headers | ({"Origin": origin} if origin else {}))


def preflight(api: hug.API, path: str, method: str = "POST", origin: str = PAGE, headers: str | None = "X-A"):
    sent = {"Origin": origin, "Access-Control-Request-Method": method}
    return hug.test.options(
        api, path, headers=sent | ({"Access-Control-Request-Headers": headers} if headers else {})
    )


def with_cors(api: hug.API, *args, **options) -> list[str]:
    """Add the middleware and some routes; return what handlers note that are called."""
    called = []
    api.http.add_middleware(hug.middleware.CORSMiddleware(api, *args, **options))
    hug.get("/x", api=api)(lambda: called.append("get"))
    hug.http("/both", accept=("GET", "POST"), api=api)(lambda: called.append("both"))
    hug.options("/own", api=api)(lambda: called.append("options"))
    hug.get("/own", api=api)(lambda: called.append("own"))
    hug.post("/versioned", versions=2, api=api)(lambda: called.append("versioned"))
    hug.sse("/stream/{name}", api=api)(lambda name: [name])
    return called


def test_default(api: hug.API) -> None:
    """Pages of all origins may read, with credentials, so each is named; nothing is said without a page."""
    with_cors(api)
    for origin in (PAGE, OTHER, "null"):
        expected = {"allow-origin": origin, "allow-credentials": "true", "vary": "Origin"}
        assert cors_of(asked(api, "/x", origin)) == expected
    assert cors_of(asked(api, "/x", None)) == {"vary": "Origin"}


def test_without_credentials(api: hug.API) -> None:
    """Where there are no credentials, all are allowed by one word that caches may keep."""
    with_cors(api, allow_credentials=False, expose_headers=["X-A", "X-B"])
    for origin in (PAGE, None):
        expected = {"allow-origin": "*", "expose-headers": "X-A, X-B"}
        assert cors_of(asked(api, "/x", origin)) == expected


NAMED = {
    "text": PAGE,
    "list": [PAGE, "https://third.example"],
    "with a slash": [f"{PAGE}/"],
    "pattern": re.compile(r"https://p[a-z]+\.example"),
    "function": lambda origin: origin.partition("://")[2] == "page.example",
    "mixed": ["https://third.example", re.compile("https://page.example"), lambda origin: False],
}


@pytest.mark.parametrize("origins", NAMED.values(), ids=NAMED)
def test_origins(api: hug.API, origins) -> None:
    """Origins are text, regular expressions that match all of one, or functions; others are told nothing."""
    with_cors(api, origins)
    allowed = {"allow-origin": PAGE, "allow-credentials": "true", "vary": "Origin"}
    assert cors_of(asked(api, "/x", PAGE)) == allowed
    for origin in (OTHER, f"{PAGE}.evil.example", f"https://evil.example/{PAGE}", None):
        assert cors_of(asked(api, "/x", origin)) == {"vary": "Origin"}
    refused = preflight(api, "/both", origin=OTHER)
    assert set(cors_of(refused)) == {"vary"}


def test_no_origin() -> None:
    """What can be no origin is an error where it is said."""
    with pytest.raises(TypeError, match="an origin is"):
        hug.middleware.CORSMiddleware(hug.API(), [1])


def test_preflight(api: hug.API) -> None:
    """A preflight is told the methods of its route and the headers it asks for; the handler is not called."""
    called = with_cors(api, [PAGE], max_age=60)
    response = preflight(api, "/both", headers="X-A, X-B")
    assert (response.status, response.content) == (hug.HTTP_200, b"")
    assert response.headers_dict["allow"] == "OPTIONS, GET, POST"
    assert cors_of(response) == {
        "allow-origin": PAGE,
        "allow-credentials": "true",
        "allow-methods": "OPTIONS, GET, POST",
        "allow-headers": "X-A, X-B",
        "max-age": "60",
        "vary": "Origin, Access-Control-Request-Headers",
    }
    assert "allow-headers" not in cors_of(preflight(api, "/both", headers=None))
    assert called == []


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/own", "OPTIONS, GET"),
        ("/versioned", "OPTIONS, POST"),
        ("/v2/versioned", "OPTIONS, POST"),
        ("/v9/versioned", "OPTIONS, POST"),
        ("/stream/a", "OPTIONS, GET, HEAD"),
        ("/nowhere", "OPTIONS, POST"),
    ],
)
def test_preflights_everywhere(api: hug.API, path: str, methods: str) -> None:
    """So are those for routes with OPTIONS of their own, versions, streams, and for what is not there."""
    called = with_cors(api)
    hug.not_found(api=api)(lambda: called.append("not found"))
    response = preflight(api, path)
    assert response.status == hug.HTTP_200
    assert cors_of(response)["allow-methods"] == methods
    assert called == []


@pytest.mark.parametrize("asynchronous", [False, True])
def test_preflights_and_other_middleware(api: hug.API, asynchronous: bool) -> None:
    """Middleware that is added later sees neither half of a preflight, and both of all else."""
    seen = []

    @hug.request_middleware(api=api)
    def outside(request, response):
        request.context["outside"] = True

    @hug.response_middleware(api=api)
    def after_outside(request, response, resource):
        seen.append(request.context["outside"])

    with_cors(api)

    @hug.request_middleware(api=api)
    def begin(request, response):
        request.context["begun"] = "begun"

    def end(request, response, resource):
        seen.append(request.context["begun"])

    async def end_later(request, response, resource):
        end(request, response, resource)

    hug.response_middleware(api=api)(end_later if asynchronous else end)
    assert preflight(api, "/both").status == hug.HTTP_200
    assert seen == [True]
    assert hug.test.options(api, "/own").status == hug.HTTP_200
    assert asked(api, "/nowhere").status == hug.HTTP_404
    assert seen == [True, "begun", True, "begun", True]


def test_preflights_of_sinks(api: hug.API) -> None:
    """A sink, which takes every method, is not called for a preflight either."""
    called = with_cors(api)
    hug.sink("/all", api=api)(lambda request: called.append(request.path))
    assert cors_of(preflight(api, "/all/below", "DELETE"))["allow-methods"] == "OPTIONS, DELETE"
    assert called == []
    asked(api, "/all/below")
    assert called == ["/all/below"]


def test_preflights_below_a_base_url(api: hug.API) -> None:
    """So are those below a base URL."""
    api.http.base_url = "/base"
    with_cors(api)
    assert cors_of(preflight(api, "/base/both"))["allow-methods"] == "OPTIONS, GET, POST"


def test_options_without_a_page(api: hug.API) -> None:
    """An OPTIONS request that is no preflight is the route's own."""
    called = with_cors(api)
    hug.test.options(api, "/own")
    hug.test.options(api, "/own", headers={"Origin": PAGE})
    assert called == ["options"] * 2
    assert hug.test.options(api, "/x").headers_dict["allow"] == "GET"


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b=c", "a;b", "\x00", "ä"])
def test_preflights_reflect_names_only(api: hug.API, value: str) -> None:
    """What cannot be a list of names is not repeated."""
    with_cors(api)
    response = preflight(api, "/nowhere", method=value, headers=value)
    assert "allow-headers" not in cors_of(response)
    assert cors_of(response)["allow-methods"] == "OPTIONS"


def test_errors_can_be_read(api: hug.API) -> None:
    """Pages can read why something was refused: wrong arguments, no user, no route, no method, too large."""
    with_cors(api, [PAGE])
    api.http.max_body = 10

    @hug.post("/number", api=api)
    def number(of: int):
        return of

    hug.get("/members", api=api, requires=hug.authentication.bearer(lambda token: False))(lambda: 1)
    responses = {
        400: hug.test.post(api, "/number", headers={"Origin": PAGE}),
        401: asked(api, "/members"),
        404: asked(api, "/nowhere"),
        405: hug.test.put(api, "/number", headers={"Origin": PAGE}),
        413: hug.test.post(api, "/number", "x" * 20, headers={"Origin": PAGE}),
        431: asked(api, "/x", X_Large="x" * 70_000),
    }
    for status, response in responses.items():
        assert response.status_code == status
        expected = {"allow-origin": PAGE, "allow-credentials": "true", "vary": "Origin"}
        assert cors_of(response) == expected


@pytest.mark.parametrize("origins", [[OTHER], []], ids=["another", "nobody"])
def test_narrower_routes(api: hug.API, origins: list[str]) -> None:
    """A route that allows others than the API, or nobody, has the last word, in errors and preflights too."""
    with_cors(api, [PAGE])
    hug.get("/narrow", api=api, allow_origins=origins)(lambda: 1)
    hug.get("/refusing", api=api, allow_origins=origins, requires=lambda: False)(lambda: 1)
    hug.get("/versioned_too", api=api, versions=1, allow_origins=origins)(lambda: 1)
    hug.sse("/events", api=api, allow_origins=origins)(lambda: [1])
    for path in ("/narrow", "/refusing", "/v1/versioned_too", "/events"):
        assert set(cors_of(asked(api, path))) == {"vary"}
        assert set(cors_of(preflight(api, path, "GET"))) == {"vary"}
        if origins:
            assert cors_of(asked(api, path, OTHER)) == {"allow-origin": OTHER, "vary": "Origin"}
            assert cors_of(preflight(api, path, "GET", OTHER))["allow-origin"] == OTHER


@pytest.mark.parametrize("on_route", [True, False])
def test_failures_can_be_read(api: hug.API, on_route: bool) -> None:
    """A page can read that something has failed, too."""
    router = hug.get("/broken", api=api)
    if on_route:
        router = router.allow_origins(PAGE)
    else:
        with_cors(api, [PAGE])

    @router
    def broken():
        raise ZeroDivisionError

    with serving(api.http.server()) as port:
        status, headers, _ = exchange(port, get("/broken", f"Origin: {PAGE}"))
    assert (status, headers["access-control-allow-origin"], headers["vary"]) == (500, PAGE, "Origin")


def test_streams(api: hug.API) -> None:
    """So do streams, when they begin; one that is cut off has said it already."""
    with_cors(api, [PAGE])

    @hug.sse("/broken", api=api)
    def broken():
        yield 1
        raise ZeroDivisionError

    for path in ("/stream/a", "/broken"):
        with hug.test.sse(api, path, headers={"Origin": PAGE}) as stream:
            expected = {"allow-origin": PAGE, "allow-credentials": "true", "vary": "Origin"}
            assert cors_of(stream.response) == expected
            next(stream)


def test_vary_of_others_stays(api: hug.API) -> None:
    """What else an answer depends on is still said."""
    api.http.add_middleware(hug.middleware.CORSMiddleware(api))
    hug.get("/x", api=api, response_headers={"vary": "X-Original"})(lambda: 1)
    hug.get("/same", api=api, response_headers={"vary": "Accept, origin"})(lambda: 1)
    assert cors_of(asked(api, "/x"))["vary"] == "X-Original, Origin"
    assert cors_of(asked(api, "/same"))["vary"] == "Accept, origin"


def test_extended(api: hug.API) -> None:
    """The middleware of an API that another one extends answers for the routes that this has."""
    with_cors(api)
    parent = hug.API()
    hug.http("/more", accept=("GET", "PUT"), api=parent)(lambda: 1)
    parent.extend(api, route="/part")
    assert cors_of(preflight(parent, "/more"))["allow-methods"] == "OPTIONS, GET, PUT"
    assert cors_of(preflight(parent, "/part/both"))["allow-methods"] == "OPTIONS, GET, POST"
    assert cors_of(preflight(parent, "/both"))["allow-methods"] == "OPTIONS, POST"
    assert cors_of(preflight(api, "/both"))["allow-methods"] == "OPTIONS, GET, POST"


def test_extended_routes(api: hug.API) -> None:
    """What a route says holds where another API has taken it over, too."""
    hug.get("/x", api=api, allow_origins=PAGE)(lambda: 1)
    parent = hug.API()
    parent.extend(api, route="/part")
    assert cors_of(asked(parent, "/part/x")) == {"allow-origin": PAGE, "vary": "Origin"}
    assert cors_of(preflight(parent, "/part/x", "GET"))["allow-origin"] == PAGE


# Routes


def test_route(api: hug.API) -> None:
    """``allow_origins`` holds for one route: its answers, its errors, and preflights for its methods."""
    called = []
    router = hug.post("/x", api=api)
    router.allow_origins(PAGE, OTHER, credentials=True, max_age=9)(lambda a: called.append(int(a)))
    hug.get("/x", api=api)(lambda: called.append("get"))
    hug.get("/plain", api=api)(lambda: 1)
    allowed = {"allow-origin": PAGE, "allow-credentials": "true", "vary": "Origin"}
    for params in ({}, {"a": "1"}):
        assert cors_of(hug.test.post(api, "/x", headers={"Origin": PAGE}, **params)) == allowed
    assert cors_of(hug.test.post(api, "/x", headers={"Origin": "https://evil.example"})) == {"vary": "Origin"}
    assert cors_of(asked(api, "/x")) == cors_of(asked(api, "/plain")) == {}
    called.clear()
    expected = {
        **allowed,
        "allow-methods": "OPTIONS, GET, POST",
        "allow-headers": "X-A",
        "max-age": "9",
        "vary": "Origin, Access-Control-Request-Headers",
    }
    assert cors_of(preflight(api, "/x")) == expected
    assert cors_of(preflight(api, "/x", "GET")) == cors_of(preflight(api, "/plain", "GET")) == {}
    assert hug.test.options(api, "/x").headers_dict["allow"] == "GET, POST"
    assert called == []


def test_route_for_all(api: hug.API) -> None:
    """Without origins it is for all; methods and headers can be chosen."""
    hug.get("/x", api=api).allow_origins(methods=["GET"], headers="X-B")(lambda: 1)
    assert cors_of(asked(api, "/x")) == {"allow-origin": "*"}
    told = cors_of(preflight(api, "/x", "GET"))
    assert (told["allow-methods"], told["allow-headers"]) == ("GET", "X-B")


def test_route_by_keyword(api: hug.API) -> None:
    """Origins can be an option of the decorator, as all else can."""
    hug.get("/x", api=api, allow_origins=[PAGE])(lambda: 1)
    assert cors_of(asked(api, "/x")) == {"allow-origin": PAGE, "vary": "Origin"}
    assert cors_of(asked(api, "/x", OTHER)) == {"vary": "Origin"}


def test_stream_route(api: hug.API) -> None:
    """It is for streams, too, also those of which nothing else is asked."""
    hug.sse("/x", api=api).allow_origins(PAGE, credentials=True)(lambda: ["event"])
    with hug.test.sse(api, "/x", headers={"Origin": PAGE}) as stream:
        assert cors_of(stream.response)["allow-origin"] == PAGE
        assert next(stream).data == "event"


def test_route_before_middleware(api: hug.API) -> None:
    """What a route says goes before what the middleware says, in preflights, too."""
    with_cors(api, [OTHER])
    hug.post("/mine", api=api).allow_origins(PAGE)(lambda: 1)
    assert cors_of(hug.test.post(api, "/mine", headers={"Origin": PAGE})) == {
        "allow-origin": PAGE,
        "vary": "Origin",
    }
    assert cors_of(preflight(api, "/mine"))["allow-origin"] == PAGE


def test_options_of_its_own(api: hug.API) -> None:
    """A URL with OPTIONS of its own keeps that for all but preflights."""
    called = []
    hug.get("/x", api=api).allow_origins(PAGE)(lambda: 1)
    hug.options("/x", api=api)(lambda: called.append("options"))
    assert cors_of(preflight(api, "/x", "GET"))["allow-origin"] == PAGE
    assert called == []
    hug.test.options(api, "/x", headers={"Origin": PAGE})
    assert called == ["options"]


@pytest.mark.parametrize("asynchronous", [True, False])
def test_directive(api: hug.API, asynchronous: bool) -> None:
    """The directive lets pages read one answer: of the origin that is its default, or of all."""

    @hug.get("/all", api=api)
    def all_of_them(cors: hug.directives.cors):
        return cors

    async def on_loop(cors: hug.directives.cors = PAGE):
        return cors

    def in_thread(cors: hug.directives.cors = PAGE):
        return cors

    hug.get("/one", api=api)(on_loop if asynchronous else in_thread)

    @hug.get("/several", api=api)
    def several(cors: hug.directives.cors = (PAGE, OTHER)):
        return "several"

    assert (asked(api, "/all").data, cors_of(asked(api, "/all"))) == ("*", {"allow-origin": "*"})
    assert (asked(api, "/one").data, cors_of(asked(api, "/one"))) == (PAGE, {"allow-origin": PAGE})
    assert cors_of(asked(api, "/several", OTHER)) == {"allow-origin": OTHER, "vary": "Origin"}
    assert hug.directives.cors() == "*"


@pytest.mark.parametrize("origin", ["https://a.example\x01", "https://\xff.example"])
def test_origins_that_are_no_text(api: hug.API, origin: str) -> None:
    """What no browser sends is not sent back, whatever says that it is allowed."""
    hug.get("/x", api=api, allow_origins=lambda origin: True)(lambda: 1)
    answer = hug.test.get(api, "/x", headers={"Origin": origin})
    assert (answer.status_code, "access-control-allow-origin" in answer.headers_dict) == (200, False)
