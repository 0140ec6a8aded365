"""Annotations as JSON Schema, and the components that schemas refer to."""

from __future__ import annotations

import inspect
import math
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from hug.openapi.enums import as_declared
from hug.openapi.hug_types import schema_of_type
from hug.openapi.marshmallow_schemas import schema_of_fields
from hug.sentinels import NOTHING
from hug.types.annotations import beside_none, contains_itself, is_named_tuple, meant, rebuilt
from hug.types.base import Type
from hug.types.by_pydantic import adapter, is_for_pydantic
from hug.types.records import struct_like
from hug.types.uploaded import upload_type

Schema: TypeAlias = dict[str, Any]

JSON: Final = "application/json"

_REFERENCE: Final = "#/components/schemas/{name}"
_DURATION: Final[Schema] = {"type": "string", "format": "duration"}
_SECONDS: Final[Schema] = {"type": ["string", "number"], "description": "ISO 8601, or seconds"}
"""What `hug.json_module` writes of a `timedelta`, and what is read."""

_ANYTHING: Final = (NOTHING, Any, object)

OCTETS: Final = (bytes, bytearray)
"""Text in UTF-8 (`hug.types.bounded_constructors.octets`), where msgspec would have it in base64."""


class Schemas:
    """Makes schemas, and keeps what they have in common.

    Attributes:
        components: Schemas of classes, by name.
    """

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def of(self, annotation: Any) -> Schema:
        """Return the schema of what ``annotation`` takes, or of what is annotated with it.

        One that nothing is known about has an empty schema, which everything fits, with a description if it
        has words of its own.
        """
        if any(annotation is each for each in _ANYTHING) or contains_itself(annotation):
            return {}
        if any(beside_none(annotation) is each for each in OCTETS):
            text = {"type": "string"}
            return text if isinstance(annotation, type) else {"anyOf": [text, {"type": "null"}]}
        if isinstance(annotation, str):
            return {"description": annotation} if annotation else {}
        if (uploaded := upload_type(annotation)) is not None:
            return schema_of_type(uploaded, self.of)
        if is_for_pydantic(annotation):
            return self._adopted(*_of_pydantic(adapter(annotation).json_schema))
        if isinstance(annotation, type) and issubclass(annotation, Type):
            return (
                schema_of_type(annotation(), self.of) if _is_made_bare(annotation) else _described(annotation)
            )
        if isinstance(annotation, Type):
            return schema_of_type(annotation, self.of)
        if (plain := meant(annotation)) is not annotation:
            return self.of(plain)
        if typing.get_origin(annotation) is typing.Annotated:
            return self._of_annotated(annotation)
        if hasattr(annotation, "model_json_schema"):
            return self._of_model(annotation)
        if (of_fields := schema_of_fields(annotation)) is not None:
            return {**of_fields, **_described(annotation)}
        return self._of_standard(rebuilt(annotation, _as_written))

    def _of_annotated(self, annotation: Any) -> Schema:
        kind, *metadata = typing.get_args(annotation)
        for remark in metadata:
            if isinstance(remark, Type):
                return self.of(remark)
        if any(isinstance(remark, msgspec.Meta) for remark in metadata):
            return self._of_standard(annotation)
        words = next((remark for remark in metadata if isinstance(remark, str)), "")
        return {**self.of(kind), **self.of(words)}

    def _of_model(self, model: Any) -> Schema:
        """Return a reference to the schema that a pydantic model has of itself."""
        schema, components = _of_pydantic(model.model_json_schema)
        if "$ref" in schema:  # a model that contains itself
            return self._adopted(schema, components)
        name = model.__name__
        return self._adopted({"$ref": _REFERENCE.format(name=name)}, {**components, name: schema})

    def _of_standard(self, annotation: Any) -> Schema:
        try:
            (schema,), components = msgspec.json.schema_components(
                (annotation,), schema_hook=self._of_unknown, ref_template=_REFERENCE
            )
        except (TypeError, NameError, NotImplementedError):  # of msgspec: it knows no schema
            return _described(annotation)
        mend = as_declared(annotation)
        return self._adopted(mend(schema), {name: mend(each) for name, each in components.items()})

    def _of_unknown(self, kind: Any) -> Schema:
        """Return the schema of a class that msgspec does not know, within one that it does."""
        if hasattr(kind, "model_json_schema"):
            return self._of_model(kind)
        return _described(kind)

    def _adopted(self, schema: Schema, components: Mapping[str, Schema]) -> Schema:
        """Return ``schema`` with references to ``components``, which become those of the document.

        A component that the document has is that one. One that only has the name of another gets a number,
        in its title, too: programs that make classes of schemas name them by their titles.
        """
        in_order = list(_parts_first(components))
        numbers = dict.fromkeys(in_order, 1)
        while True:
            names = {name: _numbered(name, number) for name, number in numbers.items()}
            references = {
                _REFERENCE.format(name=name): _REFERENCE.format(name=free) for name, free in names.items()
            }
            known = dict(self.components)
            for name in in_order:
                adopted: Schema = _with_references(components[name], references)
                if numbers[name] > 1 and "title" in adopted:
                    adopted["title"] = names[name]
                if known.setdefault(names[name], adopted) != adopted:
                    numbers[name] += 1
                    break
            else:
                self.components.update(known)
                result: Schema = _with_references(schema, references)
                return result


