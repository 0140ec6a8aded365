"""What texts mean where the annotation is `bool`. Pure functions."""

from typing import Any, Final

TRUE: Final = frozenset(("true", "t", "1", "yes", "y", "on"))
FALSE: Final = frozenset(("false", "f", "0", "no", "n", "off", ""))
"""Texts in lower case; they count in any."""


def truth(value: Any) -> bool:
    """Return whether ``value`` is true; text is unless it is one of `FALSE`, in any case."""
    return value.lower() not in FALSE if isinstance(value, str) else bool(value)
