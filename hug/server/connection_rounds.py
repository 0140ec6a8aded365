"""A look at all connections of a server each second: clients that take too long, or have vanished."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Collection
from typing import Any, Final

if sys.platform == "linux":
    import fcntl
    import termios

INTERVAL: Final = 1.0
"""Seconds between two looks, by which a client may be found late."""

TURNS = 10
"""In how many rounds each client is listened to once: to ask the system takes 2 us."""

_TCP_INFO: Final = struct.Struct("8B13I")
"""The beginning of Linux's ``struct tcp_info``, up to ``tcpi_last_ack_recv``; see ``linux/tcp.h``."""

_REPEATED: Final = 2
"""How often the system has sent something again when that means more than a packet lost here and there."""


class Rounds:
    """Looks at all connections of one server while there are any.

    One whose ``deadline``, in the loop's time, has passed is told so by ``overdue()``; 0 is never. The others
    are asked by ``listen(now)`` now and then, in turn, whether their clients are still there; each time once
    ``silent_since`` is not 0.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, connections: Collection[Any]) -> None:
        self._loop = loop
        self._connections = connections
        self._going = False
        self._turn = 0

    def begin(self) -> None:
        """Go, unless it is going already."""
        if not self._going:
            self._going = True
            self._loop.call_later(INTERVAL, self._go)

    def _go(self) -> None:
        now = self._loop.time()
        self._turn = (self._turn + 1) % TURNS
        for number, connection in enumerate(tuple(self._connections)):
            deadline = getattr(connection, "deadline", None)
            if deadline is None:  # it has been upgraded to another protocol
                continue
            if deadline and deadline <= now:
                connection.overdue()
            elif number % TURNS == self._turn or connection.silent_since:
                connection.listen(now)
        self._going = False
        if self._connections:
            self.begin()


def seconds_silent(connection: socket.socket) -> float:
    """Return for how many seconds the other side has acknowledged nothing although it has been asked again.

    0 if it need not answer, or the system does not tell. A client that reads slowly does answer: that its
    window is closed. ``TCP_USER_TIMEOUT`` would take it for gone, if it has little space to receive in.
    """
    if not sys.platform.startswith("linux"):
        return 0.0
    try:
        info = _TCP_INFO.unpack(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size))
    except (OSError, struct.error):  # closed meanwhile, or no TCP
        return 0.0
    retransmits, probes, last_acknowledged = info[2], info[3], info[20]
    return last_acknowledged / 1000 if max(retransmits, probes) >= _REPEATED else 0.0


def bytes_queued(connection: socket.socket) -> int:
    """Return how many bytes the system keeps that the other side has yet to take; 0 if it does not tell."""
    if sys.platform != "linux":
        return 0
    try:
        answer = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
    except OSError:  # closed meanwhile
        return 0
    return int.from_bytes(answer, sys.byteorder)
