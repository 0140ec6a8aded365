"""Server-sent events to bytes. Wire layer: pure functions, no I/O.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import re
from typing import Any, Final

from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.event import TORN_EVENT, Event
from hug.json_module import dump_line

HEARTBEAT: Final = b":\n"
"""A comment: keeps proxies from closing an idle connection and dispatches nothing.

Without a blank line, which many clients take for the end of an event, it has its place between whole
events only.
"""

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
        return f"{_event_lines(item)}\n".encode()
    elif item is None:
        return HEARTBEAT
    else:
        text = dump_line(item)
    if "\n" in text or "\r" in text:
        return f"{_lines('data', text)}\n".encode()
    return f"data: {text}\n\n".encode()


def fields(item: str | Event) -> bytes:
    """Return an event without the blank line, for whoever appends an id and then that; errors as `encode`."""
    if isinstance(item, Event):
        return _event_lines(item).encode()
    if "\n" not in item and "\r" not in item:
        return f"data: {item}\n".encode()
    return _lines("data", item).encode()


def _event_lines(item: Event) -> str:
    """Return the lines of an event: `data` always, and `id` last.

    Without a data line a browser dispatches nothing. Several clients keep an id as soon as they have read its
    line, and would lose an event that a broken connection tears behind it.
    """
    data = item.data
    head = "" if item.comment is None else _lines("", item.comment)
    if item.event:
        head += f"event: {item.event}\n"
    if item.retry is not None:
        head += f"retry: {item.retry}\n"
    text = data if isinstance(data, str) else dump_line(data)
    return f"{head}{_lines('data', text)}" + ("" if item.id is None else f"id: {item.id}\n")


def _lines(field: str, text: str) -> str:
    if "\n" not in text and "\r" not in text:
        return f"{field}: {text}\n"
    return "".join(f"{field}: {line}\n" for line in _LINE_END.split(text))


def opening(last_event_id: str = "", retry: int | None = None, *, guard: Guard) -> bytes:
    """Return the first bytes of a stream. They dispatch nothing that a page could hear.

    WebKit keeps an event that a broken connection tore apart and reads on in it after the reconnect. The
    colon ends the torn line; what follows is harmless for what is torn, see `checkpoint`.

    Args:
        last_event_id: From where the client shall resume until an event brings another id, or empty.
        retry: Milliseconds the client shall wait before it reconnects; None leaves the choice to it.
        guard: What the client is; see `hug.eventstream.wire.client`.
    """
    first = b":\n" if retry is None else f":\nretry: {retry}\n".encode()
    if last_event_id or guard is Guard.EVENT:
        return first + checkpoint(last_event_id, guard)
    return first


def checkpoint(event_id: str, guard: Guard) -> bytes:
    """Return what moves on the id that a client resumes from, without an event that anybody could hear.

    Args:
        event_id: The id.
        guard: What the client is. Firefox and WebKit ignore an id without data, so browsers get an empty
            event, of a type that nobody listens for; the id mends what a torn ``id`` line left, the type
            takes torn data with it. The standard needs neither. Where anything that ends in a blank line may
            be taken for an event, the id is a line of the next one, and counts from there on at the latest.
    """
    if guard is Guard.EVENT:
        return f"id: {event_id}\nevent: {TORN_EVENT}\ndata: \n\n".encode()
    return f"id: {event_id}\n\n".encode() if guard is Guard.BLOCK else f"id: {event_id}\n".encode()


def farewell(retry: int) -> bytes:
    """Return the last bytes of a stream that the server ends: when to come back, in milliseconds."""
    return f"retry: {retry}\n".encode()
