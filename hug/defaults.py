"""What an API does that was told nothing else, in the whole process. Assign to these names to change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hug import directives as _directives
from hug import input_format as _input_format
from hug import output_format as _output_format

output_format: Callable[..., Any] = _output_format.json
cli_output_format: Callable[..., Any] = _output_format.text

input_format: dict[str, Callable[..., Any]] = {
    "application/json": _input_format.json,
    "application/x-www-form-urlencoded": _input_format.urlencoded,
    "multipart/form-data": _input_format.multipart,
    "text/plain": _input_format.text,
    "text/css": _input_format.text,
    "text/html": _input_format.text,
}

directives: dict[str, Callable[..., Any]] = {
    "timer": _directives.Timer,
    "api": _directives.api,
    "module": _directives.module,
    "api_version": _directives.api_version,
    "user": _directives.user,
    "session": _directives.session,
    "documentation": _directives.documentation,
    "current_api": _directives.CurrentAPI,
    "last_event_id": _directives.last_event_id,
}
"""By name; a parameter asks for one with ``hug_`` before it."""


def context_factory(*_args: Any, **_kwargs: Any) -> dict[str, Any]:
    """Return the context of a call, which its requirements, types and directives share."""
    return {}


def delete_context(
    _context: Any, exception: Any = None, errors: Any = None, lacks_requirement: Any = None
) -> None:
    """Take down the context of a call; does nothing."""
