"""Pages, and what errors look like where pages are expected."""

from ..exchanges import Request, get

CASES = [
    get("/"),
    get("/?name=%3Cb%3E"),
    get("/number?number=1"),
    get("/number?number=x"),
    get("/number?number=%3Cscript%3E"),
    get("/none"),
    get("/raise"),
    Request("POST", "/"),
    get("/nowhere"),
]
