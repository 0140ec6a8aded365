"""Types of text and of its length. Their messages are those of hug 2, to the letter: programs know them."""

from collections.abc import Callable
from typing import Any

from hug.types.base import Type
from hug.types.descriptions import describe


class Text(Type):
    """Basic text / string value"""

    def __call__(self, value: Any) -> str:
        """Return ``str(value)``; a list or nothing at all is no text."""
        if value is None or isinstance(value, list | tuple):
            raise ValueError("Invalid text value provided")
        return str(value)


text = Text()


class Length(Type):
    """Text of at least ``lower`` characters and fewer than ``upper``."""

    def __init__(self, lower: int, upper: int, convert: Callable[[Any], Any] = text) -> None:
        self.lower = lower
        self.upper = upper
        self.convert = convert
        self.__doc__ = (
            f"{describe(convert)} that has a length longer or equal to {lower} and less than {upper}"
        )

    def __call__(self, value: Any) -> Any:
        """Return the text; raise ValueError when its length is out of bounds."""
        value = self.convert(value)
        if len(value) < self.lower:
            raise ValueError(f"'{value}' is shorter than the lower limit of {self.lower}")
        if len(value) >= self.upper:
            raise ValueError(f"'{value}' is longer then the allowed limit of {self.upper}")
        return value


class ShorterThan(Type):
    """Text of fewer than ``limit`` characters."""

    def __init__(self, limit: int, convert: Callable[[Any], Any] = text) -> None:
        self.limit = limit
        self.convert = convert
        self.__doc__ = f"{describe(convert)} with a length of no more than {limit - 1}"

    def __call__(self, value: Any) -> Any:
        """Return the text; raise ValueError when it is too long."""
        value = self.convert(value)
        if len(value) >= self.limit:
            raise ValueError(f"'{value}' is longer then the allowed limit of {self.limit}")
        return value


class LongerThan(Type):
    """Text of more than ``limit`` characters."""

    def __init__(self, limit: int, convert: Callable[[Any], Any] = text) -> None:
        self.limit = limit
        self.convert = convert
        self.__doc__ = f"{describe(convert)} with a length longer than {limit}"

    def __call__(self, value: Any) -> Any:
        """Return the text; raise ValueError when it is too short."""
        value = self.convert(value)
        if len(value) <= self.limit:
            raise ValueError(f"'{value}' must be longer than {self.limit}")
        return value


class CutOff(Type):
    """Text of which only the first ``limit`` characters count."""

    def __init__(self, limit: int, convert: Callable[[Any], Any] = text) -> None:
        self.limit = limit
        self.convert = convert
        self.__doc__ = f"'{describe(convert)}' with anything over the length of {limit} being ignored"

    def __call__(self, value: Any) -> Any:
        """Return the first ``limit`` characters of the text."""
        return self.convert(value)[: self.limit]


length = Length
shorter_than = ShorterThan
longer_than = LongerThan
cut_off = CutOff
