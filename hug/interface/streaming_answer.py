"""Results that come piece by piece, and bodies that are streamed: from a response to what serves a stream."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterable
from typing import Any

from hug.eventstream.serving.handover import SCOPE_KEY, Handover
from hug.eventstream.serving.pieces import Pieces, as_bytes
from hug.eventstream.serving.stream import EventStream
from hug.flexible import Flexible
from hug.interface.exchange import Exchange
from hug.output_format.prepared import Output, output
from hug.web.file_stream import FileStream, is_sync_file


def comes_in_pieces(result: Any, formatter: Output) -> bool:
    """Return whether ``result`` is written item by item, as they come, and not as a whole.

    An async iterable always is. A sync generator is one value to most formats, as a list to JSON; it comes in
    pieces where the format says that it ``streams``.
    """
    return hasattr(result, "__aiter__") or (formatter.streams and inspect.isgenerator(result))


def in_pieces(result: Any, exchange: Exchange) -> Pieces:
    """Return what streams the items of ``result``, each in the format of the exchange; announce that."""
    formatter = output(exchange.output.of_pieces)
    request, response = exchange.request, exchange.response
    if formatter is not exchange.output:
        formatter.announce(request, response)

    def encode(item: Any) -> bytes:
        return as_bytes(formatter(item, request, response))

    return Pieces(result, encode)


def hand_over(exchange: Exchange, name: str) -> None:
    """Have the application serve the response's ``stream`` once the head is out.

    It knows when the client leaves, waits for one that reads slowly, and closes what it streams. Where there
    is no application of hug around, Falcon sends the stream.

    Args:
        exchange: A request and its response.
        name: Who made the stream, for messages to the developer.
    """
    response = exchange.response
    handover: Handover | None = exchange.request.scope.get(SCOPE_KEY)
    stream = response.stream
    if handover is None or stream is handover:
        return
    handover.stream = _servable(stream)
    handover.name = name
    response.stream = handover


async def abandon(exchange: Exchange) -> None:
    """Close the response's ``stream``, which is not sent: something was raised after it had been set."""
    stream, exchange.response.stream = exchange.response.stream, None
    close = getattr(stream, "aclose", None) or getattr(stream, "close", None)
    if close is not None:
        await exchange.execution.call(Flexible(close))


def _servable(stream: Any) -> EventStream:
    if isinstance(stream, EventStream):
        return stream
    if is_sync_file(stream):
        return FileStream(stream)
    if hasattr(stream, "read"):
        return Pieces(_read(stream))
    if hasattr(stream, "__aiter__") and not hasattr(stream, "aclose") and hasattr(stream, "close"):
        return Pieces(_closed(stream))
    if hasattr(stream, "__aiter__") or isinstance(stream, Iterable):
        return Pieces(stream)
    raise TypeError(f"response.stream must be a file or an iterable, sync or async, not {stream!r}")


_PIECE = 64 * 1024


async def _read(file: Any) -> AsyncIterator[bytes]:
    """Yield what an async file has, and close it."""
    try:
        while piece := await file.read(_PIECE):
            yield piece
    finally:
        await _close(file)


async def _closed(stream: Any) -> AsyncIterator[bytes]:
    """Yield the pieces of an async iterable that is closed as a file is."""
    try:
        async for piece in stream:
            if piece is None:  # which to Falcon is the end
                break
            yield piece
    finally:
        await _close(stream)


async def _close(stream: Any) -> None:
    close = getattr(stream, "close", None)
    if close is not None:
        closing = close()
        if inspect.isawaitable(closing):
            await closing
