"""Arguments and values as PostgreSQL takes and gives them in binary. No I/O."""

import struct
from collections.abc import Sequence
from typing import Final

_TEXT: Final = 25
_BYTEA: Final = 17

_HEAD: Final = struct.Struct("!iiIii")
"""Of an array: its dimensions; whether it has NULLs; the items' type; how many; the first one's number."""

_EMPTY: Final = struct.Struct("!iiI")
_SIZE: Final = struct.Struct("!i")
_NULL: Final = _SIZE.pack(-1)
_BIGINT: Final = struct.Struct("!q")
_DOUBLE: Final = struct.Struct("!d")


def argument(value: object, encoding: str) -> bytes | None:
    """Return an argument for ``text``, ``text[]`` or ``bytea[]``; None for NULL.

    Args:
        value: Text, None, or a list of texts and None, or of bytes.
        encoding: That of the connection.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode(encoding)
    if not isinstance(value, Sequence):
        raise TypeError(f"{value!r} is neither text nor a list")
    if not value:
        return _EMPTY.pack(0, 0, _TEXT)
    kind = _BYTEA if isinstance(value[0], bytes) else _TEXT
    parts = [_HEAD.pack(1, None in value, kind, len(value), 1)]
    for each in value:
        if each is None:
            parts.append(_NULL)
        else:
            written = each.encode(encoding) if isinstance(each, str) else each
            parts += (_SIZE.pack(len(written)), written)
    return b"".join(parts)


def texts(array: bytes, encoding: str) -> list[str]:
    """Return the items of a ``text[]`` without NULLs."""
    dimensions = _SIZE.unpack_from(array)[0]
    if not dimensions:
        return []
    _, _, _, many, _ = _HEAD.unpack_from(array)
    at = _HEAD.size
    found = []
    for _ in range(many):
        end = at + _SIZE.size + _SIZE.unpack_from(array, at)[0]
        found.append(array[at + _SIZE.size : end].decode(encoding))
        at = end
    return found


def integers(array: bytes) -> list[int]:
    """Return the items of an ``int[]`` without NULLs."""
    dimensions = _SIZE.unpack_from(array)[0]
    if not dimensions:
        return []
    _, _, _, many, _ = _HEAD.unpack_from(array)
    # Each has its size before it.
    return list(struct.unpack_from(f"!{2 * many}i", array, _HEAD.size)[1::2])


def integer(value: bytes) -> int:
    """Return a ``bigint``."""
    found: int = _BIGINT.unpack(value)[0]
    return found


def real(value: bytes) -> float:
    """Return a ``float8``."""
    found: float = _DOUBLE.unpack(value)[0]
    return found


def text(value: bytes, encoding: str) -> str:
    """Return a ``text``."""
    return str(value, encoding)
