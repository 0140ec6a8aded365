"""Objects whose attributes have hug's types: a value is converted whenever one is set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from hug.types.base import Type
from hug.types.bounded_constructors import careful


def _is_hug_type(kind: Any) -> bool:
    return isinstance(kind, Type | NewTypeMeta) or (isinstance(kind, type) and issubclass(kind, Type))


class TypedProperty:
    """An attribute that converts what it is set to; without a value it is None.

    The value is kept in an attribute of the same name with an underscore before it.
    """

    def __init__(self, name: str, type_func: Callable[[Any], Any]) -> None:
        self.name = name
        self.type_func = careful(type_func)
        self._slot = f"_{name}"

    def __get__(self, instance: Any, _owner: type) -> Any:
        """Return the value, None if there is none; of a class, the property itself."""
        return self if instance is None else getattr(instance, self._slot, None)

    def __set__(self, instance: Any, value: Any) -> None:
        """Set the value, converted; raise what the type raises."""
        setattr(instance, self._slot, self.type_func(value))


class NewTypeMeta(type):
    """Makes a `TypedProperty` of each attribute of a class that is a hug type, or a schema."""

    _types: Mapping[str, Callable[[Any], Any]]

    def __new__(mcs, name: str, bases: tuple[type, ...], members: dict[str, Any]) -> NewTypeMeta:
        """Make the class."""
        own = {key: kind for key, kind in members.items() if _is_hug_type(kind) and not key.startswith("_")}
        inherited: dict[str, Callable[[Any], Any]] = {}
        for base in reversed(bases):
            inherited.update(getattr(base, "_types", {}))
        slots = tuple(f"_{key}" for key in own)
        properties = {key: TypedProperty(key, _converter(kind)) for key, kind in own.items()}
        return super().__new__(
            mcs,
            name,
            bases,
            {**members, **properties, "__slots__": slots, "_types": {**inherited, **own}},
        )


class Schema(metaclass=NewTypeMeta):
    """A schema

    Subclasses have hug's types, or other schemas, for attributes. As an annotation such a class converts a
    dictionary, which need not have all of them.
    """

    __slots__ = ()
    _types: ClassVar[Mapping[str, Callable[[Any], Any]]]

    def __init__(self, json: Mapping[str, Any], force: bool = False) -> None:
        """Set the attributes.

        Args:
            json: The value of each by its name; others are left out.
            force: Whether to take values as they are, without converting them.

        Raises:
            ValueError: ``json`` is no dictionary. Types raise what they raise.
        """
        if not isinstance(json, Mapping):
            raise ValueError("Invalid value provided, expected an object with a value for each field")
        prefix = "_" if force else ""
        for name in self._types:
            if name in json:
                setattr(self, prefix + name, json[name])

    def __native_types__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._types if hasattr(self, f"_{name}")}


def _converter(kind: Any) -> Callable[[Any], Any]:
    """Return what converts to ``kind``: an instance of a type, and of a schema what is none yet."""
    if isinstance(kind, NewTypeMeta):
        return lambda value: value if isinstance(value, kind) else kind(value)
    converter: Callable[[Any], Any] = kind() if isinstance(kind, type) else kind
    return converter
