"""The order of middleware, what it is given, and what it can do."""

from ..exchanges import Request, get


def then(request: Request) -> list[Request]:
    return [request, get("/seen", note=f"after {request.label}")]


CASES = [
    *then(get("/marked/1")),
    *then(get("/marked/x")),
    *then(get("/status")),
    *then(get("/raise")),
    *then(get("/text")),
    *then(get("/nowhere")),
    *then(Request("POST", "/status")),
    *then(Request("OPTIONS", "/status")),
    *then(get("/text?stop=1")),
    *then(get("/text?rewrite=1")),
]
