"""Where arguments come from, and how they are converted."""

import dataclasses
import enum
import functools
import io
import threading
from typing import Annotated, Any

import pytest

import hug


@pytest.mark.parametrize("text", ["false", "False", "f", "0", "no", "N", "off", ""])
@pytest.mark.parametrize("kind", [bool, Annotated[bool, "Whether it is"], hug.types.Nullable(bool)])
def test_false(api: hug.API, kind: Any, text: str) -> None:
    """Text that says no is false for a `bool`; `hug.types.boolean` is what it was in hug 2."""
    hug.http("/x/{own}", api=api, args={"a": kind, "own": kind, "old": hug.types.boolean})(
        lambda own, a=None, old=None: [own, a, old]
    )
    word = text or "off"
    assert hug.test.get(api, f"/x/{word}", a=word, old=word).data == [False, False, True]
    assert hug.test.post(api, f"/x/{word}", {"a": text, "old": text}).data == [False, False, bool(text)]
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert hug.test.post(api, f"/x/{word}", f"a={word}", headers=form).data == [False, False, None]


@pytest.mark.parametrize("text", ["true", "1", "on", "yes", "whatever", "None", "00", " "])
def test_true(api: hug.API, text: str) -> None:
    """All other text is true, as ever; JSON's values and results are what they are to Python."""

    @hug.http("/x", api=api)
    def handler(a: bool) -> bool:
        assert a is True
        return "no"

    assert hug.test.get(api, "/x", a=text).data is True
    for value in (1, True, [0], {"a": 0}, -0.5):
        assert hug.test.post(api, "/x", {"a": value}).data is True
    hug.post("/y", api=api, args={"a": bool})(lambda a: a)
    for value in (0, False, None, [], {}, 0.0):
        assert hug.test.post(api, "/y", {"a": value}).data is False


def test_converted_parameters(api: hug.API) -> None:
    """Annotations that are classes or hug types convert; defaults are left as they are."""

    @hug.get("/x", api=api)
    def handler(number: int, text: hug.types.text, other: float = 1):
        return [number, text, other]

    assert hug.test.get(api, "/x", number="3", text="a").data == [3, "a", 1]
    assert hug.test.get(api, "/x?number=3&text=a&other=2").data == [3, "a", 2.0]


def test_precedence(api: hug.API) -> None:
    """The body goes over the query, fields of the URL over both: others decide by the URL, too."""

    @hug.post("/{a}/{b}/{c}", api=api)
    def handler(a, b, c):
        return [a, b, c]

    assert hug.test.post(api, "/1/1/1?b=2&c=2", {"c": 3}).data == ["1", "1", "1"]

    @hug.post("/{a}", api=api)
    def other(a, b, c):
        return [a, b, c]

    assert hug.test.post(api, "/1?a=2&b=2&c=2", {"a": 3, "c": 3}).data == ["1", "2", 3]


def test_names_that_are_taken(api: hug.API) -> None:
    """What a client gives for ``self`` does not reach a method that takes any name, nor its wrapper."""

    def passing_on(method):
        @functools.wraps(method)
        def wrapper(*args, **kwargs):
            return method(*args, **kwargs)

        return wrapper

    @hug.object(api=api)
    class Things:
        @hug.object.get("/plain")
        def plain(self, **others):
            return others

        @hug.object.get("/wrapped")
        @passing_on
        def wrapped(this, **others):
            return others

    for path in ("/plain", "/wrapped"):
        response = hug.test.get(api, f"{path}?self=1&this=2&b=3")
        assert response.status == hug.HTTP_200
        assert response.data["b"] == "3"
    assert hug.test.get(api, "/plain?self=1").data == {}
    assert hug.test.get(api, "/wrapped?this=1").data == {}


@pytest.mark.parametrize("name", ["json", "text", "urlencoded", "json_underscore"])
def test_parameters_of_a_content_type(api: hug.API, name: str) -> None:
    """A client's content type cannot give the formatter its body, or a length."""
    formatter = getattr(hug.input_format, name)

    @hug.post("/x", api=api, inputs={"a/b": formatter})
    def handler(body):
        return body

    headers = {"content-type": "a/b; body=x; content_length=y; self=z; =; parameters=1"}
    assert hug.test.post(api, "/x", '{"a": "b"}', headers=headers).status == hug.HTTP_200


