"""URL templates as Falcon has them, such as ``/users/{id:int}``: their fields. Pure functions.

Source: https://falcon.readthedocs.io/en/stable/api/routing.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_FIELD: Final = re.compile(r"\{([^{}:]+)(?::([^{}()]+)(?:\([^{}]*\))?)?\}")
"""The name of a field, and that of its converter, if it has one."""

_BRACED: Final = re.compile(r"\{[^}]*\}")
"""A field of whatever name, that of a converter and its arguments included."""


def fields(template: str) -> dict[str, str]:
    """Return the names of the converters by the names of the fields; empty for one without."""
    return dict(_FIELD.findall(template))


def balanced(template: str) -> bool:
    """Return whether all braces are those of fields; Falcon takes any other one as it is."""
    return not any(brace in _BRACED.sub("", part) for part in template.split("/") for brace in "{}")


def without_converters(template: str) -> str:
    """Return a template of which only the names of the fields are left."""
    return _FIELD.sub(r"{\1}", template)


def filled(template: str, values: Mapping[str, Any]) -> str:
    """Return the URL in which each field has its value."""
    return _FIELD.sub(lambda field: str(values[field[1]]), template)
