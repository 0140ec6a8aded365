"""What is set for every API."""

from ..exchanges import Request, get

CASES = [
    get("/directed"),
    Request("POST", "/read", {"Content-Type": "text/x-global"}, b"quiet"),
    get("/deleted"),
    get("/own"),
    get("/directives"),
    get("/nowhere"),
]
