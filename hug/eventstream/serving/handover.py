"""The joint between a framework, which sends the head of a response, and an event stream, its body."""

from collections.abc import Awaitable, Callable, Generator
from typing import Any, Final, Self

from hug.asgi_types import Message, Send
from hug.eventstream.serving.stream import EventStream
from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.last_event_id import LastEventIdError

SCOPE_KEY: Final = "hug.handover"
"""Where a request's ASGI scope has its `Handover`."""

HEADERS: Final = {
    "content-type": "text/event-stream; charset=utf-8",
    # no-transform: a proxy that compresses would hold events back until its window is full.
    "cache-control": "no-store, no-transform",
    # nginx buffers what upstream servers send unless told not to.
    "x-accel-buffering": "no",
}
"""What a response with a stream says of itself."""

_RAW_HEADERS: Final = tuple((name.encode(), value.encode()) for name, value in HEADERS.items())


def head() -> Message:
    """Return the event that starts a response with a stream, where there is no framework to do so."""
    return {"type": "http.response.start", "status": 200, "headers": [*_RAW_HEADERS]}


class Handover:
    """Stands in for the body of one response while a framework sends its head.

    The framework gets `send` in place of the server's, and this object as an async iterable body. When it
    begins to iterate, the head is out, and no error or middleware can come between any more: the stream is
    ``taken``. What the framework sends after that, an empty end, is held back, and the stream follows in its
    place.

    Attributes:
        stream: The stream, once a handler has answered with one.
        name: Who made it, for messages to the developer.
        last_event_id: The request's ``Last-Event-ID``.
        misread: Why it is none that an event can have had; None if it is.
        guard: What the client is; see `hug.eventstream.wire.client`.
        taken: Whether the head has been sent, so that the stream must be served.
        head: The event that starts the response, if no framework has sent it.
        outcome: What the handler has returned, or raised, if it was called before the framework came so far.
        on_closed: What to do when the stream has ended and its source is closed, or is never served.
    """

    __slots__ = (
        "_send", "guard", "head", "last_event_id", "misread", "name", "on_closed", "outcome", "stream",
        "taken",
    )  # fmt: skip

    def __init__(self, send: Send) -> None:
        self._send = send
        self.stream: EventStream | None = None
        self.name = ""
        self.last_event_id = ""
        self.misread: LastEventIdError | None = None
        self.guard = Guard.NONE
        self.taken = False
        self.head: Message | None = None
        self.outcome: tuple[Any, Exception | None] | None = None
        self.on_closed: Callable[[], Awaitable[None]] | None = None

    def send(self, message: Message) -> Awaitable[None]:
        """Pass on what the framework sends."""
        return _nothing if self.taken else self._send(message)

    def __aiter__(self) -> Self:
        self.taken = self.stream is not None
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration


class _Nothing:
    """An awaitable that has nothing to wait for."""

    def __await__(self) -> Generator[Any, None, None]:
        return
        yield


_nothing: Final = _Nothing()
