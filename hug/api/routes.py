"""The routes of an API: which function answers a method of a URL, in which version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from hug.api.route_checks import check_free, check_template
from hug.dispatch.templates import Templates
from hug.interface.http import HTTP
from hug.versions import Key


class Route(NamedTuple):
    """One method of one URL in one version, and what answers it."""

    base_url: str
    url: str
    method: str
    version: Key
    interface: HTTP


class Routes(dict[str, dict[str, dict[str, dict[Key, HTTP]]]]):
    """Interfaces by base URL, URL, method and the key of their version (see `hug.versions`)."""

    def __init__(self) -> None:
        super().__init__()
        self._templates = Templates()

    def keep(
        self,
        interface: HTTP,
        base_url: str,
        url: str,
        methods: Sequence[str],
        keys: Sequence[Key],
        *,
        slash_counts: bool,
    ) -> None:
        """Let ``interface`` answer ``methods`` of one URL in the versions of these keys.

        Args:
            interface: What answers.
            base_url: What the URL begins with.
            url: The rest of it.
            methods: In capitals.
            keys: Those of versions.
            slash_counts: Whether a slash at the end makes another URL.

        Raises:
            RouteError: Another function does already; or Falcon does not take the URL beside the others.
        """
        check_template(interface, self._templates, base_url, url)
        of_base = self.setdefault(base_url, {})
        bare = url.rstrip("/")
        for twin in {url} if slash_counts else {bare, bare + "/"}:
            for method in methods:
                for key in keys:
                    there = of_base.get(twin, {}).get(method, {}).get(key)
                    check_free(interface, there, f"{method} {base_url}{url}")
        if (base_url, url) not in interface.places:
            interface.places.append((base_url, url))
        of_url = of_base.setdefault(url, {})
        for method in methods:
            of_url.setdefault(method, {}).update(dict.fromkeys(keys, interface))

    def at(self, base_url: str, url: str, method: str, version: Key) -> HTTP | None:
        """Return what answers just there, None if nothing does."""
        return self.get(base_url, {}).get(url, {}).get(method, {}).get(version)

    def each(self) -> Iterator[Route]:
        """Yield every route."""
        for base_url, urls in self.items():
            for url, methods in urls.items():
                for method, kept in methods.items():
                    for version, interface in kept.items():
                        yield Route(base_url, url, method, version, interface)

    def urls(self) -> Iterator[str]:
        """Yield every URL once for each base URL it has, with that."""
        for base_url, urls in self.items():
            yield from (base_url + url for url in urls)

    def handlers(self) -> Iterator[HTTP]:
        """Yield every interface once."""
        yield from {id(route.interface): route.interface for route in self.each()}.values()

    def versions(self) -> set[Key]:
        """Return the keys of all versions there are."""
        return {route.version for route in self.each()}

    def versioned(self) -> dict[Key, dict[str, Callable[..., Any]]]:
        """Return the functions by version and name."""
        found: dict[Key, dict[str, Callable[..., Any]]] = {}
        for route in self.each():
            function = route.interface.function
            found.setdefault(route.version, {})[function.__name__] = function
        return found
