"""A body that hug has not read: code that does has the limits that hug has, for all it takes at once."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from falcon.asgi.stream import BoundedStream

from hug.asgi_types import Message, Receive
from hug.web.body import incomplete, too_large, too_slow

MAX_BODY: Final = 10 * 1024 * 1024
"""Bytes of a body taken into memory, unless an API says otherwise."""

BODY_TIMEOUT: Final = 30.0
"""Seconds that a client may take to send its body, unless an API says otherwise."""


class Limits(Protocol):
    """How much of a body is taken into memory, and how long that may take; each may change at any time."""

    @property
    def max_body(self) -> int:
        """Bytes."""

    @property
    def body_timeout(self) -> float:
        """Seconds."""


class DefaultLimits:
    """Those of requests that belong to no API."""

    max_body = MAX_BODY
    body_timeout = BODY_TIMEOUT


class Unread(BoundedStream):
    """Falcon's stream of a body.

    Whoever takes it in pieces, with ``async for`` or ``read(size)``, may take any number of them: where they
    are kept is not for us to know. All at once is at most what the limits say.
    """

    __slots__ = ("_limits", "_scope", "_taken")

    def __init__(
        self, scope: Message, receive: Receive, length: int | None, limits: Limits, *, keep: bool = False
    ) -> None:
        """Begin; nothing has been received.

        Args:
            scope: The request's.
            receive: Gives the events of the body.
            length: Bytes that ``Content-Length`` announces, None without it.
            limits: Those of the API.
            keep: Whether `again` can give all of the body anew; then no more of it is taken than may be in
                memory at once.
        """
        taken: list[Message] | None = [] if keep else None
        size = 0

        async def receive_whole() -> Message:
            nonlocal size
            event = await receive()
            if event["type"] == "http.disconnect":
                raise incomplete()
            if taken is not None:
                size += len(event.get("body", b""))
                if size > limits.max_body:
                    raise too_large(scope, limits.max_body)
                taken.append(event)
            return event

        super().__init__(receive_whole, content_length=length)
        self._scope = scope
        self._limits = limits
        self._taken = taken

    def again(self, receive: Receive) -> Receive:
        """Return what gives the body from its beginning, as far as that was kept, and then what is left."""
        events = iter(self._taken or ())

        async def receive_again() -> Message:
            event = next(events, None)
            return await receive() if event is None else event

        return receive_again

    async def readall(self) -> bytes:
        """Return all that is left; see `take`."""
        return await self.take(self._limits.max_body, self._limits.body_timeout)

    async def take(self, limit: int, timeout: float) -> bytes:
        """Return all that is left.

        Args:
            limit: Most bytes.
            timeout: Seconds until all of it must have come.

        Raises:
            HTTPContentTooLarge: There is more, or the client says so.
            HTTPError: 408, it did not come in time.
            HTTPBadRequest: The client left before it had sent all of it.
        """
        announced = self._bytes_remaining + len(self._buffer)
        if limit < announced < 2**62:  # without a length it begins at more than that
            raise too_large(self._scope, limit)
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(timeout):
                async for chunk in self:
                    size += len(chunk)
                    if size > limit:
                        raise too_large(self._scope, limit)
                    chunks.append(chunk)
        except TimeoutError:
            raise too_slow(self._scope, timeout) from None
        return b"".join(chunks)
