"""Servers that say exactly the bytes a test wants said, and a proxy that breaks what passes through it."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

PAGE = Path(__file__).with_name("recorder.html").read_bytes()

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextmanager
def serving(handle: Handler) -> Iterator[int]:
    """Serve TCP in a thread on a free port of this machine until the block ends; yield the port."""
    ready: Future[tuple[int, Callable[[], object]]] = Future()

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # A handler that ends cancelled makes asyncio of Python 3.11 log an error.
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await handle(reader, writer)
        finally:
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(closing, "127.0.0.1", 0)
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        ready.set_result((server.sockets[0].getsockname()[1], lambda: loop.call_soon_threadsafe(over.set)))
        await over.wait()
        server.close()  # asyncio.run cancels the connections that are left

    thread = threading.Thread(target=asyncio.run, args=[main()])
    thread.start()
    port, stop = ready.result()
    try:
        yield port
    finally:
        stop()
        thread.join()


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, its body chunked.

    Args:
        body: All of it, in one write.
        ending: ``clean``: with the last chunk. ``torn``: the connection closes within a chunk; between two of
            them WebKit takes it for a clean end. ``open``: never.
    """

    body: bytes = b""
    ending: Literal["clean", "torn", "open"] = "clean"
    status: str = "200 OK"
    content_type: str = "text/event-stream"

    def encode(self) -> bytes:
        head = f"HTTP/1.1 {self.status}\r\nContent-Type: {self.content_type}\r\nCache-Control: no-store\r\n"
        if self.status.startswith("204"):
            return f"{head}\r\n".encode()
        head += "Transfer-Encoding: chunked\r\n\r\n"
        if self.ending == "torn":
            return head.encode() + b"%x\r\n%b" % (len(self.body) + 1, self.body)
        chunk = b"%x\r\n%b\r\n" % (len(self.body), self.body) if self.body else b""
        return head.encode() + chunk + (b"0\r\n\r\n" if self.ending == "clean" else b"")


@dataclass(slots=True)
class Script:
    """What a raw server answers, path by path, and the requests it was sent.

    The recorder page is at ``/``. A path whose answers are used up says 204.
    """

    port: int = 0
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))

    def last_ids(self, path: str) -> list[str | None]:
        """Return the ``Last-Event-ID`` of each request for ``path``; None for a request without one."""
        return [headers.get("last-event-id") for headers in self.requests[path]]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            path = request.split(" ")[1].partition("?")[0]
            if path == "/":
                answer = Answer(PAGE, content_type="text/html")
            else:
                pairs = (line.partition(":") for line in lines)
                self.requests[path].append({name.lower(): value.strip() for name, _, value in pairs})
                left = self.answers.get(path)
                answer = left.pop(0) if left else Answer(status="204 No Content")
            writer.write(answer.encode())
            await writer.drain()
            if answer.ending == "torn":
                return


@contextmanager
def raw_server() -> Iterator[Script]:
    """Serve a `Script`, which the test fills before it opens the page."""
    script = Script()
    with serving(script.handle) as script.port:
        yield script


@contextmanager
def tearing_proxy(upstream: int, kept: bytes, lost: bytes) -> Iterator[int]:
    """Pass TCP on to the port ``upstream``, but break the first connection that brings ``kept + lost``.

    ``kept`` still arrives; then the connection closes, and the proxy is honest from there on. Yields the
    proxy's own port.
    """
    torn = False

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal torn
        async with connection(upstream) as (answers, requests):
            forward = asyncio.create_task(_copy(reader, requests))
            passed = b""
            try:
                while piece := await answers.read(65536):
                    place = -1 if torn else (passed + piece).find(kept + lost)
                    if place >= 0:
                        torn = True
                        writer.write((passed + piece)[len(passed) : place + len(kept)])
                        await writer.drain()
                        return
                    writer.write(piece)
                    await writer.drain()
                    passed += piece
            finally:
                forward.cancel()

    with serving(handle) as port:
        yield port


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.write_eof()


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to a port of this machine; close the connection at the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