def test_parameters_for_formatters_of_ones_own(api: hug.API) -> None:
    """A formatter gets the parameters it names, and a charset only as one of those there are."""

    @hug.post("/x", api=api, inputs={"a/b": lambda stream, charset="none": [stream.read().decode(), charset]})
    def handler(body):
        return body

    def post(parameters):
        return hug.test.post(api, "/x", "a", headers={"content-type": f"a/b{parameters}"}).data

    assert post("; charset=ISO-8859-1; stream=x") == ["a", "latin-1"]
    assert post("; stream=x") == ["a", "none"]
    assert post("; charset=punycode") == {"errors": {"body": "Unknown charset 'punycode'"}}


def test_query_conventions(api: hug.API) -> None:
    """Repeated names and commas make lists, blank values count as absent."""

    @hug.get("/x", api=api)
    def handler(a=None):
        return a

    assert hug.test.get(api, "/x?a=1&a=2").data == ["1", "2"]
    assert hug.test.get(api, "/x?a=1,2").data == ["1", "2"]
    assert hug.test.get(api, "/x?a=1%2C2").data == "1,2"
    assert hug.test.get(api, "/x?a=").data is None
    assert hug.test.get(api, "/x/?a=1").data == "1"


def test_future_query_conventions() -> None:
    """``future=True`` reads queries and slashes as Falcon does."""
    api = hug.API(future=True)

    @hug.get("/x", api=api)
    def handler(a=None):
        return a

    assert hug.test.get(api, "/x?a=1,2").data == "1,2"
    assert hug.test.get(api, "/x?a=").data == ""
    assert hug.test.get(api, "/x/?a=1").status == hug.HTTP_404


def test_future_forms() -> None:
    """``future=True`` reads forms as queries: a comma is text, and a blank value is a value."""
    api = hug.API(future=True)

    @hug.post("/x", api=api)
    def handler(a=None):
        return a

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert hug.test.post(api, "/x", "a=Hello, world", headers=form).data == "Hello, world"
    assert hug.test.post(api, "/x", "a=", headers=form).data == ""
    assert hug.test.post(api, "/x", "a=1&a=2", headers=form).data == ["1", "2"]


def test_keyword_only(api: hug.API) -> None:
    """Keyword-only parameters are filled, converted and required like others."""

    @hug.get("/x", api=api)
    def handler(a, *, b: int, c: int = 4):
        return [a, b, c]

    assert hug.test.get(api, "/x?a=1&b=2&c=3").data == ["1", 2, 3]
    assert hug.test.get(api, "/x?a=1").data == {"errors": {"b": "Required parameter 'b' not supplied"}}


def test_positional_only_is_refused(api: hug.API) -> None:
    """A parameter that cannot be given by name is an error where it is decorated."""
    with pytest.raises(TypeError, match="positional-only"):

        @hug.get("/x", api=api)
        def handler(a, /):
            return a


def test_any_name(api: hug.API) -> None:
    """``**kwargs`` gets everything else, even what is called like an injected parameter."""

    @hug.get("/x", api=api)
    def handler(a: int, **others):
        return {"a": a, **others}

    expected = {"a": 1, "b": "2", "request": "3", "api_version": "4"}
    assert hug.test.get(api, "/x?a=1&b=2&request=3&api_version=4").data == expected


def test_injected_parameters(api: hug.API) -> None:
    """``request``, ``response``, ``body`` and ``api_version`` are hug's, whatever the client sends."""

    @hug.post("/x", api=api)
    def handler(request, response, body, api_version):
        response.set_header("x-path", request.path)
        return [body, api_version]

    response = hug.test.post(api, "/v3/x?request=1&response=2&api_version=3", {"body": 5, "response": 1})
    assert response.data == [{"body": 5, "response": 1}, 3]
    assert response.headers_dict["x-path"] == "/v3/x"


def test_body_annotation(api: hug.API) -> None:
    """An annotation of ``body`` converts the whole body; what is wrong with it is its error."""

    def pair(value):
        if len(value) != 2:
            raise ValueError("not a pair")
        return tuple(value)

    @hug.post("/x", api=api)
    def handler(body: pair):
        return list(reversed(body))

    assert hug.test.post(api, "/x", [1, 2]).data == [2, 1]
    assert hug.test.post(api, "/x", [1]).data == {"errors": {"body": "not a pair"}}


