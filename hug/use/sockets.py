"""A service behind a plain socket, which takes a message and answers with bytes."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from hug.use.service import MAX_BODY, TIMEOUT, AnswerTooLong, Response, ServiceUnreachable

Protocol: TypeAlias = Literal["tcp", "udp", "unix_stream", "unix_dgram"]

_KINDS: Final[dict[str, tuple[str, socket.SocketKind]]] = {
    "tcp": ("AF_INET", socket.SOCK_STREAM),
    "udp": ("AF_INET", socket.SOCK_DGRAM),
    "unix_stream": ("AF_UNIX", socket.SOCK_STREAM),
    "unix_dgram": ("AF_UNIX", socket.SOCK_DGRAM),
}
_PIECE: Final = 64 * 1024


class Socket:
    """A service behind a plain socket. Each message has a connection of its own.

    Attributes:
        connect_to: A pair of host and port, or the path of a socket.
        proto: How it is spoken to.
        timeout: Seconds that each step may take: to connect, to send, to receive more.
        max_body: Most bytes of an answer.
    """

    def __init__(
        self, connect_to: Any, proto: Protocol, timeout: float | None = None, max_body: int = MAX_BODY
    ) -> None:
        """Take an address; nothing is connected yet.

        Raises:
            ValueError: There is no such protocol.
        """
        if proto not in _KINDS:
            raise ValueError(f"a socket speaks one of {', '.join(_KINDS)}, not {proto!r}")
        self.connect_to = connect_to
        self.proto = proto
        self.timeout = TIMEOUT if timeout is None else timeout
        self.max_body = max_body

    def request(self, message: str | bytes, timeout: float | None = None) -> Response:
        """Send a message and return the answer, whose ``data`` is a file of bytes.

        On a stream that is all until the service closes it, which is told where the message ends; else one
        datagram.

        Args:
            message: Bytes, or text that is sent in UTF-8.
            timeout: Seconds, in place of the service's.

        Raises:
            ServiceUnreachable: There is no answer, or not in time.
            AnswerTooLong: The answer is longer than it may be.
        """
        data = message.encode() if isinstance(message, str) else message
        try:
            with self._connected(self.timeout if timeout is None else timeout) as connection:
                connection.sendall(data)
                if connection.type == socket.SOCK_DGRAM:
                    return Response(BytesIO(connection.recv(_PIECE)), None, None)
                connection.shutdown(socket.SHUT_WR)
                return Response(self._all_of(connection), None, None)
        except OSError as error:
            raise ServiceUnreachable(f"{self.proto} {self.connect_to}: {error}") from error

    @contextmanager
    def _connected(self, timeout: float) -> Iterator[socket.socket]:
        family, kind = _KINDS[self.proto]
        if self.proto == "tcp":
            with socket.create_connection(self.connect_to, timeout) as connection:
                yield connection
            return
        with ExitStack() as own, socket.socket(getattr(socket, family), kind) as connection:
            connection.settimeout(timeout)
            if self.proto == "unix_dgram":
                # An answer needs a place to go to.
                connection.bind(str(Path(own.enter_context(tempfile.TemporaryDirectory())) / "answers"))
            connection.connect(self.connect_to)
            yield connection

    def _all_of(self, connection: socket.socket) -> BytesIO:
        content = BytesIO()
        while piece := connection.recv(_PIECE):
            if content.tell() + len(piece) > self.max_body:
                raise AnswerTooLong(self.max_body)
            content.write(piece)
        content.seek(0)
        return content
