"""Standard streams that whoever has started us has closed, as for jobs in the background."""

from __future__ import annotations

import os
import sys


def open_closed() -> None:
    """Keep their numbers from other files: libuv ends the process when it is to close such a one.

    Errors go nowhere then, rather than to the standard output, where `print` would write them.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # it gets the lowest number that is free
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def open_output() -> None:
    """Let what is written to a standard output that is closed go nowhere, for programs that must have one."""
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
