"""uvicorn's HTTP protocol, made for many streams: less memory for each, and a shorter way to write to all.

A channel writes the same bytes to all its readers. For thousands of them ``send`` makes a quarter of the
cost, since it touches memory of each connection that is not needed for anything else.
"""

import asyncio
from typing import Any, Final

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hug.asgi import Receive, Send
from hug.eventstream.connection.disconnect import DISCONNECT, Watched
from hug.eventstream.connection.writer import CHUNKED


def chunked(send: Send) -> asyncio.WriteTransport | None:
    """Return the transport that whole chunks of the response may be written to; see `CHUNKED`."""
    cycle = getattr(send, "__self__", None)
    if not isinstance(cycle, RequestResponseCycle) or not cycle.chunked_encoding or cycle.response_complete:
        return None
    transport: asyncio.WriteTransport = cycle.transport
    return transport


def watch_disconnect(receive: Receive, stream: Watched) -> "Watch | None":
    """Have ``stream`` told when the client leaves; see `DISCONNECT`."""
    cycle = getattr(receive, "__self__", None)
    if not isinstance(cycle, RequestResponseCycle) or cycle.more_body or cycle.body:
        return None
    protocol = getattr(cycle.on_response, "__self__", None)
    if not isinstance(protocol, HTTPProtocol) or protocol.watched is not None:
        return None
    if protocol.transport.is_closing():
        return None  # which receive will tell at once
    protocol.forget_parser()
    return Watch(protocol, stream)


_EXTENSIONS: Final[dict[str, Any]] = {CHUNKED: chunked, DISCONNECT: watch_disconnect}


class HTTPProtocol(HttpToolsProtocol):
    """One connection; ``hug -f`` serves with it, and ``uvicorn --http hug.http_protocol:HTTPProtocol``.

    Attributes:
        watched: The stream that is open on it, if that wants to know when the client leaves.
    """

    # One attribute more in uvicorn's dictionary would be one too many for Python to keep its keys only once.
    __slots__ = ("watched",)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """See `HttpToolsProtocol`."""
        super().__init__(*arguments, **options)
        self.pipeline = Pipeline()  # type: ignore[assignment]
        self.watched: Watched | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to read requests."""
        super().connection_made(transport)
        self.flow = Flow(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the stream, also if its client has sent a further request meanwhile."""
        super().connection_lost(exc)
        if self.watched is not None:
            self.watched.client_left()

    def data_received(self, data: bytes) -> None:
        """Read on, after a stream perhaps."""
        if self.parser is None:
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does it
        super().data_received(data)

    def forget_parser(self) -> None:
        """Do without the parser until there is a further request; it takes 0.9 KiB."""
        if self.parser is None or self.parser.should_upgrade():
            return
        if self.scope is self.cycle.scope and not self.cycle.more_body:  # else part of a request is to come
            self.parser = None  # type: ignore[assignment]

    def on_message_begin(self) -> None:
        """Say in the scope of each request what this server offers beyond ASGI."""
        super().on_message_begin()
        extensions = self.scope.get("extensions")
        self.scope["extensions"] = _EXTENSIONS if extensions is None else {**extensions, **_EXTENSIONS}

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        # What a request brings that waits for its turn has been told already.
        cycle.message_event = Signal(cycle.message_event.is_set())  # type: ignore[assignment]
        super()._start_asgi_task(cycle, app)


class Watch:
    """See `hug.eventstream.connection.disconnect.Watch`."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: HTTPProtocol, stream: Watched) -> None:
        self._protocol = protocol
        protocol.watched = stream

    def close(self) -> None:
        """See there."""
        self._protocol.watched = None


class Pipeline(list[Any]):
    """A queue of requests, which nearly always is empty: that of a `collections.deque` takes 760 bytes."""

    __slots__ = ()

    def appendleft(self, request: Any) -> None:
        """Add a request that is to be answered after all others."""
        self.insert(0, request)


class Signal:
    """What uvicorn needs of `asyncio.Event`, in an eighth of its memory."""

    __slots__ = ("_is_set", "_waiting")

    def __init__(self, is_set: bool = False) -> None:
        self._is_set = is_set
        self._waiting: tuple[asyncio.Future[bool], ...] = ()

    def is_set(self) -> bool:
        """See `asyncio.Event`, as for all others."""
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        waiting, self._waiting = self._waiting, ()
        for each in waiting:
            if not each.done():
                each.set_result(True)

    def clear(self) -> None:
        self._is_set = False

    def wait(self) -> asyncio.Future[bool]:
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self._is_set:
            waiting.set_result(True)
        else:
            self._waiting = (*(each for each in self._waiting if not each.done()), waiting)
        return waiting


class Flow(FlowControl):
    """Tells whether a client keeps up; see `Signal` for the difference."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        self._is_writable_event = Signal(is_set=True)  # type: ignore[assignment]
