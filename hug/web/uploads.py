"""Forms with files, read as they come: small ones into memory, all others into one temporary file."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from hug.input_format.form_data import FormParser, Part
from hug.types.uploaded import UploadedFile
from hug.web.body import AwaitableBytes
from hug.web.threads import helpers

IN_MEMORY: Final = 64 * 1024
"""Bytes of a file up to which it stays in memory."""

OF_A_FILE: Final = 512
"""Bytes of memory that a file takes beside its content, about: forms may have many that are empty."""

IN_A_ROW: Final = 512
"""Beginnings, pieces and ends of parts after which the event loop may go on: a few milliseconds of work."""

PIECE: Final = 128 * 1024
"""Bytes that are read from a file at once."""


class FormTooLarge(Exception):
    """What a form has to keep in memory is more than it may."""


class Spool:
    """The temporary file of one form, made when it is needed: one, however many files there are."""

    def __init__(self) -> None:
        self._file: Any = None
        self._lock = threading.Lock()
        self._end = 0
        self.closed = False

    @property
    def end(self) -> int:
        """Where the next bytes go."""
        return self._end

    def append(self, data: bytes | bytearray) -> None:
        """Write ``data`` at the end; blocks."""
        with self._lock:
            if self.closed:
                raise ValueError("the form is closed")
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # closed with the form
            self._file.seek(self._end)
            view = memoryview(data)
            while view:
                written = self._file.write(view)
                self._end += written
                view = view[written:]

    def read(self, start: int, into: memoryview) -> int:
        """Read bytes from ``start`` on; blocks."""
        with self._lock:
            if self.closed:
                raise ValueError("the file is gone: the answer to its request has been sent")
            self._file.seek(start)
            return cast("int", self._file.readinto(into))

    def close(self) -> None:
        """Delete the file."""
        with self._lock:
            self.closed = True
            if self._file is not None:
                self._file.close()


class _Slice(io.RawIOBase):
    """A part of a spool, as a file of its own."""

    def __init__(self, spool: Spool, start: int, size: int) -> None:
        self._spool, self._start, self._size, self._position = spool, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)[: max(self._size - self._position, 0)]
        count = self._spool.read(self._start + self._position, view) if view else 0
        self._position += count
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("a position before the beginning of the file")
        self._position = base + offset
        return self._position


class Upload(UploadedFile):
    """An `UploadedFile` in memory, or in the spool of its form."""

    def __init__(self, part: Part, spool: Spool) -> None:
        self.filename = part.filename or ""
        self.content_type = part.content_type
        self.size = 0
        self._spool = spool
        self._memory: bytearray | None = bytearray()
        self._start = 0
        self._file: BinaryIO | None = None

    @property
    def in_memory(self) -> bool:
        """Whether reading it does not block."""
        return self._memory is not None

    def put(self, piece: bytes) -> None:
        """Add a piece to what is in memory."""
        if self._memory is not None:
            self._memory += piece
        self.size += len(piece)

    def spool(self, piece: bytes) -> None:
        """Add a piece to what is on disk, after what was in memory; blocks."""
        if self._memory is not None:
            self._start = self._spool.end
            self._spool.append(self._memory)
            self._memory = None
        self._spool.append(piece)
        self.size += len(piece)

    def opened(self) -> BinaryIO:
        """Return the content as another file, which stands at its beginning."""
        if self._memory is not None:
            if self._spool.closed:
                raise ValueError("the file is gone: the answer to its request has been sent")
            return io.BytesIO(self._memory)
        return cast("BinaryIO", io.BufferedReader(_Slice(self._spool, self._start, self.size), PIECE))

    @property
    def file(self) -> BinaryIO:
        """See `UploadedFile.file`."""
        if self._file is None:
            self._file = self.opened()
        return self._file

    def read(self, size: int = -1) -> AwaitableBytes:
        """See `UploadedFile.read`."""
        return AwaitableBytes(self.file.read(size))

    def save(self, path: str | os.PathLike[str]) -> None:
        """See `UploadedFile.save`."""
        with self.opened() as source, Path(path).open("wb") as target:
            shutil.copyfileobj(source, target, PIECE)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """See `UploadedFile.__aiter__`."""
        file = self.opened()
        while piece := await helpers.run(file.read, PIECE):
            yield piece

    def __repr__(self) -> str:
        return f"<uploaded {self.filename!r}: {self.size} bytes of {self.content_type}>"


class Form:
    """The values of a form, in their order.

    Attributes:
        values: Names and values: text, or files.
    """

    def __init__(self, max_memory: int) -> None:
        self.values: list[tuple[str, str | Upload]] = []
        self._spool = Spool()
        self._most = self._left = max_memory

    async def read(self, pieces: AsyncIterator[bytes], parser: FormParser, charset: str) -> None:
        """Read all of the form.

        Raises:
            BodyUnreadable: It is none.
            FormTooLarge: Its plain values are more than may be in memory.
        """
        part, value, upload = Part("", None, None, None), bytearray(), None
        events = 0
        async for chunk in pieces:
            for event in parser.feed(chunk):
                events += 1
                if events % IN_A_ROW == 0:
                    await asyncio.sleep(0)
                if isinstance(event, Part):
                    part, value = event, bytearray()
                    upload = None if part.filename is None else Upload(part, self._spool)
                    self._take(len(part.name) + (0 if upload is None else OF_A_FILE + len(upload.filename)))
                elif event is None:
                    self.values.append((part.name, upload or part.text(bytes(value), charset)))
                elif upload is None:
                    self._take(len(event))
                    value += event
                elif upload.in_memory and upload.size + len(event) <= min(IN_MEMORY, self._left):
                    self._left -= len(event)
                    upload.put(event)
                else:
                    await helpers.run(upload.spool, event)
        parser.finish()

    def _take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise FormTooLarge

    def given(self, as_files: frozenset[str], wanted: frozenset[str] | None) -> Iterator[tuple[str, Any]]:
        """Yield names and values as hug always gave them: a file as its bytes; blocks if it is on disk.

        Args:
            as_files: Names of fields whose files are given as such; an input without a file is left out.
            wanted: Names of fields that anybody looks at; None for all.

        Raises:
            FormTooLarge: The bytes are more than may be in memory.
        """
        size = 0
        for name, value in self.values:
            if wanted is not None and name not in wanted:
                continue
            if isinstance(value, str):
                yield name, value
            elif name not in as_files:
                size += value.size
                if size > self._most:
                    raise FormTooLarge
                with value.opened() as file:
                    yield name, file.read()
            elif value.filename or value.size:
                yield name, value

    def close(self) -> None:
        """Delete the files; what has a hold of one cannot read it any more."""
        self._spool.close()
