"""Every kind of redirect, from every place."""

from ..exchanges import Request, get

CASES = [
    get("/to"),
    get("/to?code=301+Moved"),
    get("/to_status"),
    get("/returned"),
    get("/permanent"),
    get("/found"),
    Request("POST", "/see_other"),
    get("/temporary"),
    get("/not_found"),
    get("/not_found_arguments"),
    get("/in_requirement"),
    get("/html"),
    get("/on_invalid?number=x"),
    get("/on_invalid?number=1"),
    get("/on_invalid_request?number=x"),
    get("/unicode"),
    get("/by_hand"),
    Request("HEAD", "/to"),
]
