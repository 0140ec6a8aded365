"""Cross-origin requests, by the middleware."""

import hug

api = hug.API(__name__)
api.http.add_middleware(
    hug.middleware.CORSMiddleware(api, allow_origins=["http://a.test", "http://b.test"], max_age=10)
)


@hug.get("/thing/{number}")
def thing(number: int):
    return number


@hug.post("/thing/{number}")
def make(number: int):
    return number


@hug.get("/version", versions=(1, 2))
def version(api_version):
    return api_version


@hug.options("/own_options")
def own_options():
    return "own options"


@hug.get("/own_options")
def own_get():
    return "got"


@hug.get("/raise")
def raising():
    raise hug.HTTPConflict("T", "D")


@hug.not_found()
def nothing():
    return "nothing here"
