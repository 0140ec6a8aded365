"""API objects: what they are told, what they tell."""

from ..exchanges import Request, get

CASES = [
    get("/about"),
    get("/same"),
    get("/subclass"),
    get("/started"),
    get("/directed"),
    Request("POST", "/lines", {"Content-Type": "text/x-lines"}, b"a\nb"),
    get("/elsewhere"),
    get("/by_module_name"),
    get("/inside"),
    get("/urls"),
    get("/urls_of_interface"),
    get("/options_of_interface"),
    get("/v1/more/thing"),
    get("/more/bare"),
    get("/nowhere"),
]
