"""From what a function returns to what the client gets."""

import io

import pytest

import hug


def test_json_by_default(api: hug.API) -> None:
    """Results are written as JSON, generators as lists."""

    @hug.get("/x", api=api)
    def handler():
        yield {"é": None}

    response = hug.test.get(api, "/x")
    assert response.content == '[{"é": null}]'.encode()
    assert response.headers_dict["content-type"] == "application/json; charset=utf-8"


def test_none(api: hug.API) -> None:
    """None is ``null``, or nothing at all with status 204."""

    @hug.get("/null", api=api)
    def null():
        return None

    @hug.get("/nothing", api=api, status=hug.HTTP_204)
    def nothing():
        return None

    assert hug.test.get(api, "/null").content == b"null"
    response = hug.test.get(api, "/nothing")
    assert (response.status, response.content) == ("204 No Content", b"")


def test_status_and_headers(api: hug.API) -> None:
    """The route's status and headers are set first; the function may change them."""

    @hug.get("/x", api=api, status=hug.HTTP_202, response_headers={"X-A": "1", "X-B": "1"})
    def handler(response, change=None):
        if change:
            response.status = hug.falcon.HTTP_201
            response.set_header("x-b", "2")

    response = hug.test.get(api, "/x")
    assert (response.status, response.headers_dict["x-a"]) == ("202 Accepted", "1")
    response = hug.test.get(api, "/x", change=1)
    assert (response.status, response.headers_dict["x-b"]) == ("201 Created", "2")


def test_status_may_be_a_number(api: hug.API) -> None:
    """Statuses are lines or numbers."""
    hug.get("/x", api=api, status=201)(lambda: 1)
    assert hug.test.get(api, "/x").status == hug.HTTP_201


def test_output_formats(api: hug.API) -> None:
    """A route's format goes before the API's, which may be set after the route was made."""

    @hug.get("/api", api=api)
    def of_api():
        return "text"

    @hug.get("/route", api=api, output=hug.output_format.json)
    def of_route():
        return "text"

    api.http.output_format = hug.output_format.text
    assert hug.test.get(api, "/api").content == b"text"
    assert hug.test.get(api, "/route").content == b'"text"'


def test_output_format_of_text(api: hug.API) -> None:
    """A format may return text, take the keywords it names, and be a coroutine function."""

    @hug.format.content_type("a/b")
    async def shout(data, request):
        return f"{data} {request.path}!"

    @hug.get("/x", api=api, output=shout)
    async def handler():
        return "é"

    response = hug.test.get(api, "/x")
    assert (response.content, response.content_type) == ("é /x!".encode(), "a/b")


def test_content_type_by_function(api: hug.API) -> None:
    """A format's content type may depend on the request."""

    def plain(data):
        return data

    plain.content_type = lambda request: f"a/{request.path[1:]}"
    hug.get("/x", api=api, output=plain)(lambda: "data")
    assert hug.test.get(api, "/x").content_type == "a/x"


@pytest.mark.parametrize("make", [lambda: io.BytesIO(b"abc"), lambda: io.StringIO("abc")])
def test_file_from_a_format(api: hug.API, make) -> None:
    """A format may return a file, which is streamed and closed."""
    files = []

    def opened(data):
        files.append(make())
        return files[-1]

    hug.get("/x", api=api, output=opened)(lambda: 1)
    assert hug.test.get(api, "/x").content == b"abc"
    assert files[0].closed


def test_sync_stream(api: hug.API) -> None:
    """``response.stream`` may be any iterable; a function that returns nothing has answered with it."""

    @hug.get("/x", api=api)
    def handler(response):
        response.stream = (part for part in (b"a", "b"))

    @hug.get("/sized", api=api)
    def sized(response):
        response.set_stream(io.BytesIO(b"abc"), 3)

    assert hug.test.get(api, "/x").content == b"ab"
    response = hug.test.get(api, "/sized")
    assert (response.content, response.headers_dict["content-length"]) == (b"abc", "3")


