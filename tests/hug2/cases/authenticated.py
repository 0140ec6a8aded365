"""Credentials that are right, wrong, missing and malformed."""

from base64 import b64encode

from ..exchanges import Request, get


def basic(words: str, scheme: str = "Basic") -> dict[str, str]:
    return {"Authorization": f"{scheme} {b64encode(words.encode()).decode()}"}


CASES = [
    get("/public"),
    get("/basic"),
    get("/basic", **basic("tim:secret")),
    get("/basic", **basic("tim:wrong")),
    get("/basic", **basic("other:secret")),
    get("/basic", **basic("tim")),
    get("/basic", **basic("tim:secret:more")),
    get("/basic", **basic(":")),
    get("/basic", **basic("tim:secret", "basic")),
    get("/basic", **basic("tim:secret", "Bearer")),
    get("/basic", Authorization="Basic"),
    get("/basic", Authorization="Basic !!!"),
    get("/basic", Authorization="nonsense"),
    get("/basic", Authorization="Basic a b c"),
    get("/known", **basic("tim:secret")),
    get("/known", **basic("é:ü")),
    get("/known", **basic("tim:")),
    get("/in_context", **basic("tim:secret")),
    get("/in_context", **basic("tim:wrong")),
    get("/token"),
    get("/token", Authorization="Bearer abc"),
    get("/token", Authorization="abc"),
    get("/token", Authorization="Bearer wrong"),
    get("/api_key"),
    get("/api_key", X_Api_Key="k1"),
    get("/api_key", X_Api_Key="x1"),
    get("/query"),
    get("/query?user=x"),
    get("/query?user=wrong"),
    get("/both", **basic("tim:secret")),
    get("/both", Authorization="Bearer abc"),
    get("/several?number=1", **basic("tim:secret")),
    get("/several?number=1&ok=1", **basic("tim:secret")),
    get("/several?number=x&ok=1", **basic("tim:secret")),
    get("/several?number=x&ok=1"),
    Request("OPTIONS", "/basic"),
    Request("POST", "/basic"),
]
