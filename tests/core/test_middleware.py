"""Middleware in Falcon's style, sync and async."""

import asyncio

import hug


def on_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class Recorder:
    def __init__(self, name, calls) -> None:
        self.name = name
        self.calls = calls

    def record(self, *what) -> None:
        self.calls.append((self.name, *what))


class Sync(Recorder):
    def process_request(self, request, response):
        self.record("request", request.path, on_loop())

    def process_resource(self, request, response, resource, params):
        self.record("resource", params)

    def process_response(self, request, response, resource, req_succeeded):
        self.record("response", req_succeeded, on_loop())


class Async(Recorder):
    async def process_request(self, request, response):
        self.record("request", request.path, on_loop())

    async def process_response(self, request, response, resource, req_succeeded):
        self.record("response", req_succeeded, on_loop())


class Mixed(Recorder):
    async def process_request(self, request, response):
        self.record("request", request.path, on_loop())

    def process_response(self, request, response, resource, req_succeeded):
        self.record("response", req_succeeded, on_loop())


def test_order_and_place(api: hug.API) -> None:
    """Requests go inwards, responses outwards; sync methods run in threads, async ones on the loop."""
    calls = []
    for component in (Sync("a", calls), Async("b", calls), Mixed("c", calls)):
        api.http.add_middleware(component)
    hug.get("/x/{y}", api=api)(lambda y: y)
    assert hug.test.get(api, "/x/5").data == "5"
    assert calls == [
        ("a", "request", "/x/5", False),
        ("b", "request", "/x/5", True),
        ("c", "request", "/x/5", True),
        ("a", "resource", {"y": "5"}),
        ("c", "response", True, False),
        ("b", "response", True, True),
        ("a", "response", True, False),
    ]


def test_inline(api: hug.API) -> None:
    """An API that runs sync code inline does so with middleware, too."""
    calls = []
    api.http.inline = True
    api.http.add_middleware(Sync("a", calls))
    hug.get("/x", api=api)(lambda: 1)
    hug.test.get(api, "/x")
    assert calls[0] == ("a", "request", "/x", True)


def test_decorators(api: hug.API) -> None:
    """Functions and classes become middleware by decoration."""

    @hug.request_middleware(api=api)
    def first(request, response):
        request.context["seen"] = ["function"]

    @hug.middleware_class(api=api)
    class Second:
        def process_request(self, request, response):
            request.context["seen"].append("class")

    @hug.response_middleware(api=api)
    async def last(request, response, resource):
        response.set_header("x-resource", str(hasattr(resource, "on_get")))

    hug.get("/x", api=api)(lambda request: request.context["seen"])
    response = hug.test.get(api, "/x")
    assert (response.data, response.headers_dict["x-resource"]) == (["function", "class"], "True")


def test_errors_of_requests_reach_middleware(api: hug.API) -> None:
    """HTTP errors raised in middleware are answered, and seen by the others as a failure."""
    calls = []
    api.http.add_middleware(Sync("a", calls))

    @hug.request_middleware(api=api)
    def refuse(request, response):
        raise hug.HTTPForbidden("No")

    hug.get("/x", api=api)(lambda: 1)
    response = hug.test.get(api, "/x")
    assert (response.status, response.data) == (hug.HTTP_403, {"errors": {"No": "403 Forbidden"}})
    assert calls[-1] == ("a", "response", False, False)
