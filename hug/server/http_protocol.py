"""uvicorn's HTTP protocol, made for many streams: less memory for each, a shorter way to all, and limits.

A channel writes the same bytes to all its readers. For thousands of them ``send`` makes a quarter of the
cost, since it touches memory of each connection that is not needed for anything else.

A request is parsed when it is its turn. While another is being answered we read on, so that the end of the
connection is seen at once, but keep what comes as it is.
"""

from __future__ import annotations

import asyncio
import re
import socket
import weakref
from http import HTTPStatus
from typing import Any, ClassVar, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import is_ssl
from uvicorn.server import ServerState

from hug.eventstream.connection.disconnect import Watched
from hug.eventstream.loop.open_streams import streams_of
from hug.server.addresses import addresses
from hug.server.chunks import possible_end
from hug.server.connection_rounds import Rounds, bytes_queued, seconds_silent
from hug.server.extensions import EXTENSIONS, Watching
from hug.server.flow_control import Flow, Signal
from hug.server.garbage import look_rarely
from hug.server.head_limits import END, MAX_FIELDS, MAX_HEAD, MAX_LINE, Refusal, refusal
from hug.server.held_head import HeldHead
from hug.server.until_close import end_with_connection

LINGER: Final = 2.0
"""Seconds for which we read on after a refusal: to close at once takes it from a client that still writes."""

UNUSED: Final = 0.1
"""Seconds that a connection without a request has when its server ends: one under way would be reset."""

# What comes next on a connection: a request's head; its body; what has to wait until the request is answered;
# what nobody will look at; the same head again, without the upgrade it asks for; another protocol.
_HEAD, _BODY, _ANSWER, _IGNORED, _AGAIN, _UPGRADED = range(6)

_IN_CHUNKS: Final = -1

_VERSIONS: Final = ("1.1", "1.0")

_UPGRADE: Final = re.compile(rb"\r\nupgrade:[^\r\n]*", re.IGNORECASE)
_NO_PATH: Final = re.compile(rb"(https?://[^/?#]+)(?=[?#]|$)", re.IGNORECASE)

_INVALID: Final = Refusal(HTTPStatus.BAD_REQUEST, "Invalid HTTP request received.")
_HOST: Final = Refusal(HTTPStatus.BAD_REQUEST, "The request must have one Host header.")
_SLOW: Final = Refusal(HTTPStatus.REQUEST_TIMEOUT, "The head of the request did not come in time.")
_TRAILER: Final = Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "There is too much between the chunks.")
_VERSION: Final = Refusal(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "This server speaks HTTP/1.1.")

_rounds: weakref.WeakKeyDictionary[ServerState, Rounds] = weakref.WeakKeyDictionary()


