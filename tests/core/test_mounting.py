"""An API below a prefix: mounted in another framework, or behind a proxy that says where."""

import json
from collections.abc import Iterator
from typing import Any

import fastapi
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

import hug

from .serving import exchange, get, serving

pytestmark = pytest.mark.slow


@pytest.fixture
def prefixed(api: hug.API) -> hug.API:
    """An API that knows where it is."""
    api.http.base_url = "/base"

    @hug.get("/one", api=api, versions=(None, 1), examples="a=1")
    async def one(request, a: int = 0):
        return [request.path, request.relative_uri]

    @hug.get("/two", api=api)
    def two():
        hug.redirect.to("one")

    @hug.sse("/stream", api=api)
    def stream():
        yield "event"

    return api


def mounted_in_starlette(app: Any) -> Any:
    return Starlette(routes=[Mount("/mounted/here", app=app)])


def mounted_in_fastapi(app: Any) -> Any:
    outer = fastapi.FastAPI()
    outer.mount("/mounted/here", app)
    return outer


def stripped(app: Any) -> Any:
    """Mount as those do that leave the root path out of the path."""

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            root = "/mounted/here"
            scope = {**scope, "root_path": root, "path": scope["path"].removeprefix(root)}
        await app(scope, receive, send)

    return outer


@pytest.fixture(params=[mounted_in_starlette, mounted_in_fastapi, stripped])
def port(request: pytest.FixtureRequest, prefixed: hug.API) -> Iterator[int]:
    with serving(request.param(prefixed.http.server())) as port:
        yield port


def test_routes(port: int) -> None:
    """Routes are found with and without a version; a request knows its path here, and all of its URL."""
    for path in ("/base/one", "/base/v1/one"):
        status, _, body = exchange(port, get(f"/mounted/here{path}?a=1"))
        assert (status, json.loads(body)) == (200, [path, f"/mounted/here{path}?a=1"])
    assert exchange(port, get("/mounted/here/base/nope"))[0] == 404


def test_documentation_lists_urls_that_work(port: int) -> None:
    """The examples of the page that tells which URLs there are can be followed."""
    _, _, body = exchange(port, get("/mounted/here/"))
    handlers = json.loads(body)["documentation"]["handlers"]
    (example,) = handlers["/one"]["GET"]["examples"]
    assert example == "http://localhost/mounted/here/base/v1/one?a=1"
    assert exchange(port, get(example.removeprefix("http://localhost")))[0] == 200


def test_streams(port: int) -> None:
    """Event streams work, too."""
    _, headers, _ = exchange(port, get("/mounted/here/base/stream"))
    assert headers["content-type"].startswith("text/event-stream")


def test_relative_redirects_stay_inside(port: int) -> None:
    """A redirect to a relative URL leads to a neighbour, wherever the API is mounted."""
    status, headers, _ = exchange(port, get("/mounted/here/base/two"))
    assert (status, headers["location"]) == (302, "one")


def test_root_path_of_the_server(prefixed: hug.API) -> None:
    """Behind a proxy that cuts a prefix off, ``--root-path`` says which; URLs have it again."""
    with serving(prefixed.http.server(), root_path="/mounted/here") as port:
        status, _, body = exchange(port, get("/base/one"))
        assert (status, json.loads(body)) == (200, ["/base/one", "/mounted/here/base/one"])
        page = exchange(port, get("/"))[2].decode()
        assert "http://localhost/mounted/here/base/v1/one?a=1" in page


@pytest.mark.parametrize(
    ("root_path", "path", "below"),
    [
        ("/a", "/a/one", "/one"),
        ("/a/", "/a/one", "/one"),
        ("/a", "/a", "/"),
        ("/a", "/ab/one", "/ab/one"),
        ("/a", "/one", "/one"),
        ("", "/one", "/one"),
        ("/", "/one", "/one"),
    ],
)
def test_root_paths(api: hug.API, root_path: str, path: str, below: str) -> None:
    """The path below ``root_path`` counts, whether or not the path has it at its beginning."""
    seen = []

    @hug.request_middleware(api=api)
    async def look(request, response):
        seen.append(request.path)

    scope, _ = hug.test.requests.request_for("GET", path, "", None, {})

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pass

    application = api.http.server()
    hug.test.portal.call(application, {**scope, "root_path": root_path}, receive, send)
    assert seen == [below]
