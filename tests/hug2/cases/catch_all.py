"""A single-page app's server."""

from ..exchanges import Request, get

CASES = [
    get("/"),
    get("/any/thing"),
    get("/routed"),
    get("/routed?number=x"),
    Request("POST", "/routed"),
    get("/v1/routed"),
    get("/v1/any"),
    get("/raise"),
    get("/raise_http"),
    get("/raise_not_found"),
    get("/redirected"),
]
