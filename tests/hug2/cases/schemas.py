"""Conversion by fields, by schemas, of bodies and of results; their errors; their documentation."""

from ..exchanges import form, get, json

CASES = [
    get("/field?number=1"),
    get("/field?number=x"),
    get("/field"),
    get("/date?day=2030-01-02"),
    get("/date?day=x"),
    get("/validated_field?number=3"),
    get("/validated_field?number=9"),
    json("POST", "/schema", {"item": {"name": "x", "count": "2"}}),
    json("POST", "/schema", {"item": {"count": "many"}}),
    json("POST", "/schema", {"item": '{"name": "x"}'}),
    json("POST", "/schema", {"item": {"name": "x", "unknown": 1}}),
    json("POST", "/body", {"name": "x"}),
    json("POST", "/body", {}),
    json("POST", "/body", {"name": "x", "count": "z", "more": 1}),
    form("POST", "/body", "name=x&count=3"),
    json("POST", "/strict", {"name": "abc", "inner": {"name": "y"}}),
    json("POST", "/strict", {"name": "abcd", "inner": {}}),
    json("POST", "/strict", {"name": "bad"}),
    get("/returned"),
    get("/returned?count=3"),
    get("/returned_many"),
    get("/returned_bad"),
    get("/documentation_of_schemas"),
]
