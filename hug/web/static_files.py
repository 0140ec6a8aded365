"""Files of folders that clients may read: which one a path means, and that it is in there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Final

from hug.web.file_response import guessed_type, open_regular

INDEX: Final = "index.html"
"""The file that stands for its folder."""

LONGEST_PATH: Final = 4096
"""Bytes of a path, as Linux has them (``PATH_MAX``): following the links of a long one takes a second."""

_WRITTEN_IN_UTF_8: Final = ("text/", "application/javascript")


def find(directories: Iterable[str | os.PathLike[str]], path: str) -> str | None:
    """Return the real path of the file that ``path`` means in the first of ``directories`` which has it.

    Only what lies in a directory is found, wherever links lead: paths are compared when all links in them are
    followed. It may be a file that cannot be opened.

    Args:
        directories: Folders; relative ones are in the current folder of the process.
        path: The path in the URL, decoded, behind the prefix. Names are separated by slashes, and no name
            means anything but a name: with ``..``, a backslash or NUL in it nothing is found. Neither is
            anything if it is longer than `LONGEST_PATH`.
    """
    if len(path.encode("utf-8", "surrogatepass")) > LONGEST_PATH:
        return None
    names = [name for name in path.split("/") if name not in ("", ".")]
    if ".." in names or "\\" in path or "\0" in path:
        return None
    for directory in directories:
        root = os.path.realpath(directory)
        found = os.path.realpath(os.path.join(root, *names))  # noqa: PTH118
        if _is_in(root, found) and os.path.isdir(found):  # noqa: PTH112  # of which nothing raises
            found = os.path.realpath(os.path.join(found, INDEX))  # noqa: PTH118
        if _is_in(root, found) and os.path.isfile(found):  # noqa: PTH113
            return found
    return None


def _is_in(root: str, path: str) -> bool:
    """Return whether a real path is that of ``root`` or of something in it."""
    try:
        return os.path.commonpath((root, path)) == root
    except ValueError:  # on different drives
        return False


def open_static(path: str) -> Any:
    """Open what `find` has found; return None if it is gone, or nobody may read it."""
    try:
        return open_regular(path)
    except OSError:
        return None


def static_type(path: str) -> str:
    """Return the content type of a file by its name; text is in UTF-8, as nearly all of the web is."""
    kind = guessed_type(path)
    return f"{kind}; charset=utf-8" if kind.startswith(_WRITTEN_IN_UTF_8) else kind
