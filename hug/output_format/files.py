"""Output formats whose result is a file: one of any kind, an image, a video."""

from __future__ import annotations

import inspect
from io import BytesIO
from os import PathLike
from typing import Any

from hug.format import content_type
from hug.introspect import accepted
from hug.output_format.choosing import is_errors
from hug.output_format.data import json
from hug.output_format.prepared import OutputFormat, output
from hug.web.file_response import Missing, SentFile


@content_type("file/dynamic")
def file(data: Any, request: Any = None, response: Any = None, **_options: Any) -> Any:
    """A dynamically retrieved file"""
    # The path of a file, or an open one; its name says what it is. Without a file there: 404.
    if isinstance(data, dict):  # an error, or the documentation
        return _as_json(data, request, response)
    if not data:
        if response is not None:
            response.content_type = "text/plain"
        return b""
    return SentFile(data)


def image(image_format: str, doc: str | None = None) -> OutputFormat:
    """Return an output format for images.

    It writes the file of a path, an open file, bytes, or any object that can ``save(buffer, format=...)``, as
    those of Pillow, or ``render()`` itself. What says ``{"errors": ...}`` is written as JSON.

    Args:
        image_format: The second half of the media type, as ``png``.
        doc: What documentation says.
    """
    return _medium(f"image/{image_format}", image_format, doc or f"{image_format} formatted image")


def video(video_type: str, video_mime: str, doc: str | None = None) -> OutputFormat:
    """Return an output format for videos; what it writes is what `image` does.

    Args:
        video_type: The format, as ``mp4``.
        video_mime: Its media type.
        doc: What documentation says.
    """
    return _medium(video_mime, video_type, doc or f"{video_type} formatted video")


def _medium(media_type: str, name: str, doc: str) -> OutputFormat:
    def medium(data: Any, request: Any = None, response: Any = None) -> Any:
        if is_errors(data) or (isinstance(data, dict) and "documentation" in data):
            return _as_json(data, request, response)
        if data is None or isinstance(data, bytes | bytearray):
            return bytes(data or b"")
        if hasattr(data, "read") or isinstance(data, str | PathLike):
            return SentFile(data, media_type, missing=Missing.EMPTY)
        if hasattr(data, "save"):
            return _saved(data, name.upper())
        if hasattr(data, "render"):
            rendered = data.render()
            return rendered.encode() if isinstance(rendered, str) else rendered
        raise TypeError(
            f"{type(data).__name__} cannot be written as {media_type}: return a path, a file, bytes, or what "
            "has a method save(file, format=...) or render()"
        )

    medium.__doc__ = doc
    return content_type(media_type)(medium)


def _as_json(data: Any, request: Any, response: Any) -> bytes:
    if response is not None:
        output(json).announce(request, response)
    return json(data)


def _saved(data: Any, file_format: str) -> bytes | BytesIO:
    buffer = BytesIO()
    given = {"format": file_format} if accepted(data.save, ("format",)) else {}
    saved = data.save(buffer, **given)
    if inspect.isawaitable(saved):
        raise TypeError(
            f"{type(data).__name__}.save() is a coroutine: save it yourself, and return the bytes"
        )
    return buffer.getvalue()
