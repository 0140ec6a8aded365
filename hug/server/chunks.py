"""Where a body in chunks may end. Pure: the bytes that have come."""

from __future__ import annotations

import re
from typing import Final

from hug.server.head_limits import END

_EMPTY_LINES: Final = re.compile(rb"(?:\r\n)*")
_LINE_FEED: Final = 0x0A


def possible_end(data: bytes, start: int) -> int:
    """Return where a body in chunks may end next, or else the end of ``data``.

    That is behind an empty line, before which is one that is not: the size of the last chunk, or a trailer
    (RFC 9112, section 7.1). Of empty lines that follow each other only the first counts, or a body full of
    them would take half a microsecond for each.

    Args:
        data: Some bytes of the body, with the four that came before them, if any did.
        start: Where to begin to look for the end of the line before.
    """
    while (found := data.find(END, start)) >= 0:
        if not found or data[found - 1] != _LINE_FEED:
            return found + len(END)
        lines = _EMPTY_LINES.match(data, found)
        start = lines.end() if lines else found + 1
    return len(data)
