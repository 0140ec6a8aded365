"""A channel's streams on `hug.http_protocol.HTTPProtocol`, bare and behind a middleware."""

import asyncio
import itertools
import os
from pathlib import Path
from typing import Any

import hug
from hug.eventstream.connection.writer import CHUNKED
from hug.eventstream.loop.open_streams import streams_of
from hug.http_protocol import HTTPProtocol
from hug.server import connection_rounds, http_protocol

HTTPProtocol.head_timeout = float(os.environ.get("HEAD_TIMEOUT", "30"))
if "SILENCE" in os.environ:
    HTTPProtocol.silence = float(os.environ["SILENCE"])
    connection_rounds.TURNS = 1
if "ANSWER_TIMEOUT" in os.environ:
    HTTPProtocol.write_timeout = float(os.environ["ANSWER_TIMEOUT"])
    connection_rounds.TURNS = 1
http_protocol.UNUSED = float(os.environ.get("UNUSED", http_protocol.UNUSED))  # type: ignore[misc]

channel = hug.sse.channel("numbers", history=10_000, max_bytes=1_000_000)
names = itertools.count()
api = hug.API(__name__)
api.sse.write_timeout = float(os.environ.get("WRITE_TIMEOUT", "30"))
published = asyncio.Event()
parts = 0
found: list[bool] = []
"""Of each stream, whether it may be written to directly."""


class Cleanups:
    """How many requests have a session, and which of them have not ended."""

    begun = 0
    open = 0


@hug.directive()
class Session:
    def __init__(self, *_: Any, **__: Any) -> None:
        Cleanups.begun += 1
        Cleanups.open += 1

    def cleanup(self, exception: object = None) -> None:
        Cleanups.open -= 1


@hug.sse("/session")
async def session(session: Session):
    return channel


@hug.get("/big")
async def big():
    """More than systems keep for a client that does not read."""
    return "x" * 20_000_000


@hug.get("/sessions")
async def sessions():
    return [Cleanups.begun, Cleanups.open]


@hug.sse("/numbers")
async def numbers():
    return hug.sse.events(channel, since="start")


@hug.sse("/few", accept=("GET", "POST"))
async def few(n: hug.types.number = 3):
    """A stream that ends when somebody has published."""
    published.clear()
    yield "begun"
    await published.wait()
    for number in range(n):
        yield str(number)


@hug.sse("/sized", response_headers={"content-length": "100000"})
async def sized():
    return channel


@hug.sse("/quiet")
async def quiet():
    return hug.sse.events(channel, heartbeat=None)


@hug.sse("/beating")
async def beating():
    return hug.sse.events(channel, heartbeat=0.2)


@hug.sse("/long")
async def long():
    """More than systems keep for a client that does not read."""
    for _ in range(200):
        yield "x" * 100_000


@hug.post("/echo")
async def echo(request, body=None):
    return [body, sorted(request.headers)]


@hug.get("/memory")
def memory():
    """Bytes of memory that the process takes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@hug.post("/publish")
async def publish(count: hug.types.number, size: hug.types.number = 10):
    for n in range(count):
        await channel.publish(f"{n} {'x' * size}")
        await asyncio.sleep(0)
    published.set()


@hug.get("/answer")
async def answer():
    """How many streams have been written to directly and how many not, and what the middleware has seen."""
    return {
        "direct": found.count(True),
        "others": found.count(False),
        "parts": parts,
        "readers": len(channel.readers),
        "streams": streams_of(asyncio.get_running_loop()).count,
    }


@hug.get("/anew")
async def anew():
    """Begin with another channel, and count from nothing."""
    global channel, parts
    channel = hug.sse.channel(f"numbers {next(names)}", history=10_000, max_bytes=1_000_000)
    found.clear()
    parts = Cleanups.begun = 0


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Note which streams may be written to directly."""
    extensions = scope.get("extensions") or {}

    def find(send: Any) -> Any:
        transport = extensions[CHUNKED](send)
        found.append(transport is not None)
        return transport

    if CHUNKED in extensions:
        scope = {**scope, "extensions": {**extensions, CHUNKED: find}}
    await __hug_asgi__(scope, receive, send)  # type: ignore[name-defined]  # noqa: F821  # hug makes it


async def wrapped(scope: Any, receive: Any, send: Any) -> None:
    """Have a middleware look at every part of each body."""

    async def look(message: Any) -> None:
        global parts
        parts += b"data:" in message.get("body", b"")
        await send(message)

    await bare(scope, receive, look)
