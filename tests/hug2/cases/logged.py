"""The lines of `LogMiddleware`."""

from ..exchanges import Request, get, json


def then(request: Request) -> list[Request]:
    return [request, get("/lines", note=f"after {request.label}")]


CASES = [
    *then(get("/get")),
    *then(get("/get?number=x", User_Agent="tester")),
    *then(json("POST", "/post", {"a": 1})),
    *then(get("/raise", Referer="http://a.test")),
    *then(Request("PUT", "/post")),
]
