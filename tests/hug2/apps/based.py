"""Everything below a base URL."""

import hug

api = hug.API(__name__)
api.http.base_url = "/base/url"


@hug.get(examples="name=x")
def named(name):
    return name


@hug.get("/versioned", versions=1)
def versioned():
    return "one"


@hug.object.urls("/class")
class Class:
    @hug.object.get()
    def method(self, request):
        return request.path
