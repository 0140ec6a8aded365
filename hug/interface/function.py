"""What a decorated function carries: ``function.interface``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from hug.interface.http import HTTP
from hug.interface.protocols import Owner


class Interfaces:
    """The interfaces of one function.

    Attributes:
        spec: The function.
        http: Its latest HTTP interface.
    """

    http: HTTP

    def __init__(self, function: Callable[..., Any]) -> None:
        self.spec = function

    @property
    def api(self) -> Owner:
        """The API of the latest interface."""
        return self.http.api

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Self:
        """Return the interfaces of ``function``, which are kept in its attribute ``interface``."""
        plain: Any = getattr(function, "__func__", function)
        existing = vars(plain).get("interface")
        # A wrapper made with functools.wraps has the attributes of what it wraps.
        if not isinstance(existing, cls) or existing.spec is not plain:
            existing = plain.interface = cls(plain)
        return existing
