"""Event streams, read one message at a time while their handlers run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from typing import Any, Final, Self, TypeVar

from hug.api.module_api import existing
from hug.eventstream.wire.client import ASKED, UNCACHED
from hug.eventstream.wire.decode import Message
from hug.test.asgi_client import StreamClient, StreamTimeout
from hug.test.requests import Response, portal, request_for

T = TypeVar("T")

EVENT_SOURCE: Final = {
    "user-agent": "Mozilla/5.0 (hug.test)",
    **{name.decode(): value.decode() for name, value in {**ASKED, **UNCACHED}.items()},
}
"""Headers that a browser's ``EventSource`` sends."""


def sse(
    api_or_module: Any,
    url: str = "",
    body: Any = "",
    *,
    method: str = "GET",
    headers: Mapping[str, str | bytes] | None = None,
    last_event_id: str | None = None,
    timeout: float = 5.0,
    **params: Any,
) -> EventSource:
    """Open an event stream: ``with hug.test.sse(api, "/ticks") as stream: first = next(stream)``.

    In a coroutine that is ``async with``, and everything the stream offers is awaited; the application then
    runs on the test's own event loop. Leaving the block disconnects.

    Args:
        api_or_module: An API, or the module, or its name, that has one.
        url: Path, perhaps with a query.
        body: As in `hug.test.call`.
        method: For streams that accept others than GET.
        headers: Of the request.
        last_event_id: What a reconnecting client would send.
        timeout: Seconds that each wait may take; past that `StreamTimeout` says what has come instead.
        params: Values of the query.
    """
    application = existing(api_or_module).http.server()
    as_event_source = {**EVENT_SOURCE, **(headers or {})}

    def connect(last_event_id: str | None) -> StreamClient:
        scope, content = request_for(method, url, body, as_event_source, params)
        if last_event_id:
            scope["headers"].append((b"last-event-id", last_event_id.encode()))
        return StreamClient(application, scope, content, timeout)

    return EventSource(connect, last_event_id, timeout)


class EventSource:
    """An event stream to be opened, by ``with`` or ``async with``; made by `sse`."""

    def __init__(
        self, connect: Callable[[str | None], StreamClient], last_event_id: str | None, timeout: float
    ) -> None:
        self._connect = connect
        self._last_event_id = last_event_id
        self._timeout = timeout
        self._sync: Stream | None = None
        self._async: AsyncStream | None = None

    async def __aenter__(self) -> AsyncStream:
        self._async = AsyncStream(self._connect)
        await self._async.reconnect(self._last_event_id)
        return self._async

    async def __aexit__(self, *_: object) -> None:
        if self._async is not None:
            await self._async.disconnect()

    def __enter__(self) -> Stream:
        self._sync = Stream(self._timeout, self)
        return self._sync

    def __exit__(self, *_: object) -> None:
        if self._sync is not None:
            self._sync.disconnect()


class AsyncStream:
    """An open event stream, for coroutines.

    Attributes:
        received: All messages so far.
    """

    def __init__(self, connect: Callable[[str | None], StreamClient]) -> None:
        self.received: list[Message] = []
        self._connect = connect
        self._reader: StreamClient | None = None

    @property
    def _open(self) -> StreamClient:
        if self._reader is None:
            raise RuntimeError("the stream is not open")
        return self._reader

    @property
    def response(self) -> Response:
        """The response as `hug.test.get` gives it; the body only if it is no event stream."""
        reader = self._open
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reader.headers]
        return Response(reader.status, headers, bytes(reader.body))

    @property
    def status(self) -> str:
        """The status line, such as ``"200 OK"``."""
        return self.response.status

    @property
    def last_event_id(self) -> str:
        """What a browser would send as ``Last-Event-ID`` if it reconnected now."""
        return self._open.last_event_id

    @property
    def retry(self) -> int | None:
        """Milliseconds that the server wants a client to wait before it reconnects."""
        return self._open.decoder.retry

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        message = await self._open.read()
        if message is None:
            raise StopAsyncIteration
        self.received.append(message)
        return message

    async def take(self, count: int) -> list[Message]:
        """Return the next ``count`` messages, fewer if the stream ends before."""
        messages: list[Message] = []
        while len(messages) < count and (message := await anext(self, None)) is not None:
            messages.append(message)
        return messages

    async def disconnect(self) -> None:
        """Leave, as a client does that goes away, and wait until the source has been closed."""
        await self._open.leave()

    async def reconnect(self, last_event_id: str | None = None) -> None:
        """Leave if need be and connect again, with the last id that came or the one given."""
        if self._reader is not None:
            await self._reader.leave()
            last_event_id = self.last_event_id if last_event_id is None else last_event_id
        self._reader = self._connect(last_event_id)
        await self._reader.open()


class Stream:
    """An open event stream, for sync tests: an `AsyncStream` on the event loop that all requests run on."""

    def __init__(self, timeout: float, source: EventSource) -> None:
        self._timeout = timeout
        self._stream = self._run(source.__aenter__())

    @property
    def received(self) -> list[Message]:
        """All messages so far."""
        return self._stream.received

    @property
    def response(self) -> Response:
        """See `AsyncStream.response`."""
        return self._stream.response

    @property
    def status(self) -> str:
        """See `AsyncStream.status`."""
        return self._stream.status

    @property
    def last_event_id(self) -> str:
        """See `AsyncStream.last_event_id`."""
        return self._stream.last_event_id

    @property
    def retry(self) -> int | None:
        """See `AsyncStream.retry`."""
        return self._stream.retry

    def __iter__(self) -> Iterator[Message]:
        return self

    def __next__(self) -> Message:
        messages = self.take(1)
        if not messages:
            raise StopIteration
        return messages[0]

    def take(self, count: int) -> list[Message]:
        """See `AsyncStream.take`."""
        return self._run(self._stream.take(count), count)

    def disconnect(self) -> None:
        """See `AsyncStream.disconnect`."""
        self._run(self._stream.disconnect())

    def reconnect(self, last_event_id: str | None = None) -> Self:
        """See `AsyncStream.reconnect`."""
        self._run(self._stream.reconnect(last_event_id))
        return self

    def _run(self, coroutine: Coroutine[Any, Any, T], waits: int = 1) -> T:
        """Run it on the portal's loop; give up if something blocks that, so that no timeout fires there."""
        future = asyncio.run_coroutine_threadsafe(coroutine, portal.loop)
        try:
            return future.result((waits + 3) * self._timeout)
        except TimeoutError:
            if future.done():
                raise
            future.cancel()
            blocked = "the event loop is blocked: an async handler or generator calls something that blocks"
            raise StreamTimeout(blocked) from None
