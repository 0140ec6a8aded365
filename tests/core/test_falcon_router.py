"""URLs without fields, which are looked up once."""

from typing import Any

import falcon
import pytest

import hug
from hug.dispatch.falcon_router import FalconRouter


class Resource:
    async def on_get(self, request: Any, response: Any) -> None: ...


@pytest.fixture
def router() -> FalconRouter:
    made = FalconRouter()
    made.add_route("/plain", Resource(), _asgi=True)
    made.add_route("/plain/{field}", Resource(), _asgi=True)
    return made


@pytest.mark.parametrize(
    "path", ["/plain", "//plain", "/plain/", "/plain/x", "/plain/{field}", "/", "/other"]
)
def test_as_falcon_finds(router: FalconRouter, path: str) -> None:
    """A path leads to the same, at the first time and later, as with Falcon's own router."""
    other = falcon.routing.CompiledRouter()
    resources = {}
    for template in ("/plain", "/plain/{field}"):
        resources[template] = Resource()
        other.add_route(template, resources[template], _asgi=True)
    expected = other.find(path)
    for _ in range(3):
        found = router.find(path)
        assert (found is None) == (expected is None)
        if found is not None and expected is not None:
            assert found[2:] == expected[2:]
            assert found[1].keys() == expected[1].keys()


def test_fields_of_its_own(router: FalconRouter) -> None:
    """What is put among the fields of one request is in no other's."""
    for _ in range(3):
        found = router.find("/plain")
        assert found is not None
        assert found[2] == {}
        found[2]["left"] = "behind"


def test_route_added_later(router: FalconRouter) -> None:
    """A route that is added again leads to its new resource."""
    assert router.find("/plain") == router.find("/plain")
    added = Resource()
    router.add_route("/plain", added, _asgi=True)
    found = router.find("/plain")
    assert found is not None
    assert found[0] is added


def test_bounded(router: FalconRouter) -> None:
    """Whatever clients ask for, no more is remembered than there are templates."""
    for number in range(1000):
        router.find(f"/plain/{number}")
        router.find("/" * number + "plain")
        router.find(f"/{number}")
    router.find("/plain")
    assert len(router._without_fields) == 1


def test_fields_that_middleware_adds() -> None:
    """Middleware may add to the fields of a request, and the next one has none of that."""
    api = hug.API()
    seen = []

    class Middleware:
        def process_resource(self, request: Any, response: Any, resource: Any, params: Any) -> None:
            seen.append(dict(params))
            params["name"] = "middleware"

    api.http.add_middleware(Middleware())

    @hug.get("/hello", api=api)
    def hello(name: str = "") -> str:
        return name

    assert [hug.test.get(api, "/hello").data for _ in range(2)] == ["middleware"] * 2
    assert seen == [{}, {}]
