"""The sending half of one response: whole events out, one write at a time."""

import asyncio
from typing import Any

from hug.asgi import Message, Send
from hug.eventstream.stepping import begin


class ClientGone(Exception):
    """The server says that nobody is left to write to."""


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

    __slots__ = ("_loop", "_send", "finished", "pending", "wrote_at")

    def __init__(self, send: Send) -> None:
        self._send = send
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

    def _hand_over(self, message: Message) -> asyncio.Task[None] | None:
        self.wrote_at = self._loop.time()
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
