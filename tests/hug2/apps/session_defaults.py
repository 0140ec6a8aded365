"""A session with other options."""

import hug
from hug.store import InMemoryStore

api = hug.API(__name__)
api.http.add_middleware(
    hug.middleware.SessionMiddleware(
        InMemoryStore(), context_name="mine", cookie_name="own", cookie_domain="hug.test", cookie_path="/a"
    )
)


@hug.get("/count")
def count(request):
    session = request.context["mine"]
    session["count"] = session.get("count", 0) + 1
    return session["count"]


@hug.get("/cookies")
def cookies(request):
    return {name: request.cookies[name] for name in sorted(request.cookies)}


@hug.get("/set_cookies")
def set_cookies(response):
    response.set_cookie("plain", "value")
    response.set_cookie(
        "open", "value", secure=False, http_only=False, max_age=60, path="/x", domain="hug.test"
    )
    response.unset_cookie("gone")
    return "set"


@hug.get("/header_cookie")
def header_cookie(response):
    response.append_header("Set-Cookie", "raw=1; Path=/")
    return "set"
