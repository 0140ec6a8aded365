"""Bytes of a ``text/event-stream`` body to messages. Wire layer: pure, no I/O.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

import codecs
import re
from typing import Any

import msgspec

from hug.exceptions import HugError
from hug.json_module import loads

_LINE_END = re.compile(r"\r\n|\r|\n")
_DIGITS = re.compile(r"0*([0-9]{1,15})", re.ASCII)  # of more Python may make no number, nor browsers


class EventTooLarge(HugError, ValueError):
    """An event outgrew the decoder's limit; the bytes are not from a server one should read on from."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"an event is larger than {limit} characters: give the decoder a higher limit, or leave"
        )
        self.limit = limit


class Message(msgspec.Struct, frozen=True):
    """One dispatched event, as a browser hands it to a page.

    Attributes:
        event: The type, ``message`` when the server named none.
        data: The text, its lines joined with LF.
        id: The last event id when this message was dispatched (``lastEventId``), empty when there was none.
    """

    event: str
    data: str
    id: str = ""

    def json(self) -> Any:
        """Return ``data`` read as JSON; raise `ValueError` when it is none."""
        return loads(self.data)


def decode_own(frame: bytes) -> tuple[Message | None, str]:
    """Return the event in one of the frames that hug itself encodes, and the id it leaves a client with.

    At a fraction of what a `Decoder` costs: such lines end with LF and have a space behind their colon.

    Args:
        frame: The bytes of one event, with the blank line. Without data it is none, and only the id counts.
    """
    event, last_event_id = "message", ""
    data: list[str] = []
    for line in frame.decode().split("\n"):
        if line.startswith("data: "):
            data.append(line[6:])
        elif line.startswith("id: "):
            last_event_id = line[4:]
        elif line.startswith("event: "):
            event = line[7:]
    message = Message(event, data[0] if len(data) == 1 else "\n".join(data), last_event_id) if data else None
    return message, last_event_id


class Decoder:
    """Turn the bytes of a ``text/event-stream`` body into messages.

    Chunks may be cut anywhere, even inside a character or a CRLF: only the bytes matter. Holds one unfinished
    event, of ``limit`` characters at most. At the end of input just stop calling: the standard
    discards an unfinished event. For the next connection take a new decoder and pass ``last_event_id`` on.

    Attributes:
        last_event_id: What a client would send as ``Last-Event-ID`` if it reconnected now.
        retry: The last reconnection time the server asked for, in milliseconds, or None.
    """

    def __init__(self, last_event_id: str = "", *, limit: int = 16 * 1024 * 1024) -> None:
        # "replace" is the standard's UTF-8 decode: invalid bytes become U+FFFD.
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._limit = limit
        self._rest: list[str] = []  # the unfinished line, in the pieces it came in
        self._rest_size = 0
        self._data_size = 0
        self._after_cr = False
        self._at_start = True
        self._data: list[str] = []
        self._event = ""
        self._id = last_event_id
        self.last_event_id = last_event_id
        self.retry: int | None = None

    def feed(self, chunk: bytes) -> list[Message]:
        """Return the messages ``chunk`` completes, oldest first; raise `EventTooLarge` past the limit."""
        text = self._utf8.decode(chunk)
        if not text:
            return []
        if self._at_start:
            self._at_start = False
            text = text.removeprefix("\ufeff")
        if self._after_cr:
            # LF of a CRLF cut in two. Waiting for it before we act on the CR would hold back
            # the last event of every stream that ends lines with CR alone.
            self._after_cr = False
            text = text.removeprefix("\n")
        if not text:
            return []
        self._after_cr = text.endswith("\r")
        lines = (
            _LINE_END.split(text) if "\r" in text else text.split("\n")
        )  # the latter at a tenth of the cost
        self._rest.append(lines[0])
        self._rest_size += len(lines[0])
        messages: list[Message] = []
        if len(lines) > 1:
            lines[0] = "".join(self._rest)
            self._rest = [lines.pop()]
            self._rest_size = len(self._rest[0])
            for line in lines:
                if line:
                    self._field(line)
                elif message := self._dispatch():
                    messages.append(message)
        if self._rest_size + self._data_size > self._limit:
            raise EventTooLarge(self._limit)
        return messages

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._data_size += len(value)
        elif name == "event":
            self._event = value
        elif name == "id":
            if "\0" not in value:
                self._id = value
        elif name == "retry" and (digits := _DIGITS.fullmatch(value)):
            self.retry = int(digits[1])

    def _dispatch(self) -> Message | None:
        self.last_event_id = self._id
        data, self._data = self._data, []
        event, self._event = self._event, ""
        self._data_size = 0
        return Message(event or "message", "\n".join(data), self._id) if data else None
