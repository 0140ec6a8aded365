"""A small HTTP/1.1 client on a blocking socket: it hides nothing that a server does to the connection."""

import contextlib
import ctypes
import json
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any, Self

from hug.eventstream.wire.decode import Decoder, Message

PATIENCE = 20.0
"""Seconds for which a client waits for anything."""

_TCP_REPAIR = 19
_SO_ATTACH_FILTER = 26
_BPF_RETURN = 6


class Torn(ConnectionError):
    """The connection ended, but the response had not."""


class Client:
    """One connection, one request and the response to it.

    Attributes:
        status: The status code of the response.
        headers: Its headers, names in lower case.
        body: The bytes of its body so far.
        decoder: What the body has been fed to.
        messages: What that gave and the test has not taken.
    """

    def __init__(
        self,
        port: int,
        path: str = "/",
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        buffer: int | None = None,
        raw: bytes | None = None,
        host: str = "127.0.0.1",
        patience: float = PATIENCE,
    ) -> None:
        """Connect and send a request.

        Args:
            port: A port, of this machine unless ``host`` says otherwise.
            path: With query string.
            method: The HTTP method.
            headers: Besides ``Host``; values as latin-1, as HTTP has them.
            body: Sent as it is; say its length in the headers.
            buffer: Bytes that the system keeps for us until we read; None leaves that to the system.
            raw: What to send in place of a request.
            host: Another machine's address.
            patience: Seconds for which it waits for anything.
        """
        self._socket = socket.socket()
        if buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.settimeout(patience)
        self._received = b""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.decoder = Decoder()
        self.messages: list[Message] = []
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if raw is None:
            raw = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
        try:
            self._socket.connect((host, port))
            self._socket.sendall(raw)
        except OSError:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    # Reading

    def head(self) -> Self:
        """Read the head of the response."""
        while b"\r\n\r\n" not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(line.split(" ")[1])
        pairs = (line.partition(":") for line in lines)
        self.headers = {name.lower(): value.strip() for name, _, value in pairs}
        return self

    def chunk(self) -> bytes:
        """Return the next chunk of the body, empty at its end; raise `Torn` if it never ends."""
        while b"\r\n" not in self._received:
            self._receive()
        size, _, self._received = self._received.partition(b"\r\n")
        length = int(size, 16)
        while len(self._received) < length + 2:
            self._receive()
        chunk, self._received = self._received[:length], self._received[length + 2 :]
        self.body += chunk
        self.messages += self.decoder.feed(chunk)
        return chunk

    def message(self) -> Message:
        """Return the next message."""
        while not self.messages:
            assert self.chunk(), "the stream has ended"
        return self.messages.pop(0)

    def rest(self) -> bytes:
        """Read to the end, which must be a clean one and come soon; return the whole body."""
        if "content-length" in self.headers:
            length = int(self.headers["content-length"])
            while len(self._received) < length:
                self._receive()
            self.body, self._received = self._received[:length], self._received[length:]
        elif "transfer-encoding" in self.headers:
            deadline = time.monotonic() + 3 * PATIENCE
            while self.chunk():
                assert time.monotonic() < deadline, "the stream goes on"
        return self.body

    def torn(self) -> bytes:
        """Read until the connection breaks, which it must do before the body's end; return the body."""
        try:
            self.rest()
        except ConnectionError:
            return self.body
        raise AssertionError("the response ended cleanly")

    def json(self) -> Any:
        return json.loads(self.rest())

    def read(self, most: int) -> bytes:
        """Return up to so many bytes as they come, chunked as they are; none at the end of the connection."""
        return self._socket.recv(most)

    def pause(self, seconds: float) -> bool:
        """Wait up to ``seconds`` for more bytes; return whether any came."""
        if self._received:
            return True
        self._socket.settimeout(seconds)
        try:
            self._receive()
        except TimeoutError:
            return False
        finally:
            self._socket.settimeout(PATIENCE)
        return True

    def _receive(self) -> None:
        if not (data := self._socket.recv(1 << 16)):
            raise Torn
        self._received += data

    # Writing and leaving

    def take_more(self) -> None:
        """Have the system keep a megabyte for us from now on: with a small buffer much takes long."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)

    def send(self, data: bytes) -> None:
        """Send bytes that no request announced."""
        self._socket.sendall(data)

    def leave(self) -> float:
        """Close the connection with FIN; return when. (With RST if there is something left to read.)"""
        now = time.monotonic()
        self._socket.close()
        return now

    def hang_up(self) -> None:
        """Have whoever reads, in another thread, read the end at once."""
        with contextlib.suppress(OSError):  # it is closed already
            self._socket.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Say that nothing more will be sent; the answer can still be read."""
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> float:
        """Close the connection with RST; return when."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return self.leave()

    def fall_silent(self) -> None:
        """Acknowledge nothing from now on and say nothing, as a machine does that loses its power (Linux)."""
        drop_all = ctypes.create_string_buffer(struct.pack("HBBI", _BPF_RETURN, 0, 0, 0))
        program = struct.pack("HL", 1, ctypes.addressof(drop_all))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)

    def vanish(self) -> None:
        """Close the connection without telling the server, as a machine does that loses its power.

        Unlike such a machine, this one answers with RST when the server writes.

        Raises:
            PermissionError: The system reserves that for those who administer networks.
        """
        self._socket.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR, 1)
        self._socket.close()


def get(port: int, path: str) -> Any:
    """Return the JSON that a GET is answered with."""
    with Client(port, path) as client:
        response = client.head()
        assert response.status == 200, response.rest()
        return response.json()
