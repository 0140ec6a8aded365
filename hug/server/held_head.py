"""One write, and so one system call, for the head of a response and the bytes that follow it at once."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Protocol

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

JOINED: Final = 64 * 1024
"""Bytes up to which a body is copied behind its head; a larger one is handed over beside it."""


_STREAM: Final = b"text/event-stream"


class Answering(Protocol):
    """A connection's protocol.

    Attributes:
        loop: Its event loop.
        streams: Whether the answer is a stream of events, which has limits of its own.
    """

    loop: asyncio.AbstractEventLoop
    streams: bool


class HeldHead:
    """Stands in for the connection of one request until the head of its response is out.

    The head waits for what comes next, but no longer than until the event loop has done what is due now.
    """

    __slots__ = ("_cycle", "_held", "_protocol", "_transport")

    def __init__(self, cycle: RequestResponseCycle, protocol: Answering) -> None:
        self._cycle = cycle
        self._protocol = protocol
        self._transport: Any = cycle.transport
        self._held = b""

    def write(self, data: bytes) -> None:
        """Hold ``data`` if it is the first; else write both."""
        if not self._held:
            self._held = data
            self._protocol.streams = _STREAM in data
            self._protocol.loop.call_soon(self.release)
            return
        held, self._held = self._held, b""
        self._cycle.transport = self._transport
        if len(data) <= JOINED:
            self._transport.write(held + data)
        else:
            self._transport.writelines((held, data))

    def release(self) -> asyncio.Transport:
        """Write what is held, and return the connection, which takes its place back."""
        transport: asyncio.Transport = self._transport
        present: Any = self._cycle.transport
        if present is self:
            self._cycle.transport = transport
            if self._held and not transport.is_closing():  # uvloop raises of one that is closed
                transport.write(self._held)
        return transport

    def close(self) -> None:
        """Close the connection when all is written."""
        self.release().close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def connection_of(cycle: RequestResponseCycle) -> asyncio.Transport:
    """Return the connection of a request, with nothing held back any more."""
    transport: Any = cycle.transport
    return transport.release() if isinstance(transport, HeldHead) else cycle.transport
