"""An API whose format is set."""

import hug

api = hug.API(__name__)
api.http.output_format = hug.output_format.html


@hug.get("/", examples="name=x")
def page(name="world"):
    """A page"""
    return f"<h1>Hello {name}</h1>"


@hug.get("/number")
def number(number: int):
    return number


@hug.get("/none")
def none():
    return None


@hug.get("/raise")
def raising():
    raise hug.HTTPBadRequest("T", "D")


@hug.not_found()
def not_found():
    return "<h1>Not found</h1>"
