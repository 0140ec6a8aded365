"""Server-sent events to bytes. Wire layer: pure functions, no I/O.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import re
from typing import Any, Final

from hug.eventstream.wire.event import TORN_EVENT, Event
from hug.json_module import dump_line

HEARTBEAT: Final = b":\n\n"
"""A comment: keeps proxies from closing an idle connection and dispatches nothing."""

# The standard's line ends and no others: str.splitlines() would also cut at U+2028, U+0085, VT and FF.
_LINE_END = re.compile(r"\r\n|\r|\n")


def encode(item: Any) -> bytes:
    """Return one item of a source as UTF-8 bytes, with the blank line that makes a client dispatch it.

    Args:
        item: An `Event`; text; None, which becomes a heartbeat; or any value that hug can write as JSON.

    Raises:
        TypeError: A value that JSON cannot express; the message names its type.
        ValueError: NaN or infinity, which JSON lacks, or a lone surrogate, which UTF-8 lacks.
    """
    if isinstance(item, str):
        text = item
    elif isinstance(item, Event):
        return _encode_event(item)
    elif item is None:
        return HEARTBEAT
    else:
        text = dump_line(item)
    if "\n" in text or "\r" in text:
        return f"{_lines('data', text)}\n".encode()
    return f"data: {text}\n\n".encode()


def _encode_event(item: Event) -> bytes:
    """Write `data` always, and last: without a data line a browser dispatches nothing."""
    data = item.data
    head = "" if item.comment is None else _lines("", item.comment)
    if item.event:
        head += f"event: {item.event}\n"
    if item.id is not None:
        head += f"id: {item.id}\n"
    if item.retry is not None:
        head += f"retry: {item.retry}\n"
    text = data if isinstance(data, str) else dump_line(data)
    return f"{head}{_lines('data', text)}\n".encode()


def _lines(field: str, text: str) -> str:
    if "\n" not in text and "\r" not in text:
        return f"{field}: {text}\n"
    return "".join(f"{field}: {line}\n" for line in _LINE_END.split(text))


def opening(last_event_id: str = "", retry: int | None = None) -> bytes:
    """Return the first bytes of a stream. They dispatch nothing that a page could hear.

    WebKit keeps an event that a broken connection tore apart and reads on in it after the reconnect. The
    colon ends the torn line; the id, which is the client's own, mends what a torn ``id`` line left; the event
    type sends torn data to a name nobody listens for; the blank line is the end of it.

    Args:
        last_event_id: The ``Last-Event-ID`` of the request; empty when it had none.
        retry: Milliseconds the client shall wait before it reconnects; None leaves the choice to it.
    """
    wait = "" if retry is None else f"retry: {retry}\n"
    return f":\nid: {last_event_id}\nevent: {TORN_EVENT}\n{wait}\n".encode()


def farewell(retry: int) -> bytes:
    """Return the last bytes of a stream that the server ends: when to come back, in milliseconds."""
    return f"retry: {retry}\n\n".encode()
