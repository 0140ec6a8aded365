"""A file as the body of a response: read in threads, a piece at a time, as fast as the client takes it."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import io
from typing import Any, ClassVar, Final

from hug.eventstream.connection.writer import Connection
from hug.eventstream.serving.stream import EventStream
from hug.eventstream.sources.feed import Feed
from hug.eventstream.wire.client import Guard
from hug.exceptions import HugError
from hug.web.threads import helpers

PIECE: Final = 128 * 1024
"""Bytes that are read and written at once, and so what a response holds in memory."""


class FileTruncated(HugError, EOFError):
    """A file has become shorter while it was sent; the client has been promised more."""


class FileStream(EventStream):
    """An open file, or a part of it, ready to be sent once, and then closed.

    Unlike other streams it goes on when the process is told to end, for as long as the server waits for it.
    """

    __slots__ = ("_file", "_length")

    is_events: ClassVar[bool] = False
    ends_with_process: ClassVar[bool] = False

    def __init__(self, file: Any, length: int | None = None) -> None:
        """Prepare a file; it is sent from where it stands.

        Args:
            file: Anything with a sync ``read``, of bytes or text.
            length: How many bytes; None for all there are.
        """
        super().__init__((), None, None)
        self._file = file
        self._length = length

    def feed(self) -> Feed:
        """Return what will read the file."""
        return FileFeed(self._file, self._length)


class FileFeed:
    """Reads one file into one connection."""

    is_published = False
    closes_at_once = False

    def __init__(self, file: Any, length: int | None) -> None:
        self._file = file
        self._left = length

    def start(self, last_event_id: str, guard: Guard) -> str:  # noqa: ARG002  # a file has no events
        """See `Feed.start`."""
        return last_event_id

    async def run(self, connection: Connection) -> None:
        """See `Feed.run`.

        Raises:
            FileTruncated: It ended before it should have.
        """
        while self._left is None or self._left > 0:
            piece = await self._read(PIECE if self._left is None else min(PIECE, self._left))
            if not piece:
                if self._left is None:
                    return
                raise FileTruncated(f"{self._left} bytes are missing at the end of {_name(self._file)}")
            if self._left is not None:
                self._left -= len(piece)
            if (pending := connection.write(piece)) is not None:
                await connection.taken(pending)

    async def _read(self, size: int) -> bytes:
        read = self._file.read
        piece: Any = read(size) if isinstance(self._file, io.BytesIO) else await helpers.run(read, size)
        return piece.encode() if isinstance(piece, str) else piece

    async def close(self) -> None:
        """See `Feed.close`."""
        close = getattr(self._file, "close", None)
        if close is not None:
            # A client that leaves meanwhile cancels the wait, and that must not leave the file open.
            await asyncio.shield(asyncio.ensure_future(helpers.run(close)))

    def abandon(self) -> None:
        """See `Feed.abandon`: reading a file ends by itself."""


def is_sync_file(value: Any) -> bool:
    """Return whether ``value`` has a ``read`` that gives bytes at once."""
    return hasattr(value, "read") and not inspect.iscoroutinefunction(value.read)


def _name(file: Any) -> str:
    with contextlib.suppress(Exception):
        return str(file.name)
    return "a file"
