"""Routers, and the classes and modules they belong to."""

import functools
import re
import sys
import types

import pytest

import hug
from hug.routers.verbs import VERBS

from .serving import exchange, get, serving

METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace", "connect")


@pytest.mark.parametrize("method", METHODS)
def test_methods(api: hug.API, method: str) -> None:
    """Each decorator answers its method and no other."""
    getattr(hug, method)("/x", api=api)(lambda: "here")
    for other in METHODS:
        status = hug.test.call(other, api, "/x").status
        if other == method:
            assert status == hug.HTTP_200
        elif other != "options":
            assert status == hug.HTTP_405


def test_several_methods(api: hug.API) -> None:
    """http, call, get_post and put_post answer several."""
    for name, expected in {"http": METHODS, "get_post": ("get", "post"), "put_post": ("post", "put")}.items():
        getattr(hug, name)(f"/{name}", api=api)(lambda: 1)
        assert sorted(api.http.routes[""][f"/{name}"]) == sorted(method.upper() for method in expected)
    assert hug.call is hug.http
    assert hug.http(accept="get").route["accept"] == ("GET",)


def test_function_stays(api: hug.API) -> None:
    """The function is returned as it was, and carries its interface."""

    def handler(a: int = 1):
        return a

    assert hug.get(api=api)(handler) is handler
    assert handler() == 1
    assert handler.interface.http.api is api
    assert handler.interface.spec is handler
    assert hug.test.get(api, "/handler").data == 1


def test_interface_of_a_wrapper(api: hug.API) -> None:
    """A wrapper of a routed function has interfaces of its own, though it has the function's attributes."""

    @hug.get("/inner", api=api)
    def inner():
        return 1

    @hug.get("/outer", api=api)
    @functools.wraps(inner)
    def outer():
        return inner() + 1

    assert [hug.test.get(api, url).data for url in ("/inner", "/outer")] == [1, 2]
    assert inner.interface.spec is inner
    assert inner.interface.http.urls() == ["/inner"]
    assert outer.interface.http.urls() == ["/outer"]


def test_url_with_values(api: hug.API) -> None:
    """A URL is asked for by the values of its fields, whatever converters these have."""

    @hug.get('/{day:dt("%Y-%m-%d")}/{number:int}/{name}', api=api)
    def handler(day, number, name):
        return None

    values = {"day": "2030-01-02", "number": 5, "name": "x"}
    assert handler.interface.http.url(**values) == "/2030-01-02/5/x"
    with pytest.raises(KeyError):
        handler.interface.http.url(number=5)


def test_several_urls(api: hug.API) -> None:
    """URLs, prefixes and suffixes add up."""
    hug.get(["/a", "/b"], api=api, prefixes="/p", suffixes=["/s", ".json"])(lambda: 1)
    urls = ["/a", "/b", "/p/a", "/p/b", "/a/s", "/b/s", "/a.json", "/b.json"]
    assert list(api.http.urls()) == urls
    assert {hug.test.get(api, url).status for url in urls} == {hug.HTTP_200}


def test_routers_are_values(api: hug.API) -> None:
    """Each method returns a new router, with further options, and leaves the old one as it was."""
    router = hug.http("/base", api=api)
    before = dict(router.route)
    changed = router.urls("sub", status=201).output(hug.output_format.text).requires(bool).get()
    assert router.route == before
    assert changed.route["urls"] == ("/base/sub",)
    assert changed.route["status"] == 201
    assert changed.route["accept"] == ("GET",)
    assert changed.doesnt_require(bool).route["requires"] == ()
    assert changed.where(urls="/top").route["urls"] == ("/top",)
    assert type(changed) is type(router)


def test_every_option_is_a_method() -> None:
    """Every option can be chained, except those hug 2 has no method for."""
    missing = {"args", "status", "private", "inputs"}
    for option in hug.routing.URLRouter.known.__annotations__.keys() - missing:
        assert callable(getattr(hug.routing.URLRouter, option))


def test_unknown_option() -> None:
    """An option that does not exist is a warning that points at the user's line."""
    with pytest.warns(UserWarning, match="no option 'methods'") as caught:
        router = hug.get("/x", methods=["GET"])
    assert caught[0].filename == __file__
    assert "methods" not in router.route


