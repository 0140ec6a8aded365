"""What is assigned to ``api.http`` and cannot be right: told there, not by each request."""

from __future__ import annotations

import difflib
from typing import Any, Final

from hug.source_locations import warn_caller

_COUNTS: Final = frozenset({"max_body", "max_header_size", "max_members", "max_upload"})

_SETTINGS: Final = (
    *_COUNTS, "base_url", "body_timeout", "documentation_url", "inline", "openapi_bodies", "openapi_info",
    "openapi_servers", "openapi_url", "openapi_version", "output_format",
)  # fmt: skip

_NEARLY: Final = 0.8
"""How alike a misspelling is to what is meant, as with options: ``max_bdy`` is, ``max_age`` is not."""


def check_setting(of: object, name: str, value: Any) -> None:
    """Refuse a value that a setting cannot have; warn of a name that nearly is one.

    It is no error, as applications keep what they like there, as with hug 2.

    Args:
        of: What has the settings.
        name: What is assigned.
        value: To what.

    Raises:
        ValueError: No request could be answered with that.
    """
    if name in _COUNTS:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ValueError(f"api.http.{name} takes a whole number, from 0, and {value!r} is none")
    elif name == "body_timeout":
        if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
            raise ValueError(f"api.http.{name} takes a number of seconds above 0, and {value!r} is none")
    elif not (name.startswith("_") or name in _SETTINGS or hasattr(of, name)) and (
        meant := difflib.get_close_matches(name, _SETTINGS, 1, _NEARLY)
    ):
        warn_caller(f"api.http has no setting {name!r}: is it {meant[0]!r} that you mean?")
