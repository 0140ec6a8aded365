"""``hug.test``, from a script."""

from ..exchanges import run

CASES = [run("python tested.py")]
