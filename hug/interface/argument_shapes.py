"""What a parameter's type makes of the words of a command line. Pure functions."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hug import json_module
from hug.sentinels import NOTHING
from hug.types.annotations import beside_none, is_record, meant, takes_list
from hug.types.base import Type
from hug.types.collection import Multiple, OneOf
from hug.types.scalar import SmartBoolean, boolean
from hug.types.truth import FALSE, TRUE


@dataclass(frozen=True, slots=True)
class Shape:
    """How an argument is written, and read before its type converts it.

    Attributes:
        many: Whether it takes any number of words.
        flag: Whether it is an option that takes no word, and is true if it is there.
        choices: The values there are, by how they are written; None if there may be any.
        read: Makes of a word what the type takes; raises ValueError for one that is none. None keeps words.
    """

    many: bool = False
    flag: bool = False
    choices: Mapping[str, Any] | None = None
    read: Callable[[str], Any] | None = None

    @property
    def is_json(self) -> bool:
        """Whether a word is JSON."""
        return self.read is _json

    def value(self, given: Any) -> Any:
        """Return what the type takes, made of what the command line has: a word, words, or True for a flag.

        Raises:
            ValueError: What is wrong with a word, to be shown to whoever has written it.
        """
        if isinstance(given, list):
            return [self._one(word) for word in given]
        return given if self.flag else self._one(given)

    def _one(self, word: str) -> Any:
        if self.choices is not None:
            if word not in self.choices:
                known = ", ".join(map(repr, self.choices))
                raise ValueError(f"invalid choice: {word!r} (choose from {known})")
            return self.choices[word]
        return word if self.read is None else self.read(word)


def shape(annotation: Any, default: Any = NOTHING) -> Shape:
    """Return the shape of an argument.

    Args:
        annotation: Of the parameter.
        default: Of the parameter; `NOTHING` if it is required.
    """
    kind = _essence(annotation)
    if kind is bool or kind is boolean or isinstance(kind, SmartBoolean):
        flag = default is not NOTHING and not default
        return Shape(flag=flag, read=None if isinstance(kind, SmartBoolean) else _truth)
    if _is_many(kind):
        (item,) = typing.get_args(kind)[:1] or (str,)
        inside = shape(item)
        return Shape(many=True, choices=inside.choices, read=inside.read)
    if (choices := _choices(kind)) is not None:
        return Shape(choices=choices)
    return Shape(read=_json if _is_structured(kind) else None)


def _essence(annotation: Any) -> Any:
    """Return the annotation without what says nothing about words: aliases, remarks, ``| None``."""
    if (plain := beside_none(meant(annotation))) is not annotation:
        return _essence(plain)
    if typing.get_origin(annotation) is typing.Annotated:
        kind, *remarks = typing.get_args(annotation)
        return next((remark for remark in remarks if isinstance(remark, Type)), None) or _essence(kind)
    return annotation


def _is_many(kind: Any) -> bool:
    if isinstance(kind, type):
        return kind in (list, tuple, set, frozenset) or issubclass(kind, Multiple)
    return isinstance(kind, Multiple) or (typing.get_origin(kind) is not None and takes_list(kind))


def _choices(kind: Any) -> dict[str, Any] | None:
    if isinstance(kind, OneOf):  # whose keys are what is written, if it is a mapping
        return {str(value): value for value in kind.values}
    if typing.get_origin(kind) is typing.Literal:
        return {str(value): value for value in typing.get_args(kind)}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {str(member.value): member.value for member in kind}
    return None


def _is_structured(kind: Any) -> bool:
    plain = typing.get_origin(kind) or kind
    return is_record(plain) or (isinstance(plain, type) and issubclass(plain, Mapping))


def _truth(word: str) -> bool:
    if word.lower() in TRUE:
        return True
    if word.lower() in FALSE:
        return False
    raise ValueError(f"invalid bool value: {word!r}")


def _json(word: str) -> Any:
    try:
        return json_module.loads_unicode(word)
    except ValueError as error:
        raise ValueError(f"invalid JSON: {error}") from None
