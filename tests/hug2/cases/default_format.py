"""The default format, also of errors and of documentation."""

from ..exchanges import Request, get

CASES = [
    get("/default"),
    get("/default?number=x"),
    get("/own"),
    get("/raise"),
    Request("POST", "/default"),
    get("/nowhere"),
]