def _of_pydantic(describe: Callable[..., Schema]) -> tuple[Schema, dict[str, Schema]]:
    """Return a schema that pydantic has, and those that it refers to."""
    schema = describe(ref_template=_REFERENCE.replace("name", "model"))
    return schema, schema.pop("$defs", {})


def _numbered(name: str, number: int) -> str:
    free = re.sub(r"[^\w.-]+", "_", name)
    return free if number == 1 else f"{free}_{number}"


def _parts_first(components: Mapping[str, Schema]) -> Iterator[str]:
    """Yield the names of components, each one's parts before it; parts of each other in some order."""
    names = {_REFERENCE.format(name=name): name for name in components}
    met: set[str] = set()

    def parts_of(value: Any) -> Iterator[str]:
        if isinstance(value, dict | list | tuple):
            for each in value.values() if isinstance(value, dict) else value:
                yield from parts_of(each)
        elif isinstance(value, str) and value in names:
            yield from visit(names[value])

    def visit(name: str) -> Iterator[str]:
        if name not in met:
            met.add(name)
            yield from parts_of(components[name])
            yield name

    for name in components:
        yield from visit(name)


def _as_written(kind: Any) -> Any:
    """Return ``kind``, but for named tuples what `hug.json_module` writes of them, which are objects."""
    return struct_like(kind) if is_named_tuple(kind) else kind


def _with_references(value: Any, references: Mapping[str, str]) -> Any:
    if value == _DURATION:
        return dict(_SECONDS)
    if isinstance(value, dict):
        return {key: _with_references(each, references) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_references(each, references) for each in value]
    return references.get(value, value) if isinstance(value, str) else value


def _is_made_bare(kind: type[Type]) -> bool:
    return all(
        each.default is not each.empty or each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        for each in inspect.signature(kind).parameters.values()
    )


def _described(annotation: Any) -> Schema:
    """Return the schema of what explains itself only in words; Python's explain their constructors."""
    words = getattr(annotation, "__doc__", None)
    own = getattr(annotation, "__module__", None) not in ("builtins", "fractions") and isinstance(words, str)
    return {"description": inspect.cleandoc(words)} if own and words else {}


def is_text(schema: Schema) -> bool:
    """Return whether ``schema`` is that of text."""
    return schema.get("type") == "string"


def is_object(schema: Schema, components: Mapping[str, Schema]) -> bool:
    """Return whether what fits ``schema`` is, or may be, an object in JSON."""
    return "object" in _kinds(schema, components, set(), within_lists=False)


def has_objects(schema: Schema, components: Mapping[str, Schema]) -> bool:
    """Return whether what fits ``schema`` is, or may be, an object in JSON, or a list of some."""
    return "object" in _kinds(schema, components, set(), within_lists=True)


def _kinds(
    schema: Schema, components: Mapping[str, Schema], met: set[str], *, within_lists: bool
) -> Iterator[Any]:
    """Yield the types of what fits ``schema``; ``met`` are the references that have been followed."""
    if reference := schema.get("$ref", ""):
        if reference in met:
            return
        met.add(reference)
        schema = components[reference.rpartition("/")[2]]
    yield schema.get("type")
    items = [schema["items"]] if within_lists and isinstance(schema.get("items"), dict) else []
    combined = (part for word in ("anyOf", "oneOf", "allOf") for part in schema.get(word, ()))
    for part in (*combined, *items):
        yield from _kinds(part, components, met, within_lists=within_lists)


_KINDS: Final[Mapping[str, Any]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
    "null": type(None),
}  # fmt: skip


def fits(value: Any, schema: Schema) -> bool:
    """Return whether a value that JSON has fits ``schema``, as far as that is told without its parts.

    The default of a parameter is what its function gets, which need not be anything that a client may send.
    """
    kinds = schema.get("type", list(_KINDS))
    names = [kinds] if isinstance(kinds, str) else kinds
    if not any(isinstance(value, _KINDS[name]) for name in names):
        return False
    if isinstance(value, str):
        limits = schema.get("minLength", 0), schema.get("maxLength", len(value))
        return value in schema.get("enum", (value,)) and limits[0] <= len(value) <= limits[1]
    if isinstance(value, int | float):
        return (
            value in schema.get("enum", (value,))
            and schema.get("minimum", value) <= value <= schema.get("maximum", value)
            and schema.get("exclusiveMinimum", -math.inf) < value < schema.get("exclusiveMaximum", math.inf)
        )
    return True
