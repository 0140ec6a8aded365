"""What hug sees of functions that are wrapped."""

from ..exchanges import get

CASES = [
    get("/counted?number=1"),
    get("/counted?number=x"),
    get("/counted"),
    get("/plainly?number=1"),
    get("/plainly?number=1&name=y"),
    get("/plainly"),
    get("/calls"),
    get("/kwargs"),
    get("/nowhere"),
]
