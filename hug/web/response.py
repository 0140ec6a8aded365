"""Falcon's response, with what code written for hug 2 expects of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import falcon.asgi

from hug.web.context import Context
from hug.web.threads import helpers

CHUNK = 64 * 1024
"""Bytes that are read from a sync file at once."""


_NO_VALUE: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""What is in no value of a header.

Source: https://www.rfc-editor.org/rfc/rfc9110#name-field-values
"""
_NAMES: Final = re.compile(r"[a-zA-Z0-9!#$%&'*+\-.^_`|~]+")
"""What names of headers are made of."""


class Response(falcon.asgi.Response):
    """A response. ``stream`` may be any file or iterable, sync or async; a sync one is read in a thread."""

    rendered = False
    """Whether it is complete, so that what fails from now on cannot be answered any more."""

    context: Context
    stream: Any

    @property
    def body(self) -> Any:
        """The text to answer with; it goes before ``data``. Falcon calls it ``text`` now."""
        return self.text

    @body.setter
    def body(self, value: Any) -> None:
        self.text = value

    @property
    def stream_len(self) -> Any:
        """The length of ``stream`` in bytes. Falcon calls it ``content_length`` now."""
        return self.content_length

    @stream_len.setter
    def stream_len(self, value: Any) -> None:
        self.content_length = value

    def add_link(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]  # Falcon: "removed"
        """Do what Falcon now calls ``append_link``."""
        self.append_link(*args, **kwargs)

    @property
    def answered(self) -> bool:
        """Whether something has been set to answer with."""
        return not (self.text is None and self._data is None and self.stream is None and self._media is None)

    async def render_body(self) -> bytes | None:  # type: ignore[override]  # as in falcon.asgi
        """Return the bytes to send, None if there is only a ``stream``; Falcon calls this last.

        Raises:
            ValueError: A status or header that there cannot be. Servers would answer with nothing at all; and
                what follows a line break, perhaps something that a client sent, would be another header.
        """
        self.rendered = True
        self._check_head()
        if self.stream is not None:
            self.stream = _asynchronous(self.stream)
        data: Any = self._data if self.text is None else self.text
        if data is None and self._media is not None:
            data = await super().render_body()
        return data.encode() if isinstance(data, str) else data

    def _check_head(self) -> None:
        if self.status != falcon.HTTP_200 and not 200 <= self.status_code <= 599:
            raise ValueError(f"response.status is {self.status!r}, and has to be from 200 to 599")
        plain = not (self._extra_headers or self._cookies)
        for name, text in self._headers.items():
            if name != "content-type" and not _NAMES.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a header")
            plain = plain and text.isprintable()
        if not plain:
            for key, value in self._asgi_headers():
                if _NO_VALUE.search(value):
                    raise ValueError(f"header {key.decode()!r} has a control character in it: {value!r}")
                if not _NAMES.fullmatch(key.decode("latin-1")):
                    raise ValueError(f"{key!r} is no name of a header")


def _asynchronous(stream: Any) -> Any:
    """Return ``stream`` as Falcon can send it: an async iterator, or a file whose methods are coroutines."""
    if hasattr(stream, "__aiter__") or inspect.iscoroutinefunction(getattr(stream, "read", None)):
        return stream
    return _in_threads(stream)


async def _in_threads(stream: Any) -> AsyncIterator[bytes]:
    chunks: Iterator[Any] = _read(stream) if hasattr(stream, "read") else iter(stream)
    try:
        while (chunk := await helpers.run(next, chunks, None)) is not None:
            yield chunk.encode() if isinstance(chunk, str) else chunk
    finally:
        if hasattr(stream, "close"):
            await helpers.run(stream.close)


def _read(file: Any) -> Iterator[Any]:
    while chunk := file.read(CHUNK):
        yield chunk
