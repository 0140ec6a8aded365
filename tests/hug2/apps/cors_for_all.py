"""Cross-origin requests, from everywhere."""

import hug

api = hug.API(__name__)
api.http.add_middleware(hug.middleware.CORSMiddleware(api, allow_credentials=False))


@hug.get("/thing")
def thing():
    return "thing"


@hug.put("/thing")
def put():
    return "put"


@hug.not_found()
def nothing():
    return "nothing here"
