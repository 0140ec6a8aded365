"""What answers where no route does."""

import os

import hug

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")


@hug.static("/static")
def static():
    return (FOLDER,)


@hug.static("/several")
def several():
    return [os.path.join(FOLDER, "folder"), FOLDER]


@hug.get("/static_like/{name}")
def static_like(name):
    return name


@hug.sink("/all")
def sink(request, path=""):
    return {"path": request.path, "rest": path, "method": request.method}


@hug.sink("/all/special")
def special(request):
    return request.path.replace("/all/special", "special ")


@hug.get("/all/routed")
def routed():
    return "routed"


@hug.sink()
def named(request):
    return request.path


@hug.sink(
    "/typed",
    output=hug.output_format.text,
    requires=lambda request, **kwargs: request.get_param("no") or True,
)
def typed(number: int = 0):
    return number + 1


@hug.sink("/body")
def with_body(body=None, a="unset"):
    return [body, a]


@hug.exception(ZeroDivisionError)
def division(exception):
    return f"divided: {exception}"


@hug.exception(KeyError, output=hug.output_format.text)
def key(exception, request, response):
    response.status = hug.HTTP_410
    return f"{request.path}: {exception.args[0]}"


@hug.exception((IndexError, AttributeError))
def several_kinds(exception):
    return type(exception).__name__


@hug.exception(ValueError, exclude=UnicodeError)
def value():
    return "value"


@hug.exception(hug.HTTPConflict)
def conflict(exception, response):
    response.status = hug.HTTP_409
    return {"conflict": exception.title}


@hug.exception(OSError)
def os_error(exception, number=None):
    return ["os error", number]


@hug.exception(FileNotFoundError)
def file_not_found(exception):
    return "file not found"


ERRORS = {
    "division": ZeroDivisionError("by zero"),
    "key": KeyError("missing"),
    "index": IndexError(),
    "attribute": AttributeError(),
    "value": ValueError(),
    "unicode": UnicodeError("excluded"),
    "conflict": hug.HTTPConflict("T", "D"),
    "forbidden": hug.HTTPForbidden("T", "D"),
    "not_found": hug.HTTPNotFound(),
    "os": OSError(),
    "file": FileNotFoundError(),
    "type": TypeError("nobody handles it"),
}


@hug.get("/raise/{name}")
def raising(name, number=None):
    raise ERRORS[name]


@hug.get("/raise_in_requirement", requires=lambda **kwargs: 1 / 0)
def raise_in_requirement():
    return "never"


@hug.get("/raise_in_output", output=lambda data, **kwargs: {}["x"])
def raise_in_output():
    return "data"


def dividing(value):
    return 1 / int(value)


@hug.get("/raise_in_type")
def raise_in_type(value: dividing):
    return value


@hug.not_found(output=hug.output_format.text)
def nothing(request):
    return f"nothing at {request.path}"


@hug.not_found(versions=2)
def nothing_in_two(response):
    response.status = hug.HTTP_410
    return {"nothing": 2}
