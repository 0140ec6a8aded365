"""The sending half of one response: whole events out, one write at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

from hug.asgi_types import Message, Send
from hug.eventstream.connection.stepping import first_step

CHUNKED: Final = "hug.chunked"
"""Key of an ASGI extension: a function of the ``send`` that the application was called with.

It returns the connection's `asyncio.WriteTransport`, to which the application may write chunks of the body
in place of calling ``send``, while the response has started and is not complete. A chunk is what RFC 9112,
section 7.1, calls so, its size and line ends included. None means that this response cannot be written so:
because of its encoding, or because ``send`` is not the server's own but that of a middleware, which must see
the body.
"""

START: Final = "hug.start"
"""Key of an ASGI extension: a function of ``send``, the event that starts the response, and a first chunk.

It sends both in one write and returns True; or sends nothing and returns False, for the reasons that
`CHUNKED` gives, so that they have to be sent one after the other.
"""

PIECE: Final = 64 * 1024
"""Bytes of a piece of what is too large for one write."""

LARGE: Final = 2 * PIECE
"""Bytes above which a write goes out in pieces, each of which is progress when the server has taken it."""

_NOTHING: Final = {"type": "http.response.body", "body": b"", "more_body": True}


def chunk(body: bytes) -> bytes:
    """Return ``body`` as one chunk of a response in HTTP/1.1; see `CHUNKED`."""
    return b"%x\r\n%b\r\n" % (len(body), body)


class ClientGone(Exception):
    """The server says that nobody is left to write to."""


class CutOff(Exception):
    """The stream must end as a broken connection does; the developer has been told why."""


class Writing(Protocol):
    """What wants to know when a write fails later than it was made."""

    def write_failed(self, error: BaseException) -> None:
        """End: the connection, or what stands between it and us, has failed."""


class Connection:
    """Write to one client; know when that last happened and whether the client keeps up.

    A write that the server does not take at once is ``pending``: the client reads more slowly than we write.
    Whoever feeds the stream waits for that, so that a stream holds one write, of bounded size, and perhaps a
    heartbeat.

    Attributes:
        pending: The task that waits for the server to take the last write; None when it has taken all.
        finished: Whether the last bytes have been handed over.
        writer: What is told when a pending write fails; None if nothing wants to know.
        wrote_at: When the last write, or piece of one, began, in seconds of the event loop's clock.
    """

    __slots__ = ("_chunked", "_in_pieces", "_loop", "_send", "finished", "pending", "writer", "wrote_at")

    def __init__(
        self, send: Send, extensions: Mapping[str, Any] | None = None, *, started: bool = True
    ) -> None:
        """Begin to write the body of a response.

        Args:
            send: The ASGI server's.
            extensions: Those of the scope.
            started: Whether the response has; if not, `start` does it.
        """
        self._send = send
        self._chunked: asyncio.WriteTransport | None = None
        if started:
            self._find_transport(extensions or {})
        self._loop = asyncio.get_running_loop()
        self.pending: asyncio.Task[None] | None = None
        self.writer: Writing | None = None
        self.finished = False
        self._in_pieces = False
        self.wrote_at = self._loop.time()

    async def start(self, head: Message, first: bytes, extensions: Mapping[str, Any] | None = None) -> None:
        """Start the response, with the first bytes of its body.

        Args:
            head: The event that starts it.
            first: The bytes.
            extensions: Those of the scope.

        Raises:
            ClientGone: As `write`.
        """
        extensions = extensions or {}
        both: Callable[[Send, Message, bytes], bool] | None = extensions.get(START)
        if both is None or not both(self._send, head, chunk(first)):
            try:
                await self._send(head)
            except OSError as error:
                raise ClientGone from error
            self.write(first)
        self._find_transport(extensions)

    def _find_transport(self, extensions: Mapping[str, Any]) -> None:
        find: Callable[[Send], asyncio.WriteTransport | None] | None = extensions.get(CHUNKED)
        if find is not None:
            self._chunked = find(self._send)

    def write(self, body: bytes) -> asyncio.Task[None] | None:
        """Hand ``body`` to the server; return None when it was taken, else what to await with `taken`.

        A write that comes while another is pending goes out after it.

        Raises:
            ClientGone: Here or from the task: the connection is closed, or the response finished.
        """
        if self.finished:
            raise ClientGone
        return self._hand_over({"type": "http.response.body", "body": body, "more_body": True})

    def write_shared(self, body: bytes, framed: bytes | None, now: float) -> asyncio.Task[None] | None:
        """Write ``body`` as `write` does, at a fraction of the cost if the server lets us.

        Args:
            body: What others get, too.
            framed: The same as `chunk` makes it, once for all; None if that is not worth it.
            now: The loop's time.
        """
        if self.pending is not None or self.finished or len(body) > LARGE:
            return self.write(body)
        transport = self._chunked
        if transport is None:
            message = {"type": "http.response.body", "body": body, "more_body": True}
        else:
            if transport.is_closing():
                raise ClientGone
            transport.write(framed or chunk(body))
            if not transport.get_write_buffer_size():
                self.wrote_at = now
                return None
            message = _NOTHING  # if the client is so slow that we must wait, the server makes us do so here
        return self._hand_over(message, now)

    def taken(self, pending: asyncio.Task[None]) -> Awaitable[None]:
        """Return what to await for the server to take ``pending``; to cancel that takes the write back.

        Unless a part of it is on its way: the rest will follow, since half an event would spoil what comes
        after it.
        """
        return asyncio.shield(pending) if self._in_pieces else pending

    def finish(self, last: bytes = b"") -> asyncio.Task[None] | None:
        """Write ``last`` and end the response as HTTP ends it; result and errors are those of `write`."""
        self.finished = True
        return self._hand_over({"type": "http.response.body", "body": last, "more_body": False})

    @property
    def closed(self) -> bool:
        """Whether the connection is closed; known of uvicorn only.

        When a client has sent a further request meanwhile, uvicorn tells the end of the connection to that
        one alone, and takes what we write as if there were somebody to read it.
        """
        cycle = self._cycle()
        return cycle is not None and cycle.transport.is_closing()

    def abort(self) -> None:
        """Drop the connection and what the client has not read, if the server is uvicorn.

        A server closes a connection when its client has read everything, which one that has stopped reading
        never does; uvicorn even waits for that before its process ends. Others give us no way to do this.
        """
        cycle = self._cycle()
        if cycle is not None:
            cycle.transport.abort()
            cycle.disconnected = True  # see `cut`

    def cut(self) -> None:
        """End the response without its proper end, when all that was written has been sent.

        Any server does so when the application returns early, but uvicorn logs that as a mistake. Where
        ``send`` is its own, we close the connection ourselves and tell it that there is nobody left.
        """
        cycle = self._cycle()
        if cycle is not None:
            cycle.transport.close()
            cycle.disconnected = True

    def _cycle(self) -> Any:
        cycle: Any = getattr(self._send, "__self__", None)
        return cycle if type(cycle).__module__.startswith("uvicorn.protocols.http.") else None

    def give_up(self) -> None:
        """Write no more, not even what the server has yet to take."""
        self.finished = True
        self.writer = None
        if self.pending is not None:
            self.pending.cancel()

    def _hand_over(self, message: Message, now: float | None = None) -> asyncio.Task[None] | None:
        self.wrote_at = self._loop.time() if now is None else now
        if self.pending is not None:
            pending = self._loop.create_task(self._send_after(self.pending, message))
        else:
            try:
                rest = first_step(self._sending(message))
            except (OSError, asyncio.CancelledError, GeneratorExit) as error:
                # The latter two are a middleware's own: this task, which may be that of all streams, goes on.
                raise ClientGone from error
            except RuntimeError as error:
                if not self._is_closed():
                    raise
                raise ClientGone from error
            if rest is None:
                return None
            pending = self._loop.create_task(self._sent(rest))
        self.pending = pending
        pending.add_done_callback(self._taken)
        return pending

    def _sending(self, message: Message) -> Awaitable[None]:
        body: bytes = message["body"]
        return self._send(message) if len(body) <= LARGE else self._send_pieces(body)

    async def _send_pieces(self, body: bytes) -> None:
        self._in_pieces = True
        try:
            for first in range(0, len(body), PIECE):
                self.wrote_at = self._loop.time()
                piece = body[first : first + PIECE]
                await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        except BaseException:
            self.finished = True  # nothing can follow half an event
            raise
        self._in_pieces = False

    async def _send_after(self, previous: asyncio.Task[None], message: Message) -> None:
        await asyncio.wait({previous})
        if previous.cancelled() or previous.exception() is not None:
            raise ClientGone
        self.wrote_at = self._loop.time()
        await self._sent(self._sending(message))

    async def _sent(self, sending: Awaitable[None]) -> None:
        """Wait until the server has taken what is being sent.

        Raises:
            ClientGone: The server says so, as ASGI wants it, by an `OSError`.
        """
        try:
            await sending
        except OSError as error:
            raise ClientGone from error
        except RuntimeError as error:
            if not self._is_closed():
                raise
            raise ClientGone from error

    def _is_closed(self) -> bool:
        """Whether a client has left of whom uvicorn has yet to hear: uvloop raises RuntimeError then."""
        cycle = self._cycle()
        return cycle is not None and cycle.transport.is_closing()

    def _taken(self, pending: asyncio.Task[None]) -> None:
        if self.pending is pending:
            self.pending = None
        if pending.cancelled():
            return
        error = pending.exception()
        if error is not None and self.writer is not None:
            self.writer.write_failed(error)  # whoever wrote may be waiting for something else
