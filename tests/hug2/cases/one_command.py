"""``function.interface.cli()``."""

from ..exchanges import run

CASES = [
    run("python one_command.py Tim"),
    run("python one_command.py Tim --age 4"),
    run("python one_command.py Tim -a 4 x y"),
    run("python one_command.py"),
    run("python one_command.py Tim --age x"),
    run("python one_command.py -v"),
    run("python one_command.py --help"),
]
