"""Forms whose fields are those of one record, a parameter called ``body``."""

import dataclasses
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import msgspec
import pydantic
import pytest

import hug

URLENCODED = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": "multipart/form-data; boundary=cut"}


@dataclasses.dataclass
class Place:
    x: int


@dataclasses.dataclass
class Plain:
    title: str
    tags: list[str] = dataclasses.field(default_factory=list)
    points: int = 0
    at: Place | None = None
    kind: Literal["a", "b"] = "a"


class Struct(msgspec.Struct):
    title: str
    tags: Annotated[list[str], msgspec.Meta(max_length=3)] = []
    points: int = 0
    at: Place | None = None
    kind: Literal["a", "b"] = "a"


class Typed(TypedDict, total=False):
    title: str
    tags: list[str] | None
    points: int
    at: Place
    kind: Literal["a", "b"]


class Model(pydantic.BaseModel):
    title: str
    tags: list[str] = []
    points: int = 0
    at: Place | None = None
    kind: Literal["a", "b"] = "a"


class Named(NamedTuple):
    title: str
    tags: tuple[str, ...] = ()
    points: int = 0
    at: Place | None = None
    kind: Literal["a", "b"] = "a"


KINDS = (Plain, Struct, Typed, Model, Named, Plain | None, Annotated[Plain, "words"])


def api_of(kind: Any) -> hug.API:
    api = hug.API()

    @hug.post("/", api=api)
    def echo(body: kind) -> Any:
        get = body.get if isinstance(body, dict) else lambda name: getattr(body, name)
        return [get("title"), list(get("tags") or ()), get("points"), get("at")]

    @hug.post("/plain", api=api)
    def plain(
        title: str, tags: list[str] = (), points: int = 0, at: Place | None = None, kind: str = "a"
    ) -> Any:
        return [title, tags, points, at]

    return api


def multipart(*fields: tuple[str, str]) -> str:
    parts = (f'--cut\r\ncontent-disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields)
    return "".join(parts) + "--cut--\r\n"


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize(
    ("form", "made"),
    [
        ('title=x&tags=a&points=1&at={"x":"2"}', ["x", ["a"], 1, {"x": 2}]),
        ('title=a, b&tags=a,b&points=1&at={"x":2}', ["a, b", ["a", "b"], 1, {"x": 2}]),
        ('title=[1]&tags=a&tags=b%2Cc&points=3&at={"x":2}', ["[1]", ["a", "b,c"], 3, {"x": 2}]),
    ],
)
def test_as_parameters(kind: Any, form: str, made: Any) -> None:
    """The fields of a form become those of a record as they become parameters of their types."""
    api = api_of(kind)
    assert hug.test.post(api, "/plain", form, headers=URLENCODED).data == made
    answer = hug.test.post(api, "/", form, headers=URLENCODED)
    assert answer.data == made


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_forms_with_files(kind: Any) -> None:
    """So do those of a form in parts, where a comma never separates values."""
    form = multipart(("title", "a, b"), ("tags", "a,b"), ("points", "7"), ("at", '{"x": 2}'))
    answer = hug.test.post(api_of(kind), "/", form, headers=MULTIPART)
    assert answer.data == ["a, b", ["a,b"], 7, {"x": 2}]
    form = multipart(("title", "a"), ("tags", "a"), ("tags", "b"), ("points", "7"), ("at", '{"x": 2}'))
    assert hug.test.post(api_of(kind), "/", form, headers=MULTIPART).data[1] == ["a", "b"]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_json_is_as_strict_as_ever(kind: Any) -> None:
    """In JSON a text is no list, nor an object, and a list no text."""
    api = api_of(kind)
    for field, wrong in (("tags", "a"), ("at", '{"x": 2}'), ("title", ["a", "b"])):
        answer = hug.test.post(api, "/", {"title": "x", field: wrong})
        assert answer.status == hug.HTTP_400
        assert answer.data["errors"].keys() == {"body"}


@pytest.mark.parametrize("kind", [Plain, Struct, Typed, Model, Named])
def test_all_that_is_wrong(kind: Any) -> None:
    """Each field of a record that does not fit is told under its name, in forms and in JSON."""
    api = api_of(kind)
    for answer in (
        hug.test.post(api, "/", "title=x&points=z&kind=c", headers=URLENCODED),
        hug.test.post(api, "/", {"title": "x", "points": "z", "kind": "c"}),
    ):
        assert answer.status == hug.HTTP_400
        assert answer.data["errors"]["body"].keys() == {"points", "kind"}


def test_missing_fields() -> None:
    """A field that is missing is told beside one that is wrong."""
    assert hug.test.post(api_of(Plain), "/", {"points": "z"}).data == {
        "errors": {"body": {"title": "Field required", "points": "Expected `int`, got `str`"}}
    }


def test_fields_by_their_outer_names() -> None:
    """Fields have the names that they have in JSON."""

    class Renamed(msgspec.Struct, rename="camel"):
        my_tags: list[str]

    class Aliased(pydantic.BaseModel):
        my_tags: list[str] = pydantic.Field(alias="myTags")

    for kind in (Renamed, Aliased):
        api = hug.API()
        hug.post("/", api=api, args={"body": kind})(lambda body: body.my_tags)
        assert hug.test.post(api, "/", "myTags=a", headers=URLENCODED).data == ["a"]
        assert hug.test.post(api, "/", {}).data["errors"]["body"] == {"myTags": "Field required"}
