"""Falcon's router, which looks at a URL without fields once."""

from __future__ import annotations

from typing import Any, TypeAlias

from falcon.routing import CompiledRouter

Found: TypeAlias = tuple[object, Any, dict[str, Any], str | None]
"""A resource, its responders by method, the fields of the URL, and the template that these are of."""


class FalconRouter(CompiledRouter):
    """Finds resources by the path of a request.

    What a path leads to that is itself a template, one without fields, is remembered: there are no more of
    these than there are templates.
    """

    __slots__ = ("_without_fields",)

    def __init__(self) -> None:
        super().__init__()
        self._without_fields: dict[str, tuple[object, Any]] = {}

    def add_route(self, uri_template: str, resource: object, **kwargs: Any) -> None:
        """See `falcon.routing.CompiledRouter.add_route`."""
        self._without_fields.clear()
        super().add_route(uri_template, resource, **kwargs)

    def find(self, uri: str, req: Any = None) -> Found | None:
        """See `falcon.routing.CompiledRouter.find`."""
        known = self._without_fields.get(uri)
        if known is not None:
            resource, responders = known
            return resource, responders, {}, uri
        found = super().find(uri, req)
        if found is not None and found[3] == uri and not found[2]:
            self._without_fields[uri] = found[:2]
        return found
