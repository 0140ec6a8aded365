"""A body that comes in pieces: a source whose items are no events, but bytes of whatever kind."""

from collections.abc import AsyncIterable, Callable
from typing import Any, ClassVar

from hug.eventstream.serving.stream import EventStream
from hug.eventstream.sources.feed import Feed, Source, iterate, never_blocks
from hug.eventstream.sources.in_thread import ThreadFeed
from hug.eventstream.sources.on_loop import AsyncFeed

Encode = Callable[[Any], bytes]


def as_bytes(piece: Any) -> bytes:
    """Return a piece of a body as bytes: text as UTF-8, None as nothing.

    Raises:
        TypeError: It is something else, which nobody has said how to write.
    """
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, str):
        return piece.encode()
    if piece is None:
        return b""
    if isinstance(piece, bytearray | memoryview):
        return bytes(piece)
    raise TypeError(f"a body in pieces is made of bytes or text, not {type(piece).__name__}")


class Pieces(EventStream):
    """A source and how its items are written, ready to be served once. Nothing is written beside them."""

    __slots__ = ("_encode",)

    is_events: ClassVar[bool] = False

    def __init__(self, source: Source, encode: Encode = as_bytes) -> None:
        super().__init__(source, None, None)
        self._encode = encode

    def feed(self) -> Feed:
        """See `EventStream.feed`."""
        source: Any = self.source
        if isinstance(source, AsyncIterable):
            return _AsyncPieces(source, self._encode)
        if never_blocks(source):
            return _AsyncPieces(iterate(source), self._encode)
        return _ThreadPieces(source, self._encode)


class _AsyncPieces(AsyncFeed):
    __slots__ = ("encode",)

    def __init__(self, source: AsyncIterable[Any], encode: Encode) -> None:
        super().__init__(source)
        self.encode = encode  # type: ignore[assignment]


class _ThreadPieces(ThreadFeed):
    def __init__(self, source: Any, encode: Encode) -> None:
        super().__init__(source)
        self.encode = encode  # type: ignore[assignment]
