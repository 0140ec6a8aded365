"""Constructors that do more than a client may ask for: Python's, but within bounds. Pure functions.

``bytes(10**9)`` allocates what the number says, ``Fraction("1e999999999")`` computes all of its digits, as
``int()`` does those of a decimal, and ``float("nan")`` is a number that no JSON can tell anybody.
"""

import math
import re
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from hug import json_module
from hug.introspect import is_coroutine
from hug.json_module import MOST_MEMBERS

_HUGE_EXPONENT: Final = re.compile(r"[eE][+-]?[\d_]{4,}")
"""As `float`, a fraction needs three digits. They may be those of any script: `Fraction` reads them all."""

_LONGEST_FRACTION: Final = 1000
"""Characters: the time for the digits behind the point grows faster than their number."""

_LARGEST_EXPONENT: Final = sys.float_info.max_10_exp
_LEAST_EXPONENT: Final = -324
"""Of the largest and the smallest float but 0. ``int()`` and ``format()`` make all the zeros of a decimal."""

_MOST_DIGITS: Final = 1000
"""Of a decimal: the time for ``int()`` grows faster than their number. A float has 767 at most."""


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


def dictionary(value: Any) -> dict[Any, Any]:
    """Return a dictionary; text, which is all that queries and forms have, is the JSON of an object.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, str):
        try:
            value = json_module.loads_unicode(value)
        except ValueError as error:
            raise ValueError(f"Invalid JSON: {error}") from None
        if not isinstance(value, dict):
            raise ValueError("Invalid dictionary provided, expected an object of JSON")
    return dict(value)


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


def finite(number: Any) -> Any:
    """Return a float or a decimal.

    Raises:
        ValueError: It is NaN or Infinity, for which JSON has no word; or a decimal that is larger, or nearer
            to 0, than any float, or has more than 1000 digits.
    """
    is_decimal = isinstance(number, Decimal)
    if not (number.is_finite() if is_decimal else math.isfinite(number)):
        raise ValueError("Invalid number provided, it is not finite")
    if is_decimal:
        if not _LEAST_EXPONENT <= number.adjusted() <= _LARGEST_EXPONENT:
            raise ValueError("Invalid number provided, its exponent is too large")
        if len(number.as_tuple().digits) > _MOST_DIGITS:
            raise ValueError(f"Invalid number provided, {_MOST_DIGITS} digits are the most")
    return number


def real(value: Any) -> float:
    """Return a float; what is one already may be anything, as the results of functions are.

    Raises:
        ValueError: It is none, or text that means NaN or Infinity, or one too large.
    """
    return value if type(value) is float else finite(float(value))


def decimal(value: Any) -> Decimal:
    """Return a decimal number; the rest is as for `real`."""
    return value if isinstance(value, Decimal) else finite(Decimal(value))


def split(text: str, separator: str) -> list[str]:
    """Return the parts of ``text``.

    Raises:
        ValueError: There are more than JSON may have members: each takes many times the memory of its text.
    """
    if text.count(separator) >= MOST_MEMBERS:
        raise ValueError(f"Invalid list provided, {MOST_MEMBERS} values are the most")
    return text.split(separator)


def collecting(kind: Callable[..., Any]) -> Callable[..., Any]:
    """Return what makes a collection of characters as ``kind`` does, if it does, but of so many at most."""
    if not any(kind is each for each in _COLLECTIONS):
        return kind

    def collect(value: Any) -> Any:
        if isinstance(value, str | bytes) and len(value) > MOST_MEMBERS:
            raise ValueError(f"Invalid list provided, {MOST_MEMBERS} values are the most")
        return kind(value)

    return collect


_COLLECTIONS: Final = (list, tuple, set, frozenset)

_CAREFUL: Final[Mapping[Any, Callable[[Any], Any]]] = {
    bytes: octets,
    bytearray: lambda value: bytearray(octets(value)),
    dict: dictionary,
    Fraction: fraction,
    float: real,
    Decimal: decimal,
}


def settled(kind: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``kind``, which is to be part of a type; raise TypeError if it is async: types do not await."""
    call = kind.__call__ if isinstance(kind, type) else kind
    if is_coroutine(call):
        name = getattr(kind, "__name__", type(kind).__name__)
        raise TypeError(
            f"{name} is async, and hug awaits no parts of a type: annotate the parameter itself with it, "
            f"or have it behind the type, as in Annotated[int, {name}]"
        )
    return kind


def careful(kind: Callable[..., Any]) -> Callable[..., Any]:
    """Return what converts to ``kind`` within bounds: ``kind`` itself, where its constructor does.

    Raises:
        TypeError: ``kind`` is async, and would not be awaited where a type is part of another.
    """
    settled(kind)
    if isinstance(kind, type) and issubclass(kind, Decimal) and kind is not Decimal:
        return lambda value: value if isinstance(value, kind) else finite(kind(value))
    try:
        return _CAREFUL.get(kind, kind)
    except TypeError:  # not hashable
        return kind
