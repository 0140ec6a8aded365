"""Schemas of marshmallow as JSON Schema, as far as their fields tell. They are known by their attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_KINDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "String": {"type": "string"},
    "UUID": {"type": "string", "format": "uuid"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Date": {"type": "string", "format": "date"},
    "Time": {"type": "string", "format": "time"},
    "Integer": {"type": "integer"},
    "Float": {"type": "number"},
    "Boolean": {"type": "boolean"},
    "Mapping": {"type": "object"},
}
"""By the name of the class; for others nothing is told, since fields may be given a format of their own."""


def schema_of_fields(schema: Any) -> dict[str, Any] | None:
    """Return the schema of a schema of marshmallow, an object or a class; None for anything else."""
    if not isinstance(getattr(schema, "_declared_fields", None), Mapping):
        return None
    made = schema() if isinstance(schema, type) else schema
    properties, required = {}, []
    for name, field in made.fields.items():
        outside = field.data_key or name
        properties[outside] = _of_field(field)
        if field.required and not field.dump_only:
            required.append(outside)
    told: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        told["required"] = required
    return {"type": "array", "items": told} if made.many else told


def _of_field(field: Any) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for kind in type(field).__mro__:
        if kind.__name__ in _KINDS:
            told = dict(_KINDS[kind.__name__])
            break
        if kind.__name__ == "List":
            told = {"type": "array", "items": _of_field(field.inner)}
            break
        if kind.__name__ == "Nested":  # its fields may contain this very schema
            told = {"type": "array" if field.many else "object"}
            break
    if field.allow_none and "type" in told:
        told["type"] = [told["type"], "null"]
    if field.dump_only:
        told["readOnly"] = True
    if field.load_only:
        told["writeOnly"] = True
    return told
