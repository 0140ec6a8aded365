"""A file that a handler answers with: opened for the response, and sent as far as it is asked for."""

from __future__ import annotations

import enum
import errno
import io
import mimetypes
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import falcon

from hug.web.conditional import UnsatisfiableRange, Validators, part, precondition
from hug.web.errors import HTTPPreconditionFailed, HTTPRangeNotSatisfiable
from hug.web.file_stream import FileStream
from hug.web.request import Request
from hug.web.response import Response

_TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
"""Media types that Python knows of in some versions and on some systems only."""

_ENCODINGS: Final = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}

UNKNOWN: Final = "application/octet-stream"


class Missing(enum.Enum):
    """What is answered where there is no such file."""

    NOT_FOUND = "404, and says so"
    EMPTY = "an empty body, as hug always did for images"


class SentFile:
    """A path, or an open file, and what it is sent as.

    Attributes:
        source: The path; or the file, which is closed when it has been sent.
        content_type: Its media type; None to go by its name.
    """

    __slots__ = ("_missing", "_opened", "content_type", "source")

    asynchronous = False
    """See `hug.interface.execution.Callee`: opening a file blocks."""

    def __init__(
        self, source: Any, content_type: str | None = None, *, missing: Missing = Missing.NOT_FOUND
    ) -> None:
        self.source = source
        self.content_type = content_type
        self._missing = missing
        self._opened: Any = None

    def read(self, size: int = -1) -> Any:
        """Return the content, for whoever is no client: a command line, or a format around this one."""
        if self._opened is None:
            is_open = hasattr(self.source, "read")
            self._opened = self.source if is_open else Path(self.source).open("rb")  # noqa: SIM115
        return self._opened.read(size)

    def close(self) -> None:
        """Close what `read` has opened."""
        if self._opened is not None:
            self._opened.close()

    def __call__(self, request: Request, response: Response) -> None:
        """Open the file, and let ``response`` send it, the part that is asked for, or that it is not there.

        Raises:
            HTTPRangeNotSatisfiable: The part that is asked for begins behind its end.
            HTTPPreconditionFailed: It is not in the state that the client expects.
            OSError: It is there and cannot be opened.
        """
        is_path = not hasattr(self.source, "read")
        file = open_regular(self.source) if is_path else getattr(self.source, "buffer", self.source)
        if file is None:
            self._answer_missing(response)
            return
        try:
            if self.content_type is None:
                response.content_type = guessed_type(self.source if is_path else getattr(file, "name", ""))
            else:
                response.content_type = self.content_type
            send(file, request, response)
        except BaseException:
            file.close()
            raise

    def _answer_missing(self, response: Response) -> None:
        if self._missing is Missing.EMPTY:
            response.data = b""
            return
        response.status = falcon.HTTP_404
        response.content_type = "text/plain"
        response.data = b"File not found!"


def open_regular(path: Any) -> Any:
    """Open a file for reading; return None where there is none: nothing, a folder, a device, a pipe.

    Raises:
        OSError: There is one, but it cannot be opened.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116  # to open a pipe would wait for its writer
            return None
        return Path(path).open("rb")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):  # the last: NUL in it
        return None
    except OSError as error:
        if error.errno in _NO_NAME:
            return None
        raise


_NO_NAME: Final = frozenset({errno.ENAMETOOLONG, errno.ELOOP})


def send(file: Any, request: Request, response: Response) -> None:
    """Let ``response`` send an open file, or the part of it that ``request`` asks for, if it is regular.

    Raises:
        HTTPError: 416, there is no such part; 412, a condition of the request does not hold.
    """
    size, validators = _measured(file)
    if size is None:
        response.stream = FileStream(file)
        return
    if response.get_header("etag") is None and validators.etag is not None:
        response.set_header("etag", validators.etag)
    if response.get_header("last-modified") is None and validators.modified is not None:
        response.last_modified = validators.modified
    response.set_header("accept-ranges", "bytes")
    start, stop = 0, size
    if response.status_code == 200 and request.method in {"GET", "HEAD"}:
        validators = Validators(response.get_header("etag"), validators.modified)
        status = precondition(request.get_header, validators)
        if status == 412:
            raise HTTPPreconditionFailed
        if status == 304:
            response.status = falcon.HTTP_304
            response.content_type = None
            file.close()
            return
        try:
            asked = part(request.get_header, size, validators) if request.method == "GET" else None
        except UnsatisfiableRange:
            raise HTTPRangeNotSatisfiable(size) from None
        if asked is not None:
            start, stop = asked
            response.status = falcon.HTTP_206
            response.content_range = (start, stop - 1, size)
    file.seek(start)
    response.content_length = stop - start
    response.stream = FileStream(file, stop - start)


def guessed_type(name: Any) -> str:
    """Return the media type of a file, by its name."""
    name = os.fspath(name) if isinstance(name, str | os.PathLike) else ""
    name = name if isinstance(name, str) else os.fsdecode(name)
    known = _TYPES.get(os.path.splitext(name)[1].lower())  # noqa: PTH122  # a name, not a path to look at
    if known is not None:
        return known
    kind, encoding = mimetypes.guess_type(name)
    if encoding is not None:
        return _ENCODINGS.get(encoding, UNKNOWN)
    return kind or UNKNOWN


def _measured(file: Any) -> tuple[int | None, Validators]:
    """Return the size of a file and what tells that it has changed; None and nothing if it has no size."""
    if isinstance(file, io.BytesIO):
        return (file.getbuffer().nbytes, Validators()) if file.tell() == 0 else (None, Validators())
    try:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode) or file.tell() != 0 or "b" not in getattr(file, "mode", "b"):
            return None, Validators()
    except (AttributeError, OSError, ValueError):  # no descriptor; a pipe
        return None, Validators()
    modified = datetime.fromtimestamp(int(state.st_mtime), UTC)
    return state.st_size, Validators(f'"{state.st_mtime_ns:x}-{state.st_size:x}"', modified)
