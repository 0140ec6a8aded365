"""``hug app.py -c NAME``: runs a command of a program."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence

from hug.api import API
from hug.server.program import Program


def run_command(
    words: Sequence[str],
    command: Sequence[str],
    program: str | None,
    file: str | None,
    module: str | None,
    broker: str | None,
) -> int:
    """Run a command as if the program were a script, and return 0.

    Args:
        words: The whole command line.
        command: The end of it: the command's name, and its words.
        program: The program, if it was named in front of that; then one of ``file`` and ``module`` may be.
        file: The file that holds it.
        module: The module that it is.
        broker: The URL of the broker that its channels are on, in place of the one in the environment.

    Raises:
        BrokerError: There is none at that URL, or a package is missing.
        HugError: There is no such program.
        SystemExit: As the command does; with 1, after the overview, if there is no such command.
    """
    named = list(words[: len(words) - len(command)])
    if not (program or file or module):
        command, file, module = _program_behind(command)
    if broker is not None:
        # Most commands have nothing to do with channels.
        from hug.eventstream.channels.default_broker import name_default  # noqa: PLC0415
        from hug.eventstream.engines.public_url import public  # noqa: PLC0415

        name_default(broker)
        named = [word.replace(broker, public(broker)) for word in named]  # usage is shown, a password is not
    found = Program.find(program, file=file, module=module)
    api = API(found.load())
    sys.argv = [str(found.file or found.name), *command]
    api.cli(sys.argv, prog=shlex.join(["hug", *named]))
    return 0


def _program_behind(command: Sequence[str]) -> tuple[list[str], str | None, str | None]:
    """Return a command without the last words ``-f FILE`` or ``-m MODULE`` in it, and what these name."""
    left = list(command)
    names: dict[str, str | None] = {}
    for kind, options in (("file", ("-f", "--file")), ("module", ("-m", "--module"))):
        for index in range(len(left) - 2, 0, -1):
            if left[index] in options:
                names[kind] = left[index + 1]
                del left[index : index + 2]
                break
    return left, names.get("file"), names.get("module")
