"""Answers to other origins."""

from ..exchanges import Request, get

CASES = [
    get("/any_origin"),
    get("/any_origin", Origin="http://a.test"),
    get("/origins"),
    get("/origins", Origin="http://a.test"),
    get("/origins", Origin="http://b.test"),
    get("/origins", Origin="http://c.test"),
    get("/no_origin", Origin="http://a.test"),
    get("/no_origin", Origin="http://c.test"),
    get("/by_directive", Origin="http://c.test"),
    get("/by_directive_for_all"),
    Request("OPTIONS", "/any_origin", {"Origin": "http://a.test", "Access-Control-Request-Method": "GET"}),
    Request("OPTIONS", "/origins", {"Origin": "http://a.test", "Access-Control-Request-Method": "GET"}),
]