def test_old_names_of_the_response(api: hug.API) -> None:
    """``body``, text in ``data``, ``stream_len`` and ``add_link`` work as under Falcon 2."""

    @hug.get("/body", api=api)
    def body(response):
        response.body = "mine"
        return "hug's"

    @hug.get("/data", api=api)
    def data(response):
        response.data = "é"
        response.add_link("/", "self")

    @hug.get("/stream", api=api)
    def stream(response):
        response.stream, response.stream_len = io.BytesIO(b"abc"), 3

    assert hug.test.get(api, "/body").content == b"mine"
    response = hug.test.get(api, "/data")
    assert (response.content, response.headers_dict["link"]) == ("é".encode(), "</>; rel=self")
    assert hug.test.get(api, "/stream").headers_dict["content-length"] == "3"


def test_transform(api: hug.API) -> None:
    """``transform`` goes over results, ``->`` does too; an instance of its class is left alone."""

    @hug.get("/option", api=api, transform=lambda data, request: [data, request.path])
    def option():
        return 1

    @hug.get("/arrow", api=api)
    def arrow(a=None) -> float:
        return a or 2.5

    @hug.get("/off", api=api, transform=False)
    def off() -> str:
        return 1

    assert hug.test.get(api, "/option").data == [1, "/option"]
    assert hug.test.get(api, "/arrow").data == 2.5
    assert hug.test.get(api, "/arrow", a="3").content == b"3.0"
    assert hug.test.get(api, "/off").data == 1


def test_typing_after_the_arrow(api: hug.API) -> None:
    """What only a type checker understands is no transformation."""
    for number, kind in enumerate((list[int], int | None, "text", None, dict[str, int])):

        def handler():
            return {"a": 1}

        handler.__annotations__["return"] = kind
        hug.get(f"/{number}", api=api)(handler)
        assert hug.test.get(api, f"/{number}").data == {"a": 1}


def test_another_function_answers(api: hug.API) -> None:
    """A function may return another routed function, or the API's not_found, to have it answer."""

    @hug.get("/other", api=api, status=hug.HTTP_202)
    def other(a: int):
        return a

    @hug.post("/x", api=api)
    def handler(a):
        return other

    @hug.get("/nothing", api=api)
    async def nothing():
        return api.http.not_found

    response = hug.test.post(api, "/x", {"a": "5"})
    assert (response.status, response.data) == (hug.HTTP_202, 5)
    assert hug.test.get(api, "/nothing").status == hug.HTTP_404


def test_cache(api: hug.API) -> None:
    """``cache`` sets Cache-Control."""
    hug.get("/a", api=api).cache()(lambda: 1)
    hug.get("/b", api=api).cache(private=True, max_age=None, no_store=True)(lambda: 1)
    assert hug.test.get(api, "/a").headers_dict["cache-control"] == "public, max-age=31536000"
    assert hug.test.get(api, "/b").headers_dict["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("redirect", "status"),
    [
        (hug.redirect.to, hug.HTTP_302),
        (hug.redirect.permanent, hug.HTTP_301),
        (hug.redirect.found, hug.HTTP_302),
        (hug.redirect.see_other, hug.HTTP_303),
        (hug.redirect.temporary, hug.HTTP_307),
    ],
)
def test_redirects(api: hug.API, redirect, status: str) -> None:
    """Redirects answer with their status and the location, whatever the location holds."""

    @hug.get("/x", api=api)
    def handler(to):
        return redirect(to)

    response = hug.test.get(api, "/x", to="/y?a=1")
    assert (response.status, response.headers_dict["location"]) == (status, "/y?a=1")
    location = hug.test.get(api, "/x", to="/é\r\nSet-Cookie: a=1").headers_dict["location"]
    assert location == "/%C3%A9%0D%0ASet-Cookie:%20a=1"
