"""What one API takes over of another: see `hug.extend_api`."""

from __future__ import annotations

from typing import TypeVar

from hug.api.http_api import HTTPInterfaceAPI
from hug.interface.http import HTTP
from hug.interface.of_function import Interfaces
from hug.interface.protocols import Owner

H = TypeVar("H", bound=HTTP)


class Extension:
    """One API's side for HTTP as it takes over what another one has now.

    Interfaces are made anew, for the API that they answer for from then on: its formats, contexts, limits and
    streams. What they come from stays as it is. Nothing is taken over twice, nor given back where it is from.
    """

    def __init__(self, parent: HTTPInterfaceAPI, owner: Owner, child: HTTPInterfaceAPI) -> None:
        """Begin.

        Args:
            parent: What takes.
            owner: The API of ``parent``.
            child: What is taken from.
        """
        self._parent = parent
        self._owner = owner
        self._child = child
        self._made: dict[int, HTTP] = {}

    def take(self, route: str, base_url: str) -> None:
        """Take over all there is.

        Args:
            route: What the URLs of routes and sinks begin with, behind the base URL.
            base_url: Default is that of ``parent``; those of ``child`` do not count.
        """
        parent, child = self._parent, self._child
        base_url = base_url or parent.base_url
        for _, url, method, version, interface in child.routes.each():
            there = parent.routes.at(base_url, route + url, method, version)
            if not self._is_own(interface) and (there is None or there.origin is not interface.origin):
                parent.keep(self._remade(interface), base_url, route + url, (method,), (version,))
        for url, sink in [pair for sinks in child.sinks.values() for pair in sinks.items()]:
            existing = parent.sinks.get(base_url, {}).get(route + url)
            if not self._is_own(sink) and (existing is None or existing.origin is not sink.origin):
                parent.add_sink(self._remade(sink), route + url, base_url)
        for component in child.middleware:
            if all(component is not each for each in parent.middleware):
                parent.add_middleware(component)
        parent.raised.adopt(child.raised, self._remade)
        for kind, handler in child.not_found_handlers.items():
            if kind not in parent.not_found_handlers:
                parent.not_found_handlers[kind] = self._remade(handler)
        parent.adopt_input_formats(child)
        parent.revision += 1

    def _is_own(self, interface: HTTP) -> bool:
        return interface.origin.api is self._owner

    def _remade(self, interface: H) -> H:
        """Return ``interface`` for the parent; the function has it from now on, as the latest of its own."""
        made = self._made.get(id(interface))
        if made is None:
            made = self._made[id(interface)] = interface.for_api(self._owner)
            Interfaces.of(interface.function).http = made
        assert isinstance(made, type(interface))
        return made
