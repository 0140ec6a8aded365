"""An API that pages of other origins use; ``called`` is what was asked of it, preflights aside."""

import re
from collections.abc import Iterator
from typing import Any

import hug

called: list[str] = []

api = hug.API(__name__)
api.http.add_middleware(
    hug.middleware.CORSMiddleware(api, re.compile(r"http://127\.0\.0\.1:\d+"), expose_headers=["X-Count"])
)

member = hug.authentication.cookie("member", {"secret": "Ann"}.get)


@hug.get("/", output=hug.output_format.html)
def page() -> str:
    return '<!doctype html><title>page</title><link rel="icon" href="data:,">'


@hug.post("/login")
def login(response: hug.Response) -> None:
    response.set_cookie("member", "secret", path="/", secure=False, same_site="Lax")


@hug.post("/logout")
def logout(response: hug.Response) -> None:
    response.unset_cookie("member", path="/")


@hug.sse("/members", requires=member)
def members(hug_user: str) -> Iterator[Any]:
    yield hug_user
    yield hug.sse.event("last", retry=60_000)


@hug.get("/me", requires=member)
def me(hug_user: str) -> str:
    return hug_user


@hug.put("/items/{number}")
def item(number: int, request: hug.Request, response: hug.Response) -> dict[str, Any]:
    called.append(request.method)
    response.set_header("X-Count", str(number))
    return {"number": number, "custom": request.get_header("X-Custom")}


@hug.get("/broken")
def broken() -> None:
    raise ZeroDivisionError


@hug.get("/limited")
def limited() -> str:
    return "read"