DECORATORS = (
    "cli", "context_factory", "default_input_format", "default_output_format", "delete_context", "directive",
    "exception", "extend_api", "local", "middleware_class", "not_found", "reqresp_middleware",
    "request_middleware", "response_middleware", "shutdown", "sink", "startup", "static", "type",
)  # fmt: skip


@pytest.mark.parametrize(
    ("decorator", "written"),
    [
        (hug.get, "hug.get"),
        (hug.put_post, "hug.put_post"),
        (hug.http, "hug.http"),
        (hug.sse, "hug.sse"),
        (hug.object.get, "hug.object.get"),
        (hug.object.sse, "hug.object.sse"),
        (hug.route.API(__name__).delete, "hug.delete"),
        (hug.get("/x").post, "hug.post"),
        (hug.route.API(__name__).sink, "hug.sink"),
        (hug.object.http_methods, "hug.object.http_methods"),
        *((getattr(hug, name), f"hug.{name}") for name in DECORATORS),
    ],
)
def test_missing_parentheses(decorator, written: str) -> None:
    """A decorator without parentheses is told to have them, by the name it has."""

    def handler():
        return 1

    with pytest.raises(TypeError, match=rf"parentheses: @{re.escape(written)}\(\)"):
        decorator(handler)


def test_functions_as_arguments(api: hug.API) -> None:
    """An output format, of any making, and a class of exceptions are arguments, not what is decorated."""

    def shout(data: object) -> bytes:
        return f"{data}!".encode()

    for output, said in ((shout, b"lost!"), (hug.output_format.json, b'"lost"')):
        hug.not_found(output, api=api)(lambda: "lost")
        assert hug.test.get(api, "/nowhere").content == said
    assert hug.exception(ValueError).route["exceptions"] == (ValueError,)


@pytest.mark.parametrize("verb", VERBS)
def test_verbs(api: hug.API, verb: str) -> None:
    """Decorators, chained routers and those of an API accept the same methods by the same names."""
    for maker in (hug.route, hug.get("/y"), hug.route.API(api)):
        router = getattr(maker, verb)("/x")
        assert (router.route["accept"], router.route["urls"]) == (VERBS[verb], ("/x",))
    assert router.route["api"] is api
    assert getattr(hug, verb, None) in (getattr(hug.route, verb), None)
    if len(VERBS[verb]) == 1:
        assert callable(getattr(hug.test, verb))


def test_url_without_slash(api: hug.API) -> None:
    """A URL has to start with a slash."""
    with pytest.raises(ValueError, match="must start"):
        hug.get("x", api=api)(lambda: 1)


def test_not_a_function(api: hug.API) -> None:
    """Builtins cannot be routed, and say so."""
    with pytest.raises(TypeError, match="not a Python function"):
        hug.get("/x", api=api)(len)


def test_base_url(api: hug.API) -> None:
    """``base_url`` goes before the URLs of routes added after it was set, and before the version."""
    hug.get("/before", api=api)(lambda: 1)
    api.http.base_url = "/api"
    hug.get("/after", api=api)(lambda: 2)
    hug.get("/", api=api)(lambda: "root")
    urls = ("/before", "/api/after", "/api/v1/after", "/api", "/api/")
    assert [hug.test.get(api, url).data for url in urls] == [1, 2, 2, "root", "root"]
    assert hug.test.get(api, "/after").status == hug.HTTP_404
    assert list(api.http.urls()) == ["/before", "/api/after", "/api/"]


def test_server_of_one_base_url(api: hug.API) -> None:
    """``api.http.server(base_url=...)`` has the routes and sinks of that base URL, and no others."""
    hug.get("/before", api=api)(lambda: 1)
    hug.sink("/all", api=api)(lambda: 2)
    api.http.base_url = "/base"
    hug.get("/after", api=api)(lambda: 3)
    hug.sink("/all", api=api)(lambda: 4)
    urls = ("/before", "/all/x", "/base/after", "/base/all/x")
    for base_url, answered in (("", urls[:2]), ("/base", urls[2:]), (None, urls)):
        with serving(api.http.server(base_url=base_url)) as port:
            found = [url for url in urls if exchange(port, get(url, "Connection: close"))[0] == 200]
        assert found == list(answered)


def test_later_routes_are_served(api: hug.API) -> None:
    """A route added after the first request is served by the same application."""
    server = api.http.server()
    hug.get("/a", api=api)(lambda: 1)
    assert hug.test.get(api, "/a").data == 1
    hug.get("/b", api=api)(lambda: 2)
    assert hug.test.get(api, "/b").data == 2
    assert api.http.server() is server


