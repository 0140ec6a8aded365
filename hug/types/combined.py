"""Types made of other types."""

from typing import Any

from hug.types.base import Type
from hug.types.descriptions import describe
from hug.types.parts import part


class Multi(Type):
    """The first of several types that takes the value"""

    def __init__(self, *types: Any) -> None:
        self.types = types
        self._converters = tuple(map(part, types))
        choices = "\n  - ".join(map(describe, types))
        self.__doc__ = f"Accepts any of the following value types:{choices}\n"

    def __call__(self, value: Any) -> Any:
        """Return what the first type to accept ``value`` makes of it; raise ValueError when none does."""
        for convert in self._converters:
            try:
                return convert(value)
            except Exception:  # noqa: S112  (any exception of a type is a refusal, and the next may accept)
                continue
        raise ValueError(self.__doc__)


class Chain(Type):
    """type for chaining multiple types together"""

    def __init__(self, *types: Any) -> None:
        self.types = types
        self._converters = tuple(map(part, types))

    def __call__(self, value: Any) -> Any:
        """Return ``value`` after every type, each given what the one before it returned."""
        for convert in self._converters:
            value = convert(value)
        return value


class Nullable(Chain):
    """A Chain types that Allows None values"""

    def __call__(self, value: Any) -> Any:
        """Return None for None, and otherwise what the chain makes of ``value``."""
        return None if value is None else super().__call__(value)


multi = Multi
