"""What an endpoint takes, as OpenAPI has it: parameters of a path and a query, and bodies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from hug import json_module
from hug.interface.binding import Field
from hug.interface.forms import FORM
from hug.interface.http import HTTP
from hug.openapi.schemas import JSON, OCTETS, Schema, Schemas, fits, has_objects, is_object, is_text
from hug.sentinels import NOTHING
from hug.types.annotations import beside_none
from hug.types.collection import DelimitedList
from hug.types.uploaded import File

_CONVERTED: Final[dict[str | None, Schema]] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "uuid": {"type": "string", "format": "uuid"},
}

_STRUCTURED: Final = (JSON, "application/x-www-form-urlencoded", FORM)
_DELIMITERS: Final = {",": "form", "|": "pipeDelimited", " ": "spaceDelimited"}

_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose bodies carry fields. Others may, too, but clients and proxies do not count on it."""


class Inputs:
    """Describes what endpoints take, by a method and a URL, of whose fields the converters are told."""

    def __init__(
        self,
        reads: Callable[[str], Any],
        keeps_blanks: bool,
        schemas: Schemas,
        bodies: Collection[str] = (),
    ) -> None:
        """Begin.

        Args:
            reads: Returns what reads bodies of a media type, None if nothing does.
            keeps_blanks: Whether a blank value in a query is a value.
            schemas: Gets the schemas of classes.
            bodies: Media types; a body that may be of one of them is described as of these alone.
        """
        self._bodies = bodies
        self._reads = reads
        self._keeps_blanks = keeps_blanks
        self._schemas = schemas

    def parameters(self, interface: HTTP, method: str, in_url: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the parameters of path and query."""
        parameters = [self._in_path(interface, name, converter) for name, converter in in_url.items()]
        if method not in _WITH_BODY or not interface.parse_body:
            examples = _examples(interface)
            parameters += [self._in_query(field, examples) for field in _beside(in_url, interface)]
        return parameters

    def body(self, interface: HTTP, method: str, in_url: Mapping[str, str]) -> dict[str, Any]:
        """Return the body; nothing if there is none."""
        whole = interface.binding.body
        if not interface.parse_body or (method not in _WITH_BODY and whole is None):
            return {}
        return self._body(interface, _beside(in_url, interface) if method in _WITH_BODY else [], whole)

    def _in_path(self, interface: HTTP, name: str, converter: str) -> dict[str, Any]:
        field = next((each for each in interface.binding.fields if each.external == name), None)
        schema = self._schemas.of(field.annotation) if field and field.annotation is not NOTHING else {}
        if not schema.keys() - {"description"}:
            schema = {**_CONVERTED.get(converter, {"type": "string"}), **schema}
        return {"name": name, "in": "path", "required": True, "schema": schema}

    def _in_query(self, field: Field, examples: dict[str, list[str]]) -> dict[str, Any]:
        schema = self._field(field)
        if field.annotation is NOTHING or isinstance(field.annotation, str):
            schema = {"type": "string", **schema}
            if not isinstance(schema.get("default", ""), str):
                del schema["default"]  # which the function gets, and a client cannot send
        parameter: dict[str, Any] = {"name": field.external, "in": "query"}
        if field.default is NOTHING:
            parameter["required"] = True
            if is_text(schema) and not self._keeps_blanks:
                schema = {"minLength": 1, **schema}  # a blank value counts as missing
        if isinstance(field.annotation, DelimitedList):
            if field.annotation.using not in _DELIMITERS:
                return {**parameter, "schema": {"type": "string"}}
            parameter |= {"style": _DELIMITERS[field.annotation.using], "explode": False}
        if has_objects(schema, self._schemas.components):
            return {**parameter, "content": {JSON: {"schema": schema}}}
        if field.external in examples:
            parameter["example"] = _as_example(examples[field.external], schema)
        return {**parameter, "schema": schema}

    def _field(self, field: Field) -> Schema:
        schema = self._schemas.of(field.annotation)
        if field.default is NOTHING or field.default is None:
            return schema
        try:
            default = json_module.loads(json_module.dump_line(field.default))
        except (TypeError, ValueError):  # JSON has no such value
            return schema
        return {**schema, "default": default} if fits(default, schema) else schema

    def _body(self, interface: HTTP, fields: list[Field], whole: Field | None) -> dict[str, Any]:
        required = [field.external for field in fields if field.default is NOTHING]
        parts: list[Schema] = []
        if whole is not None and (schema := self._schemas.of(whole.annotation)):
            parts.append(schema)
        if fields:
            properties = {field.external: self._field(field) for field in fields}
            parts.append(
                {"type": "object", "properties": properties, **({"required": required} if required else {})}
            )
        if not parts and whole is None:
            return {}
        schema = parts[0] if len(parts) == 1 else {"allOf": parts} if parts else {}
        own = tuple(interface.bodies.inputs)
        kinds = [kind for kind in (*_STRUCTURED, *own) if kind in own or self._reads(kind) is not None]
        if schema and not fields and not is_object(schema, self._schemas.components):
            kinds = [kind for kind in kinds if kind in (JSON, *own)]  # a form is an object
        if whole is not None and any(beside_none(whole.annotation) is each for each in OCTETS):
            kinds.append("application/octet-stream")
        if any(isinstance(field.convert, File) for field in fields):
            kinds = [kind for kind in kinds if kind in (FORM, *own)]
        kinds = [kind for kind in kinds if kind in self._bodies] or kinds
        content: dict[str, Any] = {kind: {"schema": schema} for kind in dict.fromkeys(kinds)}
        if as_json := self._in_forms(fields):
            for kind in content.keys() & {*_STRUCTURED[1:]}:
                content[kind]["encoding"] = as_json
        if not content:
            return {}
        must = bool(required) or (
            whole is not None and whole.convert is not None and whole.default is NOTHING
        )
        return {"required": True, "content": content} if must else {"content": content}

    def _in_forms(self, fields: list[Field]) -> dict[str, Any]:
        """Return how fields are encoded in a form that are objects: as JSON."""
        components = self._schemas.components
        return {
            field.external: {"contentType": JSON}
            for field in fields
            if has_objects(self._schemas.of(field.annotation), components)
        }


def _beside(in_url: Mapping[str, str], interface: HTTP) -> list[Field]:
    """Return the fields of an endpoint that are not in its URL."""
    return [field for field in interface.binding.fields if field.external not in in_url]


def _examples(interface: HTTP) -> dict[str, list[str]]:
    """Return the values of the first example of a route that has some."""
    return next((parse_qs(example) for example in interface.route.get("examples", ())), {})


def _as_example(values: list[str], schema: Schema) -> Any:
    value: Any = values if schema.get("type") == "array" else values[-1]
    if schema.get("type") in ("integer", "number", "boolean"):
        try:
            return json_module.loads_unicode(value)
        except ValueError:
            pass
    return value
