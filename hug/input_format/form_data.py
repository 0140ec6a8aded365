"""``multipart/form-data``: its parts as they come, and a whole form as values. No I/O but ``body.read()``.

Source: https://www.rfc-editor.org/rfc/rfc7578
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from hug.exceptions import BodyUnreadable
from hug.format import content_type
from hug.input_format.data import Body, codec, too_many
from hug.json_module import MOST_MEMBERS

T = TypeVar("T")

MOST_HEADERS: Final = 8
"""Headers that a part may have; three have a meaning."""

LONGEST_HEADER: Final = 4096 + 128
"""Bytes of a header of a part."""


@dataclass(frozen=True, slots=True)
class Part:
    """What the headers of one part say, in the words of the client.

    Attributes:
        name: Of the field.
        filename: Of the file; None if the part is a plain value.
        content_type: Its media type, without parameters; None without one.
        charset: Of a plain value; None if that is not said.
    """

    name: str
    filename: str | None
    content_type: str | None
    charset: str | None

    def text(self, value: bytes, charset: str) -> str:
        """Return a plain value as text.

        Args:
            value: The bytes of the part.
            charset: What it is in, if the part does not say.

        Raises:
            BodyUnreadable: It is not.
        """
        charset = self.charset or charset
        try:
            return value.decode(codec(charset))
        except ValueError as error:
            raise BodyUnreadable(f"Invalid {charset} text in {self.name!r}: {error}") from None


class FormParser:
    """Turns the bytes of a form into parts. Chunks may be cut anywhere.

    It holds one header, or what may be the beginning of a boundary, and nothing else.
    """

    def __init__(self, boundary: str | None, max_members: int) -> None:
        """Begin.

        Args:
            boundary: That of the ``Content-Type`` header.
            max_members: The most parts there may be.

        Raises:
            BodyUnreadable: There is no boundary, or one that cannot be.
        """
        from multipart import MultipartError, ParserLimitReached, PushMultipartParser  # noqa: PLC0415  # forms only

        self._most = max_members
        self._error, self._limit = MultipartError, ParserLimitReached
        try:
            self._parser = PushMultipartParser(
                boundary or "",
                max_header_size=LONGEST_HEADER,
                max_header_count=MOST_HEADERS,
                max_segment_count=max_members,
            )
        except MultipartError as error:
            raise BodyUnreadable(f"Invalid form: {error}") from None

    def feed(self, chunk: bytes) -> Iterator[Part | bytes | None]:
        """Yield a `Part` where one begins, then pieces of its value, then None where it ends.

        Raises:
            BodyUnreadable: This is no form, or one with too many parts.
        """
        try:
            for event in self._parser.parse(chunk) if chunk else ():
                if event is None or isinstance(event, bytes):
                    yield event
                elif isinstance(event, bytearray):
                    yield bytes(event)
                else:
                    yield Part(event.name, event.filename, event.content_type, event.charset)
        except self._error as error:
            raise self._explained(error) from None

    def finish(self) -> None:
        """Raise `BodyUnreadable` unless the form has come to its end."""
        try:
            self._parser.close()
        except self._error as error:
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> BodyUnreadable:
        if isinstance(error, self._limit) and "segment count" in str(error):
            return too_many(self._most)
        return BodyUnreadable(f"Invalid form: {error}")


@content_type("multipart/form-data")
def multipart(
    body: Body,
    boundary: str | None = None,
    charset: str = "utf-8",
    max_members: int = MOST_MEMBERS,
    **_parameters: object,
) -> dict[str, Any]:
    """Takes forms with files: the value of a field is text, that of a file is bytes; several make a list"""
    parser = FormParser(boundary, max_members)
    values: list[tuple[str, str | bytes]] = []
    part, pieces = Part("", None, None, None), bytearray()
    for event in parser.feed(body.read()):
        if isinstance(event, Part):
            part, pieces = event, bytearray()
        elif event is not None:
            pieces += event
        else:
            value = bytes(pieces)
            values.append((part.name, part.text(value, charset) if part.filename is None else value))
    parser.finish()
    return by_name(values)


def by_name(values: Iterable[tuple[str, T]]) -> dict[str, T | list[T]]:
    """Return the values of a form by name; a list where a name was given several times."""
    gathered: dict[str, list[T]] = {}
    for name, value in values:
        gathered.setdefault(name, []).append(value)
    return {name: each[0] if len(each) == 1 else each for name, each in gathered.items()}
