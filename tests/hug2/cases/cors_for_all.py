"""Without a list of origins, and without credentials."""

from ..exchanges import Request, get

CASES = [
    get("/thing"),
    get("/thing", Origin="http://a.test"),
    get("/nowhere", Origin="http://a.test"),
    Request("OPTIONS", "/thing", {"Origin": "http://a.test", "Access-Control-Request-Method": "PUT"}),
    Request("OPTIONS", "/thing"),
    Request("PUT", "/thing", {"Origin": "http://a.test"}),
]
