"""What a client sends becomes neither a page nor a header of its own."""

import asyncio
from http.cookies import SimpleCookie

import pytest

import hug
from hug.http_protocol import HTTPProtocol
from hug.test.requests import request_for

from .serving import exchange, get, serving

SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize("everywhere", [True, False])
def test_errors_are_no_pages(api: hug.API, everywhere: bool) -> None:
    """Errors, which quote clients, are JSON where output is HTML, and no browser takes them for it."""
    html = hug.output_format.html
    options = {} if everywhere else {"output": html}
    if everywhere:
        api.http.output_format = html

    @hug.get("/page", api=api, **options)
    def page(name: hug.types.length(1, 10)):
        return f"<h1>{name}</h1>"

    @hug.get("/transformed", api=api, transform=str, **options)
    def transformed(name: hug.types.length(1, 10)):
        return name

    @hug.get("/raised", api=api, **options)
    def raised(name):
        raise hug.HTTPBadRequest(f"No such name: {name}", name)

    for path in ("/page", "/transformed", "/raised", "/nope"):
        response = hug.test.get(api, path, name=SCRIPT)
        assert response.status_code in (400, 404)
        assert response.content_type == "application/json; charset=utf-8"
        assert response.headers_dict["x-content-type-options"] == "nosniff"
    assert hug.test.get(api, "/page", name="Ann").content_type == "text/html; charset=utf-8"


def test_error_pages_of_ones_own(api: hug.API) -> None:
    """A page that ``on_invalid`` makes is a page, and ``output_invalid`` means what it says."""
    html = hug.output_format.html

    @hug.get("/made", api=api, output=html, on_invalid=lambda data: "<h1>Sorry</h1>")
    def made(name):
        return name

    @hug.get("/data", api=api, output=html, on_invalid=lambda data: data["errors"])
    def data(name: hug.types.length(1, 10)):
        return name

    @hug.get("/chosen", api=api, output_invalid=html)
    def chosen(name: hug.types.length(1, 10)):
        return name

    response = hug.test.get(api, "/made")
    assert (response.content_type, response.data) == ("text/html; charset=utf-8", "<h1>Sorry</h1>")
    assert hug.test.get(api, "/data", name=SCRIPT).content_type == "application/json; charset=utf-8"
    response = hug.test.get(api, "/chosen", name=SCRIPT)
    assert response.content_type == "text/html; charset=utf-8"
    assert "<script>" not in response.data


