"""With ``future=True``."""

from ..exchanges import form, get

CASES = [
    get("/value?value=1,2"),
    get("/value?value="),
    get("/value?value"),
    get("/value?value=1&value=2"),
    get("/value?value=1,2&value=3"),
    form("POST", "/value", "value=1,2"),
    form("POST", "/value", "value=&other=x"),
    form("POST", "/value", "value=1&value=2"),
    get("/slash/"),
    get("/slash"),
    get("/plain"),
    get("/plain/"),
]
