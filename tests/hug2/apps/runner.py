"""A module without commands."""

import hug


@hug.get()
def get():
    return "got"
