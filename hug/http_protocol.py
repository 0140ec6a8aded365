"""uvicorn's HTTP protocol, which lets event streams write to their connections without a call of ``send`` each.

A channel writes the same bytes to all its readers. For 5000 of them ``send`` makes a third of what that costs, most
of it in memory that is touched for this and nothing else.
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
    """One connection; ``uvicorn --http hug.http_protocol:HTTPProtocol`` serves with it, as does ``hug -f``."""

    def on_message_begin(self) -> None:
        """Say in the scope of each request what this server offers beyond ASGI."""
        super().on_message_begin()
        extensions = self.scope.get("extensions")
        self.scope["extensions"] = _EXTENSIONS if extensions is None else {**extensions, **_EXTENSIONS}
