"""uvicorn's HTTP protocol, made for many streams: less memory for each, and a shorter way to write to all.

A channel writes the same bytes to all its readers. For thousands of them ``send`` makes a quarter of the
cost, since it touches memory of each connection that is not needed for anything else.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.flow_control import FlowControl
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
    """One connection; ``hug -f`` serves with it, and ``uvicorn --http hug.http_protocol:HTTPProtocol``."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to read requests."""
        super().connection_made(transport)
        self.flow = Flow(transport)

    def on_message_begin(self) -> None:
        """Say in the scope of each request what this server offers beyond ASGI."""
        super().on_message_begin()
        extensions = self.scope.get("extensions")
        self.scope["extensions"] = _EXTENSIONS if extensions is None else {**extensions, **_EXTENSIONS}

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        cycle.message_event = Signal()
        super()._start_asgi_task(cycle, app)


class Signal(asyncio.Event):
    """An event that has no queue, which takes 760 bytes, while nobody waits for it."""

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: tuple[asyncio.Future[None], ...] = ()

    def is_set(self) -> bool:
        """See `asyncio.Event`, as for all others."""
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    def clear(self) -> None:
        self._is_set = False

    async def wait(self) -> Any:
        if not self._is_set:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting = (*self._waiting, waiting)
            try:
                await waiting
            finally:
                self._waiting = tuple(each for each in self._waiting if each is not waiting)
        return True


class Flow(FlowControl):
    """Tells whether a client keeps up; see `Signal` for the difference."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        self._is_writable_event = Signal()
        self._is_writable_event.set()
