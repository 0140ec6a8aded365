"""What sees every request and every response."""

import hug

seen = []


class Component:
    def process_request(self, request, response):
        seen.append(f"component request {request.path}")

    def process_resource(self, request, response, resource, params):
        seen.append(f"component resource {sorted(params)}")

    def process_response(self, request, response, resource, req_succeeded=None):
        seen.append(f"component response {resource is not None} {req_succeeded}")
        response.append_header("X-Order", "component")


class OnlyResponse:
    def process_response(self, request, response, resource, req_succeeded):
        response.append_header("X-Order", "only response")


hug.API(__name__).http.add_middleware(Component())
hug.API(__name__).http.add_middleware(OnlyResponse())


@hug.request_middleware()
def on_request(request, response):
    request.context["marked"] = "marked"
    response.set_header("X-Requested", request.method)
    seen.append("request")


@hug.response_middleware()
def on_response(request, response, resource):
    response.append_header("X-Order", "response")
    seen.append("response")


@hug.reqresp_middleware()
def on_both(request):
    seen.append("before")
    response, resource = yield request
    seen.append("after")
    response.append_header("X-Order", "both")
    yield response


@hug.middleware_class()
class ByClass:
    def process_request(self, request, response):
        if request.get_param("stop"):
            raise hug.HTTPForbidden("Stopped", "By middleware")
        if request.get_param("rewrite"):
            request.path = "/rewritten"


@hug.get("/seen")
def was_seen(request):
    now, seen[:] = list(seen), []
    return now


@hug.get("/marked/{number}")
def marked(request, number: int):
    return [request.context["marked"], number]


@hug.get("/rewritten")
def rewritten():
    return "rewritten"


@hug.get("/status")
def status(response):
    response.status = hug.HTTP_201
    return "created"


@hug.get("/raise")
def raising():
    raise hug.HTTPConflict("T", "D")


@hug.get("/text", output=hug.output_format.text)
def text():
    return "text"


@hug.not_found()
def nothing():
    return "nothing here"
