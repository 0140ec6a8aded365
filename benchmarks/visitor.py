"""A reader that checks what it is told: every event in order, or a gap event for those that are lost."""

from __future__ import annotations

import json
import socket
import struct

from client import HEAD_END, TIMEOUT

READ = 1 << 16
"""Bytes to read at once."""

SMALL = 4096
"""Bytes of receive buffer: a reader that stalls holds up its server soon."""


BROWSER = "".join(
    f"{name}: {value}\r\n"
    for name, value in {
        "Accept": "text/event-stream",
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "User-Agent": "Mozilla/5.0",
    }.items()
)
"""What an ``EventSource`` asks with: it is told at once where it begins."""

UNHEARD = "hug-torn"
"""Type of the event that tells it so."""


class Unexpected(Exception):
    """What came is not what a channel promises."""


class Visitor:
    """One client of one channel, over any number of connections.

    The channel's events are numbered from 1 on, at the beginning of their data, as their ids are.

    Attributes:
        path: What it asks for.
        kind: What it does, for reports.
        last: Number of the last event it has, or has been told is lost; None before the first connection.
        last_id: The id that it resumes from.
        events: Events so far.
        gaps: Gap events so far.
        opened: Connections so far, whose answer has come.
        socket: The open connection, if there is one.
    """

    def __init__(self, path: str, kind: str) -> None:
        self.path = path
        self.kind = kind
        self.last: int | None = None
        self.last_id = ""
        self.events = self.gaps = self.opened = 0
        self.socket: socket.socket | None = None
        self._resumed_at: str | None = None
        self._forget()

    def _forget(self) -> None:
        self._raw = b""
        self._body = b""
        self._in_body = False

    def connect(self, port: int, small: bool = False) -> socket.socket:
        """Ask for the stream, from where the last connection ended; the connection does not block."""
        self._forget()
        resume = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
        self.socket = socket.socket()
        if small:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{BROWSER}{resume}\r\n".encode())
        self.socket.setblocking(False)
        return self.socket

    def close(self, abruptly: bool = False) -> None:
        """Leave; ``abruptly`` is with a reset, as a process does that is killed while it has unread data."""
        if self.socket is not None:
            if abruptly:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.socket.close()
            self.socket = None

    def read(self) -> bool:
        """Read what there is; return whether the connection is still open.

        Raises:
            Unexpected: An event is missing or comes again, or it is no event at all.
        """
        if self.socket is None:
            return False
        try:
            data = self.socket.recv(READ)
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        self._raw += data
        if not self._in_body:
            self._begin()
        if self._in_body:
            self._dechunk()
            *blocks, self._body = self._body.split(b"\n\n")
            for block in blocks:
                self._take(block.decode())
        return bool(data)

    def _begin(self) -> None:
        head, mark, rest = self._raw.partition(HEAD_END)
        if mark:
            if not head.startswith(b"HTTP/1.1 200 "):
                raise Unexpected(f"the answer is {head[:100]!r}")
            self._raw, self._in_body = rest, True
            self.opened += 1

    def _dechunk(self) -> None:
        """Move whole chunks from the connection's bytes to the body's."""
        raw, start = self._raw, 0
        while (line := raw.find(b"\r\n", start)) >= 0:
            end = line + 2 + int(raw[start:line], 16)
            if len(raw) < end + 2:
                break
            self._body += raw[line + 2 : end]
            start = end + 2
        self._raw = raw[start:]

    def _take(self, block: str) -> None:
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
        event_id = fields.get("id", "")
        if event_id:
            self.last_id = event_id
        number = int(event_id.rpartition("-")[2]) if event_id else 0
        if "data" not in fields or fields.get("event") == UNHEARD:
            if event_id and self.last is None:
                self.last = number  # where the first connection begins
        elif self.last is None:
            raise Unexpected("an event came before the id that the stream starts with")
        elif fields.get("event") == "gap":
            self._gap(fields["data"], number, self.last)
        else:
            self._event(fields["data"], event_id, number, self.last)

    def _gap(self, data: str, number: int, last: int) -> None:
        told = json.loads(data)
        if told["lost"] != number - last or number <= last:
            raise Unexpected(f"after {last} the gap event has the id of {number}, and says {data}")
        self.gaps += 1
        self.last = number
        self._resumed_at = told["resumed_at"]

    def _event(self, data: str, event_id: str, number: int, last: int) -> None:
        if number != last + 1 or int(data.split(" ", 1)[0]) != number:
            raise Unexpected(f"after {last} came the event {event_id} with {data[:20]!r}")
        if self._resumed_at not in (None, event_id):
            raise Unexpected(f"a gap event had announced {self._resumed_at}, but {event_id} came")
        self._resumed_at = None
        self.last = number
        self.events += 1
