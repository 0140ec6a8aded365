"""One server-sent event, as an application writes it. Wire layer: a checked value, no I/O."""

from typing import Any, Final, NoReturn

import msgspec

from hug.eventstream.wire.last_event_id import MAX_ID

TORN_EVENT: Final = "hug-torn"
"""Event type that no page listens for; see `hug.eventstream.wire.encode.opening`."""


class Event(msgspec.Struct, frozen=True):
    """An event to send. Make one with `event`, which checks the fields."""

    data: Any = ""
    event: str | None = None
    id: str | None = None
    retry: int | None = None
    comment: str | None = None

    def __native_types__(self) -> NoReturn:
        """Refuse to be written as JSON: fields of the wire format are nobody's data."""
        raise TypeError(
            "hug.sse.event(...) is part of a stream and no value: yield it, by itself and not in a list, "
            "from a function with @hug.sse, and return its data elsewhere"
        )


def event(
    data: Any = "",
    *,
    event: str | None = None,
    id: str | int | None = None,
    retry: int | None = None,
    comment: str | None = None,
) -> Event:
    """Return one event for a stream, its fields checked here and not when it is sent.

    Args:
        data: Text goes out as it is (CR, LF and CRLF all arrive as LF); everything else as one line of JSON.
            Left out, the event carries empty text and is dispatched all the same.
        event: Type that the page listens for with ``addEventListener``; None means ``message``.
        id: Comes back as ``Last-Event-ID`` after a reconnect; ``""`` makes the client forget. At most 4096
            bytes. Keep to ``[A-Za-z0-9._:-]`` and 128 bytes: browsers send other ids to another origin only
            after a preflight.
        retry: Milliseconds the client waits before it reconnects, 0 or more.
        comment: Text for people who read the raw stream; clients ignore it.

    Raises:
        ValueError: CR or LF in ``event`` or ``id``, NUL in ``id`` or too much of it, a ``retry`` that is no
            int >= 0, or no text that UTF-8 can express; the message names the field.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
    """
    if event is not None:
        _check_line("event", event)
        if event == TORN_EVENT:
            raise ValueError(f"event must not be {TORN_EVENT!r}: hug itself uses that name")
    if id is not None:
        id = str(id) if id.__class__ is int else _check_line("id", id)
        if "\0" in id:
            raise ValueError("id must not contain NUL: browsers would ignore the whole id")
        if 4 * len(id) > MAX_ID and (size := len(id.encode())) > MAX_ID:
            raise ValueError(
                f"id must have {MAX_ID} bytes at most, not {size}: it comes back in a header, whose size "
                "servers limit. Put what is longer into the data"
            )
    if retry is not None:
        check_retry(retry)
    if comment is not None:
        _check_text("comment", comment)
    return Event(data, event, id, retry, comment)


def check_retry(retry: object) -> None:
    """Raise `ValueError` unless ``retry`` is a whole number of milliseconds, 0 or more."""
    if isinstance(retry, bool) or not isinstance(retry, int) or retry < 0:
        raise ValueError(f"retry must be a whole number of milliseconds, 0 or more, not {retry!r}")


def _check_line(field: str, value: object) -> str:
    text = _check_text(field, value)
    if "\n" in text or "\r" in text:
        raise ValueError(f"{field} must be one line: it contains CR or LF, which would start another field")
    return text


def _check_text(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{field} must be text, not {type(value).__name__}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"{field} contains a lone surrogate, which UTF-8 cannot express") from error
    return value
