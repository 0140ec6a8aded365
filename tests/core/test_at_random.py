"""Whatever a client sends, an application that makes no mistake answers it, soon, and with no 5xx."""

import encodings.aliases
import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Annotated, Any, Literal, NamedTuple, TypedDict
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hug
from hug.json_module import dumps
from tests.waiting import Stopwatch

api = hug.API()
LONGEST = 5.0
"""Seconds within which everything is answered; it takes milliseconds, on a machine that does nothing else."""


class Colour(Enum):
    RED = "red"
    ONE = 1


class Point(NamedTuple):
    x: int
    y: float = 0


class Options(TypedDict, total=False):
    a: list[int]
    b: dict[str, bytes]


@dataclass
class Item:
    name: str
    price: Decimal | None = None
    parts: list["Item"] | None = None


class Struct(msgspec.Struct):
    number: int
    when: datetime | None = None


class Model(pydantic.BaseModel):
    number: int
    text: str = ""


KINDS: list[Any] = [
    int,
    float,
    str,
    bool,
    bytes,
    bytearray,
    list,
    dict,
    set,
    tuple,
    Fraction,
    Decimal,
    UUID,
    date,
    datetime,
    timedelta,
    Colour,
    Point,
    Options,
    Item,
    Struct,
    Model,
    int | None,
    list[int],
    list[dict[str, Any]],
    dict[str, list[float]],
    set[bytes],
    Literal["a", 1],
    Annotated[int, hug.types.in_range(1, 5)],
    hug.types.text,
    hug.types.number,
    hug.types.float_number,
    hug.types.decimal,
    hug.types.boolean,
    hug.types.smart_boolean,
    hug.types.uuid,
    hug.types.multiple,
    hug.types.Multiple[bytes],
    hug.types.comma_separated_list,
    hug.types.DelimitedList[int](";"),
    hug.types.inline_dictionary,
    hug.types.InlineDictionary[int, Fraction](),
    hug.types.json,
    hug.types.one_of(["a", "b"]),
    hug.types.one_of({"a", float("nan")}),
    hug.types.mapping({"a": 1}),
    hug.types.multi(hug.types.json, hug.types.number),
    hug.types.in_range(0, 10, convert=hug.types.decimal),
    hug.types.in_range(0, 10, convert=hug.types.float_number),
    hug.types.in_range(0, 10, convert=Fraction),
    hug.types.less_than(5, convert=hug.types.decimal),
    hug.types.greater_than(5),
    hug.types.length(1, 10),
    hug.types.length(1, 10, convert=hug.types.json),
    hug.types.shorter_than(10),
    hug.types.longer_than(2),
    hug.types.cut_off(3),
    hug.types.cut_off(3, convert=hug.types.json),
    hug.types.Nullable(int),
    hug.types.Chain(hug.types.json, bytes),
]
OUTPUTS = [
    hug.output_format.json,
    hug.output_format.pretty_json,
    hug.output_format.json_camelcase,
    hug.output_format.text,
    hug.output_format.html,
]


def echo_of(kind: Any) -> Callable[..., Any]:
    def echo(a: kind = None, body: kind = None) -> Any:
        return [a, body]

    return echo


def serve_all() -> None:
    for number, kind in enumerate(KINDS):
        router = hug.http(api=api, output=OUTPUTS[number % len(OUTPUTS)])
        router.urls(f"/kind/{number}")(echo_of(kind))
        router.urls(f"/kind/{number}/{{a}}")(echo_of(kind))

    @hug.http("/any", api=api)
    def takes_any(body=None, **others):
        return [body, others]

    @hug.http(["/some/{a}/{number:int}", "/some"], api=api, map_params={"from": "origin"})
    async def takes_some(a=None, number=None, origin=None, b: int = 0, hug_timer=3, hug_last_event_id=None):
        return [a, number, origin, b, hug_last_event_id]

    def wrapped(method):
        @functools.wraps(method)
        def wrapper(*args, **kwargs):
            return method(*args, **kwargs)

        return wrapper

    @hug.object.urls("/object", api=api)
    class Thing:
        @hug.object.http()
        def method(self, **others):
            return others

        @hug.object.http("wrapped")
        @wrapped
        def wrapped_method(self, **others):
            return others

    for version in (0, 1, False):
        hug.http("/versioned", api=api, versions=version)(lambda api_version, hug_api_version: api_version)

    underscored = {"application/json": hug.input_format.json_underscore}
    hug.post("/underscored", api=api, inputs=underscored, output=hug.output_format.json_camelcase)(
        lambda body, **others: [body, others]
    )
    hug.sse("/stream", api=api, accept=("GET", "POST"))(lambda a: [a])
    hug.http("/forbidden", api=api, requires=lambda request: request.cookies)(lambda: 1)
    hug.http("/page", api=api, output=hug.output_format.html, on_invalid=hug.redirect.not_found)(
        lambda a: "a"
    )
    hug.http("/there", api=api)(go)
    channel = hug.sse.channel("texts", api=api)
    hug.post("/publish", api=api)(lambda a: channel.publish(str(a)).id)
    hug.http("/request", api=api, parse_body=False)(look)


def go(location: hug.types.text):
    hug.redirect.to(location)


