"""Where arguments come from, and which of two values wins."""

import hug


@hug.get()
def defaulted(name="World", times: int = 1):
    return {"name": name, "times": times}


@hug.get("/required")
def required(first, second: hug.types.number, third: hug.types.text = "3"):
    return [first, second, third]


@hug.get("/fields/{name}/{number}")
def fields(name, number: int, other="none"):
    return {"name": name, "number": number, "other": other}


@hug.post("/fields/{name}")
def field_and_body(name, other="none"):
    return {"name": name, "other": other}


@hug.get("/files/{folder}.{suffix}")
def dotted(folder, suffix):
    return [folder, suffix]


@hug.get("/untyped")
def untyped(value=None):
    return value


@hug.get("/plain_list")
def plain_list(value: list = ()):
    return value


@hug.get("/multiple")
def multiple(value: hug.types.multiple = ()):
    return value


@hug.http("/body")
def body(body=None):
    return {"body": body if body is None or isinstance(body, (dict, list, str, int, float)) else "other"}


@hug.post("/body_text")
def body_text(body: hug.types.text):
    return body


@hug.post("/read")
def read(body):
    return body.read().decode("latin-1")


@hug.get_post("/both")
def both(a=None, b=None):
    return {"a": a, "b": b}


@hug.post("/any")
def anything(**kwargs):
    return {name: kwargs[name] for name in sorted(kwargs) if name not in ("request", "response")}


@hug.get("/some_and_any")
def some_and_any(first: int, **others):
    return {"first": first, "others": {name: others[name] for name in sorted(others)}}


@hug.get("/injected")
def injected(request, response, api_version=None):
    response.set_header("X-Seen", request.path)
    return [request.method, request.path, request.query_string, api_version]


@hug.post("/injected_body")
def injected_body(request, body, name=None):
    return {"body": body, "name": name, "length": request.content_length}


@hug.get("/mapped", map_params={"from": "start", "to": "end"})
def mapped(start: int, end: int = 9):
    return [start, end]


@hug.post("/mapped", map_params={"class": "kind"})
def mapped_body(kind: hug.types.text):
    return kind


@hug.get(
    "/validated",
    map_params={"from": "start"},
    validate=lambda given: sorted(given) if "to" in given else None,
)
def validated(start: int, to: int = 9):
    return [start, to]


@hug.get("/arguments", args={"number": int, "return": str})
def arguments(number, other="x"):
    return number * 2


@hug.get("/listed", parameters=("one", "two"), defaults={"two": "2"})
def listed(**kwargs):
    return {name: kwargs.get(name) for name in ("one", "two", "three")}


@hug.post("/unparsed", parse_body=False)
def unparsed(body=None, name="unset"):
    return [body, name]


@hug.get("/documented")
def documented(name: "What to call it", count: "How many" = 3):
    return [name, count]


@hug.get("/ünïcode/{word}")
def unicode_url(word):
    return word


@hug.get("/a", accept=("GET", "POST"))
@hug.get("/b")
def two_urls(value="v"):
    return value


@hug.get(["/one", "/two"])
def url_list(request):
    return request.path


@hug.delete("/things/{number}", status=hug.HTTP_204)
def delete(number: int):
    return None


@hug.put("/things/{number}")
def put(number: int, name, price: float = 1.0):
    return {"number": number, "name": name, "price": price}


@hug.patch("/things/{number}")
def patch(number: int, name=None):
    return {"number": number, "name": name}


@hug.not_found()
def nothing():
    return "nothing here"
