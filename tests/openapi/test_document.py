"""The document of OpenAPI that an API has of itself."""

import dataclasses
import enum
import json
import sys
import types
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

import marshmallow
import msgspec
import pydantic
import pytest
from marshmallow import fields

import hug
from hug.openapi.schemas import Schemas

from . import app

DOCUMENT = hug.API(app).http.openapi()


def check(document: dict[str, Any]) -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator, OpenAPIV32SpecValidator

    older = document["openapi"].startswith("3.1.")
    (OpenAPIV31SpecValidator if older else OpenAPIV32SpecValidator)(document).validate()


def operation(path: str, method: str = "get", document: dict[str, Any] = DOCUMENT) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path][method]
    return found


def parameters(path: str, method: str = "get", document: dict[str, Any] = DOCUMENT) -> dict[str, Any]:
    return {each["name"]: each for each in operation(path, method, document)["parameters"]}


def schemas(path: str) -> dict[str, Any]:
    return {name: each.get("schema") for name, each in parameters(path).items()}


def component(name: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    return found


@pytest.mark.slow
def test_valid() -> None:
    """It is what the specification says a document of OpenAPI 3.2 is, and JSON."""
    check(DOCUMENT)
    assert DOCUMENT["openapi"] == "3.2.0"
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT


class Alias:
    """As ``type Tree = list[Tree] | int`` makes it in Python 3.12."""

    def __init__(self) -> None:
        self.__value__ = list[self] | int  # type: ignore[valid-type]


def test_alias_that_contains_itself() -> None:
    """Nothing is told of an alias that is part of itself."""
    assert Schemas().of(Alias()) == {}
    assert Schemas().of(list[Alias()]) == {}  # type: ignore[misc]


def test_about_the_api() -> None:
    """Title, version and description are the module's."""
    assert DOCUMENT["info"] == {"title": app.__name__, "version": "1.2.3", "description": app.__doc__}
    assert "servers" not in DOCUMENT
    assert hug.API().http.openapi(server="http://x") == {
        "openapi": "3.2.0",
        "info": {"title": "API", "version": "0"},
        "servers": [{"url": "http://x"}],
        "paths": {},
    }


def test_what_is_there() -> None:
    """Every route that is not private has an operation, with an id that no other has."""
    assert "/private" not in DOCUMENT["paths"]
    assert DOCUMENT["paths"]["/every"].keys() == {"get", "post", "delete"}
    ids = [each["operationId"] for item in DOCUMENT["paths"].values() for each in item.values()]
    assert len(ids) == len(set(ids))
    assert {"types", "create_order", "Things_all", "every", "post_every", "delete_every"} <= set(ids)


def test_words() -> None:
    """The docstring is summary and description."""
    told = operation("/types")
    assert told["summary"] == "Takes all of hug's types"
    assert told["description"].endswith("And says what came of them.")
    assert operation("/orders", "post")["summary"] == "Creates an order"
    assert "summary" not in operation("/standard")


def test_hugs_types() -> None:
    """Each of hug's types has the schema of what it takes."""
    told = schemas("/types")
    assert told == {
        "text": {"type": "string", "minLength": 1},
        "number": {"type": "integer"},
        "in_range": {"type": "integer", "minimum": 1, "exclusiveMaximum": 10, "default": 1},
        "fraction": {"type": "number", "minimum": 0, "exclusiveMaximum": 1, "default": 0.5},
        "share": {"type": "number", "minimum": 0, "exclusiveMaximum": 1, "default": 0.5},
        "less": {"type": "integer", "exclusiveMaximum": 5, "default": 1},
        "greater": {"type": "integer", "exclusiveMinimum": 5, "default": 6},
        "length": {"type": "string", "minLength": 1, "maxLength": 4, "default": "a"},
        "short": {"type": "string", "maxLength": 4, "default": "a"},
        "long": {"type": "string", "minLength": 3, "default": "abc"},
        "cut": {"type": "string", "default": "abc"},
        "one_of": {"type": "string", "enum": ["a", "b"], "default": "a"},
        "mapped": {"type": "string", "enum": ["on", "off"]},
        "several": {"type": "array", "items": {}, "default": []},
        "numbers": {"type": "array", "items": {"type": "integer"}, "default": []},
        "shares": {"type": "array", "items": {"type": "number"}, "default": []},
        "days": {"type": "array", "items": {"type": "string", "format": "date"}, "default": []},
        "commas": {"type": "array", "items": {"type": "string"}, "default": []},
        "semicolons": {"type": "string"},
        "json": {},
        "smart": {"type": "boolean", "default": False},
        "boolean": {"type": "boolean", "default": False},
        "identity": {"type": "string", "format": "uuid"},
        "exact": {"type": ["string", "number"], "format": "decimal"},
        "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "chained": {"type": "integer", "default": 1},
        "nullable": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "inline": {"type": "string"},
        "even": {"type": "integer", "description": "An even number", "default": 2},
        "documented": {"type": "string", "description": "Any words", "default": ""},
        "bare": {"type": "string"},
    }
    commas = parameters("/types")["commas"]
    assert (commas["style"], commas["explode"]) == ("form", False)
    assert [name for name, each in parameters("/types").items() if each.get("required")] == ["text", "number"]
    assert {name: each["example"] for name, each in parameters("/types").items() if "example" in each} == {
        "number": 3,
        "text": "a",
    }


def test_standard_types() -> None:
    """Standard typing has the schemas that msgspec has for it; an object in a query is JSON there."""
    told = schemas("/standard")
    assert told["optional"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert told["several"] == {"type": "array", "items": {"type": "integer"}, "default": []}
    assert told["choice"] == {"type": ["string", "integer"], "enum": ["a", "b", 1], "default": "a"}
    assert told["colour"]["$ref"] == "#/components/schemas/Colour"
    assert told["bounded"] == {"type": "integer", "minimum": 3, "exclusiveMaximum": 9, "default": 3}
    assert {"type": ["string", "number"], "description": "ISO 8601, or seconds"} in told["span"]["anyOf"]
    point = parameters("/standard")["point"]
    assert point["content"]["application/json"]["schema"] == {
        "anyOf": [{"$ref": "#/components/schemas/Point"}, {"type": "null"}]
    }
    assert component("Point")["properties"] == {
        "x": {"type": "integer"},
        "y": {"type": "integer", "default": 0},
    }
    assert component("Colour")["enum"] == ["red", "green"]
    assert component("Colour")["type"] == "string"
    assert component("Account")["properties"]["friends"]["items"] == {"$ref": "#/components/schemas/Account"}
    assert component("Pair")["type"] == "object"


def test_bodies() -> None:
    """Fields of methods that have a body are its properties; a parameter called body is the body."""
    body = operation("/orders", "post")["requestBody"]
    assert body["required"]
    assert {"application/json", "application/x-www-form-urlencoded"} <= body["content"].keys()
    assert body["content"]["application/json"]["schema"] == {
        "type": "object",
        "properties": {
            "order": {"$ref": "#/components/schemas/Order"},
            "note": {"type": "string", "default": ""},
            "tags": {"type": "array", "items": {"type": "string"}, "default": []},
        },
        "required": ["order"],
    }
    assert "encoding" not in body["content"]["application/json"]
    form = body["content"]["application/x-www-form-urlencoded"]
    assert form["encoding"] == {"order": {"contentType": "application/json"}}
    assert operation("/points", "post")["requestBody"]["content"].keys() == {"application/json"}
    whole = operation("/orders/{number}", "put")["requestBody"]
    assert whole["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Order"}
    assert whole["required"]
    assert "required" not in operation("/orders/{number}", "patch")["requestBody"]
    assert "required" not in operation("/anything", "post")["requestBody"]


def test_fields_of_urls() -> None:
    """A field of a URL is a parameter of the path, of the type that the function or the template says."""
    told = parameters("/items/{number}/lines/{line}")
    assert told["number"] == {"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}}
    assert told["line"]["schema"] == {"type": "string", "format": "uuid"}
    assert told.keys() == {"number", "line"}
    assert parameters("/mapped").keys() == {"from"}


def test_answers() -> None:
    """Statuses, content types, headers and schemas of answers; what errors look like."""
    created = operation("/orders", "post")["responses"]
    assert created["201"] == {
        "description": "Created",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}},
    }
    invalid = {"application/json": {"schema": {"$ref": "#/components/schemas/Errors"}}}
    assert created["400"]["content"] == created["4XX"]["content"] == invalid
    assert component("Errors")["required"] == ["errors"]
    assert operation("/orders/{number}", "delete")["responses"]["204"] == {"description": "No Content"}
    assert operation("/orders/{number}", "patch")["responses"]["200"]["headers"].keys() == {"X-Patched"}
    assert "content" not in operation("/checked", "post")["responses"]["400"]
    assert operation("/page")["responses"]["200"]["content"] == {"text/html": {"schema": {"type": "string"}}}
    assert operation("/page")["responses"]["400"]["content"] == invalid
    assert operation("/text")["responses"]["200"]["content"] == {"text/plain": {"schema": {"type": "string"}}}


def test_security() -> None:
    """Authenticators are security schemes; the answer to who is not let in is told."""
    assert DOCUMENT["components"]["securitySchemes"] == {
        "basic": {"type": "http", "scheme": "basic"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "X-Api-Key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        "sid": {"type": "apiKey", "in": "cookie", "name": "sid"},
    }
    deleted = operation("/orders/{number}", "delete")
    assert deleted["security"] == [{"basic": []}]
    assert {"401", "403"} <= deleted["responses"].keys()
    assert "security" not in operation("/standard")


def test_event_streams() -> None:
    """An event stream is described by its items, and these by what the function says that it yields."""
    (kind, content), *others = operation("/ticks")["responses"]["200"]["content"].items()
    assert (kind, others) == ("text/event-stream", [])
    fields = content["itemSchema"]["properties"]
    assert fields.keys() == {"data", "event", "id", "retry"}
    assert fields["data"] == {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": "#/components/schemas/Reading"},
    }
    lines = operation("/lines")["responses"]["200"]["content"]["text/event-stream"]
    assert lines["itemSchema"]["properties"]["data"] == {"type": "string"}
    assert "204" in operation("/lines")["responses"]


def test_answers_in_pieces() -> None:
    """What an async generator yields is described as the lines of JSON that it is written in."""
    assert operation("/readings")["responses"]["200"]["content"] == {
        "application/jsonl": {"itemSchema": {"$ref": "#/components/schemas/Reading"}}
    }


@pytest.mark.slow
def test_older_specification(api: hug.API) -> None:
    """A document of OpenAPI 3.1, which the setting or the caller chooses, has nothing that only 3.2 has."""
    hug.http("/any", api=api)(lambda: 1)
    hug.http("/odd", accept=("CONNECT",), api=api)(lambda: 1)
    api.extend(hug.API(app), "/app")
    assert {"additionalOperations"} <= api.http.openapi()["paths"]["/any"].keys()
    document = api.http.openapi(version="3.1.0")
    check(document)
    assert document["openapi"] == "3.1.0"
    assert "additionalOperations" not in document["paths"]["/any"]
    assert "/odd" not in document["paths"]
    assert "itemSchema" not in json.dumps(document)
    answer = operation("/app/ticks", document=document)["responses"]["200"]
    assert answer["content"] == {"text/event-stream": {"schema": {"type": "string"}}}
    assert hug.test.get(api, "/openapi.json").data["openapi"] == "3.2.0"
    api.http.openapi_version = "3.1.0"
    assert hug.test.get(api, "/openapi.json").data["openapi"] == "3.1.0"
    assert api.http.openapi() == document
    for setting in (
        lambda: api.http.openapi(version="3.0.3"),
        lambda: setattr(api.http, "openapi_version", "2"),
    ):
        with pytest.raises(ValueError, match=r"take one of 3\.2\.0, 3\.1\.2"):
            setting()
    assert api.http.openapi_version == "3.1.0"


def test_told_by_the_application(api: hug.API) -> None:
    """Title, version, servers and more can be set, and hold for the page, too."""
    api.http.openapi_info = {"title": "Shop", "version": "7", "license": {"name": "MIT"}}
    api.http.openapi_servers = ["https://a.example", "https://b.example/shop"]
    told = hug.test.get(api, "/openapi.json").data
    check(told)
    assert told == api.http.openapi()
    assert told["info"] == {"title": "Shop", "version": "7", "license": {"name": "MIT"}}
    assert [each["url"] for each in told["servers"]] == ["https://a.example", "https://b.example/shop"]
    assert api.http.openapi(server="http://x")["servers"] == [{"url": "http://x"}]
    api.http.openapi_info["title"] = "Market"
    assert hug.test.get(api, "/openapi.json").data["info"]["title"] == "Market"


def test_files(api: hug.API) -> None:
    """Files are told of as binary: those that are uploaded, and those that are the answer."""
    binary = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}

    @hug.post("/photo", output=hug.output_format.file, api=api)
    def photo(picture: hug.UploadedFile, more: list[hug.UploadedFile]) -> str:
        return "photo.png"

    hug.get("/thumb", output=hug.output_format.png_image, api=api)(lambda: "thumb.png")
    document = api.http.openapi()
    check(document)
    body = operation("/photo", "post", document)["requestBody"]["content"]["multipart/form-data"]
    assert body["schema"]["properties"] == {"picture": binary, "more": {"type": "array", "items": binary}}
    answer = operation("/photo", "post", document)["responses"]["200"]
    assert answer["content"] == {"application/octet-stream": {"schema": binary}}
    image = operation("/thumb", "get", document)["responses"]["200"]["content"]["image/png"]
    assert image["schema"] == {"type": "string", "format": "binary"}


def test_declared_order(api: hug.API) -> None:
    """The values of literals and enumerations inside of classes are in their order, with their types."""
    Size = enum.Enum("Size", {"M": "medium", "L": "large"})
    level, sizes = Literal[3, 1, 2], list[Size]  # type: ignore[valid-type]
    Shirt = dataclasses.make_dataclass("Shirt", [("level", level), ("enum", sizes)])
    hug.post("/shirt", api=api, args={"body": Shirt})(lambda body: None)
    document = api.http.openapi()
    check(document)
    made = document["components"]["schemas"]
    assert made["Shirt"]["properties"]["level"] == {"type": "integer", "enum": [3, 1, 2]}
    assert (made["Size"]["type"], made["Size"]["enum"]) == ("string", ["medium", "large"])


def test_schemas_of_marshmallow(api: hug.API) -> None:
    """A schema of marshmallow is an object with its fields, by the names that they have outside."""

    class Tree(marshmallow.Schema):
        name = fields.Email(required=True, data_key="Name")
        heights = fields.List(fields.Integer(allow_none=True))
        planted = fields.Date(dump_only=True, required=True)
        parent = fields.Nested(lambda: Tree())  # noqa: PLW0108  # it is not there yet
        price = fields.Decimal()

    hug.post("/one", api=api, args={"body": Tree()})(lambda body: None)
    hug.post("/many", api=api, args={"body": Tree(many=True, only=["name"])})(lambda body: None)
    document = api.http.openapi()
    check(document)
    one, many = (
        operation(url, "post", document)["requestBody"]["content"]["application/json"]["schema"]
        for url in ("/one", "/many")
    )
    assert (one["type"], one["required"]) == ("object", ["Name"])
    assert one["properties"] == {
        "Name": {"type": "string"},
        "heights": {"type": "array", "items": {"type": ["integer", "null"]}},
        "planted": {"type": "string", "format": "date", "readOnly": True},
        "parent": {"type": "object"},
        "price": {},
    }
    assert (many["type"], many["items"]["properties"]) == ("array", {"Name": {"type": "string"}})


@pytest.fixture
def versioned(api: hug.API) -> hug.API:
    hug.get("/price", api=api, versions=1)(lambda: 1)
    hug.get("/price", api=api, versions=2)(lambda currency: 2)
    hug.get("/always", api=api)(lambda: 3)
    return api


@pytest.fixture
def api() -> hug.API:
    return hug.API(types.ModuleType("made"))


def test_versions(versioned: hug.API) -> None:
    """There is a document for each version, with the URLs of that; the highest is the default."""
    first, second = versioned.http.openapi(1), versioned.http.openapi()
    assert (first["info"]["version"], second["info"]["version"]) == ("1", "2")
    assert first["paths"].keys() == {"/v1/price", "/v1/always"}
    assert "parameters" not in operation("/v1/price", document=first)
    assert parameters("/v2/price", document=second).keys() == {"currency"}
    for url, version in (
        ("/v1/openapi.json", "1"),
        ("/openapi.json?api_version=1", "1"),
        ("/openapi.json", "2"),
    ):
        assert hug.test.get(versioned, url).data["info"]["version"] == version


def test_other_apis(api: hug.API) -> None:
    """What is taken over from another API is told of at the URL where it is."""
    other = hug.API(types.ModuleType("other"))
    hug.get("/x", api=other)(lambda number: 1)
    api.extend(other, "/sub")
    document = api.http.openapi()
    assert parameters("/sub/x", document=document).keys() == {"number"}
    assert other.http.openapi()["paths"].keys() == {"/x"}


def test_unusual_methods(api: hug.API) -> None:
    """Methods that OpenAPI has no place for are additional operations, and the document stays valid."""
    hug.http("/any", api=api)(lambda: 1)
    document = api.http.openapi()
    check(document)
    assert document["paths"]["/any"]["additionalOperations"].keys() == {"CONNECT"}


def test_classes_of_the_same_name(api: hug.API) -> None:
    """Two classes of one name are two components, unless they are the same."""

    def kind(annotation: type) -> Any:
        return dataclasses.make_dataclass("Item", [("value", annotation)])

    for number, annotation in enumerate((int, str, int)):
        hug.post(f"/{number}", api=api, args={"body": kind(annotation)})(lambda body: None)
    document = api.http.openapi()
    assert document["components"]["schemas"].keys() == {"Item", "Item_2", "Errors"}
    names = [
        operation(f"/{n}", "post", document)["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for n in range(3)
    ]
    assert [name.rpartition("/")[2] for name in names] == ["Item", "Item_2", "Item"]


def test_formats_to_choose_from(api: hug.API) -> None:
    """An answer is of all the media types that there are to choose from, an error of those that tell some."""
    page = hug.output_format.suffix({".html": hug.output_format.html}, default=hug.output_format.text)
    chosen = hug.output_format.accept({"application/json": hug.output_format.json, "text/*": page})
    hug.get("/x/{number}", api=api, output=chosen, args={"return": int})(lambda number: number)
    document = api.http.openapi()
    check(document)
    answers = operation("/x/{number}", document=document)["responses"]
    assert answers["200"]["content"] == {
        "application/json": {"schema": {"type": "integer"}},
        "text/html": {"schema": {"type": "string"}},
        "text/plain": {"schema": {"type": "string"}},
    }
    assert answers["400"]["content"].keys() == {"application/json", "text/plain"}
    assert answers["4XX"]["content"].keys() == {"application/json"}


def test_formats_by_url(api: hug.API) -> None:
    """Where the URL chooses the format, each has its own; one that none is for can only be refused."""
    by_end = hug.output_format.suffix({".json": hug.output_format.json, ".txt": hug.output_format.text})
    hug.get(("/a.json", "/a.txt", "/a", "/{name}", "/{name}.txt"), api=api, output=by_end)(
        lambda name="": name
    )
    by_start = hug.output_format.prefix({"/b/": hug.output_format.text}, default=hug.output_format.json)
    hug.get(("/b/{name}", "/c"), api=api, output=by_start)(lambda name="": name)
    document = api.http.openapi()
    check(document)
    told = {
        path: [*methods["get"]["responses"].get("200", {}).get("content", ())]
        for path, methods in document["paths"].items()
    }
    assert told == {
        "/a.json": ["application/json"],
        "/a.txt": ["text/plain"],
        "/a": [],
        "/{name}": ["application/json", "text/plain"],
        "/{name}.txt": ["text/plain"],
        "/b/{name}": ["text/plain"],
        "/c": ["application/json"],
    }
    assert operation("/a", document=document)["responses"]["406"]["content"].keys() == {"application/json"}
    assert hug.test.get(api, "/a").status_code == 406


@pytest.mark.parametrize("name", ["json_lines", "file", "png_image", "text", "html", "json"])
def test_errors_in_their_formats(api: hug.API, name: str) -> None:
    """Errors, those of wrong input and those that are raised, have the media types that are told."""

    @hug.get("/x", api=api, output=getattr(hug.output_format, name))
    def fails(number: int):
        raise hug.HTTPConflict("Title", "Words")

    answers = operation("/x", document=api.http.openapi())["responses"]
    for given, status in (("x", "400"), ("1", "4XX")):
        kind = hug.test.get(api, "/x", number=given).content_type
        assert kind.partition(";")[0] in answers[status]["content"], given
    assert answers["4XX"]["content"].keys() == {"application/json"}


def test_iterators_as_json(api: hug.API) -> None:
    """What an iterator gives, or what a generator yields, are the items of a list."""

    @hug.get("/generated", api=api)
    def generated() -> Iterator[app.Reading]:
        yield from ()

    @hug.get("/listed", api=api)
    def listed() -> Iterable[int | None]:
        return [1, None]

    document = api.http.openapi()
    check(document)
    content = operation("/generated", document=document)["responses"]["200"]["content"]
    items = {"$ref": "#/components/schemas/Reading"}
    assert content == {"application/json": {"schema": {"type": "array", "items": items}}}
    content = operation("/listed", document=document)["responses"]["200"]["content"]
    assert content["application/json"]["schema"]["items"] == {
        "anyOf": [{"type": "integer"}, {"type": "null"}]
    }


def test_statuses_of_ones_own(api: hug.API) -> None:
    """A status that the standard has no words for is described by those it was given with."""
    hug.get("/done", api=api, status="299 Well done")(lambda: 1)
    hug.get("/other", api=api, status=298)(lambda: 1)
    document = api.http.openapi()
    check(document)
    assert operation("/done", document=document)["responses"]["299"]["description"] == "Well done"
    assert operation("/other", document=document)["responses"]["298"]["description"] == "Unknown"


class Tree(pydantic.RootModel[list["Tree"] | int]):
    """A list of trees, or a leaf"""


def test_model_within_itself(api: hug.API) -> None:
    """A model that is itself a part of its own parts has an end."""
    hug.http("/tree", api=api, accept=("GET", "POST"), args={"tree": Tree})(lambda tree: tree)
    document = api.http.openapi()
    check(document)
    assert parameters("/tree", document=document)["tree"]["schema"] == {"$ref": "#/components/schemas/Tree"}


def test_models_told_apart_by_a_field(api: hug.API) -> None:
    """What is one of several models, by a field of theirs, is an object, and JSON in a query."""
    cat = pydantic.create_model("Cat", kind=Literal["cat"])
    dog = pydantic.create_model("Dog", kind=Literal["dog"])
    either = Annotated[cat | dog, pydantic.Field(discriminator="kind")]  # type: ignore[valid-type]
    pet = pydantic.create_model("Pet", __base__=pydantic.RootModel[either])
    hug.get("/pet", api=api, args={"pet": pet})(lambda pet: pet)
    assert parameters("/pet", document=api.http.openapi())["pet"]["content"].keys() == {"application/json"}


def test_remarks_on_named_tuples(api: hug.API) -> None:
    """A named tuple is an object with a remark on it, too, wherever it is."""
    remarked = list[Annotated[app.Pair, msgspec.Meta(description="Two")]]
    hug.get("/pairs", api=api, args={"return": remarked})(lambda: None)
    answer = operation("/pairs", document=api.http.openapi())["responses"]["200"]
    items = answer["content"]["application/json"]["schema"]["items"]
    assert items["description"] == "Two"
    assert "array" not in str(items)


def test_types_of_pydantic(api: hug.API) -> None:
    """What pydantic checks is described as pydantic describes it."""
    types = {"few": pydantic.PositiveInt, "many": list[pydantic.PositiveInt], "body": app.Account | Tree}
    hug.post("/x", api=api, args=types)(lambda few, body, many=(): None)
    document = api.http.openapi()
    check(document)
    either, beside = operation("/x", "post", document)["requestBody"]["content"]["application/json"][
        "schema"
    ]["allOf"]
    names = [each["$ref"].rpartition("/")[2] for each in either["anyOf"]]
    assert names == ["Account", "Tree"]
    assert document["components"]["schemas"].keys() == {*names, "Errors"}
    few = {"type": "integer", "exclusiveMinimum": 0}
    assert beside["properties"]["few"] == few
    assert beside["properties"]["many"] == {"type": "array", "items": few, "default": []}


def test_bytes(api: hug.API) -> None:
    """What is read as UTF-8 is described as text, not as base64."""
    hug.get("/x", api=api, args={"a": bytes, "b": bytearray})(lambda a, b=None: None)
    told = parameters("/x", document=api.http.openapi())
    assert told["a"]["schema"] == {"type": "string", "minLength": 1}
    assert told["b"]["schema"] == {"type": "string"}
    hug.post("/y", api=api, args={"body": bytes})(lambda body: None)
    content = operation("/y", "post", api.http.openapi())["requestBody"]["content"]
    assert content.keys() == {"application/json", "application/octet-stream"}


def test_defaults_without_a_type(api: hug.API) -> None:
    """The default of a parameter that has no type, and so gets text, is told if it is text."""

    @hug.http("/x", api=api, accept=("GET", "POST"))
    def handler(number=2, word="a", several=(), documented: "Any words" = 5): ...  # noqa: F722

    document = api.http.openapi()
    check(document)
    assert {name: each["schema"] for name, each in parameters("/x", document=document).items()} == {
        "number": {"type": "string"},
        "word": {"type": "string", "default": "a"},
        "several": {"type": "string"},
        "documented": {"type": "string", "description": "Any words"},
    }


def test_bodies_that_are_enough(api: hug.API) -> None:
    """A body may be told as JSON alone, for programs that cannot choose; files stay what they are: forms."""
    hug.post("/values", api=api)(lambda number: number)
    hug.post("/file", api=api, args={"file": hug.UploadedFile})(lambda file: None)

    def told(url: str) -> Any:
        document = hug.test.get(api, "/openapi.json").data
        return operation(url, "post", document)["requestBody"]["content"].keys()

    assert len(told("/values")) == 3
    api.http.openapi_bodies = ["application/json"]
    assert told("/values") == {"application/json"}
    assert told("/file") == {"multipart/form-data"}


def test_names_of_classes(api: hug.API) -> None:
    """Titles differ, as generators make a class of each; what refers to a numbered one is there once, too."""
    part = pydantic.create_model("Part", size=int)
    whole = pydantic.create_model("Whole", part=part)
    other = dataclasses.make_dataclass("Part", [("colour", str)])
    hug.get("/other", api=api, args={"return": other})(lambda: None)
    for url in ("/1", "/2"):
        hug.post(url, api=api, args={"body": whole, "return": whole})(lambda body: body)
    components = api.http.openapi()["components"]["schemas"]
    assert components.keys() == {"Part", "Part_2", "Whole", "Errors"}
    assert {components[name]["title"] for name in ("Part", "Part_2", "Whole")} == {"Part", "Part_2", "Whole"}
    assert components["Whole"]["properties"]["part"] == {"$ref": "#/components/schemas/Part_2"}


def test_where_it_is(api: hug.API) -> None:
    """The document is served, by GET only, with the server's URL; where can be changed, and switched off."""
    hug.get("/x", api=api)(lambda: 1)
    answer = hug.test.get(api, "/openapi.json", host="example.com", scheme="https")
    assert answer.status == hug.HTTP_200
    assert answer.content_type == "application/json; charset=utf-8"
    assert answer.data["servers"] == [{"url": "https://example.com"}]
    assert hug.test.head(api, "/openapi.json").status == hug.HTTP_200
    assert hug.test.post(api, "/openapi.json").status == hug.HTTP_404
    api.http.openapi_url = "/api-docs"
    assert hug.test.get(api, "/api-docs").data["paths"].keys() == {"/x"}
    assert hug.test.get(api, "/openapi.json").status == hug.HTTP_404
    api.http.openapi_url = None
    assert hug.test.get(api, "/api-docs").status == hug.HTTP_404


def test_of_what_there_is_now(api: hug.API) -> None:
    """A route that is added later, and another format, are told of."""
    hug.get("/x", api=api)(lambda: 1)
    assert hug.test.get(api, "/openapi.json").data["paths"].keys() == {"/x"}
    hug.get("/y", api=api)(lambda: 1)
    api.http.output_format = hug.output_format.text
    told = hug.test.get(api, "/openapi.json").data
    assert operation("/y", document=told)["responses"]["200"]["content"].keys() == {"text/plain"}


@pytest.mark.parametrize("page", ["/openapi.json", "/documentation"])
def test_no_route_is_shadowed(api: hug.API, page: str) -> None:
    """A page of hug's own is where no route is, templates included, and behind each base URL."""
    api.http.base_url = "/base"
    hug.get("/x", api=api)(lambda: 1)
    for url in (page, f"/base{page}"):
        assert hug.test.get(api, url).status == hug.HTTP_200
    assert hug.test.get(api, f"/elsewhere{page}").status == hug.HTTP_404
    hug.get("/{name}", api=api)(lambda name: name)
    assert hug.test.get(api, f"/base{page}").data == page[1:]
    api.http.base_url = ""
    hug.get("/{name}", api=api)(lambda name: name)
    assert hug.test.get(api, page).data == page[1:]


def test_documentation_page(api: hug.API) -> None:
    """``/documentation`` answers 200 with the documentation, also beside a handler for what is not found."""
    hug.get("/x", api=api)(lambda: 1)
    answer = hug.test.get(api, "/documentation")
    assert answer.status == hug.HTTP_200
    assert answer.data == {"documentation": api.http.documentation(prefix="http://falconframework.org")}
    assert answer.content.startswith(b'{\n    "documentation"')
    hug.not_found(api=api)(lambda: "lost")
    assert hug.test.get(api, "/documentation").status == hug.HTTP_200
    assert hug.test.get(api, "/elsewhere").data == "lost"
    api.http.documentation_url = None
    assert hug.test.get(api, "/documentation").data == "lost"


def test_modules_name() -> None:
    """An API of a module that says no version has version 0."""
    assert hug.API(sys.modules[__name__]).http.openapi()["info"]["version"] == "0"
