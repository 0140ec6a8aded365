"""Where commands print: bytes, text and files, to the standard output of the process."""

from __future__ import annotations

import os
import sys
from typing import Any, Final

PIECE: Final = 64 * 1024
"""Most bytes of a file taken into memory at once."""


class NobodyReads(BrokenPipeError):
    """Whoever reads the output has ended, as ``head`` does that has enough of it."""


def write(content: Any) -> None:
    """Write bytes, a text or a file, so that they end with a line break; an empty one writes nothing.

    Raises:
        NobodyReads: The output is thrown away from now on.
    """
    try:
        _write(content)
    except BrokenPipeError as error:
        # Python writes what is left at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise NobodyReads(*error.args) from None


def _write(content: Any) -> None:
    last = b""
    if hasattr(content, "read"):
        try:
            while piece := content.read(PIECE):
                last = _put(piece)
        finally:
            close = getattr(content, "close", None)
            if close is not None:
                close()
    elif content:
        last = _put(content)
    if last and not last.endswith(b"\n"):
        _put(b"\n")
    sys.stdout.flush()


def _put(piece: bytes | str) -> bytes:
    data = piece.encode("utf-8", "replace") if isinstance(piece, str) else piece
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:  # a file of text, that somebody has put in its place
        sys.stdout.write(data.decode("utf-8", "replace"))
    else:
        sys.stdout.flush()  # what the function has printed itself comes first
        buffer.write(data)
    return data
