"""A part that says what it is."""

import hug


@hug.get(examples="name=x")
def simple(name: "Its name"):
    """Simple"""


@hug.post("/hidden", private=True)
def hidden():
    """Hidden"""


@hug.get("/versioned", versions=3)
def versioned():
    """In version 3"""
