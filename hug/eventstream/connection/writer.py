"""The sending half of one response: whole events out, one write at a time."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from hug.asgi import Message, Send
from hug.eventstream.connection.stepping import begin

CHUNKED: Final = "hug.chunked"
"""Key of an ASGI extension: a function of the ``send`` that the application was called with.

It returns the connection's `asyncio.WriteTransport`, to which the application may write chunks of the body
in place of calling ``send``, while the response has started and is not complete. A chunk is what RFC 9112,
section 7.1, calls so, its size and line ends included. None means that this response cannot be written so:
because of its encoding, or because ``send`` is not the server's own but that of a middleware, which must see
the body.
"""

_NOTHING: Final = {"type": "http.response.body", "body": b"", "more_body": True}


def chunk(body: bytes) -> bytes:
    """Return ``body`` as one chunk of a response in HTTP/1.1; see `CHUNKED`."""
    return b"%x\r\n%b\r\n" % (len(body), body)


class ClientGone(Exception):
    """The server says that nobody is left to write to."""


class CutOff(Exception):
    """The stream must end as a broken connection does; the developer has been told why."""


class Connection:
    """Write to one client; know when that last happened and whether the client keeps up.

    A write that the server does not take at once is ``pending``: the client reads more slowly than we write.
    Whoever feeds the stream waits for that, so that a stream holds one write, of bounded size, and perhaps a
    heartbeat.

    Attributes:
        pending: The task that waits for the server to take the last write; None when it has taken all.
        finished: Whether the last bytes have been handed over.
        wrote_at: When the last write began, in seconds of the event loop's clock.
    """

    __slots__ = ("_chunked", "_loop", "_send", "finished", "pending", "wrote_at")

    def __init__(self, send: Send, extensions: Mapping[str, Any] | None = None) -> None:
        """Begin to write the body of a response that has started.

        Args:
            send: The ASGI server's.
            extensions: Those of the scope.
        """
        self._send = send
        find: Callable[[Send], asyncio.WriteTransport | None] | None = (extensions or {}).get(CHUNKED)
        self._chunked = None if find is None else find(send)
        self._loop = asyncio.get_running_loop()
        self.pending: asyncio.Task[None] | None = None
        self.finished = False
        self.wrote_at = self._loop.time()

    def write(self, body: bytes) -> asyncio.Task[None] | None:
        """Hand ``body`` to the server; return None when it was taken, else the task to await.

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
        if self.pending is not None or self.finished:
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
        transport = self._transport()
        return transport is not None and transport.is_closing()

    def abort(self) -> None:
        """Drop the connection and what the client has not read, if the server is uvicorn.

        A server closes a connection when its client has read everything, which one that has stopped reading
        never does; uvicorn even waits for that before its process ends. Others give us no way to do this.
        """
        transport = self._transport()
        if transport is not None:
            transport.abort()

    def _transport(self) -> Any:
        cycle: Any = getattr(self._send, "__self__", None)
        return cycle.transport if type(cycle).__module__.startswith("uvicorn.protocols.http.") else None

    def _hand_over(self, message: Message, now: float | None = None) -> asyncio.Task[None] | None:
        self.wrote_at = self._loop.time() if now is None else now
        if self.pending is not None:
            pending = self._loop.create_task(self._send_after(self.pending, message))
        else:
            try:
                begun = begin(self._send(message))
            except OSError as error:
                raise ClientGone from error
            if begun is None:
                return None
            pending = begun
        self.pending = pending
        pending.add_done_callback(self._taken)
        return pending

    async def _send_after(self, previous: asyncio.Task[None], message: Message) -> None:
        await asyncio.wait({previous})
        await self._send(message)

    def _taken(self, pending: asyncio.Task[None]) -> None:
        if self.pending is pending:
            self.pending = None
        if not pending.cancelled():
            pending.exception()  # whoever awaits it gets it; a heartbeat that fails has nobody to tell
