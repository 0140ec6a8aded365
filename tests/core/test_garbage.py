"""hug.server.garbage: a server of many streams has Python look for garbage less often, unless told not to."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from hug.server.garbage import YOUNG_OBJECTS

from .serving import exchange, get, serving


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


@pytest.mark.parametrize(
    ("http", "threshold", "then"),
    [
        ("hug.http_protocol:HTTPProtocol", 700, YOUNG_OBJECTS),
        ("hug.http_protocol:HTTPProtocol", 50_000, 50_000),
        ("hug.http_protocol:HTTPProtocol", 0, 0),
        ("httptools", 700, 700),
    ],
)
def test_threshold(http: str, threshold: int, then: int) -> None:
    """Only hug's own protocol does so, and only where Python's own setting is in force."""
    gc.set_threshold(threshold, 10, 10)
    with serving(application, http=http) as port:
        assert exchange(port, get("/"))[0] == 204
    assert gc.get_threshold() == (then, 10, 10)
