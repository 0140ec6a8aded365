"""Names and places of cookies."""

from ..exchanges import get

CASES = [
    get("/count"),
    get("/count", Cookie="{cookies}"),
    get("/cookies", Cookie="a=1; b=2; c=%20"),
    get("/cookies"),
    get("/set_cookies"),
    get("/header_cookie"),
]