def test_dict_gains_nothing(api: hug.API) -> None:
    """``dict`` is called with the value alone."""

    @hug.post("/x", api=api)
    def handler(body: dict, inner: dict = ()):
        return [body, inner]

    assert hug.test.post(api, "/x", {"inner": {"a": 1}}).data == [{"inner": {"a": 1}}, {"a": 1}]


def test_type_error_of_a_type(api: hug.API) -> None:
    """A TypeError raised inside a type is its error; the type is called once."""
    calls = []

    def picky(value):
        calls.append(value)
        raise TypeError("too picky")

    @hug.get("/x", api=api)
    def handler(a: picky):
        return a

    assert hug.test.get(api, "/x?a=1").data == {"errors": {"a": "too picky"}}
    assert calls == ["1"]


def test_type_with_context(api: hug.API) -> None:
    """A type that names ``context`` gets what requirements left there."""

    def remember(context, request):
        context["seen"] = request.path
        return True

    def with_context(value, context):
        return [value, context["seen"]]

    @hug.get("/x", api=api, requires=remember)
    def handler(a: with_context):
        return a

    assert hug.test.get(api, "/x?a=1").data == ["1", "/x"]


def test_typing_constructs(api: hug.API) -> None:
    """Standard typing converts."""

    class Colour(enum.Enum):
        RED = "red"

    @hug.get("/x", api=api)
    def handler(a: int | None = None, b: list[int] = (), c: Colour = Colour.RED):
        return [a, b, c is Colour.RED]

    assert hug.test.get(api, "/x?a=1&b=1&b=2&c=red").data == [1, [1, 2], True]
    assert hug.test.get(api, "/x?b=5").data == [None, [5], True]
    assert hug.test.get(api, "/x?a=z").status == hug.HTTP_400


def test_unusable_annotation(api: hug.API) -> None:
    """An annotation that is neither text nor callable is an error where it is decorated."""
    with pytest.raises(TypeError, match="neither"):

        @hug.get("/x", api=api)
        def handler(a: 3):
            return a


def test_text_annotation_documents(api: hug.API) -> None:
    """Text after the colon is documentation and converts nothing."""

    @hug.get("/x", api=api)
    def handler(a: "What it is"):  # noqa: F722
        return a

    assert hug.test.get(api, "/x?a=1").data == "1"
    inputs = api.http.documentation()["handlers"]["/x"]["GET"]["inputs"]
    assert inputs == {"a": {"type": "What it is"}}


def test_async_type(api: hug.API) -> None:
    """A type may be a coroutine function, for async and sync functions."""

    async def doubled(value):
        if value == "0":
            raise ValueError("nothing to double")
        return int(value) * 2

    @hug.get("/async", api=api)
    async def on_loop(a: doubled):
        return a

    @hug.get("/sync", api=api)
    def in_thread(a: doubled):
        return a

    for url in ("/async", "/sync"):
        assert hug.test.get(api, url, a=4).data == 8
        assert hug.test.get(api, url, a=0).data == {"errors": {"a": "nothing to double"}}


def test_map_params(api: hug.API) -> None:
    """A parameter has one name outside, and errors use it."""

    @hug.get("/x", api=api, map_params={"from": "start"})
    def handler(start: int):
        return start

    assert hug.test.get(api, "/x?from=3").data == 3
    assert hug.test.get(api, "/x?start=3").data == {
        "errors": {"from": "Required parameter 'from' not supplied"}
    }
    assert hug.test.get(api, "/x?from=z").data["errors"].keys() == {"from"}


def test_names_for_validators(api: hug.API) -> None:
    """A validator knows arguments by the names that they have outside, as its errors tell them."""
    hug.get("/x", api=api, map_params={"from": "start"}, validate=hug.validate.contains_one_of("from", "to"))(
        lambda start=None, **_more: "in"
    )
    assert hug.test.get(api, "/x?from=3").data == "in"
    assert hug.test.get(api, "/x").data == {
        "errors": {"from": "one of these must have a value", "to": "one of these must have a value"}
    }


def test_args_option(api: hug.API) -> None:
    """``args`` gives types in place of annotations."""

    @hug.get("/x", api=api, args={"a": int, "return": str})
    def handler(a):
        return a + 1

    assert hug.test.get(api, "/x?a=1").data == "2"


