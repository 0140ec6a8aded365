"""Types of a single value: numbers and their limits, true and false, UUIDs."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from hug.types.base import Type, accept
from hug.types.descriptions import describe
from hug.types.parts import part

number = accept(int, "A whole number", "Invalid whole number provided")
float_number = accept(float, "A float number", "Invalid float number provided")
decimal = accept(Decimal, "A decimal number", "Invalid decimal number provided")
boolean = accept(bool, "Providing any value will set this to true")


def _uuid(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)  # type: ignore[arg-type]  # it checks by itself


uuid = accept(_uuid, "A Universally Unique IDentifier", "Invalid UUID provided")


class SmartBoolean(Type):
    """Accepts a true or false value"""

    def __call__(self, value: Any) -> bool:
        """Return what the value means; raise KeyError when it is neither.

        True: ``true``, ``t``, ``1``, in any case. False: ``false``, ``f``, ``0``, the empty text and None.
        """
        match value.lower() if isinstance(value, str) else value:
            case "true" | "t" | "1" | 1:
                return True
            case "false" | "f" | "0" | "" | 0 | None:
                return False
        raise KeyError("Invalid value passed in for true/false field")


smart_boolean = SmartBoolean()


def _comparable(value: Any) -> Any:
    """Return ``value``; raise ValueError for NaN, which is neither below nor above any limit."""
    try:
        comparable = value == value
    except ArithmeticError:  # a signaling NaN of `decimal` refuses even that
        comparable = False
    if not comparable:
        raise ValueError(f"'{value}' is not a number")
    return value


class InRange(Type):
    """A number from ``lower`` up to, but not including, ``upper``."""

    def __init__(self, lower: Any, upper: Any, convert: Any = number) -> None:
        self.lower = lower
        self.upper = upper
        self.convert = convert
        self._converter = part(convert)
        self.__doc__ = f"{describe(convert)} that is greater or equal to {lower} and less than {upper}"

    def __call__(self, value: Any) -> Any:
        """Return the number; raise ValueError when it is out of range."""
        value = _comparable(self._converter(value))
        if value < self.lower:
            raise ValueError(f"'{value}' is less than the lower limit {self.lower}")
        if value >= self.upper:
            raise ValueError(f"'{value}' reaches the limit of {self.upper}")
        return value


class LessThan(Type):
    """A number below ``limit``."""

    def __init__(self, limit: Any, convert: Any = number) -> None:
        self.limit = limit
        self.convert = convert
        self._converter = part(convert)
        self.__doc__ = f"{describe(convert)} that is less than {limit}"

    def __call__(self, value: Any) -> Any:
        """Return the number; raise ValueError when it is too great."""
        value = _comparable(self._converter(value))
        if not value < self.limit:
            raise ValueError(f"'{value}' must be less than {self.limit}")
        return value


class GreaterThan(Type):
    """A number above ``minimum``."""

    def __init__(self, minimum: Any, convert: Any = number) -> None:
        self.minimum = minimum
        self.convert = convert
        self._converter = part(convert)
        self.__doc__ = f"{describe(convert)} that is greater than {minimum}"

    def __call__(self, value: Any) -> Any:
        """Return the number; raise ValueError when it is too small."""
        value = _comparable(self._converter(value))
        if not value > self.minimum:
            raise ValueError(f"'{value}' must be greater than {self.minimum}")
        return value


in_range = InRange
less_than = LessThan
greater_than = GreaterThan