def test_class_routing(api: hug.API) -> None:
    """A class lends its methods its options and its URL; relative URLs are joined onto that."""

    @hug.object.urls("/base", requires=lambda request: True, api=api, status=201)
    class Things:
        def __init__(self) -> None:
            self.count = 0

        @hug.object.get()
        def index(self):
            self.count += 1
            return self.count

        @hug.object.post("sub", output=hug.output_format.text, status=202)
        def sub(self, a: int):
            return a

        @hug.object.get("/top/{x}")
        async def top(self, x):
            return x

    assert [hug.test.get(api, "/base").data for _ in range(2)] == [1, 2]
    response = hug.test.post(api, "/base/sub", {"a": "5"})
    assert (response.status, response.content) == (hug.HTTP_202, b"5")
    response = hug.test.get(api, "/top/5")
    assert (response.status, response.data) == (hug.HTTP_201, "5")
    assert isinstance(Things, type)


def test_class_prefixes(api: hug.API) -> None:
    """Prefixes and suffixes of a class are those of its methods."""

    @hug.object(api=api, urls="/base", prefixes="/before", suffixes=".json")
    class Things:
        @hug.object.get("sub")
        def sub(self):
            return 1

    urls = ["/base/sub", "/before/base/sub", "/base/sub.json"]
    assert list(api.http.urls()) == urls
    assert [hug.test.get(api, url).data for url in urls] == [1, 1, 1]


def test_class_options_for_methods_without_their_own(api: hug.API) -> None:
    """What a method's decorator leaves open is the class's choice, also where routers have a default."""

    @hug.object(urls="/x", api=api, parse_body=False)
    class Raw:
        @hug.object.post()
        def raw(self, body):
            return body

        @hug.object.put(parse_body=None)
        def also_raw(self, body):
            return body

    assert hug.test.post(api, "/x", {"a": 1}).data is None
    assert hug.test.put(api, "/x", {"a": 1}).data is None


def test_class_with_attributes_that_cannot_be_read(api: hug.API) -> None:
    """Routing a class looks at its endpoints and at nothing else: no property is asked for its value."""

    @hug.object(api=api)
    class Things:
        __slots__ = ("unset",)

        @property
        def connection(self):
            raise RuntimeError("not connected yet")

        @hug.object.get("/thing")
        def thing(self):
            return 1

    assert hug.test.get(api, "/thing").data == 1


def test_class_inherits_routes(api: hug.API) -> None:
    """Methods of base classes are routed, too, once."""

    class Base:
        @hug.object.get("/a")
        def a(self):
            return type(self).__name__

    @hug.object(api=api)
    class Derived(Base):
        @hug.object.get("/b")
        def b(self):
            return "b"

    assert hug.test.get(api, "/a").data == "Derived"
    assert list(api.http.urls()) == ["/a", "/b"]


def test_http_methods(api: hug.API) -> None:
    """Methods named after HTTP's answer these."""

    @hug.object.http_methods(api=api)
    class Thing:
        def get(self):
            return "got"

        def post(self, a):
            return a

        def other(self):
            return "never"

    @hug.object(api=api).http_methods("/named")
    class Named:
        def get(self):
            return "named"

    assert hug.test.get(api, "/thing").data == "got"
    assert hug.test.post(api, "/thing", {"a": 1}).data == 1
    assert hug.test.put(api, "/thing").status == hug.HTTP_405
    assert hug.test.get(api, "/named").data == "named"


def test_object_routing(api: hug.API) -> None:
    """In place of a class an object may be routed, which has been made with arguments, say."""

    class Counter:
        def __init__(self, count: int) -> None:
            self.count = count

        @hug.object.get("/marked")
        def marked(self):
            return self.count

        def get(self):
            return -self.count

    one, other = Counter(1), Counter(2)
    assert hug.object(api=api)(one) is one
    assert hug.object.http_methods("/named", api=api)(other) is other
    hug.object.http_methods(api=api)(other)
    assert [hug.test.get(api, url).data for url in ("/marked", "/named", "/counter")] == [2, -2, -2]


