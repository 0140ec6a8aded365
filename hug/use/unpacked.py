"""The body of an answer, unpacked within a limit: some bytes may stand for any number of them."""

from __future__ import annotations

import zlib
from typing import Any, Final

from hug.use.service import AnswerTooLong

ACCEPTED: Final = "gzip"
"""The header ``Accept-Encoding``: what is understood here."""

_ANY: Final = 32 + zlib.MAX_WBITS
"""Either format, by how it begins."""


class Unreadable(ValueError):
    """The body is packed in a way that is not understood, or torn."""


class Unpacked:
    """What the pieces of a body come to.

    Attributes:
        content: All of it so far.
    """

    def __init__(self, encoding: str | None, limit: int) -> None:
        """Begin.

        Args:
            encoding: The header ``Content-Encoding``.
            limit: Most bytes of the content.

        Raises:
            Unreadable: There is no such encoding, or there are several.
        """
        self.content = bytearray()
        self._limit = limit
        self._inflating: Any = None
        name = (encoding or "identity").strip().lower()
        if name in {"gzip", "x-gzip", "deflate"}:
            self._inflating = zlib.decompressobj(_ANY)
        elif name != "identity":
            raise Unreadable(f"the answer has the encoding {encoding!r}, which was not asked for")

    def add(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            AnswerTooLong: The content is longer than it may be.
            Unreadable: It is not what its encoding says.
        """
        if self._inflating is None:
            self._take(piece)
        try:
            while self._inflating is not None and piece:
                self._take(self._inflating.decompress(piece, self._limit + 1 - len(self.content)))
                piece = self._inflating.unused_data
                if piece:  # another member, as in files that were joined
                    self._inflating = zlib.decompressobj(_ANY)
        except zlib.error as error:
            raise Unreadable(f"the answer cannot be unpacked: {error}") from None

    def _take(self, content: bytes) -> None:
        self.content += content
        if len(self.content) > self._limit:
            raise AnswerTooLong(self._limit)

    def finish(self) -> None:
        """Raise `Unreadable` unless what was packed has come to its end."""
        if self._inflating is not None and self.content and not self._inflating.eof:
            raise Unreadable("the answer ends before what is packed in it")
