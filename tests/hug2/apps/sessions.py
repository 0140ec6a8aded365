"""Sessions and cookies."""

import hug

store = hug.middleware.InMemoryStore() if hasattr(hug.middleware, "InMemoryStore") else None
if store is None:
    from hug.store import InMemoryStore

    store = InMemoryStore()

api = hug.API(__name__)
api.http.add_middleware(
    hug.middleware.SessionMiddleware(store, cookie_secure=False, cookie_max_age=60, cookie_path="/")
)


@hug.get("/count")
def count(request):
    session = request.context["session"]
    session["count"] = session.get("count", 0) + 1
    return session["count"]


@hug.get("/whole")
def whole(hug_session):
    return hug_session


@hug.get("/by_annotation")
def by_annotation(session: hug.directives.session):
    return session


@hug.get("/by_key")
def by_key(hug_session="session"):
    return hug_session


@hug.get("/forget")
def forget(request):
    request.context["session"] = {}
    return "forgotten"


@hug.get("/raise")
def raising(request):
    request.context["session"]["raised"] = True
    raise hug.HTTPConflict("T", "D")


@hug.get("/delete")
def delete(request):
    del request.context["session"]