def test_parameters_option(api: hug.API) -> None:
    """``parameters`` and ``defaults`` say what a function with ``**kwargs`` takes."""

    @hug.get("/x", api=api, parameters=("a", "b"), defaults={"b": 5})
    def handler(**kwargs):
        return kwargs

    assert hug.test.get(api, "/x?a=1&c=2").data == {"a": "1", "c": "2"}
    assert hug.test.get(api, "/x").data == {"errors": {"a": "Required parameter 'a' not supplied"}}


def test_wrapped_function(api: hug.API) -> None:
    """A decorator between hug and the function keeps the function's parameters, and adds its own."""

    def logged(function):
        @functools.wraps(function)
        def wrapper(*args, request, **kwargs):
            return [request.path, function(*args, **kwargs)]

        return wrapper

    @hug.get("/x", api=api)
    @logged
    def handler(a: int, b=2):
        return a + b

    assert hug.test.get(api, "/x?a=1").data == ["/x", 3]


def test_future_annotations(api: hug.API) -> None:
    """Under ``from __future__ import annotations`` annotations convert; what is text there documents."""
    namespace: dict = {"hug": hug, "api": api}
    source = """
from __future__ import annotations
@hug.get("/x", api=api)
def handler(a: int, b: "A word" = None, c: NotImported = None) -> str:
    return a + 1
"""
    with pytest.warns(UserWarning, match="'NotImported'"):
        exec(compile(source, "future", "exec", dont_inherit=True), namespace)
    assert hug.test.get(api, "/x?a=1").data == "2"
    inputs = api.http.documentation()["handlers"]["/x"]["GET"]["inputs"]
    assert inputs["b"] == {"type": "A word"}


def test_sync_body_reading(api: hug.API) -> None:
    """A sync function reads ``request.stream`` and ``request.media`` as it did under WSGI."""

    @hug.post("/x", api=api)
    def handler(request, body):
        return [request.stream.read().decode(), body]

    @hug.post("/media", api=api)
    def media(request):
        return request.media

    assert hug.test.post(api, "/x", {"a": 1}).data == ['{"a": 1}', {"a": 1}]
    assert hug.test.post(api, "/media", {"a": 1}).data == {"a": 1}


def test_async_body_reading(api: hug.API) -> None:
    """An async function may await ``request.stream`` and ``request.media``, parsed before or not."""

    async def handler(request):
        return (await request.stream.read()).decode()

    async def media(request):
        return await request.get_media()

    async def chunks(request):
        return b"".join([chunk async for chunk in request.stream]).decode()

    for name, function in {"stream": handler, "media": media, "chunks": chunks}.items():
        hug.post(f"/{name}", api=api)(function)
        hug.post(f"/raw/{name}", api=api, parse_body=False)(function)
    for prefix in ("", "/raw"):
        assert hug.test.post(api, f"{prefix}/stream", {"a": 1}).data == '{"a": 1}'
        assert hug.test.post(api, f"{prefix}/chunks", {"a": 1}).data == '{"a": 1}'
        assert hug.test.post(api, f"{prefix}/media", {"a": 1}).data == {"a": 1}


def test_sync_body_reading_unparsed(api: hug.API) -> None:
    """A sync function may read ``request.stream`` and ``request.media`` of a body that hug does not parse."""
    hug.post("/stream", api=api, parse_body=False)(lambda request: request.stream.read().decode())
    hug.post("/media", api=api, parse_body=False)(lambda request: request.media)
    assert hug.test.post(api, "/stream", {"a": 1}).data == '{"a": 1}'
    assert hug.test.post(api, "/media", {"a": 1}).data == {"a": 1}


def test_unknown_content_type(api: hug.API) -> None:
    """A body that nothing reads is given as a file."""

    @hug.post("/x", api=api)
    def handler(body):
        assert isinstance(body, io.BytesIO)
        return body.read().decode()

    assert hug.test.post(api, "/x", "raw", headers={"content-type": "a/b"}).data == "raw"


@pytest.mark.parametrize("kind", [bytes, bytes | None, bytearray])
def test_unknown_content_type_of_bytes(api: hug.API, kind: Any) -> None:
    """A function that takes bytes gets those of a body that nothing reads, whatever they are."""
    hug.post("/x", api=api, args={"body": kind})(lambda body: body.hex())
    for headers in ({"content-type": "application/octet-stream"}, {}):
        assert hug.test.post(api, "/x", b"\x00\xff", headers=headers).data == "00ff"
    assert hug.test.post(api, "/x", "abc", headers={"content-type": "text/plain"}).data == b"abc".hex()


