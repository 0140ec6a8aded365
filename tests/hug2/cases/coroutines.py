"""What works for functions works for coroutines."""

from ..exchanges import Request, get, json

CASES = [
    get("/simple"),
    get("/simple?name=y"),
    get("/typed?number=1"),
    get("/typed?number=x"),
    get("/typed"),
    json("POST", "/body", {"a": 1}),
    get("/raise"),
    get("/fails"),
    get("/redirected"),
    get("/transformed"),
    get("/text"),
    get("/nested"),
    get("/gathered"),
    get("/class"),
    get("/class?number=2"),
    Request("POST", "/class"),
    get("/forwarded?name=z"),
    get("/started"),
    get("/handled"),
    get("/nowhere"),
    get("/sink/x"),
    Request("PUT", "/simple"),
]
