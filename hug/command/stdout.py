"""Lines on the standard output, as others read them: each at once, or an error that says why not."""

from __future__ import annotations

import os
import sys

from hug.exceptions import HugError


def write_line(line: str) -> None:
    """Write a line.

    Raises:
        BrokenPipeError: Nobody reads any more.
        HugError: It cannot be written: the disk is full, say.
    """
    try:
        print(line, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        # Python would write what is left at its end, and complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise HugError(f"cannot write to the standard output: {error.strerror}") from None
