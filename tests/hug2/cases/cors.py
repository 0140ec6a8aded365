"""Origins that may and may not, preflights of routes that are there and are not."""

from ..exchanges import Request, get

ORIGIN = {"Origin": "http://a.test"}
PREFLIGHT = {**ORIGIN, "Access-Control-Request-Method": "POST"}

CASES = [
    get("/thing/1"),
    get("/thing/1", Origin="http://a.test"),
    get("/thing/1", Origin="http://b.test"),
    get("/thing/1", Origin="http://c.test"),
    get("/thing/1", Origin="null"),
    get("/thing/x", Origin="http://a.test"),
    get("/raise", Origin="http://a.test"),
    get("/nowhere", Origin="http://a.test"),
    Request("OPTIONS", "/thing/1"),
    Request("OPTIONS", "/thing/1", ORIGIN),
    Request("OPTIONS", "/thing/1", PREFLIGHT),
    Request("OPTIONS", "/thing/1", {**PREFLIGHT, "Access-Control-Request-Headers": "X-One, X-Two"}),
    Request("OPTIONS", "/thing/1", {"Origin": "http://c.test", "Access-Control-Request-Method": "GET"}),
    Request("OPTIONS", "/v1/version", PREFLIGHT),
    Request("OPTIONS", "/version", PREFLIGHT),
    Request("OPTIONS", "/own_options", PREFLIGHT),
    Request("OPTIONS", "/nowhere", PREFLIGHT),
    Request("DELETE", "/thing/1", ORIGIN),
]
