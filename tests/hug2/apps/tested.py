"""What `hug.test` makes of an app. Printed by a script."""

import hug


@hug.get("/get")
def get(name="x", number: int = 1):
    return {"name": name, "number": number}


@hug.post("/post")
def post(body=None, a=None):
    return [body, a]


@hug.put("/put/{number}")
def put(number: int):
    return number


@hug.delete("/delete")
def delete(response):
    response.status = hug.HTTP_204


@hug.get("/text", output=hug.output_format.text)
def text():
    return "text"


@hug.get("/binary", output=hug.output_format.file)
def binary():
    return "files/blob.bin"


@hug.get("/html", output=hug.output_format.html)
def html():
    return "<b>"


@hug.get("/raise")
def raising():
    raise ValueError("raised")


@hug.get("/raise_http")
def raise_http():
    raise hug.HTTPConflict("T", "D")


@hug.get("/headers")
def headers(request, response):
    response.set_header("X-Answer", request.get_header("X-Question", default="none"))
    return [request.host, request.scheme, request.content_type]


@hug.get("/nothing", output=hug.output_format.text)
def nothing():
    return ""


@hug.options("/options")
def options():
    return "options"


@hug.head("/head")
def head(response):
    response.set_header("X-Head", "yes")


@hug.cli()
def command(number: int, name="x"):
    return {"number": number, "name": name}


@hug.cli()
def words(text="a b"):
    return text


@hug.cli(output=hug.output_format.json)
def as_json():
    return {"a": [1]}


@hug.get("/started")
def was_started():
    return len(started) > 0


started = []


@hug.startup()
def start(api):
    started.append(api)


@hug.not_found()
def not_found():
    return "not found"


def show(*calls):
    for name, call in calls:
        try:
            answer = call()
        except BaseException as error:
            print(name, type(error).__name__, error)
            continue
        if hasattr(answer, "status"):
            print(
                name,
                answer.status,
                getattr(answer, "content_type", "no type"),
                repr(getattr(answer, "data", "no data")),
            )
        else:
            print(name, type(answer).__name__, repr(answer))


if __name__ == "__main__":
    api = hug.API(__name__)
    module = __import__("sys").modules[__name__]
    show(
        ("get", lambda: hug.test.get(api, "/get")),
        ("get module", lambda: hug.test.get(module, "/get", name="y")),
        ("get relative", lambda: hug.test.get(api, "get", number="x")),
        ("get params", lambda: hug.test.get(api, "/get", params={"name": "p"}, number=3)),
        ("get list", lambda: hug.test.get(api, "/get", name=["a", "b"])),
        ("get query", lambda: hug.test.get(api, "/get?name=q")),
        ("get query string", lambda: hug.test.get(api, "/get", query_string="name=qs")),
        ("get none", lambda: hug.test.get(api, "/get", name=None)),
        ("get unicode", lambda: hug.test.get(api, "/get", name="é &=")),
        ("post dict", lambda: hug.test.post(api, "/post", {"a": 1})),
        ("post list", lambda: hug.test.post(api, "/post", [1])),
        ("post text", lambda: hug.test.post(api, "/post", "text")),
        (
            "post typed text",
            lambda: hug.test.post(api, "/post", "text", headers={"content-type": "text/plain"}),
        ),
        ("post params", lambda: hug.test.post(api, "/post", a="1")),
        (
            "post form",
            lambda: hug.test.post(
                api, "/post", "a=1", headers={"content-type": "application/x-www-form-urlencoded"}
            ),
        ),
        ("put", lambda: hug.test.put(api, "/put/3")),
        ("delete", lambda: hug.test.delete(api, "/delete")),
        ("options", lambda: hug.test.options(api, "/options")),
        ("head", lambda: hug.test.head(api, "/head").headers_dict["X-Head"]),
        ("text", lambda: hug.test.get(api, "/text")),
        ("binary", lambda: hug.test.get(api, "/binary")),
        ("html", lambda: hug.test.get(api, "/html")),
        ("nothing", lambda: hug.test.get(api, "/nothing")),
        ("raise", lambda: hug.test.get(api, "/raise")),
        ("raise http", lambda: hug.test.get(api, "/raise_http")),
        ("headers", lambda: hug.test.get(api, "/headers", headers={"X-Question": "why"})),
        (
            "headers dict",
            lambda: hug.test.get(api, "/headers", headers={"X-Question": "why"}).headers_dict["x-answer"],
        ),
        ("host", lambda: hug.test.get(api, "/headers", scheme="https", host="other.test")),
        ("started", lambda: hug.test.get(api, "/started")),
        ("not found", lambda: hug.test.get(api, "/nowhere")),
        ("call", lambda: hug.test.call("GET", api, "/get", name="c")),
        ("cli", lambda: hug.test.cli(command, 1)),
        ("cli options", lambda: hug.test.cli(command, 1, name="y")),
        ("cli text", lambda: hug.test.cli(words)),
        ("cli json", lambda: hug.test.cli(as_json)),
        ("cli by name", lambda: hug.test.cli("words", api=api)),
        ("cli by module", lambda: hug.test.cli("words", module=module)),
        ("cli output", lambda: hug.test.cli(words, collect_output=False)),
        ("cli wrong", lambda: hug.test.cli(command, "x")),
    )
