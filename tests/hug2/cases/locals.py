"""``@hug.local``, from a script."""

from ..exchanges import run

CASES = [run("python locals.py")]
