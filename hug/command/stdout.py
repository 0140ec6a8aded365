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
    if sys.stdout is None:
        raise HugError("cannot write to the standard output: it is closed")
    try:
        print(line, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot_write(error) from None


def cannot_write(error: OSError) -> HugError:
    """Return what to raise for an error of the standard output, which takes nothing any more."""
    # Python would write what is left at its end, and complain once more.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return HugError(f"cannot write to the standard output: {error.strerror}")
