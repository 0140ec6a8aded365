"""Objects that convert by a method of theirs: schemas and fields of marshmallow 3 and 4, ``from_string``."""

import threading
from concurrent.futures import ThreadPoolExecutor

import marshmallow
import pytest
from marshmallow import fields, validate

import hug

try:
    from marshmallow.experimental.context import Context
except ImportError:
    Context = None


def context_of(schema):
    """Return the context that code in a schema sees, as the installed marshmallow offers it."""
    return schema.context if Context is None else Context.get()


class Item(marshmallow.Schema):
    """An item for sale"""

    name = fields.Str(required=True)
    price = fields.Int()


class Whose(marshmallow.Schema):
    name = fields.Str()

    @marshmallow.post_load
    def add(self, data, **_others):
        return {**data, "user": context_of(self)["user"]}

    @marshmallow.post_dump
    def show(self, data, **_others):
        return {**data, "user": context_of(self)["user"]}


class Point:
    """Two numbers"""

    def __init__(self, x, y):
        self.place = [x, y]

    @classmethod
    def from_string(cls, text):
        return cls(*map(int, text.split(":")))

    def __native_types__(self):
        return self.place


class Reversed:
    """Text, backwards"""

    def deserialize(self, value, context):
        return [value[::-1], context["user"]]


def test_schema(api: hug.API) -> None:
    """A schema loads what comes for a parameter or as the body; its messages are the error."""

    @hug.post("/item", api=api)
    def parameter(item: Item()):
        return item

    @hug.post("/body", api=api)
    def body(body: Item):
        return body

    good, bad = {"name": "tea", "price": "3"}, {"price": "x", "other": 1}
    messages = {
        "name": ["Missing data for required field."],
        "price": ["Not a valid integer."],
        "other": ["Unknown field."],
    }
    for path, name, wrapped in (("/item", "item", lambda value: {"item": value}), ("/body", "body", dict)):
        assert hug.test.post(api, path, wrapped(good)).data == {"name": "tea", "price": 3}
        answer = hug.test.post(api, path, wrapped(bad))
        assert answer.status == hug.HTTP_400
        assert answer.data == {"errors": {name: messages}}
    assert hug.test.post(api, "/body", [1]).data == {"errors": {"body": {"_schema": ["Invalid input type."]}}}
    assert hug.test.post(api, "/body").status == hug.HTTP_400


def test_schema_of_a_query(api: hug.API) -> None:
    """Text for a schema is JSON, within the bounds of all JSON."""

    @hug.get("/item", api=api)
    def parameter(item: Item()):
        return item

    assert hug.test.get(api, "/item", item='{"name": "a,b"}').data == {"name": "a,b"}
    for text in ("tea", "[" * 5000, '{"name": "\\ud800"}'):
        answer = hug.test.get(api, "/item", item=text)
        assert answer.status == hug.HTTP_400
        assert list(answer.data["errors"]) == ["item"]


def test_field(api: hug.API) -> None:
    """A field of marshmallow converts one value."""

    @hug.get("/x", api=api)
    def handler(number: fields.Int(validate=validate.Range(max=5)), word: fields.Str = "none"):
        return [number, word]

    assert hug.test.get(api, "/x", number="5", word="a").data == [5, "a"]
    assert hug.test.get(api, "/x", number="x").data == {"errors": {"number": "Not a valid integer."}}
    assert hug.test.get(api, "/x", number="6").data == {
        "errors": {"number": ["Must be less than or equal to 5."]}
    }


def test_returned(api: hug.API) -> None:
    """A schema after the arrow, or as a transform, dumps what the function returns."""

    @hug.get("/one", api=api)
    def one() -> Item():
        return {"name": 5, "price": "3", "other": 1}

    @hug.get("/many", api=api, transform=Item(many=True))
    def many():
        return [{"name": "a"}, {"name": "b"}]

    @hug.get("/class", api=api)
    def of_class() -> Item:
        return {"name": "a"}

    assert hug.test.get(api, "/one").data == {"name": "5", "price": 3}
    assert hug.test.get(api, "/many").data == [{"name": "a"}, {"name": "b"}]
    assert hug.test.get(api, "/class").data == {"name": "a"}


