"""Handlers of errors and of unknown URLs by version; versions in classes and chains."""

import hug


@hug.exception(ValueError, versions=1)
def first(exception):
    return "handled in 1"


@hug.exception(ValueError)
def any_version(exception):
    return "handled anywhere"


@hug.get("/raise")
def raising():
    raise ValueError("x")


@hug.not_found(versions=1)
def not_found_one():
    return "nothing in 1"


@hug.not_found()
def not_found():
    return "nothing anywhere"


@hug.object.urls("/class", versions=(1, 2))
class Class:
    @hug.object.get()
    def method(self, api_version):
        return api_version

    @hug.object.get("only_two", versions=2)
    def only_two(self):
        return "only 2"


router = hug.http(versions=2)


@router.get("/chained")
def chained():
    return "2"


@hug.get("/chained").versions(1)
def chained_one():
    return "1"


@hug.get("/api_version_given")
def api_version_given(api_version: int = 7):
    return api_version
