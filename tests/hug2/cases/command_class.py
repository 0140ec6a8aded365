"""Methods and sub-commands."""

from ..exchanges import run


def own(line: str):
    return run(f"python command_class.py {line}".strip())


CASES = [
    own(""),
    own("push"),
    own("push --branch x"),
    own("pull"),
    own("part_both"),
    own("part_both -n 3"),
    own("sub both"),
    own("sub both -n 3"),
    own("sub"),
    own("both"),
]