def test_http_methods_decorated(api: hug.API) -> None:
    """A decorated method has its options and URLs, whatever its name; a command answers its method, too."""

    @hug.object.http_methods("/thing", api=api, output=hug.output_format.text)
    class Thing:
        @hug.object.get("below", output=hug.output_format.json)
        def get(self):
            return "got"

        @hug.object.cli
        def put(self):
            return "put"

        @hug.object.get("/other")
        def other(self):
            return "other"

    assert hug.test.get(api, "/thing/below").content == b'"got"'
    assert hug.test.get(api, "/thing").status == hug.HTTP_405
    assert hug.test.put(api, "/thing").content == b"put"
    assert hug.test.cli("put", api=api) == "put"
    assert hug.test.get(api, "/other").content == b"other"


def test_route_api(api: hug.API) -> None:
    """hug.route.API binds all routers to one API."""
    route = hug.route.API(api)
    for method in METHODS:
        getattr(route, method)(f"/{method}")(lambda: 1)
    route.get_post("/get_post")(lambda: 1)
    route.not_found()(lambda: "nothing")

    @route.object(urls="/object")
    class Thing:
        @hug.object.get()
        def get(self):
            return "object"

    assert len(list(api.http.urls())) == len(METHODS) + 2
    assert hug.test.get(api, "/object").data == "object"
    assert hug.test.get(api, "/nope").data == "nothing"


def test_one_api_per_module() -> None:
    """An API is found by module, name and itself; its module gets the names servers look for."""
    module = types.ModuleType("some_module", "What it is about")
    sys.modules["some_module"] = module
    try:
        api = hug.API("some_module")
        assert hug.API(module) is hug.API(api) is api
        assert (api.name, api.doc, api.module) == ("some_module", "What it is about", module)
        assert module.__hug__ is api
        application = api.http.server()
        assert module.__hug_asgi__ is application
    finally:
        del sys.modules["some_module"]


def test_apis_without_a_module() -> None:
    """Each ``API()`` is another; an unknown name makes an API, always the same, and no importable module."""
    assert hug.API() is not hug.API()
    assert hug.API("no_such_module") is hug.API("no_such_module")
    assert "no_such_module" not in sys.modules


def test_api_of_the_functions_module() -> None:
    """Without ``api=`` the function's module has the API, and hug.test finds it by module."""

    @hug.get("/in-this-module")
    def handler():
        return 1

    module = sys.modules[__name__]
    assert handler.interface.http.api is hug.API(__name__) is module.__hug__
    assert hug.test.get(module, "/in-this-module").data == 1
    assert hug.test.get(__name__, "in-this-module").data == 1


def test_context_and_handlers(api: hug.API) -> None:
    """An API has a context of its own and lists its interfaces once each."""
    api.context["a"] = 1

    @hug.http(["/a", "/b"], api=api)
    def handler():
        return 1

    assert api.context == {"a": 1}
    assert list(api.handlers()) == [handler.interface.http]


def member(request):
    return "no member"


def admin(request):
    return "no admin"


def test_replaced_requirements(api: hug.API) -> None:
    """``requires=`` after ``requires=`` replaces, as in hug 2, with a warning that names what is dropped."""
    members = hug.http(api=api, requires=member)
    with pytest.warns(
        UserWarning, match="drops what the router or class has required so far: member"
    ) as told:
        members.get("/replaced", requires=admin)(lambda: 1)
    assert told[0].filename == __file__
    for none in (None, ()):
        with pytest.warns(UserWarning, match="drops"):
            members.get(requires=none)
    members.get("/named", requires=[member, admin])(lambda: 1)
    members.get("/added").requires(admin)(lambda: 1)
    members.get("/dropped").doesnt_require(member)(lambda: 1)
    expected = {"replaced": "no admin", "named": "no member", "added": "no member", "dropped": 1}
    assert {path: hug.test.get(api, path).data for path in expected} == expected


def test_replaced_requirements_of_classes(api: hug.API) -> None:
    """So it is with a method of a class that requires something."""

    class Members:
        @hug.object.get("replaced", requires=admin)
        def replaced(self):
            return 1

        @hug.object.get("named", requires=[member, admin])
        def named(self):
            return 1

        @hug.object.get("kept")
        def kept(self):
            return 1

    with pytest.warns(
        UserWarning, match="drops what the router or class has required so far: member"
    ) as told:
        hug.object(urls="/members", api=api, requires=member)(Members)
    assert len(told) == 1
    expected = {"replaced": "no admin", "named": "no member", "kept": "no member"}
    assert {path: hug.test.get(api, f"/members/{path}").data for path in expected} == expected
