"""Functions that look at all fields together."""

import hug


def unequal(fields):
    """a and b differ"""
    if fields["a"] == fields["b"]:
        return {"a": "is b", "b": "is a"}
    return None


def anything(fields):
    """Anything goes"""


@hug.get("/validated", validate=unequal)
def validated(a: int, b: int):
    return [a, b]


@hug.get("/validated_text", validate=lambda fields: "no good" if fields.get("a") else "")
def validated_text(a=None):
    return a


@hug.get("/contains_one", validate=hug.validate.contains_one_of("a", "b"))
def contains_one(a=None, b=None):
    return [a, b]


@hug.get("/all_validators", validate=hug.validate.all(hug.validate.contains_one_of("a", "b"), unequal))
def all_validators(a=None, b=None):
    return [a, b]


@hug.get("/any_validator", validate=hug.validate.any(unequal, anything))
def any_validator(a=None, b=None):
    return [a, b]
