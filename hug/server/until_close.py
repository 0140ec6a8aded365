"""Responses that end with their connection: clients of HTTP/1.0 know no chunks (RFC 9112, section 6.1)."""

from __future__ import annotations

from typing import Final

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class _AnyLength(int):
    """A content length of which any number of bytes leaves the rest, and which is nothing yet to come."""

    def __lt__(self, other: object) -> bool:
        return False

    def __sub__(self, other: object) -> _AnyLength:
        return self


ANY_LENGTH: Final = _AnyLength()


def end_with_connection(cycle: RequestResponseCycle) -> None:
    """Have the body of a response written as it is, and the connection closed behind it."""
    cycle.keep_alive = False
    cycle.chunked_encoding = False
    cycle.expected_content_length = ANY_LENGTH
