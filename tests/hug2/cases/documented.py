"""The page of an unknown URL, and what handlers can ask of it."""

from ..exchanges import Request, get

CASES = [
    get("/"),
    get("/documentation"),
    get("/v1/nowhere", note="a version that nobody has"),
    Request("POST", "/nowhere"),
    Request("HEAD", "/nowhere"),
    get("/documentation_itself"),
    get("/module_itself"),
    get("/method_of_api"),
    get("/happy_birthday?name=HUG&age=1"),
    get("/happy_birthday"),
]
