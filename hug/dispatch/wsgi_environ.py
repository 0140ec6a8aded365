"""Environments of WSGI as a2wsgi understands them, whatever clients send and servers leave out."""

from __future__ import annotations

import logging
from typing import Any, Final, cast
from urllib.parse import quote

logger = logging.getLogger("hug")

_OF_UNKNOWN_LENGTH: Final = str(2**62)
"""Bytes that a2wsgi is told a body has whose end only the server knows."""

_ASCII: Final = "".join(map(chr, range(33, 127)))


def understood(environ: dict[str, Any]) -> None:
    """Change an environment so that a2wsgi understands it, whatever clients send and servers leave out.

    Args:
        environ: The environment of a request.
    """
    for name in ("SCRIPT_NAME", "PATH_INFO"):
        path = environ.get(name, "")
        if not path.isascii():
            environ[name] = path.encode("latin-1").decode(errors="replace").encode().decode("latin-1")
    query = environ.get("QUERY_STRING", "")
    if not query.isascii():
        environ["QUERY_STRING"] = quote(query.encode("latin-1"), safe=_ASCII)
    environ["SERVER_PORT"] = environ.get("SERVER_PORT") or "0"
    if environ.get("REMOTE_ADDR"):
        environ["REMOTE_PORT"] = environ.get("REMOTE_PORT") or "0"
    body = Input(environ["wsgi.input"], announced=True)
    if not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated"):
        first = body.read(1)  # there is a body, in chunks, if the server has a byte of it
        if first or body.torn:
            body = Input(environ["wsgi.input"], first, announced=False)
            environ["CONTENT_LENGTH"] = _OF_UNKNOWN_LENGTH
    environ["wsgi.input"] = body


class Input:
    """The body of a request, as its server gives it to a2wsgi; what fails while it is read ends it.

    Attributes:
        announced: Whether its length is known.
        torn: Whether it has failed.
    """

    def __init__(self, file: Any, first: bytes = b"", *, announced: bool) -> None:
        """Take over a body.

        Args:
            file: ``wsgi.input``.
            first: What has been read of it.
            announced: See above.
        """
        self.announced = announced
        self.torn = False
        self._file = file
        self._first = first

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes; none at the end, whether or not it should be there."""
        if self._first:
            first, self._first = self._first, b""
            return first
        try:
            return cast("bytes", self._file.read(size))
        except Exception:  # each server has its own errors for clients that leave or break a chunk
            logger.debug("a body could not be read", exc_info=True)
            self.torn = True
            return b""


def in_chunks(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request whose body has no length, of which some servers tell nothing."""
    of_bodies = (b"content-length", b"transfer-encoding")
    kept = [each for each in headers if each[0] not in of_bodies]
    return [*kept, (b"transfer-encoding", b"chunked")]
