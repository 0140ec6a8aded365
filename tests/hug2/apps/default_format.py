"""An API whose format is not JSON, by decorator."""

import hug


@hug.default_output_format(content_type="text/x-default")
def default(data, request=None, response=None):
    """The default of this API"""
    return f"default: {data}".encode()


@hug.get("/default")
def by_default(number: int = 1):
    return number


@hug.get("/own", output=hug.output_format.json)
def own():
    return "own"


@hug.get("/raise")
def raising():
    raise hug.HTTPConflict("T", "D")


hug.API(__name__).http.base_url = ""
