"""How long the head of a request may be. Pure: the bytes that have come, and what is wrong with them.

Parsers further on take time that grows with the square of a line's length or of the number of equal names, so
that what is too much is refused before anything reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

END: Final = b"\r\n\r\n"
"""The end of a head; a body in chunks ends with it, too."""

MAX_LINE: Final = 8 * 1024  # as nginx and Apache
MAX_FIELDS: Final = 100  # as Apache and gunicorn
MAX_HEAD: Final = 32 * 1024  # as nginx
"""Bytes of a line, fields, and bytes of a whole head, unless an application has said otherwise."""

_TOO_LARGE: Final = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer given in place of the application's, before the connection closes."""

    status: HTTPStatus
    reason: str

    def response(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        """Return the whole response, with ``headers`` besides those it needs."""
        body = self.reason.encode()
        lines = [
            b"HTTP/1.1 %d %b" % (self.status, self.status.phrase.encode()),
            *(b"%b: %b" % header for header in headers),
            b"content-type: text/plain; charset=utf-8",
            b"content-length: %d" % len(body),
            b"connection: close",
        ]
        return b"\r\n".join(lines) + END + body


def refusal(head: bytes, max_line: int, max_fields: int, max_head: int) -> Refusal | None:
    """Return why a request is refused that begins with ``head``, None if nothing is wrong with that.

    Args:
        head: The head of a request, or as much of it as has come.
        max_line: Most bytes of the request line, and of each field.
        max_fields: Most fields.
        max_head: Most bytes in all.
    """
    if len(head) > max_line and head.find(b"\n", 0, max_line + 2) < 0:
        return Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, f"The request line is longer than {max_line} bytes.")
    if len(head) > max_head:
        return Refusal(_TOO_LARGE, f"The head of the request is longer than {max_head} bytes.")
    if head.count(b"\n") > max_fields + 2:  # the request line's, and that of the empty line at the end
        return Refusal(_TOO_LARGE, f"The request has more than {max_fields} header fields.")
    if len(head) > max_line and max(map(len, head.split(b"\r\n"))) > max_line:
        return Refusal(_TOO_LARGE, f"A header field is longer than {max_line} bytes.")
    return None
