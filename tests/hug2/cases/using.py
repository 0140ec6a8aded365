"""``hug.use.Local``, from a script."""

from ..exchanges import run

CASES = [run("python using.py")]
