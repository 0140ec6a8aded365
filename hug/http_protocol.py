"""uvicorn's HTTP protocol, with a way for event streams to write to connections without a ``send`` for each.

A channel writes the same bytes to all its readers. For thousands of them ``send`` makes a quarter of the cost,
since it touches memory of each connection that is not needed for anything else.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hug.asgi import Send
from hug.eventstream.connection import CHUNKED


def chunked(send: Send) -> asyncio.WriteTransport | None:
    """Return the transport that whole chunks of the response may be written to; see `CHUNKED`."""
    cycle = getattr(send, "__self__", None)
    if not isinstance(cycle, RequestResponseCycle) or not cycle.chunked_encoding or cycle.response_complete:
        return None
    transport: asyncio.WriteTransport = cycle.transport
    return transport


_EXTENSIONS: Final[dict[str, Any]] = {CHUNKED: chunked}


class HTTPProtocol(HttpToolsProtocol):
    """One connection. ``hug -f`` serves with it; so does ``uvicorn --http hug.http_protocol:HTTPProtocol``."""

    def on_message_begin(self) -> None:
        """Say in the scope of each request what this server offers beyond ASGI."""
        super().on_message_begin()
        extensions = self.scope.get("extensions")
        self.scope["extensions"] = _EXTENSIONS if extensions is None else {**extensions, **_EXTENSIONS}
