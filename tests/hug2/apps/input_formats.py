"""Bodies of every kind."""

import hug


@hug.post("/body")
def body(body):
    return body if isinstance(body, (dict, list, str, int, float, type(None))) else "a stream"


@hug.post("/fields")
def fields(a=None, b=None):
    return {"a": a, "b": b}


@hug.post("/numbers")
def numbers(a: int, b: hug.types.delimited_list(",") = ()):
    return {"a": a, "b": b}


@hug.post("/underscored", inputs={"application/json": hug.input_format.json_underscore})
def underscored(body, first_name=None):
    return [body, first_name]


def shouted(body, **kwargs):
    return body.read().decode().upper()


@hug.post("/shouted", inputs={"text/shout": shouted})
def shout(body):
    return body if isinstance(body, str) else "a stream"


@hug.default_input_format("application/x-lines")
def lines(body, charset="utf-8", **kwargs):
    return body.read().decode(charset).splitlines()


@hug.default_input_format("application/x-failing")
def failing(body, **kwargs):
    raise ValueError("cannot read this")


@hug.post("/upload")
def upload(body):
    return {
        name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in body.items()
    }


@hug.post("/upload_field")
def upload_field(file, name="none"):
    return [file.decode() if isinstance(file, bytes) else file, name]


@hug.post("/typed_body")
def typed_body(body: hug.types.json):
    return body


@hug.post("/kinds")
def kinds(**kwargs):
    return {name: type(kwargs[name]).__name__ for name in sorted(kwargs)}
