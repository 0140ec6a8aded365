"""Constructors that do more than a client may ask for: Python's, but within bounds. Pure functions.

``bytes(10**9)`` allocates what the number says, and ``Fraction("1e999999999")`` computes all of its digits.
"""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

_HUGE_EXPONENT: Final = re.compile(r"[eE][+-]?[\d_]{4,}")
"""As `float`, a fraction needs three digits. They may be those of any script: `Fraction` reads them all."""

_LONGEST_FRACTION: Final = 1000
"""Characters: the time for the digits behind the point grows faster than their number."""


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
    """Return a fraction.

    Raises:
        ValueError: It is none, has an exponent of more than three digits, or more than 1000 characters.
    """
    if isinstance(value, str):
        if len(value) > _LONGEST_FRACTION:
            raise ValueError(f"Invalid fraction provided, longer than {_LONGEST_FRACTION} characters")
        if _HUGE_EXPONENT.search(value):
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
