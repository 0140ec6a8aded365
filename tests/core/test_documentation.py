"""What an API tells about itself."""

import datetime as dt
import json
import math
import sys
import types
from dataclasses import dataclass

import pytest

import hug
from hug.dispatch import documentation_pages

JSON = {
    "format": "JSON (Javascript Serialized Object Notation)",
    "content_type": "application/json; charset=utf-8",
}


def birthday_api() -> hug.API:
    api = hug.API(types.ModuleType("birthday", "Birthday API overview"))

    @hug.get(api=api, examples="name=HUG&age=1")
    def happy_birthday(name: hug.types.text, age: hug.types.number = 1):
        """Says happy birthday"""

    @hug.post("/echo", api=api, versions=1)
    def echo(text: "Text to echo") -> "Echoed text":  # noqa: F722
        """V1 echo"""

    @hug.post("/echo", api=api, versions=range(2, 4))
    def echo_2(text, hug_timer=3):
        """V2 echo"""

    hug.get("/hidden", api=api, private=True)(lambda: 1)
    return api


def test_lines_of_json() -> None:
    """What an async generator sends is told as what it is."""
    api = hug.API()

    @hug.get(api=api)
    async def count():
        yield 1

    told = api.http.documentation()["handlers"]["/count"]["GET"]["outputs"]
    assert told["content_type"] == hug.test.get(api, "/count").headers_dict["content-type"]
    assert told["format"].startswith("JSON Lines")


def test_bodies() -> None:
    """What a body is made of is told where its type has fields, and is else what it was: nothing."""

    @dataclass
    class Note:
        text: str

    api = hug.API()
    for url, kind in (("/note", Note), ("/notes", list[Note]), ("/any", dict), ("/number", int)):
        hug.post(url, api=api, args={"body": kind})(lambda body: body)
    told = {url: of["POST"].get("inputs") for url, of in api.http.documentation()["handlers"].items()}
    assert told["/note"] == {"body": {"type": Note.__doc__}}
    assert told["/notes"] == {"body": {"type": f"Multiple ({Note.__doc__})"}}
    assert told["/any"] is told["/number"] is None


def test_page() -> None:
    """A URL that does not exist gets the documentation of the version it names, with 404."""
    api = birthday_api()
    response = hug.test.get(api, "/v1/nope")
    assert response.status == hug.HTTP_404
    assert response.content.startswith(b'{\n    "404"')
    assert list(response.data) == ["404", "documentation"]
    assert response.data["documentation"] == {
        "overview": "Birthday API overview",
        "version": 1,
        "versions": [1, 2, 3],
        "handlers": {
            "/happy_birthday": {
                "GET": {
                    "usage": "Says happy birthday",
                    "examples": ["http://falconframework.org/v1/happy_birthday?name=HUG&age=1"],
                    "outputs": JSON,
                    "inputs": {
                        "name": {"type": "Basic text / string value"},
                        "age": {"type": "A whole number", "default": 1},
                    },
                }
            },
            "/echo": {
                "POST": {
                    "usage": "V1 echo",
                    "outputs": {**JSON, "type": "Echoed text"},
                    "inputs": {"text": {"type": "Text to echo"}},
                }
            },
        },
    }


def test_versions_of_the_page() -> None:
    """The highest version is documented by default, and where the one asked for does not exist."""
    api = birthday_api()
    for url in ("/nope", "/v9/nope"):
        assert hug.test.get(api, url).data["documentation"]["version"] == 3
    documentation = api.http.documentation(api_version=2, prefix="http://host")
    assert documentation["handlers"]["/echo"]["POST"]["usage"] == "V2 echo"
    assert documentation["handlers"]["/happy_birthday"]["GET"]["examples"] == [
        "http://host/v2/happy_birthday?name=HUG&age=1"
    ]


def test_documentation_of_one_base_url(api: hug.API) -> None:
    """A base URL other than the API's can be asked for; examples begin with what stands before."""
    hug.get("/x", api=api)(lambda: 1)
    api.http.base_url = "/base"
    hug.get("/y", api=api)(lambda: 2)
    for asked, url, example in (
        ({}, "/y", "/base/y"),
        ({"base_url": ""}, "/x", "/x"),
        ({"base_url": "/base", "prefix": "http://host"}, "/y", "http://host/base/y"),
    ):
        handlers = api.http.documentation(**asked)["handlers"]
        assert {url: of["GET"]["examples"] for url, of in handlers.items()} == {url: [example]}
    assert api.http.documentation(base_url="/none")["handlers"] == {}


