"""The command `hug`: serves the API in a file or module, publishes on a channel, listens to one."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from hug.command.closed_streams import open_closed
from hug.exceptions import HugError

__all__ = ["main"]

COMMANDS: Final = {"publish": "hug.command.publish", "listen": "hug.command.listen"}
"""Modules by first word, each imported only if it is this. A program of such a name is served as
``hug ./publish.py`` or ``hug -m publish``."""


def main(words: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        words: The command line after the command's name; None takes the process's own.
    """
    open_closed()
    words = sys.argv[1:] if words is None else words
    named = COMMANDS.get(words[0]) if words else None
    try:
        run = import_module(named or "hug.command.serve").main
        return int(run(words[1:] if named else words))
    except HugError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        # While a program was loading; a running server ends in order. 130 is what shells report.
        return 130
    except BrokenPipeError:
        # Who has read our output has enough of it. Python would write what is left at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
