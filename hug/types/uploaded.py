"""Files that come with a form, as types of parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO, get_args, get_origin

from hug.types.annotations import beside_none
from hug.types.base import Type
from hug.types.records import anywhere


class UploadedFile(ABC):
    """File, in a form (multipart/form-data)"""

    # The docstring is what clients get to see. The file is there until the answer has been sent.

    filename: str
    """As the client calls it. It may be anything, ``../../x`` included: never use it as a path."""

    content_type: str | None
    """What the client says it is, without parameters; None if it does not say."""

    size: int
    """Bytes."""

    @property
    @abstractmethod
    def file(self) -> BinaryIO:
        """The content as a binary file, which can be read and sought; always the same one."""

    @abstractmethod
    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes of what is left, all by default; ``await`` may stand before it."""

    @abstractmethod
    def save(self, path: str | Path) -> None:
        """Write all of it to a file, in place of one that is there. In async code: `asyncio.to_thread`."""

    @abstractmethod
    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the content in pieces, without blocking the event loop."""


class File(Type):
    """File, in a form (multipart/form-data)"""

    def __call__(self, value: Any) -> UploadedFile:
        """Return the file that was uploaded."""
        if isinstance(value, UploadedFile):
            return value
        raise ValueError("Invalid file provided, upload one in a form (multipart/form-data)")


class Files(File):
    """Files, in a form (multipart/form-data)"""

    def __call__(self, value: Any) -> Any:
        """Return the files that were uploaded."""
        return [super(Files, self).__call__(each) for each in (value if isinstance(value, list) else [value])]


def upload_type(annotation: Any) -> File | None:
    """Return the type of a parameter that takes uploaded files, one or a list; None for all others."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return upload_type(arguments[0])
    if (kind := beside_none(annotation)) is not annotation:
        return upload_type(kind)
    if origin is list and arguments == (UploadedFile,):
        return Files()
    return File() if annotation is UploadedFile else None


def refuse_files(annotation: Any) -> None:
    """Raise TypeError for an annotation that has uploaded files inside, where nothing would find them."""
    if anywhere(annotation, lambda each: each is UploadedFile):
        raise TypeError(
            f"{annotation} has an UploadedFile in it, and a file comes as a parameter of its own: annotate "
            "one with hug.UploadedFile, or list[hug.UploadedFile] for several, beside the other fields"
        )
