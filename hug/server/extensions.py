"""What our HTTP protocol offers beyond ASGI, in the scope of each request; it knows uvicorn from inside."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string

from hug.asgi_types import Message, Receive, Send
from hug.eventstream.connection.disconnect import DISCONNECT, Watched
from hug.eventstream.connection.writer import CHUNKED, START
from hug.server.held_head import connection_of


class Watching:
    """A protocol that tells a stream when its client leaves.

    Attributes:
        watched: The stream, if there is one that wants to know.
        streams: See `Answering`.
        transport: The connection.
    """

    __slots__ = ("streams", "watched")

    watched: Watched | None
    streams: bool
    transport: Any

    def forget_parser(self) -> None:
        """Do without the parser until there is a further request."""


def chunked(send: Send) -> asyncio.WriteTransport | None:
    """Return the transport that whole chunks of the response may be written to; see `CHUNKED`."""
    cycle = getattr(send, "__self__", None)
    if not isinstance(cycle, RequestResponseCycle) or not cycle.chunked_encoding or cycle.response_complete:
        return None
    return connection_of(cycle)


def watch_disconnect(receive: Receive, stream: Watched) -> Watch | None:
    """Have ``stream`` told when the client leaves; see `DISCONNECT`."""
    cycle = getattr(receive, "__self__", None)
    if not isinstance(cycle, RequestResponseCycle) or cycle.more_body or cycle.body:
        return None
    protocol = getattr(cycle.on_response, "__self__", None)
    if not isinstance(protocol, Watching) or protocol.watched is not None:
        return None
    if protocol.transport.is_closing():
        return None  # which receive will tell at once
    protocol.forget_parser()
    return Watch(protocol, stream)


def start(send: Send, head: Message, first: bytes) -> bool:
    """Start a response with its head and first chunk in one write; see `START`."""
    cycle = getattr(send, "__self__", None)
    if not isinstance(cycle, RequestResponseCycle) or cycle.scope["http_version"] != "1.1":
        return False
    if cycle.response_started or cycle.disconnected or not cycle.keep_alive or cycle.flow.write_paused:
        return False
    if cycle.access_log:
        cycle.access_logger.info(
            '%s - "%s %s HTTP/%s" %d',
            get_client_addr(cycle.scope),
            cycle.scope["method"],
            get_path_with_query_string(cycle.scope),
            cycle.scope["http_version"],
            head["status"],
        )
    cycle.response_started = cycle.chunked_encoding = True
    cycle.waiting_for_100_continue = False
    protocol = getattr(cycle.on_response, "__self__", None)
    if isinstance(protocol, Watching):
        protocol.streams = True
    connection_of(cycle).write(_head_in_chunks(head, cycle.default_headers) + first)
    return True


def _head_in_chunks(head: Message, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    """Return the head of a response whose body comes in chunks, as it is on the wire."""
    headers = [*default_headers, *head["headers"], (b"transfer-encoding", b"chunked")]
    fields = b"".join([b"%b: %b\r\n" % header for header in headers])
    return b"%b%b\r\n" % (STATUS_LINE[head["status"]], fields)


class Watch:
    """See `hug.eventstream.connection.disconnect.Watch`."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: Watching, stream: Watched) -> None:
        self._protocol = protocol
        protocol.watched = stream

    def close(self) -> None:
        """See there."""
        self._protocol.watched = None


EXTENSIONS: Final[dict[str, Any]] = {CHUNKED: chunked, START: start, DISCONNECT: watch_disconnect}
"""By their keys in the scope."""
