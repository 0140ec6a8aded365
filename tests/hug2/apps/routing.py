"""Routers: their options, how they are chained, and classes that are routed."""

import hug

api = hug.API(__name__)


@hug.get()
def named_by_function():
    return "by name"


@hug.get("/status", status=hug.HTTP_202)
def status():
    return "accepted"


@hug.get("/status_overridden", status=hug.HTTP_202)
def status_overridden(response):
    response.status = hug.HTTP_201
    return "created"


@hug.get("/no_content", status=hug.HTTP_204)
def no_content():
    return "never seen"


@hug.get("/none")
def none():
    return None


@hug.get("/headers", response_headers={"X-One": "1", "Cache-Control": "no-store"})
def headers():
    return "with headers"


@hug.get("/more_headers").add_response_headers({"X-Two": "2"}).cache(max_age=60)
def more_headers():
    return "with more headers"


@hug.get("/cached").cache()
def cached():
    return "cached"


@hug.get("/cached_private").cache(private=True, max_age=None, s_maxage=5, no_cache=True, must_revalidate=True)
def cached_private():
    return "cached"


@hug.get("/uncached").cache(no_store=True, max_age=0)
def uncached():
    return "not cached"


@hug.http("/every_method")
def every_method(request):
    return request.method


@hug.call("/called", accept=("GET", "PUT"))
def called(request):
    return request.method


@hug.get_post("/get_post")
def get_or_post(request):
    return request.method


@hug.route.put_post("/put_post")
def put_or_post(request):
    return request.method


@hug.head("/head", output=hug.output_format.text)
def head():
    return "not sent"


@hug.options("/options")
def options(response):
    response.set_header("Allow", "EVERYTHING")
    return "options of its own"


@hug.trace("/trace")
def trace():
    return "traced"


@hug.get("/prefixed", prefixes=("/before", "/long/before"), suffixes=(".json", "/after"))
def prefixed(request):
    return request.path


@hug.get("/trailing/")
def trailing():
    return "with a slash"


@hug.get("/")
def root(name="root"):
    return name


def declared_elsewhere(value: int = 1):
    return value + 1


hug.get("/elsewhere", api=api)(declared_elsewhere)

chained = hug.get(output=hug.output_format.text).requires([]).urls("/base")


@chained.urls("below")
def below():
    return "below"


@chained.urls("/absolute")
def absolute():
    return "absolute"


@chained.where(urls="json", output=hug.output_format.json)
def as_json():
    return "json"


router = hug.http("/shared", requires=lambda request, **kwargs: request.get_param("key") == "1" or "no key")


@router.get("/shared/get")
def shared_get():
    return "got"


@router.post("/shared/post")
def shared_post():
    return "posted"


@router.put()
def shared_put():
    return "put"


@hug.object.urls("/class", requires=())
class Class:
    def __init__(self):
        self.count = 0

    @hug.object.get()
    def read(self):
        return self.count

    @hug.object.post("/count")
    def absolute_url(self, by: int = 1):
        self.count += by
        return self.count

    @hug.object.get("relative", output=hug.output_format.text)
    def relative(self, name):
        return f"{self.count} {name}"

    def not_routed(self):
        return "never"


@hug.object.http_methods("/methods")
class Methods:
    def get(self, name="none"):
        return f"get {name}"

    def post(self, number: int):
        return number

    def other(self):
        return "never"


@hug.object.http_methods("/decorated_methods", versions=(1, 2))
class DecoratedMethods:
    @hug.object.get(output=hug.output_format.text)
    def get(self, number: int = 1):
        return number

    @hug.object.post("below", status=hug.HTTP_201, versions=2)
    def post(self):
        return "posted"

    @hug.object.patch("/decorated_elsewhere")
    def put(self, request):
        return request.method

    def delete(self):
        return "deleted"


@hug.object.http_methods()
class ByName:
    def put(self):
        return "put"


@hug.object(urls="/instance")
class Instance:
    @hug.object.get()
    @hug.object.delete(status=hug.HTTP_202)
    def both(self, request):
        return request.method


own = hug.route.API(__name__)


@own.get("/own")
def own_get():
    return "own"


@own.post("/own_post", output=hug.output_format.text)
def own_post():
    return "own post"


@own.urls("/own_urls")
def own_urls(request):
    return request.method


@own.get_post("/own_both")
def own_both(request):
    return request.method


@own.http("/own_http", accept=["DELETE"])
def own_http():
    return "deleted"


@own.object(urls="/own_class")
class OwnClass:
    @hug.object.get()
    def read(self):
        return "of the class"


@hug.get("/requires").requires([lambda request, **kwargs: request.get_param("key") == "1" or "denied"])
def requires():
    return "let in"


denying = hug.get("/denying", requires=lambda **kwargs: "denied")


@denying.doesnt_require([])
def still_denied():
    return "let in"


@hug.get("/validate").validate(lambda fields: {"a": "bad"} if fields["a"] == "bad" else None)
def validate(a):
    return a


@hug.get("/transform").transform(lambda data: data * 2)
def transform(a):
    return a


@hug.get("/transform_request", transform=lambda data, request, response: [data, request.path])
def transform_request(a):
    return a


@hug.get("/transform_type", transform=int)
def transform_type(a):
    return a


@hug.get("/no_transform", transform=False)
def no_transform(a) -> int:
    return a


@hug.get("/on_invalid").on_invalid(lambda data: "not so").output_invalid(hug.output_format.text)
def on_invalid(a: int):
    return a


@hug.get("/set_status").set_status(hug.HTTP_206)
def set_status():
    return "part"


@hug.get("/examples").examples("a=1", "a=2")
def examples(a):
    return a


@hug.post("/parse_body").parse_body(False)
def parse_body(body=None, a="unset"):
    return [body, a]


@hug.get("/parameters").parameters(("a",)).defaults({"a": "default"})
def parameters(**kwargs):
    return kwargs.get("a")


@hug.get("/map").map_params(**{"from": "start"})
def map_parameters(start):
    return start


@hug.get("/accept").accept("POST", "PUT")
def accept(request):
    return request.method


@hug.get("/inner")
def inner(name="inner"):
    return {"inner": name}


@hug.get("/forwarded")
def forwarded(name="outer"):
    return inner


@hug.get("/forwarded_not_found")
def forwarded_not_found(hug_api):
    return hug_api.http.not_found


@hug.get("/callable_as_before")
def callable_as_before():
    return [inner(), declared_elsewhere(2), Class().read(), named_by_function()]


@hug.not_found()
def nothing():
    return "nothing here"
