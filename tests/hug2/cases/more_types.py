"""Types made of others, and in other ways."""

from ..exchanges import get, json

CASES = [
    get("/accepted?value=1"),
    get("/accepted?value=x"),
    get("/handled?value=a"),
    get("/handled?value=b"),
    json("POST", "/schema", {"value": {"name": "x", "count": "2"}}),
    json("POST", "/schema", {"value": {"name": "x", "count": "many"}}),
    get("/list_of?values=1,2"),
    get("/list_of?values=1,x"),
    get("/list_of"),
    get("/chain?value=abcdef"),
    get("/chain?value=ab"),
    get("/nullable"),
    get("/nullable?value=abc"),
    get("/nullable?value=abcd"),
    get("/quadrupled?value=2"),
    get("/quadrupled?value=x"),
    get("/never?value=x"),
    get("/words"),
    get("/nowhere"),
]
