"""Forms with files, as browsers send them."""

from __future__ import annotations

import mimetypes
import secrets
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

File: TypeAlias = bytes | tuple[str, bytes] | tuple[str, bytes, str]

_ESCAPES: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


def multipart(
    fields: Mapping[str, Any] | None = None, files: Mapping[str, File | list[File]] | None = None
) -> tuple[bytes, dict[str, str]]:
    """Return the body of a form with files, and the headers that say what it is.

    ``body, headers = hug.test.multipart({"title": "Sun"}, {"photo": ("sun.png", content)})`` is for
    ``hug.test.post(api, "/photos", body, headers=headers)``.

    Source: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data

    Args:
        fields: Values by name; a list repeats the name.
        files: Files by name; a list repeats the name. Each is bytes, or file name and bytes, or these and
            the content type, which else is guessed from the name.
    """
    boundary = f"hug-{secrets.token_hex(16)}"
    parts = [
        _part(boundary, name, str(value).encode())
        for name, values in (fields or {}).items()
        for value in (values if isinstance(values, list | tuple) else [values])
    ]
    for name, found in (files or {}).items():
        for each in found if isinstance(found, list) else [found]:
            filename, content, *given = (name, each) if isinstance(each, bytes) else each
            kind = given[0] if given else mimetypes.guess_type(filename)[0] or "application/octet-stream"
            parts.append(_part(boundary, name, content, filename, kind))
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def _part(boundary: str, name: str, content: bytes, filename: str | None = None, kind: str = "") -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name.translate(_ESCAPES)}"'
    if filename is not None:
        head += f'; filename="{filename.translate(_ESCAPES)}"\r\nContent-Type: {kind}'
    return head.encode() + b"\r\n\r\n" + content + b"\r\n"
