"""`Connection`: what goes out, in which order, and by which way."""

import asyncio
from typing import Any

import pytest

from hug.eventstream.connection.writer import CHUNKED, LARGE, PIECE, ClientGone, Connection, chunk


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


class Closed(Server):
    """A request of uvicorn's whose transport is uvloop's, and closed, of which uvicorn has yet to hear."""

    __module__ = "uvicorn.protocols.http.httptools_impl"

    @property
    def transport(self) -> Server:
        return self

    async def send(self, message: Any) -> None:
        await self.takes.wait()
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")


def test_client_that_is_gone_before_the_server_knows() -> None:
    """What a closed transport raises is that the client is gone; of an open one it is an error."""

    async def main() -> None:
        server = Closed()
        with pytest.raises(RuntimeError, match="handler is closed"):
            server.connection().write(b"data: 1\n\n")
        server.closing = True
        with pytest.raises(ClientGone):
            server.connection().write(b"data: 1\n\n")
        server.takes.clear()
        pending = server.connection().write(b"data: 1\n\n")
        assert pending is not None
        server.takes.set()
        with pytest.raises(ClientGone):
            await pending

    asyncio.run(main())


class Slow(Server):
    """A server that takes one message at a time, when it is told to."""

    async def send(self, message: Any) -> None:
        await super().send(message)
        self.takes.clear()


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("shared", [False, True])
def test_large_write_in_pieces(shared: bool) -> None:
    """What is too large for one write goes out in pieces, and the time of each counts, not of the whole."""

    async def main() -> None:
        server = Slow()
        connection = server.connection()
        body = bytes(range(256)) * (LARGE // 256 + 2)
        pending = connection.write_shared(body, None, 0) if shared else connection.write(body)
        assert pending is not None
        times = set()
        while not pending.done():
            times.add(connection.wrote_at)
            server.takes.set()
            await asyncio.sleep(0.001)
        assert [len(piece) for piece in server.sent] == [PIECE, PIECE, len(body) - 2 * PIECE]
        assert b"".join(server.sent) == body
        assert len(times) == 2

    asyncio.run(main())


def test_nothing_lands_inside_a_large_write() -> None:
    """What is written meanwhile follows the last piece; who stops waiting for them does not stop them."""

    async def main() -> None:
        server = Slow()
        connection = server.connection()
        pending = connection.write(b"x" * 3 * PIECE)
        assert pending is not None
        connection.finish(b"the end")
        waiting = asyncio.ensure_future(connection.taken(pending))
        waiting.cancel()
        for _ in range(4):
            server.takes.set()
            await turn()
        assert [piece[-7:] for piece in server.sent] == [b"x" * 7, b"x" * 7, b"x" * 7, b"the end"]

    asyncio.run(main())


def test_nothing_follows_half_an_event() -> None:
    """When the connection is given up in the middle of a large write, no more bytes come."""

    async def main() -> None:
        server = Slow()
        connection = server.connection()
        assert connection.write(b"x" * 3 * PIECE) is not None
        last = connection.finish(b"the end")
        connection.give_up()
        server.takes.set()
        await turn()
        assert last is not None
        assert last.cancelled()
        with pytest.raises(ClientGone):
            connection.write(b"more")
        assert b"".join(server.sent).strip(b"x") == b""

    asyncio.run(main())


def test_client_that_leaves_a_slow_write() -> None:
    """Also from the task that waits for the server, an `OSError` says that the client is gone."""

    class Gone(Server):
        async def send(self, message: Any) -> None:
            await self.takes.wait()
            raise ConnectionResetError

    async def main() -> None:
        server = Gone()
        server.takes.clear()
        pending = server.connection().write(b"x")
        server.takes.set()
        assert pending is not None
        with pytest.raises(ClientGone):
            await pending

    asyncio.run(main())