@pytest.mark.filterwarnings("ignore:The `context` parameter is deprecated")  # marshmallow 3, of its own
@pytest.mark.parametrize(
    "nested",
    [Whose, Whose(), "Whose", lambda: Whose(many=False)],
    ids=["class", "instance", "name", "function"],
)
def test_context(api: hug.API, nested) -> None:
    """A schema, and one nested in it, has the context of each call, also of several at once."""

    class Outer(marshmallow.Schema):
        inner = fields.Nested(nested)
        inners = fields.List(fields.Nested(nested))

    schema, meeting = Outer(), threading.Barrier(8)
    api.context_factory = lambda request: {"user": request.get_header("user")}

    @hug.post("/x", api=api)
    def handler(body: schema) -> schema:
        meeting.wait(10)
        return body

    def ask(user):
        body = {"inner": {"name": "a"}, "inners": [{"name": "b"}]}
        return hug.test.post(api, "/x", body, headers={"User": user}).data

    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            answers = list(pool.map(ask, map(str, range(8))))
            for user, answer in enumerate(answers):
                assert answer == {
                    "inner": {"name": "a", "user": str(user)},
                    "inners": [{"name": "b", "user": str(user)}],
                }


def test_context_of_any_kind(api: hug.API) -> None:
    """The context may be any object; what a schema writes into it belongs to the call."""

    class Session:
        user = "me"

    class Told(marshmallow.Schema):
        @marshmallow.post_load
        def look(self, data, **_others):
            context_of(self).seen = True
            return context_of(self).user

    made = []

    def factory():
        made.append(Session())
        return made[-1]

    api.context_factory = factory

    @hug.post("/x", api=api)
    def handler(body: Told()):
        return body

    assert [hug.test.post(api, "/x", {}).data for _ in range(2)] == ["me", "me"]
    assert [each.seen for each in made] == [True, True]
    assert not hasattr(Session, "seen")


def test_adapters() -> None:
    """The adapters can be called, with a context or without."""
    load, dump = hug.types.MarshmallowInputSchema(Item()), hug.types.MarshmallowReturnSchema(Item())
    assert load({"name": "a"}, {}) == load('{"name": "a"}') == {"name": "a"}
    assert dump({"name": 5}) == {"name": "5"}
    assert load.__doc__ == dump.__doc__ == "An item for sale"
    with pytest.raises(hug.exceptions.InvalidTypeData) as caught:
        load({})
    assert caught.value.reasons == {"name": ["Missing data for required field."]}


def test_from_string(api: hug.API) -> None:
    """What a class or an object makes ``from_string`` is the value."""

    @hug.get("/x", api=api)
    def handler(point: Point):
        return point

    assert hug.test.get(api, "/x", point="1:2").data == [1, 2]
    assert hug.test.get(api, "/x", point="1:z").data == {
        "errors": {"point": "invalid literal for int() with base 10: 'z'"}
    }


@pytest.mark.parametrize("kind", [Reversed, Reversed()])
def test_deserialize(api: hug.API, kind) -> None:
    """An object that can ``deserialize``, or an instance of a class whose instances can, converts.

    It gets the context, if it has a parameter of that name.
    """
    api.context_factory = lambda: {"user": "me"}

    @hug.get("/x", api=api)
    def handler(word: kind):
        return word

    assert hug.test.get(api, "/x", word="abc").data == ["cba", "me"]


def test_documented(api: hug.API) -> None:
    """Documentation has the docstring of a schema; without one, its name."""

    @hug.post("/x", api=api)
    def handler(item: Item(), whose: Whose(many=True), point: Point, word: Reversed()) -> Item():
        return item

    told = api.http.documentation()["handlers"]["/x"]["POST"]
    assert {name: each["type"] for name, each in told["inputs"].items()} == {
        "item": "An item for sale",
        "whose": "Whose",
        "point": "Two numbers",
        "word": "Text, backwards",
    }
    assert told["outputs"]["type"] == "An item for sale"


def test_no_schemas(api: hug.API) -> None:
    """A class of data that can be kept, with ``load`` and ``dump`` of its own, is no schema."""

    class Kept:
        def __init__(self, value):
            self.value = value

        def load(self):
            raise AssertionError

        dump = load

    @hug.get("/x", api=api)
    def handler(kept: Kept):
        return kept.value

    assert hug.test.get(api, "/x", kept="a").data == "a"
