"""Types of several values: lists, dictionaries, JSON, and one out of many."""

from collections.abc import Callable, Collection, Iterable
from collections.abc import Mapping as Lookup
from typing import Any

from hug import json_module
from hug.types.base import Type
from hug.types.bounded_constructors import split
from hug.types.parts import part


class SubTyped(Type):
    """A container that takes the types of its parts in square brackets, as ``Multiple[int]``."""

    _sub_types: tuple[Any, ...] = ()
    _converters: tuple[Callable[[Any], Any], ...] = ()

    def __class_getitem__(cls, kinds: Any) -> Any:
        """Return the subclass that converts its parts to ``kinds``: one type, or a tuple of them."""
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        names = ", ".join(getattr(kind, "__name__", type(kind).__name__) for kind in kinds)
        members = {"_sub_types": kinds, "_converters": tuple(map(part, kinds)), "__doc__": cls.__doc__}
        return type(f"{cls.__name__}[{names}]", (cls,), members)


class _Items(SubTyped):
    """What lists have in common: a type for their items, if any."""

    def _converted(self, values: Any) -> Any:
        if not self._converters:
            return values
        (convert,) = self._converters
        return [convert(value) for value in values]


class Multiple(_Items):
    """Multiple Values"""

    def __call__(self, value: Any) -> Any:
        """Return a list, of one item when a single value came, its items converted."""
        values = value if isinstance(value, list) else [value]
        return self._converted(values)


class DelimitedList(_Items):
    """Multiple values, separated by a delimiter"""

    def __init__(self, using: str = ",") -> None:
        self.using = using
        self.__doc__ = f'Multiple values, separated by "{using}"'

    def __call__(self, value: Any) -> Any:
        """Return the parts of a text, or of a list that is split already, converted."""
        if isinstance(value, str):
            value = split(value, self.using)
        elif not isinstance(value, list | tuple):
            raise ValueError(f'Invalid list provided, expected text separated by "{self.using}"')
        return self._converted(value)


class InlineDictionary(SubTyped):
    """A single line dictionary, where items are separated by pipes and keys from values by colons"""

    def __call__(self, value: Any) -> dict[Any, Any]:
        """Return the dictionary that ``key:value|key:value`` stands for; raise ValueError for any other."""
        if not isinstance(value, str):
            raise ValueError("Invalid dictionary provided, expected text such as key:value|key:value")
        convert_key, convert_value = self._converters or (str, str)
        result = {}
        for item in split(value, "|"):
            key, colon, part = item.partition(":")
            if not colon or ":" in part:
                raise ValueError(f"Invalid dictionary provided, expected key:value in '{item}'")
            result[convert_key(key.strip())] = convert_value(part.strip())
        return result


class OneOf(Type):
    """One of the given values"""

    def __init__(self, values: Iterable[Any]) -> None:
        if isinstance(values, str) or not isinstance(values, Collection):
            values = tuple(values)  # in a text there are longer ones than its characters
        self.values: Collection[Any] = values
        self.__doc__ = f"Accepts one of the following values: ({self._choices()})"

    def __call__(self, value: Any) -> Any:
        """Return the value; raise KeyError, which tells the values there are, when it is none of them."""
        try:
            if value in self.values:
                return value
        except TypeError:
            pass  # an unhashable value cannot be in a set or among keys
        raise KeyError(f"Invalid value passed. The accepted values are: ({self._choices()})")

    def _choices(self) -> str:
        return "|".join(map(str, self.values))


class Mapping(OneOf):
    """One of the given keys, which stands for its value"""

    def __init__(self, value_map: Lookup[Any, Any]) -> None:
        super().__init__(value_map.keys())
        self.value_map = value_map

    def __call__(self, value: Any) -> Any:
        """Return what the key stands for; raise KeyError, as `OneOf` does."""
        return self.value_map[super().__call__(value)]


class JSON(Type):
    """Accepts a JSON formatted data structure"""

    def __call__(self, value: Any) -> Any:
        """Return what JSON text stands for; a value that is parsed already passes."""
        if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
            value = ",".join(value)  # the query string was split at the commas of the JSON in it
        if not isinstance(value, str | bytes):
            return value
        try:
            return json_module.loads_unicode(value)
        except ValueError:
            raise ValueError("Incorrectly formatted JSON provided") from None


multiple = Multiple()
delimited_list = DelimitedList
comma_separated_list = DelimitedList(using=",")
inline_dictionary = InlineDictionary()
one_of = OneOf
mapping = Mapping
json = JSON()
