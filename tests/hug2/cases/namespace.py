"""Names, and small functions that apps import, from a script."""

from ..exchanges import run

CASES = [run("python namespace.py")]
