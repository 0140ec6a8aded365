"""Cookies of a request, read in a time that grows as their length does.

Python's own reader takes the square of it for backslashes in releases from before September 2024
(CVE-2024-7592): seconds, for a header that is within all limits.

Source: https://www.rfc-editor.org/rfc/rfc6265#section-5.4, and RFC 2109 for what is quoted
"""

from __future__ import annotations

import re
from typing import Final

_NO_NAME: Final = re.compile(r"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")
"""What is not in names: section 4.1.1."""

_ESCAPED: Final = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))")


def parse(header: str) -> dict[str, list[str]]:
    """Return the values of each cookie in a ``Cookie`` header, in their order; what is none is left out."""
    cookies: dict[str, list[str]] = {}
    for pair in header.split(";"):
        name, _, value = map(str.strip, pair.partition("="))
        if name and not _NO_NAME.search(name):
            cookies.setdefault(name, []).append(_unquoted(value))
    return cookies


def _unquoted(value: str) -> str:
    if len(value) > 2 and value[0] == value[-1] == '"':
        return _ESCAPED.sub(_character, value[1:-1])
    return value


def _character(escaped: re.Match[str]) -> str:
    octal, itself = escaped.groups()
    return itself if octal is None else chr(int(octal, 8))