def look(request):
    """Look at all that a handler may want to know of a request."""
    return [
        request.headers,
        request.cookies,
        request.params,
        request.url,
        request.prefix,
        request.host,
        request.subdomain,
        request.forwarded_host,
        request.access_route,
        request.user_agent,
        request.accept,
        request.client_accepts_json,
        request.client_prefers(["application/json", "text/html"]),
        request.relative_uri,
    ]


serve_all()

PATHS = [
    *(f"/kind/{number}" for number in range(len(KINDS))),
    "/any",
    "/some",
    "/some/a/5",
    "/object",
    "/object/wrapped",
    "/versioned",
    "/underscored",
    "/stream",
    "/forbidden",
    "/page",
    "/there",
    "/publish",
    "/request",
    "/nope",
    "/",
]

odd_texts = st.sampled_from(
    [
        "",
        "nan",
        "-sNaN",
        "inf",
        "1e999999999",
        "1e-999999999",
        "1/0",
        "9" * 5000,
        "0x10",
        "\N{FULLWIDTH DIGIT ONE}",
        "1_0",
        "true",
        "null",
        "\0",
        "\ud800",
        "\N{PILE OF POO}",
        "a\r\nb: c",
        "<script>",
        "[" * 300 + "]" * 300,
        '{"a":' * 250 + "1" + "}" * 250,
        "a:1|b:2",
        "1,2,,3",
        "red",
        "2026-02-30",
        "P" + "9" * 400 + "D",
        "00000000-0000-0000-0000-000000000000",
    ]
)
texts = odd_texts | st.text(max_size=20)
# fmt: off
names = st.sampled_from([
    "a", "b", "body", "from", "origin", "self", "this", "request", "response", "api_version", "hug_timer",
    "context", "errors", "data", "args", "kwargs", "last_event_id", "location", "code", "number", "",
])
header_names = st.sampled_from([
    "accept", "cookie", "host", "range", "x-api-version", "last-event-id", "forwarded", "x-forwarded-host",
    "origin", "if-none-match", "if-modified-since", "expect", "content-length", "x-forwarded-for",
    "x-forwarded-proto", "transfer-encoding", "authorization", "user-agent", "upgrade", "connection", "date",
])
# fmt: on
numbers = (
    st.integers()
    | st.floats()
    | st.sampled_from([10**12, 10**30, -1, True, 1e308, float("inf"), float("nan"), 2**63])
)
values = st.recursive(
    st.none() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | texts, inner, max_size=4),
    max_leaves=8,
)
charsets = st.sampled_from([*encodings.aliases.aliases.values(), "utf-8", "UTF8", "x" * 1500, "\xff", ""])
media_types = st.sampled_from(
    [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "a/b",
        "json",
        "",
        ";",
        'text/plain;"' + ";" * 2000,
        "application/json;" * 100,
    ]
)
SIGNS = st.sampled_from(["x", "", '"', "=", ";"])
METHODS = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "FOO", "WEBSOCKET"]


@st.composite
def content_types(draw: st.DrawFn) -> str:
    kind = draw(media_types)
    if draw(st.booleans()):
        kind += f"; charset={draw(charsets)}"
    if draw(st.booleans()):
        kind += f"; {draw(names)}={draw(SIGNS)}"
    return kind


header_values = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=30) | (
    st.sampled_from(
        ["1", "-1", "9" * 5000, "bytes=0--1", "a=b; c", "=;=", '"', "*/*;q=x", "for=[::", "x:y", "None", ","]
    )
)


@st.composite
def paths(draw: st.DrawFn) -> str:
    path = draw(st.sampled_from(PATHS))
    if draw(st.integers(0, 5)) == 0:
        path = f"/v{draw(st.sampled_from(['0', '1', '2', '-1', '9' * 5000, 'x', '']))}{path}"
    if draw(st.integers(0, 3)) == 0:
        path += f"/{draw(texts)}"
    return path


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a request: each part may be what the application asks for, or anything else."""
    headers = draw(st.dictionaries(header_names, header_values, max_size=3))
    body: Any = ""
    if draw(st.booleans()):
        body = draw(values)
        headers["content-type"] = draw(content_types())
        if draw(st.integers(0, 3)) == 0:
            body = draw(st.binary(max_size=30))
        else:
            body = (body if isinstance(body, str) else dumps(body)).encode("utf-8", "surrogatepass")
    return {
        "method": draw(
            st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "FOO", "WEBSOCKET", ""])
        ),
        "path": draw(paths()),
        "query": draw(st.lists(st.tuples(names, texts), max_size=3)),
        "headers": headers,
        "body": body,
    }


def send(request: dict[str, Any]) -> int:
    """Send a request, and return the status; what the application raises is raised."""
    query = [(name, text.encode("utf-8", "surrogatepass")) for name, text in request["query"]]
    scope, content = hug.test.requests.request_for(
        request["method"], "/", request["body"], request["headers"], {}, urlencode(query)
    )
    scope["path"] = request["path"]
    return hug.test.portal.call(hug.test.requests.exchange, api.http.server(), scope, content).status_code


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(requests())
def test_every_request_is_answered(request: dict[str, Any]) -> None:
    """No request is the server's error, and none takes long."""
    watch = Stopwatch()
    assert 200 <= send(request) < 500
    assert not watch.over(LONGEST)
