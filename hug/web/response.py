"""Falcon's response, with what code written for hug 2 expects of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import falcon.asgi

from hug.web.threads import handlers

CHUNK = 64 * 1024
"""Bytes that are read from a sync file at once."""


_ENDS_A_HEADER: Final = re.compile(rb"[\r\n\0]")


class Response(falcon.asgi.Response):
    """A response. ``stream`` may be any file or iterable, sync or async; a sync one is read in a thread."""

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
            ValueError: A header has a line break or NUL, which would end it: the rest, perhaps something that
                a client sent, would be a header of its own.
        """
        if self._extra_headers or self._cookies or not "".join(self._headers.values()).isprintable():
            for name, value in self._asgi_headers():
                if _ENDS_A_HEADER.search(value):
                    raise ValueError(f"header {name.decode()!r} has a line break or NUL in it: {value!r}")
        if self.stream is not None:
            self.stream = _asynchronous(self.stream)
        data: Any = self._data if self.text is None else self.text
        if data is None and self._media is not None:
            data = await super().render_body()
        return data.encode() if isinstance(data, str) else data


def _asynchronous(stream: Any) -> Any:
    """Return ``stream`` as Falcon can send it: an async iterator, or a file whose methods are coroutines."""
    if hasattr(stream, "__aiter__") or inspect.iscoroutinefunction(getattr(stream, "read", None)):
        return stream
    return _in_threads(stream)


async def _in_threads(stream: Any) -> AsyncIterator[bytes]:
    chunks: Iterator[Any] = _read(stream) if hasattr(stream, "read") else iter(stream)
    try:
        while (chunk := await handlers.run(next, chunks, None)) is not None:
            yield chunk.encode() if isinstance(chunk, str) else chunk
    finally:
        if hasattr(stream, "close"):
            await handlers.run(stream.close)


def _read(file: Any) -> Iterator[Any]:
    while chunk := file.read(CHUNK):
        yield chunk
