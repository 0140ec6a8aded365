"""URLs with the base, without it, with versions before and behind."""

from ..exchanges import get

CASES = [
    get("/base/url/named?name=x"),
    get("/named?name=x"),
    get("/base/url/v1/named?name=x"),
    get("/base/url/v1/versioned"),
    get("/v1/base/url/versioned"),
    get("/base/url/versioned"),
    get("/base/url/class"),
    get("/base/url/nowhere"),
    get("/base/url"),
    get("/"),
]
