"""The page of an app that is made of parts."""

from ..exchanges import get

CASES = [
    get("/"),
    get("/v1/"),
    get("/v3/nowhere"),
    get("/part/nowhere"),
    get("/part/simple?name=x"),
    get("/v2/thing"),
    get("/thing"),
]
