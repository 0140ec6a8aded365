"""The words of hug's own command that end at once."""

from ..exchanges import get, run

CASES = [
    get("/get"),
    run("hug"),
    run("hug -f runner.py -m runner"),
    run("hug -f nowhere.py"),
    run("hug -m nowhere_at_all"),
]
