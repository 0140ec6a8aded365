"""Text of clients, as it can stand in a log."""

from __future__ import annotations


def escaped(text: str) -> str:
    """Return ``text`` as it can stand in a line of a log: what ends lines or moves cursors is written out.

    A client chooses its path, which has been percent-decoded, and its name.
    """
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(
        each if each.isprintable() and each != "\\" else each.encode("unicode_escape").decode()
        for each in text
    )
