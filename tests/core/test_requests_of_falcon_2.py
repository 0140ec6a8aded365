"""What code written for Falcon 2 finds in requests and responses; what it may take of a body."""

import asyncio
import json
import logging
import warnings
from datetime import datetime

import falcon
import pytest

import hug


def ask(api: hug.API, path: str, method: str = "POST", body=b"", headers=(), events=None):
    """Send a request whose body comes in the events given; return status, headers and body."""
    application = api.http.server()
    events = [{"type": "http.request", "body": body, "more_body": False}] if events is None else events
    target, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        "client": ("10.0.0.1", 5),
        "server": ("example.com", 8000),
    }
    sent = []

    async def receive():
        return events.pop(0) if events else await asyncio.Event().wait()

    async def send(event):
        sent.append(event)

    asyncio.run(application(scope, receive, send))
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(event.get("body", b"") for event in sent[1:])


def looked_at(api: hug.API, look, **request):
    """Return what ``look`` sees of a request."""

    @hug.http("/x", api=api, output=hug.output_format.json)
    def handler(request):
        return look(request)

    status, _, body = ask(api, request.pop("path", "/x"), **request)
    assert status == 200, body
    return json.loads(body)


# Requests


def test_headers(api: hug.API) -> None:
    """Headers are found under any spelling, and named in capitals; in lower case where Falcon 4 says so."""
    seen = looked_at(
        api,
        lambda request: [
            request.headers["X-Name"],
            request.headers["X-NAME"],
            request.headers.get("x-name"),
            request.headers.get("nope", "none"),
            "x-Name" in request.headers,
            list(request.headers),
            dict(request.headers_lower),
            request.get_header("x-nAME"),
        ],
        headers=[("X-Name", "a")],
    )
    assert seen == ["a", "a", "a", "none", True, ["X-NAME"], {"x-name": "a"}, "a"]


