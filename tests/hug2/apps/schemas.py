"""Fields and schemas of marshmallow."""

import hug
import marshmallow
from marshmallow import fields


class Item(marshmallow.Schema):
    """An item"""

    name = fields.String(required=True)
    count = fields.Integer()


class Strict(marshmallow.Schema):
    name = fields.String(required=True, validate=marshmallow.validate.Length(max=3))
    inner = fields.Nested(Item)

    @marshmallow.validates_schema
    def not_bad(self, data, **kwargs):
        if data.get("name") == "bad":
            raise marshmallow.ValidationError("It is bad")


@hug.get("/field")
def field(number: fields.Integer(), text: fields.String() = "x"):
    return [number, text]


@hug.get("/date")
def date(day: fields.Date()):
    return [day.year, day]


@hug.get("/validated_field")
def validated_field(number: fields.Integer(validate=marshmallow.validate.Range(1, 5))):
    return number


@hug.post("/schema")
def schema(item: Item()):
    return item


@hug.post("/body")
def body(body: Item()):
    return body


@hug.post("/strict")
def strict(body: Strict()):
    return body


@hug.get("/returned")
def returned(count=1) -> Item():
    return {"name": "x", "count": count, "other": "left out"}


@hug.get("/returned_many")
def returned_many() -> Item(many=True):
    return [{"name": "x"}, {"name": "y", "count": "2"}]


@hug.get("/returned_bad")
def returned_bad() -> Item():
    return {"name": "x", "count": "many"}


@hug.get("/documentation_of_schemas")
def documentation_of_schemas(hug_documentation):
    return [hug_documentation["handlers"][url] for url in ("/schema", "/body", "/returned")]
