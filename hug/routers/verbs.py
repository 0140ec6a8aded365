"""The methods of HTTP as methods of what makes routers: `hug.get` and its kind, chaining, `hug.route.API`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar, Unpack

from hug.routers.options import METHODS, Texts, URLOptions, URLRoute, explaining

R_co = TypeVar("R_co", covariant=True)

VERBS: Final[Mapping[str, tuple[str, ...]]] = {
    **{method.lower(): (method,) for method in METHODS},
    "get_post": ("GET", "POST"),
    "put_post": ("PUT", "POST"),
    "http": METHODS,
}
"""What each accepts."""


class Verbs(Generic[R_co]):
    """Makes routers ``R_co``, one way for each of `VERBS`; see `hug.routing.URLRouter` for the options."""

    @abstractmethod
    def _of(self, verb: str, urls: Texts | None, options: Mapping[str, Any]) -> R_co:
        """Return a router for what ``verb`` accepts, unless ``options`` say otherwise."""

    @explaining(URLRoute)
    def get(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> R_co:
        """Return a router for GET."""
        return self._of("get", urls, options)

    @explaining(URLRoute)
    def post(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> R_co:
        """Return a router for POST."""
        return self._of("post", urls, options)

    @explaining(URLRoute)
    def put(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> R_co:
        """Return a router for PUT."""
        return self._of("put", urls, options)

    @explaining(URLRoute)
    def patch(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> R_co:
        """Return a router for PATCH."""
        return self._of("patch", urls, options)

    @explaining(URLRoute)
    def delete(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> R_co:
        """Return a router for DELETE."""
        return self._of("delete", urls, options)

    @explaining(URLRoute)
    def head(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> R_co:
        """Return a router for HEAD."""
        return self._of("head", urls, options)

    @explaining(URLRoute)
    def options(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> R_co:
        """Return a router for OPTIONS."""
        return self._of("options", urls, options)

    @explaining(URLRoute)
    def trace(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> R_co:
        """Return a router for TRACE."""
        return self._of("trace", urls, options)

    @explaining(URLRoute)
    def connect(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> R_co:
        """Return a router for CONNECT."""
        return self._of("connect", urls, options)

    @explaining(URLRoute)
    def get_post(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> R_co:
        """Return a router for GET and POST."""
        return self._of("get_post", urls, options)

    @explaining(URLRoute)
    def put_post(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> R_co:
        """Return a router for PUT and POST."""
        return self._of("put_post", urls, options)

    @explaining(URLRoute)
    def http(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> R_co:
        """Return a router for all methods, or those in ``accept``."""
        return self._of("http", urls, options)

    call = http
    """What hug 1 called `http`."""
