"""Queries, forms and slashes as they are sent."""

import hug

api = hug.API(__name__, future=True)


@hug.get("/value")
def value(value=None, other="unset"):
    return [value, other]


@hug.post("/value")
def post_value(value=None, other="unset"):
    return [value, other]


@hug.get("/slash/")
def slash():
    return "slash"


@hug.get("/plain")
def plain():
    return "plain"


@hug.not_found()
def nothing():
    return "nothing here"
