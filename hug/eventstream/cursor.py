"""Where a reconnecting client left off. Wire layer: pure functions, no I/O."""

from collections.abc import Iterable
from typing import Final

from hug.exceptions import HugError

MAX_ID: Final = 4096
"""Longest ``Last-Event-ID`` taken, in bytes: browsers repeat what a server sent, which is short."""


class LastEventIdError(HugError, ValueError):
    """A ``Last-Event-ID`` that no event of ours can have had."""


def last_event_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the ``Last-Event-ID`` of a request, empty when it has none.

    Args:
        headers: The headers of an ASGI scope: names in lower case, values as bytes.

    Raises:
        LastEventIdError: Longer than `MAX_ID`, not UTF-8, or with NUL, CR or LF in it.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header
    """
    value = next((value for name, value in headers if name == b"last-event-id"), b"")
    if len(value) > MAX_ID:
        raise LastEventIdError(f"Last-Event-ID has {len(value)} bytes, {MAX_ID} at most are taken")
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise LastEventIdError("Last-Event-ID is not UTF-8") from error
    if "\0" in text or "\n" in text or "\r" in text:
        raise LastEventIdError("Last-Event-ID contains NUL, CR or LF")
    return text
