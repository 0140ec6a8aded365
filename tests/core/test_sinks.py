"""What answers for all URLs that begin in some way: ``@hug.sink``."""

import pytest

import hug


def test_rest_of_the_path(api: hug.API) -> None:
    """A sink answers every URL that begins with its own, with any method; the rest is ``path``."""

    @hug.sink("/all", api=api)
    def sink(path, request, hug_timer, name="none"):
        return [path, request.method, name]

    assert hug.test.get(api, "/all").data == ["", "GET", "none"]
    assert hug.test.get(api, "/all/a%20b/c?name=x").data == ["/a b/c", "GET", "x"]
    assert hug.test.post(api, "/allz").data == ["z", "POST", "none"]
    assert hug.test.get(api, "/all/a%0Ab").data == ["/a\nb", "GET", "none"]
    assert hug.test.get(api, "/other").status == hug.HTTP_404


def test_routes_go_first(api: hug.API) -> None:
    """Routes go before sinks, even for a method that they do not have; the 404 page comes after sinks."""
    hug.not_found(api=api)(lambda: "missing")
    hug.sink("/", api=api)(lambda path: path)
    hug.get("/x", api=api)(lambda: "route")
    assert hug.test.get(api, "/x").data == "route"
    assert hug.test.post(api, "/x").status == hug.HTTP_405
    assert hug.test.get(api, "/y/z").data == "y/z"


def test_newest_first(api: hug.API) -> None:
    """The sink declared last is tried first, also if it has the URL of an older one."""

    def sink(number):
        return lambda: number

    hug.sink("/a/b", api=api)(sink(1))
    hug.sink("/a", api=api)(sink(2))
    assert hug.test.get(api, "/a/b").data == 2
    hug.sink("/a/b", api=api)(sink(3))
    assert hug.test.get(api, "/a/b").data == 3
    assert hug.test.get(api, "/a/c").data == 2


def test_url_of_the_name(api: hug.API) -> None:
    """Without a URL it is the name of the function; there may be several; async functions work."""

    @hug.sink(api=api)
    async def everything(path):
        return path

    hug.route.API(api).sink(("/one", "/two"), hug.output_format.text)(lambda path: path)
    assert hug.test.get(api, "/everything/x").data == "/x"
    assert hug.test.get(api, "/two/x").content_type == "text/plain; charset=utf-8"


def test_regular_expression(api: hug.API) -> None:
    """A URL is a regular expression: its named groups are arguments, ``path`` may be one of them."""
    hug.sink(r"/user/(?P<number>[0-9]+)", api=api)(lambda number, path: [number, path])
    hug.sink(r"/file/(?P<path>[a-z]+)", api=api)(lambda path: path)
    assert hug.test.get(api, "/user/12/x").data == ["12", "/x"]
    assert hug.test.get(api, "/user/me").status == hug.HTTP_404
    assert hug.test.get(api, "/file/abc/d").data == "abc"


def test_mistakes(api: hug.API) -> None:
    """What is no URL, or no regular expression, is refused where it is written; versions are warned of."""
    with pytest.raises(ValueError, match="URL 'all' of a sink must start with '/'"):
        hug.sink("all", api=api)(lambda: None)
    with pytest.raises(ValueError, match=r"the URL of a sink is a regular expression, and '/a\(' is none"):
        hug.sink("/a(", api=api)(lambda: None)
    with pytest.warns(UserWarning, match="a sink has no versions") as warned:
        hug.sink("/a", versions=1)
    assert warned[0].filename == __file__


def test_base_url(api: hug.API) -> None:
    """A sink is behind the base URL of its API, or the one that is given where it is added."""
    api.http.base_url = "/api"
    function = hug.sink("/a", api=api)(lambda path: path)
    api.http.add_sink(function.interface.http, "/b", base_url="/other")
    assert hug.test.get(api, "/api/a/1").data == "/1"
    assert hug.test.get(api, "/other/b/1").data == "/1"
    assert hug.test.get(api, "/a/1").status == hug.HTTP_404
    assert api.http.sinks == {
        "/api": {"/a": function.interface.http},
        "/other": {"/b": function.interface.http},
    }


def test_not_found_in_a_sink(api: hug.API) -> None:
    """A sink may say that there is nothing; it takes requirements as any endpoint does."""
    hug.not_found(api=api)(lambda: "missing")
    hug.sink("/a", api=api)(hug.redirect.not_found)
    hug.sink("/b", api=api, requires=lambda request: False)(lambda: "never")
    assert hug.test.get(api, "/a/1").data == "missing"
    assert hug.test.get(api, "/b/1").status == hug.HTTP_403


def test_added_later(api: hug.API) -> None:
    """A sink that is added between two requests answers the next."""
    assert hug.test.get(api, "/a").status == hug.HTTP_404
    hug.sink("/a", api=api)(lambda: "sink")
    assert hug.test.get(api, "/a").data == "sink"
