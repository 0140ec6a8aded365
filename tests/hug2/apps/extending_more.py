"""Under another base URL."""

import hug


@hug.get("/thing", versions=1)
def thing():
    return "thing 1"


@hug.get("/thing", versions=2)
def other_thing():
    return "thing 2"


@hug.get()
def bare():
    return "bare"
