"""What apps read from requests and write into responses."""

import datetime
import io

import hug


@hug.get("/request")
def of_request(request):
    return {
        "method": request.method,
        "path": request.path,
        "query_string": request.query_string,
        "uri": request.uri,
        "url": request.url,
        "relative_uri": request.relative_uri,
        "prefix": request.prefix,
        "host": request.host,
        "port": request.port,
        "netloc": request.netloc,
        "scheme": request.scheme,
        "remote": request.remote_addr,
        "route": request.access_route,
        "user_agent": request.user_agent,
        "content_type": request.content_type,
        "content_length": request.content_length,
        "accept": request.accept,
        "auth": request.auth,
        "params": request.params,
        "client_accepts_json": request.client_accepts_json,
        "subdomain": request.subdomain,
        "template": request.uri_template,
        "cookies": request.cookies,
    }


@hug.get("/headers")
def headers(request):
    names = ("X-Some", "ACCEPT", "USER-AGENT", "X-NONE")
    return {
        "get_header": [request.get_header(name) for name in names],
        "default": request.get_header("X-None", default="default"),
        "upper": request.headers.get("X-SOME"),
        "in": ["X-SOME" in request.headers, "X-NONE" in request.headers],
    }


@hug.get("/required_header")
def required_header(request):
    return request.get_header("X-Some", required=True)


@hug.get("/params")
def params(request):
    return {
        "param": request.get_param("a"),
        "default": request.get_param("nowhere", default="d"),
        "int": request.get_param_as_int("number"),
        "bool": request.get_param_as_bool("flag"),
        "list": request.get_param_as_list("list"),
        "bounded": request.get_param_as_int("number", min_value=1, max_value=10),
    }


@hug.get("/required_param")
def required_param(request):
    return request.get_param("a", required=True)


@hug.get("/param_date")
def param_date(request):
    return request.get_param_as_date("day")


@hug.get("/env")
def env(request):
    names = (
        "REQUEST_METHOD",
        "PATH_INFO",
        "QUERY_STRING",
        "SERVER_NAME",
        "HTTP_X_SOME",
        "wsgi.url_scheme",
        "CONTENT_TYPE",
    )
    request.env["own.key"] = "own"
    return [request.env.get(name) for name in names if name != "SERVER_NAME"] + [request.env["own.key"]]


@hug.get("/context")
def context(request):
    request.context["a"] = 1
    request.context.update({"b": 2})
    return [
        request.context["a"],
        request.context.get("b"),
        request.context.get("c", "none"),
        "a" in request.context,
    ]


@hug.post("/stream")
def stream(request):
    return request.stream.read().decode()


@hug.post("/stream_unparsed", parse_body=False)
def stream_unparsed(request):
    return request.stream.read().decode()


@hug.post("/bounded_stream", parse_body=False)
def bounded_stream(request):
    return request.bounded_stream.read().decode()


@hug.post("/media", parse_body=False)
def media(request):
    return request.media


@hug.get("/conditional")
def conditional(request):
    return [request.if_match, request.if_none_match, request.range, request.if_modified_since, request.date]


@hug.get("/forwarded")
def forwarded(request):
    return [request.forwarded_host, request.forwarded_scheme, request.forwarded_uri]


@hug.get("/response")
def of_response(response):
    response.status = hug.HTTP_201
    response.set_header("X-Set", "one")
    response.append_header("X-Set", "two")
    response.set_headers({"X-First": "1", "X-Second": "2"})
    response.cache_control = ["no-cache", "private"]
    response.etag = "tag"
    response.location = "/é"
    response.content_location = "/there"
    response.retry_after = "3"
    response.vary = ["Accept", "Origin"]
    response.last_modified = datetime.datetime(2030, 1, 2, 3, 4, 5)
    response.downloadable_as = "file.txt"
    response.accept_ranges = "bytes"
    response.delete_header("X-First")
    return response.get_header("x-set")


@hug.get("/body")
def body(response):
    response.body = "own body"


@hug.get("/body_and_result")
def body_and_result(response):
    response.body = "own body"
    return "result"


@hug.get("/data")
def data(response):
    response.data = b"own data"


@hug.get("/data_in_no_format", output=None)
def data_in_no_format(response):
    response.data = b"own data"


@hug.get("/stream_response")
def stream_response(response):
    response.stream = io.BytesIO(b"streamed")
    response.content_type = "text/plain"


@hug.get("/set_stream")
def set_stream(response):
    response.set_stream(io.BytesIO(b"streamed"), 8)


@hug.get("/iterated")
def iterated(response):
    response.stream = iter([b"a", b"b"])


@hug.get("/content_type")
def content_type(response):
    response.content_type = "text/x-own"
    return "own type"


@hug.get("/status_text")
def status_text(response):
    response.status = "202 Accepted"
    return None


@hug.get("/status_no_content")
def status_no_content(response):
    response.status = hug.HTTP_204
    return "nothing"


@hug.get("/status_not_modified")
def status_not_modified(response):
    response.status = hug.HTTP_304
    return "nothing"


@hug.get("/status_odd")
def status_odd(response):
    response.status = "299 Odd"
    return "odd"


@hug.get("/falcon_status")
def falcon_status(response):
    response.status = hug.falcon.HTTP_409
    return hug.falcon.HTTP_409 == hug.HTTP_409


@hug.get("/link")
def link(response):
    response.add_link("/next", "next", title="Next")
    return "linked"


@hug.get("/number_header")
def number_header(response):
    response.set_header("X-Number", 5)
    response.set_header("X-None", None)
    return "numbers"
