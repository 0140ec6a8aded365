"""Requests that hold under conditions, or ask for a part only. Pure functions of the headers.

Source: https://www.rfc-editor.org/rfc/rfc9110#section-13 and #section-14
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

Header = Callable[[str], Any]
"""Gives a header of the request, None without it."""

_RANGE: Final = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.ASCII | re.IGNORECASE)
_ETAG: Final = re.compile(r'(W/)?"[^"]*"')


class UnsatisfiableRange(ValueError):
    """The part that was asked for begins behind the end."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells one state of a resource from another.

    Attributes:
        etag: The ``ETag``, quotes included; None without one.
        modified: When it was changed last, in whole seconds; None if that is not known.
    """

    etag: str | None = None
    modified: datetime | None = None


def precondition(header: Header, validators: Validators) -> int | None:
    """Return the status to answer a GET or HEAD with because of its conditions: 304, 412, or None for none.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
    """
    if (match := header("if-match")) is not None:
        if not _matches(match, validators.etag, weakly=False):
            return 412
    elif _is_newer(validators, _date(header("if-unmodified-since"))):
        return 412
    if (match := header("if-none-match")) is not None:
        return 304 if _matches(match, validators.etag, weakly=True) else None
    since = _date(header("if-modified-since"))
    return 304 if since and validators.modified and validators.modified <= since else None


def part(header: Header, size: int, validators: Validators) -> tuple[int, int] | None:
    """Return the first byte and the one behind the last of the part that was asked for; None for the whole.

    Several parts at once, and what cannot be read, are answered with the whole, as the standard allows.

    Args:
        header: Gives a header.
        size: Bytes of the whole.
        validators: Those of the whole; the part is given only if they are what the client has (``If-Range``).

    Raises:
        UnsatisfiableRange: There is no such part.
    """
    asked = _RANGE.fullmatch(header("range") or "")
    if asked is None or not _unchanged(header("if-range"), validators):
        return None
    first, last = asked.groups()
    if first:
        start = int(first)
        stop = min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None  # no range at all, by the grammar
    elif last:
        start, stop = max(size - int(last), 0), size
    else:
        return None
    if start >= stop:
        raise UnsatisfiableRange
    return start, stop


def _is_newer(validators: Validators, than: datetime | None) -> bool:
    return than is not None and validators.modified is not None and validators.modified > than


def _unchanged(condition: str | None, validators: Validators) -> bool:
    if condition is None:
        return True
    if '"' in condition:
        return validators.etag is not None and condition == validators.etag and condition[0] == '"'
    date = _date(condition)
    return date is not None and date == validators.modified


def _matches(listed: str, etag: str | None, *, weakly: bool) -> bool:
    if listed.strip() == "*":
        return True
    if etag is None or (not weakly and etag.startswith("W/")):
        return False
    for found in _ETAG.finditer(listed):
        tag = found.group()
        if tag == etag or (weakly and tag.removeprefix("W/") == etag.removeprefix("W/")):
            return True
    return False


def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date