def test_environment(api: hug.API) -> None:
    """``request.env`` is a WSGI environment of the request's own, and can be written."""

    def look(request):
        before = dict(request.env)
        request.env["SERVER_NAME"] = "other"
        request.env["mine"] = 1
        kept = [request.env["SERVER_NAME"], request.env["mine"]]
        read = [before.pop("wsgi.input").read().decode(), before.pop("wsgi.errors") is request.wsgi_errors]
        return [before, kept, read]

    body = b"a=1"
    headers = [("Host", "hug.rest:81"), ("Content-Type", "a/b"), ("Content-Length", "3"), ("X-Y", "z")]
    environment, kept, read = looked_at(api, look, path="/x?q=1", body=body, headers=headers)
    assert environment == {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/x",
        "QUERY_STRING": "q=1",
        "SERVER_NAME": "hug.rest",
        "SERVER_PORT": "81",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "10.0.0.1",
        "CONTENT_TYPE": "a/b",
        "CONTENT_LENGTH": "3",
        "HTTP_HOST": "hug.rest:81",
        "HTTP_X_Y": "z",
        "wsgi.version": [1, 0],
        "wsgi.url_scheme": "http",
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    assert kept == ["other", 1]
    assert read == ["a=1", True]
    assert "mine" not in looked_at(hug.API(), lambda request: list(request.env))


def test_body_in_chunks(api: hug.API) -> None:
    """A body without ``Content-Length`` is a body."""

    @hug.post("/x", api=api)
    def handler(request, body):
        return [request.content_length, body]

    headers = [("Transfer-Encoding", "chunked"), ("Content-Type", "text/plain")]
    parts = [{"type": "http.request", "body": part, "more_body": part != b"lo"} for part in (b"hel", b"lo")]
    assert json.loads(ask(api, "/x", headers=headers, events=parts)[2]) == [None, "hello"]


@pytest.mark.parametrize("value", ["bytes=0--1", "bytes=x", "bytes", "bytes=5-1"])
def test_bad_range(api: hug.API, value: str) -> None:
    """A range that is none is the client's mistake."""

    @hug.get("/x", api=api)
    def handler(request):
        return request.range

    status, _, body = ask(api, "/x", method="GET", headers=[("Range", value)])
    assert status == 400
    assert "Range" in next(iter(json.loads(body)["errors"].values()))


def test_names_of_falcon_2(api: hug.API, caplog: pytest.LogCaptureFixture) -> None:
    """What Falcon has renamed, or no longer offers, is there without a warning."""

    def look(request):
        request.log_error("something")
        return [request.app, request.uri_template, request.context.get("user"), request.params]

    with warnings.catch_warnings(), caplog.at_level(logging.ERROR, "hug"):
        warnings.simplefilter("error")
        assert looked_at(api, look, path="/x?a=1") == ["", "/x", None, {"a": "1"}]
    assert caplog.messages == ["POST /x?a=1: something"]


def test_times_in_a_query(api: hug.API) -> None:
    """``get_param_as_datetime`` has the format and the naive times it had; any other may be given."""

    def look(request):
        plain = request.get_param_as_datetime("a")
        assert plain == datetime(2030, 1, 2, 3, 4, 5)  # noqa: DTZ001  # naive, as it was
        return [plain, request.get_param_as_datetime("b", "%Y-%m-%d %z"), request.get_param_as_datetime("c")]

    path = "/x?a=2030-01-02T03:04:05Z&b=2030-01-02%20%2B0100"
    assert looked_at(api, look, path=path) == ["2030-01-02T03:04:05", "2030-01-02T00:00:00+01:00", None]


def test_request_is_falcons(api: hug.API) -> None:
    """A request is an instance of Falcon's class, and of hug's."""
    assert looked_at(
        api, lambda request: [isinstance(request, kind) for kind in (falcon.Request, hug.Request)]
    ) == [True, True]


@pytest.mark.parametrize("accept", ["sink", "not_found", "no_parsing"])
def test_sync_functions_read_the_body(api: hug.API, accept: str) -> None:
    """A ``def`` that parses no body reads ``request.stream`` as a file."""

    def handler(request):
        return request.stream.read().decode()

    if accept == "sink":
        hug.sink("/x", api=api)(handler)
    elif accept == "not_found":
        hug.not_found(api=api, status=200)(handler)
    else:
        hug.post("/x", api=api, parse_body=False)(handler)
    assert (
        json.loads(ask(api, "/x/y" if accept == "sink" else "/x", body=b"abc", headers=LENGTH_3)[2]) == "abc"
    )


LENGTH_3 = [("Content-Length", "3")]


# Limits


async def by_media(request):
    return len(await request.media)


async def by_get_media(request):
    return len(await request.get_media(default_when_empty=""))


async def by_read(request):
    return len(await request.stream.read())


async def by_readall(request):
    return len(await request.bounded_stream.readall())


async def in_middleware(request):
    return len(request.context["body"])


class Reads:
    """Middleware that reads the body before anything else."""

    async def process_request(self, request, response):
        request.context["body"] = await request.stream.read()


READERS = [by_media, by_get_media, by_read, by_readall, in_middleware]


def reading(api: hug.API, reader) -> None:
    hug.post("/x", api=api, parse_body=False)(reader)
    if reader is in_middleware:
        api.http.add_middleware(Reads())


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("announced", [True, False])
def test_limit_of_bodies(api: hug.API, reader, announced: bool) -> None:
    """Whoever takes a body into memory at once takes no more than ``max_body``; more is a 413."""
    reading(api, reader)
    api.http.max_body = 10
    headers = [("Content-Type", "application/json")]

    def post(body: bytes):
        length = ("Content-Length", f"{len(body)}") if announced else ("Transfer-Encoding", "chunked")
        # What is announced to be too long must not be waited for: it never comes.
        parts = [body] if len(body) <= 10 else [b'"'] if announced else [body[:5], body[5:]]
        events = [
            {"type": "http.request", "body": part, "more_body": len(body) > 10 or part is not parts[-1]}
            for part in parts
        ]
        return ask(api, "/x", headers=[*headers, length], events=events)

    assert post(b'"12345678"')[0] == 200
    status, answered, body = post(b'"123456789"')
    assert status == 413
    assert json.loads(body) == {"errors": {"413 Content Too Large": "The body may have 10 bytes at most."}}
    assert answered["connection"] == "close"


@pytest.mark.parametrize("reader", READERS)
def test_time_for_bodies(api: hug.API, reader) -> None:
    """A client that does not send what it has announced gets a 408."""
    reading(api, reader)
    api.http.body_timeout = 0.05
    events = [{"type": "http.request", "body": b'"', "more_body": True}]
    assert ask(api, "/x", headers=[("Content-Length", "9")], events=events)[0] == 408


@pytest.mark.parametrize("reader", READERS)
def test_part_of_a_body(api: hug.API, reader) -> None:
    """A client that leaves before the end of a body has sent none: its first part is not taken for all."""
    reading(api, reader)
    events = [{"type": "http.request", "body": b'"a"', "more_body": True}, {"type": "http.disconnect"}]
    assert ask(api, "/x", headers=[("Content-Length", "9")], events=events)[0] == 400


def test_pieces_of_a_body(api: hug.API) -> None:
    """Taken in pieces, which are not kept, a body may have any length."""

    @hug.post("/x", api=api, parse_body=False)
    async def handler(request):
        head = await request.stream.read(3)
        return [head.decode(), sum([len(chunk) async for chunk in request.stream])]

    api.http.max_body = 10
    body = b"x" * 1000
    answer = ask(api, "/x", body=body, headers=[("Content-Length", "1000")])
    assert json.loads(answer[2]) == ["xxx", 997]


@pytest.mark.parametrize("sync", [True, False])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"[" * 5000 + b"]" * 5000),
        ("application/json", b'"\\ud800"'),
        ("application/json", b"[1,1,1,1,1,1]"),
        ("application/json", b"\xff"),
        ("application/x-www-form-urlencoded", b"a&b&c&d&e&f"),
    ],
)
def test_bounds_of_media(api: hug.API, sync: bool, kind: str, body: bytes) -> None:
    """``request.media`` keeps to the bounds that parsed bodies have; beyond them the answer is 400."""
    api.http.max_members = 5
    if sync:
        hug.post("/x", api=api, parse_body=False)(lambda request: len(request.media))
    else:
        hug.post("/x", api=api, parse_body=False)(by_media)
    headers = [("Content-Length", f"{len(body)}"), ("Content-Type", kind)]
    assert ask(api, "/x", body=body, headers=headers)[0] == 400


