"""The side of an API for the command line: its commands."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from hug.api.base import APIBase
from hug.interface.cli import CLI
from hug.interface.of_function import Interfaces
from hug.interface.protocols import Owner

if TYPE_CHECKING:
    from hug.api.startup_shutdown import Life

LONGEST_LINE = 80
"""Most characters of a line of the overview."""

_BLANK_LINE: Final = re.compile(r"\n\s*\n")


class Host(Owner, Protocol):
    """What it needs of the API it belongs to."""

    life: Life

    name: str
    doc: str
    cli_error_exit_codes: bool


class CLIInterfaceAPI(APIBase):
    """The commands of an API. To call it is to run the one that the command line names.

    Attributes:
        api: The API.
        commands: Commands by name, and those of other APIs that are grouped under a name.
    """

    default_format = "cli_output_format"

    def __init__(self, api: Host) -> None:
        super().__init__()
        self.api = api
        self.commands: dict[str, CLI | CLIInterfaceAPI] = {}
        self._life = api.life  # while it is a group of another API's commands, that of the other one

    def begin(self) -> None:
        """Call the startup handlers of the API that have not been called; see `extend` for a group's."""
        self._life.begin_here()

    def end(self) -> None:
        """Call the shutdown handlers of the API, unless something is served."""
        self._life.end_here()

    @property
    def error_exit_codes(self) -> bool:
        """Whether a command that returns something false exits with 1."""
        return self.api.cli_error_exit_codes

    def __call__(self, args: Sequence[str] | None = None, prog: str | None = None) -> None:
        """Run the command that the first word after the program's name names.

        Args:
            args: The command line, the program's name first; the default is ``sys.argv``.
            prog: What help and messages call the program; the default is that name.

        Raises:
            SystemExit: As the command does; with 1, after the overview, if there is no such command. With 0
                after the overview where help is asked for.
        """
        args = list(sys.argv if args is None else args)
        prog = prog or Path(args[0] if args else "").name
        command = self.commands.get(args[1]) if len(args) > 1 else None
        if command is None:
            print(self)
            if args[1:2] in (["-h"], ["--help"]):
                raise SystemExit(0)
            if len(args) > 1:
                print(f"{prog}: error: there is no command {args[1]!r}", file=sys.stderr)
            raise SystemExit(1)
        if isinstance(command, CLI):
            command(args[1:], f"{prog} {args[1]}")
        else:
            command._run_in(self._life, args[1:], f"{prog} {args[1]}")

    def _run_in(self, life: Life, args: Sequence[str], prog: str) -> None:
        self._life = life
        try:
            self(args, prog)
        finally:
            self._life = self.api.life

    def extend(self, other: CLIInterfaceAPI, command_prefix: str = "", sub_command: str = "") -> None:
        """Take over the commands of another API, which then have the formats and contexts of this one.

        Args:
            other: Its commands.
            command_prefix: What their names begin with here.
            sub_command: The name of the command whose next word they are, in place of a prefix. They stay
                those of the other API, but begin and end with the handlers of this one, which then include
                its own.

        Raises:
            ValueError: Both were given.
        """
        if sub_command and command_prefix:
            raise ValueError("commands get a prefix or become those of a command, not both")
        self.api.life.adopt(other.api.life)
        if sub_command:
            self.commands[sub_command] = other
        else:
            for name, command in other.commands.items():
                self.commands[f"{command_prefix}{name}"] = self._taken_over(command)

    def _taken_over(self, command: CLI | CLIInterfaceAPI) -> CLI | CLIInterfaceAPI:
        if not isinstance(command, CLI):
            return command
        made = command.for_api(self.api)
        Interfaces.of(made.function).cli = made  # the latest of its own
        return made

    def handlers(self) -> Iterator[CLI]:
        """Yield every command, those of groups, too."""
        for command in self.commands.values():
            if isinstance(command, CLI):
                yield command
            else:
                yield from command.handlers()

    def __str__(self) -> str:
        """Return the overview: what the program does, and the first paragraph of each of its commands."""
        lines = [f"{self.api.doc or self.api.name}", "", "Available Commands:", ""]
        for name, command in self.commands.items():
            doc = command.doc if isinstance(command, CLI) else command.api.doc
            first = _BLANK_LINE.split(doc.strip(), 1)[0]
            line = f" - {name}" + (f": {' '.join(first.split())}" if first else "")
            lines.append(line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 3]}...")
        return "\n".join([*lines, ""])