def test_requirements_and_outer_names(api: hug.API) -> None:
    """Requirements tell their docstrings; parameters have the names of the outside."""

    def admin(**kwargs):
        """Only admins"""
        return True

    @hug.get("/x", api=api, requires=[admin, lambda: True], map_params={"from": "start"})
    def handler(request, body, start: int = 3, end: float | None = None):
        return 1

    described = api.http.documentation()["handlers"]["/x"]["GET"]
    assert list(described) == ["requires", "outputs", "inputs"]
    assert described["requires"] == ["Only admins", None]
    assert described["inputs"] == {
        "from": {"type": "Integer", "default": 3},
        "end": {"type": "Float or null"},
    }


def test_example_of_a_route_without_parameters(api: hug.API) -> None:
    """A route that needs nothing is its own example."""
    hug.get("/x", api=api)(lambda: 1)
    described = hug.test.get(api, "/nope").data["documentation"]["handlers"]["/x"]["GET"]
    assert described["examples"] == ["http://falconframework.org/x"]


NOWHERE = object()


def test_defaults_that_json_does_not_have(api: hug.API) -> None:
    """A default that JSON has no value for is left out of what documents an API."""

    @hug.get(api=api)
    def odd(a=NOWHERE, b: float = math.inf, c=dt.date(2030, 1, 2), d=(math.nan,)):
        return 1

    pages = [hug.test.get(api, url) for url in ("/nowhere", "/documentation", "/openapi.json")]
    for page in pages:
        json.loads(page.content, parse_constant=pytest.fail)
    inputs = pages[0].data["documentation"]["handlers"]["/odd"]["GET"]["inputs"]
    assert [name for name, told in inputs.items() if "default" in told] == ["c"]
    assert inputs["c"]["default"] == "2030-01-02"


def test_page_in_another_format(api: hug.API) -> None:
    """The page is in the API's output format, whatever keywords that takes."""
    api.http.output_format = lambda data: f"<{data['404'][:12]}>"
    assert hug.test.get(api, "/nope").content == b"<The API call>"


def test_without_the_page(api: hug.API) -> None:
    """``default_not_found=False`` gives a bare error."""
    from hug.test import requests

    server = api.http.server(default_not_found=False)
    assert server is not api.http.server()
    sent = []

    async def receive():
        return {"type": "http.request"}

    async def send(event):
        sent.append(event)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
        "server": ("localhost", 80),
    }
    requests.portal.call(server.__call__, scope, receive, send)
    assert sent[0]["status"] == 404
    assert sent[1]["body"] == b'{"errors": {"404 Not Found": null}}'


def test_modules_docstring() -> None:
    """The overview is the module's docstring."""
    assert hug.API(sys.modules[__name__]).http.documentation()["overview"] == __doc__


def test_written_once(monkeypatch) -> None:
    """Documentation is written once for a version, whatever the server is called, and anew after a change."""
    made = []

    def document(*args, **options):
        made.append(options["api_version"])
        return original(*args, **options)

    original = documentation_pages.document
    monkeypatch.setattr(documentation_pages, "document", document)
    api = birthday_api()
    for name in ("a.example", "b.example", "c.example"):
        for url in ("/v1/nope", "/v99/nope", "/documentation"):
            answer = hug.test.get(api, url, headers={"host": name})
            text = answer.content.decode()
            assert f"http://{name}/" in text
            assert "invalid" not in text
    assert made == [1, 3, 3]  # the highest for each kind of page

    hug.get("/added", api=api)(lambda: 1)
    assert "/added" in hug.test.get(api, "/v1/nope").data["documentation"]["handlers"]


def test_own_formats_see_each_request() -> None:
    """A format that looks at the request is asked for each one."""
    api = birthday_api()
    seen = []

    @hug.format.content_type("text/plain")
    def mine(data, request, response):
        seen.append((request.path, "documentation" in data))
        return request.path.encode()

    api.http.output_format = mine
    for path in ("/nope", "/other", "/nope"):
        assert hug.test.get(api, path).data == path
    assert seen == [("/nope", True), ("/other", True), ("/nope", True)]