# Responses


def test_media_of_the_response(api: hug.API) -> None:
    """``response.media`` is written by hug's JSON, which knows more than Falcon's."""

    @hug.get("/x", api=api)
    def handler(response):
        response.media = {"when": datetime(2030, 1, 2)}  # noqa: DTZ001

    assert hug.test.get(api, "/x").data == {"when": "2030-01-02T00:00:00"}


def test_lines_of_statuses(api: hug.API) -> None:
    """A status may be a line or a number, and stays as it is given."""

    @hug.get("/x", api=api)
    def handler(response, line=None):
        response.status = hug.HTTP_201 if line else 202
        return [response.status, response.status_code]

    assert hug.test.get(api, "/x?line=1").data == ["201 Created", 201]
    assert hug.test.get(api, "/x").data == [202, 202]


@pytest.mark.parametrize("said", ["x:abc", "x:", "[::1]:x", "x:\xb2"])
@pytest.mark.parametrize("asks", ["host", "port", "env"])
def test_no_port(api: hug.API, said: str, asks: str) -> None:
    """A ``Host`` whose port is no number is the client's mistake, whatever asks for it."""

    @hug.get("/x", api=api)
    def handler(request):
        return str(getattr(request, asks))

    status, _, body = ask(api, "/x", method="GET", headers=[("Host", said)])
    assert (status, b"Host" in body) == (400, True)


def test_addresses_that_are_none(api: hug.API) -> None:
    """What a client says of the way it came fails nothing: neither its address nor a log of that."""
    api.http.add_middleware(hug.middleware.LogMiddleware())

    def look(request):
        return [request.remote_addr, request.access_route]

    headers = [("Forwarded", 'for="x:abc", for="[::1]:y"')]
    assert looked_at(api, look, headers=headers) == ["10.0.0.1", ["x:abc", "[::1]:y", "10.0.0.1"]]
    headers = [("X-Forwarded-For", "a, b")]
    assert looked_at(hug.API(), look, headers=headers) == ["10.0.0.1", ["a", "b", "10.0.0.1"]]


@pytest.mark.parametrize("length", [True, False])
def test_forms_by_falcon(api: hug.API, length: bool) -> None:
    """A sync function has forms with files by ``request.media``, whether or not their length is told."""

    @hug.post("/x", api=api, parse_body=False)
    def handler(request):
        return [part.name for part in request.media]

    body = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--B--\r\n'
    told = ("Content-Length", str(len(body))) if length else ("Transfer-Encoding", "chunked")
    headers = [("Content-Type", "multipart/form-data; boundary=B"), told]
    assert ask(api, "/x", body=body, headers=headers)[::2] == (200, b'["a"]')
    assert ask(api, "/x", body=b"", headers=headers)[0] == 400
