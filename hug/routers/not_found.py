"""A router for URLs that do not exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hug.api.module_api import api_for
from hug.introspect import first, refuse_bare
from hug.routers.http import HTTPRouter

F = TypeVar("F", bound=Callable[..., Any])


class NotFoundRouter(HTTPRouter):
    """A router for URLs that do not exist."""

    def __init__(self, output: Callable[..., Any] | None = None, **options: Any) -> None:
        """Make a router with the given options; the status is 404 by default.

        Raises:
            TypeError: ``output`` is a function that takes no data, and so no output format: the parentheses
                after the decorator's name are missing.
        """
        if not _takes_data(output):
            refuse_bare(output, "hug.not_found")
        if output is not None:
            options["output"] = output
        super().__init__(**{"status": "404 Not Found", **options})

    def __call__(self, function: F) -> F:
        """Let ``function`` answer for URLs that do not exist."""
        interface = self.interface(function)
        for version in self.route.get("versions", (None,)):
            api_for(self.route.get("api"), function).http.set_not_found_handler(interface, version)
        return function


def _takes_data(function: Any) -> bool:
    if hasattr(function, "content_type") or isinstance(function, type):
        return True
    from hug.interface.http import HTTP  # noqa: PLC0415  # Falcon, from the first route on

    name = first(function) if callable(function) else None
    return name is not None and name not in HTTP.injectable and not name.startswith("hug_")