@dataclasses.dataclass
class Document:
    title: str


@pytest.mark.parametrize(
    "kind", [Document, list[Document], dict, int, Annotated[Document, lambda made: made]]
)
def test_no_body(api: hug.API, kind: Any) -> None:
    """A missing body is told as any missing parameter is; a default stands in for it, ``null`` is one."""
    hug.post("/x", api=api, args={"body": kind})(lambda body: body)
    missing = {"errors": {"body": "Required parameter 'body' not supplied"}}
    assert hug.test.post(api, "/x").data == missing
    assert hug.test.post(api, "/x", "", headers={"content-type": "application/json"}).data == missing
    null = hug.test.post(api, "/x", "null", headers={"content-type": "application/json"})
    assert null.status == hug.HTTP_400
    assert null.data != missing
    hug.post("/y", api=api, args={"body": kind})(lambda body="default": body)
    assert hug.test.post(api, "/y").data == "default"
    hug.post("/z", api=api, args={"body": kind | None if isinstance(kind, type) else kind})(
        lambda body=1: body
    )
    assert hug.test.post(api, "/z").data == (None if isinstance(kind, type) else 1)


@pytest.mark.parametrize("kind", [str, str | None, int, float, bool])
def test_unknown_content_type_of_a_plain_value(api: hug.API, kind: Any) -> None:
    """A function that takes text or a number gets no words about a file."""
    hug.post("/x", api=api, args={"body": kind})(lambda body: body)
    answer = hug.test.post(api, "/x", b"5", headers={"content-type": "a/b"})
    assert answer.data == {"errors": {"body": "Nothing reads a body of a/b here, send application/json"}}


@pytest.mark.parametrize("kind", [dataclasses.make_dataclass("Point", ["x"]), list[int], dict])
def test_unknown_content_type_of_an_object(api: hug.API, kind: Any) -> None:
    """A function that takes an object or an array reads no file and no JSON in a form, and says so."""
    hug.post("/x", api=api, args={"body": kind})(lambda body: body)

    def refused(content_type: str) -> Any:
        return hug.test.post(api, "/x", "raw", headers={"content-type": content_type}).data["errors"]["body"]

    assert refused("a/b; c=d") == "Nothing reads a body of a/b here, send application/json"
    assert refused("") == "Nothing reads a body without a Content-Type here, send application/json"
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = hug.test.post(api, "/x", '{"x": 1}', headers=form).data
    assert answer == {
        "errors": {"body": "It is JSON, and its Content-Type says a form: send application/json"}
    }


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", '{"a": '),
        ("application/json", b'"\xff"'),
        ("application/json; charset=nonsense", "{}"),
        ("text/plain; charset=nonsense", "a"),
        ("text/plain", b"\xff"),
        ("application/x-www-form-urlencoded; charset=nonsense", "a=1"),
        ("application/json", "[" * 100_000),
    ],
)
def test_unreadable_body(api: hug.API, content_type: str, body) -> None:
    """A body that is not what its content type says gives 400 with an error of ``body`` alone."""

    @hug.post("/x", api=api)
    def handler(a):
        return a

    response = hug.test.post(api, "/x", body, headers={"content-type": content_type})
    assert response.status == hug.HTTP_400
    assert response.data["errors"].keys() == {"body"}


@pytest.mark.parametrize(
    ("content_type", "fits", "too_many"),
    [
        ("application/json", "[1, 2, 3]", "[[], []]"),
        ("application/x-www-form-urlencoded", "a=1&a=2&b=3", "a=1,2,3,4"),
    ],
)
@pytest.mark.parametrize("endpoint", ["sync", "asynchronous"])
def test_too_many_values(api: hug.API, content_type: str, fits: str, too_many: str, endpoint: str) -> None:
    """A body of more values than an API allows is a 400 that says so, whatever its content type claims."""
    api.http.max_members = 3

    @hug.post(api=api)
    def sync(body):
        return body

    @hug.post(api=api)
    async def asynchronous(body):
        return body

    headers = {"content-type": f"{content_type}; max_members=1000"}
    assert hug.test.post(api, endpoint, fits, headers=headers).status == hug.HTTP_200
    response = hug.test.post(api, endpoint, too_many, headers=headers)
    assert response.status == hug.HTTP_400
    assert response.data["errors"].keys() == {"body"}
    assert "too many" in response.data["errors"]["body"]
    assert "3 are the most" in response.data["errors"]["body"]


