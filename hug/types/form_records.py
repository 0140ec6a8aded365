"""Forms as records: what a form has of a record, made into what JSON would have of it.

A form has nothing but text, and a list where a name was given several times.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from hug import json_module
from hug.types.adapted import adapted
from hug.types.annotations import beside_none, has_records, is_record, takes_list, takes_whole_text
from hug.types.base import Type
from hug.types.records import RecordField, record_fields
from hug.types.standard_typing import accepts


class FormRecord:
    """Makes a form into what a record takes, by the rules that parameters have."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    @cached_property
    def _fields(self) -> Mapping[str, RecordField]:
        return record_fields(self._kind)

    @cached_property
    def whole(self) -> tuple[str, ...]:
        """Names of the fields for which text is one value, commas and all."""
        return tuple(name for name, field in self._fields.items() if takes_whole_text(field.annotation))

    def __call__(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``form`` with a list for a single value where only that will do, and JSON for its text."""
        return {
            name: _fitting(value, self._fields[name].annotation)
            if isinstance(value, str) and name in self._fields
            else value
            for name, value in form.items()
        }


def form_record(annotation: Any) -> FormRecord | None:
    """Return what makes forms into ``annotation``, if that is a record, or one or None; None otherwise."""
    if adapted(annotation) is not None:
        return None
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        own = any(isinstance(each, Type) or adapted(each) is not None for each in arguments[1:])
        return None if own else form_record(arguments[0])
    if (kind := beside_none(annotation)) is not annotation:
        return form_record(kind)
    return FormRecord(annotation) if is_record(annotation) else None


def _fitting(text: str, annotation: Any) -> Any:
    objects, lists = has_records(annotation), takes_list(annotation)
    if not (objects or lists) or accepts(annotation, text):
        return text
    if objects and text.lstrip()[:1] in ("{", "["):
        try:
            return json_module.loads_unicode(text)
        except ValueError:
            return text
    return [text] if lists else text
