"""A sink for everything, and a handler for every error."""

import hug


@hug.sink("/")
def everything(request):
    return {"sink": request.path}


@hug.get("/routed")
def routed(number: int = 1):
    return number


@hug.exception(Exception)
def handle(exception, response):
    response.status = hug.HTTP_500
    return {"handled": type(exception).__name__, "said": str(exception)}


@hug.get("/raise")
def raising():
    raise ValueError("said")


@hug.get("/raise_http")
def raise_http():
    raise hug.HTTPForbidden("T", "D")


@hug.get("/raise_not_found")
def raise_not_found():
    raise hug.HTTPNotFound()


@hug.get("/redirected")
def redirected():
    hug.redirect.to("/routed")