def test_large_bodies_leave_the_loop_alone(api: hug.API) -> None:
    """For an async function, which runs on the event loop, what parses a large body runs in a thread."""

    def parse(body):
        return [len(body.read()), threading.get_ident()]

    async def parse_on_loop(body):
        return parse(body)

    @hug.post("/x", api=api, inputs={"a/b": parse, "a/c": parse_on_loop})
    async def handler(body):
        length, thread = body
        return [length, thread == threading.get_ident()]

    def post(length, kind):
        return hug.test.post(api, "/x", "a" * length, headers={"content-type": kind}).data

    assert post(64 * 1024, "a/b") == [65536, True]
    assert post(64 * 1024 + 1, "a/b") == [65537, False]
    assert post(64 * 1024 + 1, "a/c") == [65537, True]
    api.http.inline = True
    assert post(64 * 1024 + 1, "a/b") == [65537, True]


def test_input_formats(api: hug.API) -> None:
    """A route's own input format goes before the API's; either takes the keywords it names."""

    @hug.default_input_format("a/b", api=api)
    def upper(body):
        return body.read().decode().upper()

    @hug.post("/api", api=api)
    def of_api(body):
        return body

    async def counted(body, content_length):
        return [body.read().decode(), content_length]

    @hug.post("/route", api=api, inputs={"a/b": counted})
    def of_route(body):
        return body

    headers = {"content-type": "a/b; x=1"}
    assert hug.test.post(api, "/api", "raw", headers=headers).data == "RAW"
    assert hug.test.post(api, "/route", "raw", headers=headers).data == ["raw", 3]


def test_form(api: hug.API) -> None:
    """Forms give texts, and lists of what is repeated or has commas."""

    @hug.post("/x", api=api)
    def handler(a, b, c="none"):
        return [a, b, c]

    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert hug.test.post(api, "/x", "a=1&b=2,3&b=4&c=", headers=headers).data == [
        "1",
        ["2", "3", "4"],
        "none",
    ]


def test_headers_in_any_case(api: hug.API) -> None:
    """Request headers are found under any spelling and listed in capitals; there is an ``env``."""

    @hug.get("/x", api=api)
    def handler(request):
        headers = request.headers
        return [headers["x-a"], headers["X-A"], headers.get("X-b"), "x-A" in headers, "X-A" in list(headers),
                request.env["HTTP_X_A"], request.env["PATH_INFO"]]  # fmt: skip

    assert hug.test.get(api, "/x", headers={"X-a": "1"}).data == ["1", "1", None, True, True, "1", "/x"]


class ParseError(Exception):
    """What a library raises of a body that it cannot read."""


@pytest.mark.parametrize("error", [ParseError("line 1"), SyntaxError("line 1"), ValueError("line 1")])
@pytest.mark.parametrize("asynchronous", [True, False])
def test_input_formats_that_fail(
    api: hug.API, error: Exception, asynchronous: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A body that an input format cannot read is a 400, whatever it raises, and logged if that is odd."""

    def parse(body):
        raise error

    async def parse_later(body):
        raise error

    parser = parse_later if asynchronous else parse
    hug.post("/x", api=api, inputs={"application/x": parser})(lambda body: body)
    answer = hug.test.post(api, "/x", b"?", headers={"content-type": "application/x"})
    assert (answer.status_code, answer.data) == (400, {"errors": {"body": str(error)}})
    assert ("ParseError" in caplog.text) is isinstance(error, ParseError)


def test_input_formats_that_refuse(api: hug.API) -> None:
    """An HTTP error of an input format is answered as it is; names that are no text are a 400."""

    def parse(body):
        if body.read() == b"?":
            raise hug.HTTPUnsupportedMediaType("no")
        return {1: 2}

    hug.post("/x", api=api, inputs={"application/x": parse})(lambda **fields: fields)
    headers = {"content-type": "application/x"}
    assert hug.test.post(api, "/x", b"?", headers=headers).status_code == 415
    answer = hug.test.post(api, "/x", b"!", headers=headers)
    assert (answer.status_code, answer.data) == (400, {"errors": {"body": "A name in it is no text: 1"}})
