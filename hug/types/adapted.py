"""Objects that convert by a method of theirs, as types: schemas and fields of marshmallow, ``from_string``.

They are known by their methods, so no package is imported here.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import partial
from typing import Any

from hug import json_module
from hug.exceptions import InvalidTypeData
from hug.types.base import Type

_of_call: ContextVar[Any] = ContextVar("hug_schema_context")
"""The context of the call that a schema works for."""


def adapted(annotation: Any) -> Callable[..., Any] | None:
    """Return what converts by a method of ``annotation``, None if it has none of those.

    In this order: ``from_string``; ``load``, as schemas of marshmallow have it; ``deserialize``, as its
    fields do. A class whose method is for its instances is called to make one.
    """
    if isinstance(annotation, Type):
        return None
    if (parse := _method(annotation, "from_string")) is not None:
        return parse
    if _is_schema(annotation, "load"):
        return MarshmallowInputSchema(annotation)
    return _method(annotation, "deserialize")


def dumping(annotation: Any) -> Callable[..., Any] | None:
    """Return what makes plain values of a result by ``annotation``, a schema; None for anything else."""
    return MarshmallowReturnSchema(annotation) if _is_schema(annotation, "dump") else None


def described(annotation: Any) -> str | None:
    """Return what documentation says of an object that `adapted` takes; None for any other, and classes."""
    if isinstance(annotation, type) or adapted(annotation) is None:
        return None
    return annotation.__doc__ or type(annotation).__name__


class _OfSchema(Type):
    """Uses a schema with the context of each call."""

    _accept_context = True

    def __init__(self, schema: Any) -> None:
        self.schema = schema() if isinstance(schema, type) else schema
        self.__doc__ = self.schema.__doc__ or type(self.schema).__name__
        _share(self.schema)

    @contextmanager
    def _within(self, context: Any) -> Iterator[None]:
        if not isinstance(getattr(self.schema, "context", None), _Context):
            _share(self.schema)  # somebody has set another one meanwhile
        # From marshmallow 4 on, contexts are no attributes.
        fields = sys.modules.get("marshmallow.experimental.context")
        token = _of_call.set(context)
        try:
            with fields.Context(context) if fields else nullcontext():
                yield
        finally:
            _of_call.reset(token)


class MarshmallowInputSchema(_OfSchema):
    """Converts by the ``load`` of a schema; text is JSON. ``schema.context`` is the context of the call."""

    def __call__(self, value: Any, context: Any = None) -> Any:
        """Return the value loaded.

        Raises:
            InvalidTypeData: The schema refuses it; the reasons are its messages.
            ValueError: It is text, and no JSON.
        """
        if isinstance(value, str | bytes):
            value = json_module.loads_unicode(value)
        with self._within(context):
            try:
                return self.schema.load(value)
            except Exception as error:
                messages = getattr(error, "messages", None)
                if messages is None:
                    raise
                raise InvalidTypeData(f"Invalid {type(self.schema).__name__} passed in", messages) from error


class MarshmallowReturnSchema(_OfSchema):
    """Makes plain values of a result by the ``dump`` of a schema."""

    def __call__(self, value: Any, context: Any = None) -> Any:
        """Return the value dumped."""
        with self._within(context):
            return self.schema.dump(value)


def _method(annotation: Any, name: str) -> Callable[..., Any] | None:
    """Return this method, bound."""
    method: Callable[..., Any] | None = getattr(annotation, name, None)
    if not callable(method):
        return None
    own = inspect.getattr_static(annotation, name)
    if isinstance(annotation, type) and not isinstance(own, classmethod | staticmethod):
        return _method(annotation(), name)
    return method


def _is_schema(annotation: Any, method: str) -> bool:
    """Whether it has this method of schemas. Modules may have it, too, and classes of data that is kept."""
    if inspect.ismodule(annotation):
        return False
    if isinstance(annotation, type):
        return all(hasattr(annotation, name) for name in ("load", "loads", "dump"))
    return callable(getattr(annotation, method, None))


class _Context:
    """What a schema has for its context while it serves several calls at once: that of each in turn.

    Schemas of marshmallow 3 are one object for all calls, and hand their context on to those nested in them.
    """

    __slots__ = ("_own",)

    def __init__(self, own: Any) -> None:
        object.__setattr__(self, "_own", own)

    def _current(self) -> Any:
        return _of_call.get(self._own)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._current(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._current(), name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._current()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._current()[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._current()[key]

    def __contains__(self, key: object) -> bool:
        return key in self._current()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

    def __bool__(self) -> bool:
        return True  # marshmallow replaces one that is false with a dictionary

    def __eq__(self, other: object) -> bool:
        return bool(self._current() == other)

    __hash__ = None  # type: ignore[assignment]  # as a dictionary

    def __repr__(self) -> str:
        return repr(self._current())


def _share(schema: Any) -> Any:
    """Return ``schema``; give it, and those it was made with, a context that is each call's own."""
    own = getattr(schema, "context", None)
    if own is None or isinstance(own, _Context):
        return schema
    schema.context = _Context(own)
    for field in getattr(schema, "declared_fields", {}).values():
        holder = getattr(field, "inner", field)
        nested = getattr(holder, "nested", None)
        if inspect.isfunction(nested):
            holder.nested = partial(_shared, nested)
        elif not isinstance(nested, type):
            _share(nested)
    return schema


def _shared(make: Callable[[], Any]) -> Any:
    return _share(make())
