"""Constructors that do more than a client may ask for: Python's, but within bounds. Pure functions.

``bytes(10**9)`` allocates what the number says, and ``Fraction("1e999999999")`` computes all of its digits.
"""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

_HUGE_EXPONENT: Final = re.compile(r"[eE][+-]?0*[0-9_]{5,}")


def octets(value: Any) -> bytes:
    """Return bytes as they are, text in UTF-8, and a list of numbers from 0 to 255 as bytes.

    Raises:
        ValueError: ``value`` is anything else, such as a number.
    """
    try:
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, bytes | bytearray | list | tuple):
            return bytes(value)
    except (TypeError, ValueError):
        pass  # a lone surrogate, or a part that is no such number
    raise ValueError("Invalid bytes provided, expected text or a list of numbers from 0 to 255")


def fraction(value: Any) -> Fraction:
    """Return a fraction; raise ValueError for one with an exponent of five digits or more, or none at all."""
    if isinstance(value, str) and _HUGE_EXPONENT.search(value):
        raise ValueError("Invalid fraction provided, its exponent is too large")
    return Fraction(value)


_CAREFUL: Final[Mapping[Any, Callable[[Any], Any]]] = {
    bytes: octets,
    bytearray: lambda value: bytearray(octets(value)),
    Fraction: fraction,
}


def careful(kind: Callable[..., Any]) -> Callable[..., Any]:
    """Return what converts to ``kind`` within bounds: ``kind`` itself, where its constructor does."""
    try:
        return _CAREFUL.get(kind, kind)
    except TypeError:  # not hashable
        return kind
