"""The values of literals and enums in an annotation, for messages. Pure functions."""

import typing
from enum import Enum
from typing import Any, Final

from hug.types.records import anywhere

_MOST_SHOWN: Final = 12
_UNKNOWN: Final = "Invalid enum value"
"""How msgspec begins, which does not say what there is. Its place, if it tells any, is behind a dash."""


def with_choices(message: str, annotation: Any) -> str:
    """Return a message of msgspec about a value for ``annotation``, with the values that it could be.

    They are left out where there are several sets of them, of which it may mean any, or more than a dozen.
    """
    if not message.startswith(_UNKNOWN):
        return message
    sets = _sets(annotation)
    if len(sets) != 1 or len(sets[0]) > _MOST_SHOWN:
        return message
    what, dash, place = message.partition(" - at ")
    return f"{what}, the values are {', '.join(map(repr, sets[0]))}{dash}{place}"


def _sets(annotation: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []

    def collect(each: Any) -> bool:
        if typing.get_origin(each) is typing.Literal:
            found.append(typing.get_args(each))
        elif isinstance(each, type) and issubclass(each, Enum):
            found.append(tuple(member.value for member in each))
        return False

    anywhere(annotation, collect)
    return found
