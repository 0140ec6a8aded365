"""Reading a request's body, bounded in size and time, into what sync and async code both can read."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from typing import Any, Final, cast

import falcon

from hug.asgi_types import Message, Receive
from hug.eventstream.connection.stepping import Rest
from hug.web.errors import HTTPBadRequest, HTTPContentTooLarge, HTTPError

_PAUSE: Final = 0.001
"""Seconds until more is asked for after an empty piece of a body."""

_OF_BODIES: Final = frozenset({b"content-length", b"transfer-encoding"})


class AwaitableBytes(bytes):
    """Bytes that may be awaited: ``stream.read()`` and ``await stream.read()`` both give them."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, None, AwaitableBytes]:
        return self
        yield  # makes this a generator, one that never waits


class Body(io.BytesIO):
    """A body that has been read. Sync code reads it as a file, async code as Falcon's async stream."""

    def read(self, size: int | None = -1, /) -> AwaitableBytes:
        """Return up to ``size`` bytes, all that are left by default."""
        return AwaitableBytes(super().read(size))

    def readall(self) -> AwaitableBytes:
        """Return all bytes that are left."""
        return self.read()

    def exhaust(self) -> AwaitableBytes:
        """Skip all bytes that are left."""
        self.seek(0, io.SEEK_END)
        return AwaitableBytes()

    @property
    def eof(self) -> bool:
        """Whether everything has been read."""
        return self.tell() == len(self.getbuffer())

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks()

    async def _chunks(self) -> AsyncIterator[bytes]:
        while chunk := self.read(io.DEFAULT_BUFFER_SIZE):
            yield bytes(chunk)


def opening(receive: Receive) -> Receive:
    """Return a ``receive`` whose first event says that a body may follow, without waiting for the client.

    Falcon asks for one event before it routes. A server answers when the client has sent part of the body,
    which a bad client never does; whether and how long to wait is for the route to say, and a body that is
    not read need not be sent (``Expect: 100-continue``).

    What is received later lets the event loop go on: a server that gives empty pieces without end and without
    waiting for its client, keeps neither others nor the time limit of the body waiting.
    """
    opened = False

    async def receive_after_opening() -> Message:
        nonlocal opened
        if opened:
            event = await receive()
            if not event.get("body") and event.get("more_body"):
                await asyncio.sleep(_PAUSE)
            return event
        opened = True
        return {"type": "http.request", "body": b"", "more_body": True}

    return receive_after_opening


def whole(content: bytes) -> Receive:
    """Return a ``receive`` that gives this body."""

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    return receive


def is_plain_get(scope: Message) -> bool:
    """Return whether a request is a GET that has no body; HTTP/1 says so in its headers."""
    if scope["method"] != "GET" or not scope.get("http_version", "").startswith("1"):
        return False
    return all(name not in _OF_BODIES for name, _ in scope["headers"])


async def read_body(
    scope: Message, receive: Receive, length: int | None, limit: int, timeout: float
) -> bytes:
    """Return the whole body.

    Args:
        scope: The request's ASGI scope.
        receive: Gives the body's events, none of which has been taken.
        length: Bytes that ``Content-Length`` announces, None without it.
        limit: Most bytes taken into memory.
        timeout: Seconds until all of it must have come.

    Raises:
        HTTPContentTooLarge: The body is longer than ``limit``, or says it is.
        HTTPError: 408, it did not come in time.
        HTTPBadRequest: The client left before it had sent all of it.
    """
    if length is not None and length > limit:
        raise too_large(scope, limit)
    reading = _read_all(scope, receive, limit)
    try:
        waiting_for = reading.send(None)
    except StopIteration as end:  # all of it is here, as nearly always: there is nothing to time
        return cast("bytes", end.value)
    try:
        async with asyncio.timeout(timeout):
            return cast("bytes", await Rest(reading.__await__(), waiting_for))
    except TimeoutError:
        raise too_slow(scope, timeout) from None


async def _read_all(scope: Message, receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        chunk = _next_of(event, size, scope, limit)
        size += len(chunk)
        chunks.append(chunk)
        if not event.get("more_body", False):
            return b"".join(chunks)


PROGRESS: Final = 256 * 1024
"""Bytes of an upload that have to come within the time for a body: large ones may take longer."""


async def pieces(
    scope: Message, receive: Receive, length: int | None, limit: int, timeout: float
) -> AsyncGenerator[bytes, None]:
    """Yield the pieces of a body as they come; no more is taken from the client than is asked for.

    The arguments and errors are those of `read_body`, but ``timeout`` is for every `PROGRESS` bytes.
    """
    if length is not None and length > limit:
        raise too_large(scope, limit)
    loop = asyncio.get_running_loop()
    size, behind, until = 0, 0, loop.time() + timeout
    while True:
        try:
            async with asyncio.timeout_at(until):
                event = await receive()
        except TimeoutError:
            raise too_slow(scope, timeout) from None
        chunk = _next_of(event, size, scope, limit)
        size += len(chunk)
        if size - behind >= PROGRESS:
            behind, until = size, loop.time() + timeout
        if chunk:
            yield chunk
        if not event.get("more_body", False):
            return


def _next_of(event: Message, size: int, scope: Message, limit: int) -> bytes:
    """Return what ``event`` brings of a body of which there are ``size`` bytes.

    Raises:
        HTTPBadRequest: The client has left.
        HTTPContentTooLarge: It is more than ``limit`` with that.
    """
    if event["type"] == "http.disconnect":
        raise incomplete()
    chunk: bytes = event.get("body", b"")
    if size + len(chunk) > limit:
        raise too_large(scope, limit)
    return chunk


def unreadable(scope: Message, reason: str) -> HTTPError:
    """Return the error for a body that has not been read to its end, because it is not what it should be."""
    return HTTPBadRequest("body", reason, headers=_closing(scope))


def incomplete() -> HTTPBadRequest:
    """Return the error for a body whose client has left before its end."""
    return HTTPBadRequest("Incomplete body", "The connection was closed before the body's end.")


def too_slow(scope: Message, timeout: float) -> HTTPError:
    """Return the error for a body that did not come within ``timeout`` seconds."""
    what = f"The body did not arrive within {timeout:g} seconds."
    return HTTPError(falcon.HTTP_408, None, what, _closing(scope))


def too_large(scope: Message, limit: int) -> HTTPError:
    """Return the error for a body of more than ``limit`` bytes."""
    return HTTPContentTooLarge(None, f"The body may have {limit} bytes at most.", headers=_closing(scope))


def _closing(scope: Message) -> dict[str, str]:
    """Return the header that ends the connection: what is left of the body must not pass as a request."""
    return {"Connection": "close"} if scope.get("http_version", "1.1").startswith("1") else {}