def test_errors_of_text_are_not_sniffed(api: hug.API) -> None:
    """An error in plain text stays text to every browser."""

    @hug.get("/x", api=api, output=hug.output_format.text)
    def handler(name: hug.types.length(1, 10)):
        return name

    response = hug.test.get(api, "/x", name=SCRIPT)
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers_dict["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("text", ["a\r\nSet-Cookie: b=c", "a\nb", "a\rb", "a\0b"])
@pytest.mark.parametrize(
    "how", ["set_header", "append_header", "location", "content_type", "name", "value", "path", "domain"]
)
def test_no_header_ends_early(api: hug.API, text: str, how: str) -> None:
    """A value that would become headers of its own is never sent; the handler hears of it."""

    @hug.get("/x", api=api)
    def handler(response):
        if how in {"name", "value", "path", "domain"}:
            response.set_cookie(**{"name": "a", "value": "b", how: text})
        elif how.endswith("header"):
            getattr(response, how)("x-name", text)
        else:
            setattr(response, how, text)

    try:
        sent = hug.test.get(api, "/x").headers
    except (KeyError, ValueError):
        return
    assert not [value for _, value in sent if {"\r", "\n", "\0"} & set(value)]
    assert how in {"location", "value"}  # which are encoded
    assert len([name for name, _ in sent if name == "set-cookie"]) == (how == "value")


IMPOSSIBLE = (
    *(("value", "\x01"), ("value", "a\x7f"), ("extra", "\x1b[2J")),
    *(("name", "x y"), ("name", ""), ("name", "x:"), ("name", "x\r\ny")),
    *(("status", 701), ("status", "100 Continue"), ("status", "odd"), ("status", 0)),
)


@pytest.mark.parametrize("handled", [True, False])
def test_impossible_heads(api: hug.API, handled: bool, caplog: pytest.LogCaptureFixture) -> None:
    """A status or header that servers do not send is a 500 and a traceback in the log, not a closed door."""

    @hug.get("/{case}", api=api)
    async def handler(case: int, response):
        how, text = IMPOSSIBLE[case]
        if how == "status":
            response.status = text
        elif how == "extra":
            response.append_header("set-cookie", text)
        else:
            response.set_header(*(("x-name", text) if how == "value" else (text, "value")))

    if handled:
        hug.exception(Exception, api=api)(lambda: "an answer that comes too late")
    with serving(api.http.server(), http=HTTPProtocol) as port:
        for case in range(len(IMPOSSIBLE)):
            assert (case, exchange(port, get(f"/{case}"))[0]) == (case, 500)
    assert sum(record.exc_info is not None for record in caplog.records) == len(IMPOSSIBLE)


def test_redirects_to_any_text(api: hug.API) -> None:
    """Text that no URL can hold, not even percent-encoded, is no failure in a redirect."""

    @hug.get("/x", api=api)
    def handler(which: int):
        hug.redirect.to(("/\ud800", "/\N{GRINNING FACE}", "/ä")[which])

    found = [hug.test.get(api, "/x", which=which).headers_dict["location"] for which in range(3)]
    assert found == ["/%EF%BF%BD", "/%F0%9F%98%80", "/%C3%A4"]


def test_redirects_are_one_header(api: hug.API) -> None:
    """A line break in a redirect's target is percent-encoded."""

    @hug.get("/x", api=api)
    def handler(to):
        hug.redirect.to(to)

    response = hug.test.get(api, "/x", to="/a\r\nSet-Cookie: b=c")
    assert response.headers_dict["location"] == "/a%0D%0ASet-Cookie:%20b=c"
    assert "set-cookie" not in response.headers_dict


@pytest.mark.parametrize("text", ["a\r\nSet-Cookie: b=c", "x; Path=/; Domain=evil.example", 'a"; b="c'])
def test_cookies_are_one_value(api: hug.API, text: str) -> None:
    """What a client says becomes the value of a cookie, and no attribute, nor a cookie of its own."""

    @hug.post("/x", api=api)
    def remember(text, response):
        response.set_cookie("name", text, path="/mine")

    @hug.get("/x", api=api)
    def tell(request):
        return request.cookies

    try:
        response = hug.test.post(api, "/x", {"text": text})
    except (KeyError, ValueError):
        return
    (cookie,) = SimpleCookie(response.headers_dict["set-cookie"]).values()
    assert (cookie.value, cookie["path"], cookie["domain"]) == (text, "/mine", "")
    assert ";" not in cookie.coded_value  # browsers end it there, in quotes, too
    sent = {"Cookie": f"name={cookie.coded_value}"}
    assert hug.test.get(api, "/x", headers=sent).data == {"name": text}


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_of_a_refused_header_is_sent(api: hug.API, fails: bool) -> None:
    """A server is told of no header with a line break, not even in the answer that says it went wrong."""
    sent = []

    @hug.get("/x", api=api)
    def handler(response):
        response.append_header("set-cookie", "a=b\r\nx-evil: b")
        if fails:
            raise ZeroDivisionError

    async def request() -> None:
        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        await api.http.server()(request_for("GET", "/x", "", None, {})[0], receive, send)

    with pytest.raises((ValueError, ZeroDivisionError)):
        asyncio.run(request())
    assert [name for message in sent for name, value in message.get("headers", ()) if b"\n" in value] == []
