"""A part, under a prefix."""

import hug


@hug.get()
def simple(name="x"):
    """Simple"""
    return {"simple": name}


@hug.get("/deep/{number}", versions=2, examples="a=1")
def deep(number: int, a=None):
    return {"number": number, "a": a}


@hug.post("/json", output=hug.output_format.json)
def as_json(body=None):
    return body


@hug.get("/overridden")
def overridden():
    return "the part's"


@hug.get("/directed")
def directed(hug_who="part"):
    return hug_who


@hug.directive()
def only_here(default=None, **kwargs):
    return f"only here {default}"


@hug.get("/directed_here")
def directed_here(hug_only_here="y"):
    return hug_only_here


@hug.get("/names")
def names(hug_api, hug_module):
    return [hug_api.name, hug_module.__name__]


def in_context(context, **kwargs):
    return True if context.get("of") == "parent" else f"context is {sorted(context)}"


@hug.get("/in_context", requires=in_context)
def with_context():
    return "it is the parent's context"


@hug.exception(ZeroDivisionError)
def handle(exception):
    return "handled in the part"


@hug.get("/divide")
def divide():
    return 1 / 0


@hug.request_middleware()
def mark(request, response):
    response.set_header("X-Part", "seen")


@hug.not_found()
def nothing():
    return "the part found nothing"


@hug.sink("/sunk")
def sunk(request):
    return f"sunk {request.path}"


@hug.startup()
def start(api):
    started.append(api.name)


started = []


@hug.get("/started")
def was_started():
    return len(started) > 0
