"""Where a reconnecting client left off. Wire layer: pure functions, no I/O."""

from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import parse_qsl

from hug.exceptions import HugError

MAX_ID: Final = 4096
"""Longest ``Last-Event-ID`` taken, in bytes: browsers repeat what a server sent, which is short."""


UNKNOWN: Final = "?"
"""Stands for a ``Last-Event-ID`` that is none: no channel gives such an id, so each answers with a gap."""


class LastEventIdError(HugError, ValueError):
    """A ``Last-Event-ID`` that no event of ours can have had."""


PARAMETERS: Final = ("lastEventId", "last_event_id")
"""Query parameters for clients that cannot send headers, the one that counts more first.

event-source-polyfill adds the former at each reconnect to a URL in which a page may have put the latter.
"""

_BETWEEN: Final = ":"


def last_event_id(headers: Iterable[tuple[bytes, bytes]], query: bytes = b"") -> str:
    """Return the ``Last-Event-ID`` of a request, empty when it has none.

    The header counts before the query: a browser repeats the URL at each reconnect, and only the header tells
    how far it has come since.

    Args:
        headers: The headers of an ASGI scope: names in lower case, values as bytes.
        query: The query string of the scope.

    Raises:
        LastEventIdError: Longer than `MAX_ID`, not UTF-8, or with NUL, CR or LF in it.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header
    """
    value = next((value for name, value in headers if name == b"last-event-id"), b"") or _from_query(query)
    if len(value) > MAX_ID:
        raise LastEventIdError(f"Last-Event-ID has {len(value)} bytes, {MAX_ID} at most are taken")
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise LastEventIdError("Last-Event-ID is not UTF-8") from error
    if "\0" in text or "\n" in text or "\r" in text:
        raise LastEventIdError("Last-Event-ID contains NUL, CR or LF")
    return text


def _from_query(query: bytes) -> bytes:
    if not any(name.encode() in query for name in PARAMETERS):
        return b""
    pairs = dict(reversed(parse_qsl(query.decode("latin-1"), encoding="utf-8", errors="surrogateescape")))
    text = next((value for name in PARAMETERS if (value := pairs.get(name))), "")
    return text.encode("utf-8", "surrogateescape")


def join(ids: Sequence[str]) -> str:
    """Return the one id that a stream of several channels resumes from: theirs, in the channels' order."""
    return _BETWEEN.join(ids)


def split(event_id: str, count: int) -> Sequence[str]:
    """Return the ids that `join` made into one; as many empty ones if those were not ``count``."""
    ids = event_id.split(_BETWEEN)
    return ids if len(ids) == count else [""] * count
