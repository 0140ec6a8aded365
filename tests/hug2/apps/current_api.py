"""Calling the functions of the version that was asked for."""

import hug


@hug.get("/current", versions=1)
def current(value="one"):
    return f"current 1 {value}"


@hug.get("/current", versions=2)
def current(value="two"):
    return f"current 2 {value}"


@hug.get("/through", versions=(1, 2))
def through(hug_current_api):
    return hug_current_api.current()


@hug.get("/with_version", versions=(1, 2))
def with_version(api_version):
    return api_version


@hug.get("/through_all", versions=(1, 2))
def through_all(api: hug.directives.CurrentAPI):
    return [api.current("given"), api.with_version(), api.unversioned()]


@hug.get("/unversioned")
def unversioned(hug_current_api):
    return "unversioned"


@hug.get("/missing", versions=1)
def missing(hug_current_api):
    return hug_current_api.nowhere()
