"""An app with versions, and its documentation."""

import hug


@hug.get("/echo", versions=1)
def first_echo(text):
    """The first"""
    return f"1 {text}"


@hug.get("/echo", versions=range(2, 4))
def echo(text: hug.types.text, api_version=None):
    """The second and third"""
    return f"{api_version} {text}"


@hug.get("/echo", versions=False)
def echo_without(text="none"):
    """Without a version"""
    return f"without {text}"


@hug.get("/unversioned")
def unversioned(api_version=None):
    return ["any", api_version]


@hug.get("/fallback", versions=4)
def fallback_four(api_version):
    return ["four", api_version]


@hug.get("/fallback")
def fallback(api_version):
    return ["fallback", api_version]


@hug.post("/only", versions=(1, 3))
def only(hug_api_version=None):
    return hug_api_version


@hug.get("/two_only", versions=2)
def two_only():
    return "two"


@hug.get("/text_version", versions="3")
def text_version(api_version):
    return api_version


@hug.get("/typed_version", versions=(1, 2))
def typed_version(api_version: int):
    return {"version": api_version}


@hug.get("/annotated_version", versions=(1, 2))
def annotated_version(version: hug.directives.api_version):
    return {"version": version}