class HTTPProtocol(HttpToolsProtocol, Watching):
    """One connection; ``hug -f`` serves with it, and ``uvicorn --http hug.http_protocol:HTTPProtocol``.

    Its limits are attributes of the class: an application that needs others sets them before it is served.

    Attributes:
        max_line: Most bytes of a request line, then the answer is 414, and of a header field, then it is 431.
        max_fields: Most header fields of a request; 431.
        max_head: Most bytes of a request's head; 431.
        head_timeout: Seconds that a head may take; then the answer is 408, or none if nothing has come.
        max_ahead: Most bytes kept of what a client sends while it is being answered. What is more is thrown
            away, and the connection closed after the answer, so that the client sends it again.
        silence: Seconds after which a client that acknowledges nothing of what was sent, a heartbeat perhaps,
            counts as gone. The system's own limit is about 15 minutes.
        write_timeout: Seconds after which a client that takes nothing of an answer is cut off; a stream that
            has begun has its own, in the settings of its API.
        watched: The stream that is open on it, if that wants to know when the client leaves.
        deadline: When the client has taken too long, in the loop's time; 0 is never.
        silent_since: When it was first found that the client acknowledges nothing; 0 if it does.
    """

    max_line: ClassVar[int] = MAX_LINE
    max_fields: ClassVar[int] = MAX_FIELDS
    max_head: ClassVar[int] = MAX_HEAD
    head_timeout: ClassVar[float] = 30.0
    max_ahead: ClassVar[int] = 64 * 1024
    silence: ClassVar[float] = 30.0
    write_timeout: ClassVar[float] = 60.0  # as nginx

    # One attribute more in uvicorn's dictionary would be one too many for Python to keep its keys only once.
    __slots__ = (
        "_ahead",
        "_beside",
        "_is_last",
        "_left",
        "_reading",
        "_seen",
        "_stuck_since",
        "_unsent",
        "deadline",
        "silent_since",
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """See `HttpToolsProtocol`."""
        super().__init__(*arguments, **options)
        self.pipeline = ()  # type: ignore[assignment]  # where uvicorn keeps requests it has parsed
        self.watched: Watched | None = None
        self.streams = False
        self.deadline = 0.0
        self.silent_since = 0.0
        self._reading = _HEAD
        # Of a head: what has come of it; of a body in chunks: its last bytes, which its end may begin with.
        self._seen = b""
        self._left = 0  # bytes of the body
        self._beside = 0  # bytes of a body in chunks that have come since the last of its content
        self._ahead = b""
        self._is_last = False  # whether a first request is the last
        self._unsent = 0  # bytes of an answer, when that was last looked at, and since when it is as many
        self._stuck_since = 0.0

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to read requests."""
        self.connections.add(self)
        self.transport = transport
        self.flow = Flow(transport)
        self.server, self.client = addresses(transport)
        self.scheme = "https" if is_ssl(transport) else "http"
        self.deadline = self.loop.time() + self.head_timeout
        rounds = _rounds.get(self.server_state)
        if rounds is None:
            rounds = _rounds[self.server_state] = Rounds(self.loop, self.connections)
            look_rarely()
        rounds.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the stream."""
        super().connection_lost(exc)
        if self.watched is not None:
            self.watched.client_left()

    def shutdown(self) -> None:
        """End the streams with their server; uvicorn says so to each connection, whatever the reason."""
        streams_of(self.loop).drain()
        if self.cycle is None and not self._is_last:
            self._is_last = True
            self.loop.call_later(UNUSED, self.shutdown)
        else:
            super().shutdown()

    def overdue(self) -> None:
        """See `Rounds`: the head of a request has not come in time, or nothing at all."""
        self.deadline = 0.0
        if self._reading == _HEAD and self._seen:
            self._refuse(_SLOW)
        else:
            self.transport.close()

    def listen(self, now: float) -> None:
        """See `Rounds`: drop the connection if the client stays silent, as one does that lost its power.

        Or if it takes nothing of its answer.
        """
        connection = self.transport.get_extra_info("socket")
        if self._is_stuck(now, connection):
            client = self.client[0] if self.client else "a client"
            self.logger.warning(
                "%s took nothing of an answer for %g seconds: cut off", client, self.write_timeout
            )
            self.transport.abort()
            return
        silent = 0.0 if connection is None else seconds_silent(connection)
        if not silent:
            self.silent_since = 0.0
        elif not self.silent_since:
            # What it has not acknowledged may be new: it may have been idle for hours.
            self.silent_since = now
        elif min(silent, now - self.silent_since) >= self.silence:
            self.transport.abort()

    def _is_stuck(self, now: float, connection: socket.socket | None) -> bool:
        unsent = self.transport.get_write_buffer_size()
        if unsent and self.streams and not self.cycle.response_complete:
            unsent = 0
        if unsent and connection is not None:
            unsent += bytes_queued(connection)  # which go while the buffer above it stays as full as it is
        if not unsent or unsent != self._unsent:
            self._unsent, self._stuck_since = unsent, now
            return False
        return now - self._stuck_since >= self.write_timeout

    # Reading

    def data_received(self, data: bytes) -> None:
        """Read what it is time for, and keep the rest."""
        while data:
            if self._reading == _HEAD:
                data = self._read_head(data)
            elif self._reading == _BODY:
                data = self._read_chunks(data) if self._left == _IN_CHUNKS else self._read_body(data)
            else:
                self._read_ahead(data)
                return

    def _read_head(self, data: bytes) -> bytes:
        """Read the head of a request, or part of one; return what is behind it."""
        if self._seen:
            head = self._seen + data
            end = head.find(END, max(len(self._seen) - len(END) + 1, 0))
        else:
            head = data.lstrip(b"\r\n")  # empty lines before a request: RFC 9112, section 2.2
            end = head.find(END)
        rest = b""
        if end >= 0 and (end := end + len(END)) < len(head):
            head, rest = head[:end], head[end:]
        refused = refusal(head, self.max_line, self.max_fields, self.max_head)
        if refused is not None:
            self._refuse(refused)
        elif end < 0:
            self._wait_for_head(head)
        else:
            self._seen = b""
            self.deadline = 0.0
            self._parse(head)
            if self._reading == _AGAIN:
                self.parser = None  # type: ignore[assignment]
                self._parse(_UPGRADE.sub(b"", head))
            if self._reading == _BODY:
                self._expect_body()
            return rest
        return b""

    def _wait_for_head(self, head: bytes) -> None:
        """Keep what has come of a head, unless it cannot become one."""
        if head and not self._seen:
            self.deadline = self.loop.time() + self.head_timeout
        self._seen = head
        try:
            httptools.HttpRequestParser(None).feed_data(head)
        except httptools.HttpParserError:
            self._refuse(_INVALID)

    def _expect_body(self) -> None:
        lengths = [value for name, value in self.headers if name == b"content-length"]
        self._left = int(lengths[0]) if lengths else _IN_CHUNKS  # the parser has found it right
        self.headers = []  # what comes behind a body in chunks is no longer the application's

    def _read_body(self, data: bytes) -> bytes:
        """Read a body of known length, or part of it; return what is behind it."""
        piece, rest = data[: self._left], data[self._left :]
        self._left -= len(piece)
        self._parse(piece)
        return rest

    def _read_chunks(self, data: bytes) -> bytes:
        """Read a body in chunks, or part of it; return what is behind it.

        Only the parser knows where it ends; see `possible_end`.
        """
        start = len(self._seen)
        data = self._seen + data
        while start < len(data) and self._reading == _BODY:
            end = possible_end(data, max(start - len(END) + 1, 0))
            self._beside += end - start
            self._parse(data[start:end])
            if self._beside > self.max_head:
                self._refuse(_TRAILER)
            start = end
        self._seen = data[-len(END) :] if self._reading == _BODY else b""
        return data[start:]

    def _read_ahead(self, data: bytes) -> None:
        """Keep what is not to be read yet."""
        if self._reading == _ANSWER:
            self._ahead += data
            if len(self._ahead) > self.max_ahead:
                self._ahead = b""
                self._reading = _IGNORED
                self.cycle.keep_alive = False

    def _parse(self, data: bytes) -> None:
        if self.parser is None:
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does it
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._reading == _UPGRADED:
                self.handle_websocket_upgrade()
            # CONNECT, answered as any other method. Whether a body follows is not known.
            elif self._reading == _ANSWER:
                self._reading = _IGNORED
                self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self._refuse(_INVALID)

    def forget_parser(self) -> None:
        """Do without the parser until there is a further request; it takes 0.9 KiB."""
        if self._reading == _ANSWER:
            self.parser = None  # type: ignore[assignment]

    # What the parser has found

    def on_message_begin(self) -> None:
        """Say in the scope of each request what this server offers beyond ASGI."""
        super().on_message_begin()
        extensions = self.scope.get("extensions")
        self.scope["extensions"] = EXTENSIONS if extensions is None else {**extensions, **EXTENSIONS}

    def on_headers_complete(self) -> None:
        """Call the application, unless the client speaks what we do not."""
        if self.parser.get_http_version() not in _VERSIONS:
            self._refuse(_VERSION)
            return
        hosts = [name for name, _ in self.headers if name == b"host"]
        if len(hosts) != 1 and (hosts or self.parser.get_http_version() != "1.0"):  # RFC 9112, section 3.2
            self._refuse(_HOST)
            return
        if not self.url.startswith(b"/"):
            self.url = _NO_PATH.sub(rb"\1/", self.url)  # RFC 9110, section 4.2.3
        if not self.parser.should_upgrade():
            self._reading = _BODY
        elif self._should_upgrade():
            self._reading = _UPGRADED
        elif self._reading == _HEAD:
            self._reading = _AGAIN  # the parser would take no body
            return
        else:
            self._reading = _BODY
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Give it to the application."""
        self._beside = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait until it has been answered, if it has not."""
        if self._reading == _BODY:
            self._reading = _HEAD if self.cycle.response_complete else _ANSWER
            super().on_message_complete()

    # Answering

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if cycle.scope["http_version"] == "1.0":
            end_with_connection(cycle)
        self.streams = False
        if self._is_last:
            cycle.keep_alive = False
        cycle.message_event = Signal()  # type: ignore[assignment]
        cycle.transport = HeldHead(cycle, self)  # type: ignore[assignment]
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        # If the rest of its body is still to come, that may take as long as a head may.
        patience = self.timeout_keep_alive if self._reading == _ANSWER else self.head_timeout
        self.deadline = self.loop.time() + patience
        if self._reading == _ANSWER:
            self._reading = _HEAD
            if self._ahead:
                ahead, self._ahead = self._ahead, b""
                self.data_received(ahead)

    def _refuse(self, refused: Refusal) -> None:
        """Give this answer, once, and close the connection; only close it in the midst of another."""
        if self._reading == _IGNORED:
            return
        client = self.client[0] if self.client else "a client"
        self.logger.warning("refused a request of %s with %d: %s", client, refused.status, refused.reason)
        self._reading = _IGNORED
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started:
                self.transport.close()
                return
        self.transport.write(refused.response(self.server_state.default_headers))
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.deadline = self.loop.time() + LINGER
        else:
            self.transport.close()
