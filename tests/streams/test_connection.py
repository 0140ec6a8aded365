"""`Connection`: what goes out, in which order, and by which way."""

import asyncio
from typing import Any

import pytest

from hug.eventstream.connection.writer import CHUNKED, ClientGone, Connection, chunk


class Server:
    """A server's ``send`` that takes nothing until told to, and the transport below it."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.takes = asyncio.Event()
        self.takes.set()
        self.closing = False

    async def send(self, message: Any) -> None:
        await self.takes.wait()
        self.sent.append(message["body"])

    def write(self, data: bytes) -> None:
        self.sent.append(b"directly: " + data)

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closing

    def connection(self) -> Connection:
        return Connection(self.send, {CHUNKED: lambda _send: self})


def test_shared_write_goes_to_the_transport() -> None:
    """Where the server offers it, what many readers get is written directly, as a chunk."""

    async def main() -> None:
        server = Server()
        assert server.connection().write_shared(b"abc", chunk(b"abc"), 0) is None
        assert server.sent == [b"directly: 3\r\nabc\r\n"]

    asyncio.run(main())


def test_shared_write_keeps_its_place() -> None:
    """A shared write does not overtake what the server has yet to take."""

    async def main() -> None:
        server = Server()
        connection = server.connection()
        server.takes.clear()
        assert connection.write(b"first") is not None
        second = connection.write_shared(b"second", chunk(b"second"), 0)
        assert second is not None
        server.takes.set()
        await second
        assert server.sent == [b"first", b"second"]

    asyncio.run(main())


def test_nothing_follows_the_end() -> None:
    """After the last bytes of a response no more can be written."""

    async def main() -> None:
        server = Server()
        connection = server.connection()
        connection.finish(b"last")
        with pytest.raises(ClientGone):
            connection.write_shared(b"more", chunk(b"more"), 0)
        assert server.sent == [b"last"]

    asyncio.run(main())


def test_client_that_is_gone() -> None:
    """Nothing is written to a transport that is closed already; whoever writes learns of it."""

    async def main() -> None:
        server = Server()
        connection = server.connection()
        server.closing = True
        with pytest.raises(ClientGone):
            connection.write_shared(b"more", chunk(b"more"), 0)
        assert server.sent == []

    asyncio.run(main())
