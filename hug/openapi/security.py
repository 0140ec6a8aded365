"""Requirements that ask who is calling, as security schemes of OpenAPI."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from hug.openapi.names import numbered

ATTRIBUTE: Final = "security_scheme"
"""What a requirement has that says what it asks for: ``{"type": "http", "scheme": "basic"}``, for example.

Source: https://spec.openapis.org/oas/v3.2.0.html#security-scheme-object
"""


class Security:
    """Names the schemes of requirements.

    Attributes:
        schemes: By name.
    """

    def __init__(self) -> None:
        self.schemes: dict[str, dict[str, Any]] = {}

    def required(self, requirements: Iterable[Callable[..., Any]]) -> dict[str, list[str]]:
        """Return the Security Requirement Object of ``requirements``, all of which have to be met."""
        found = (getattr(requirement, ATTRIBUTE, None) for requirement in requirements)
        return {self._name(dict(scheme)): [] for scheme in found if scheme}

    def _name(self, scheme: dict[str, Any]) -> str:
        words = scheme.get("scheme") or scheme.get("name") or scheme.get("type")
        names = numbered(re.sub(r"[^\w.-]+", "_", str(words)))
        return next(name for name in names if self.schemes.setdefault(name, scheme) == scheme)
