"""Routers for URLs and methods: `URLRouter`, and `EventStreamRouter`, which it chains into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, Unpack, cast

from hug.api.module_api import api_for
from hug.introspect import bare
from hug.routers.http import HTTPRouter
from hug.routers.options import EventStreamOptions, EventStreamRoute, Texts, URLOptions, URLRoute, texts
from hug.routers.verbs import VERBS, Verbs
from hug.source_locations import warn_caller

if TYPE_CHECKING:
    from hug.interface.event_stream import EventStreamHTTP

F = TypeVar("F", bound=Callable[..., Any])


class URLRouter(HTTPRouter, Verbs["URLRouter"]):
    """A router for URLs."""

    known = URLRoute
    written: ClassVar[str] = "hug.http"
    """How the decorator is written, for messages."""

    def __init__(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> None:
        """Make a router.

        Args:
            urls: Templates such as ``/users/{id}``; default is a slash and the name of the function.
            options: All others.

        Raises:
            TypeError: ``urls`` is a function: the parentheses after the decorator's name are missing.
            ValueError: A version that is no number.
        """
        if callable(urls):
            bare(urls, self.written)
        defaults: Any = {"parse_body": True, "accept": VERBS["http"]}
        super().__init__(**defaults | dict(options) | ({} if urls is None else {"urls": urls}))

    def __call__(self, function: F) -> F:
        """Register ``function``, and return it."""
        interface = self.interface(function)
        route = self.route
        api_for(route.get("api"), function).http.add_route(
            interface, self._all_urls(function), route["accept"], route.get("versions", (None,))
        )
        return function

    def _all_urls(self, function: Callable[..., Any]) -> list[str]:
        urls = self.route.get("urls") or (f"/{function.__name__}",)
        prefixed = [prefix + url for prefix in self.route.get("prefixes", ()) for url in urls]
        suffixed = [
            f"{url.rstrip('/')}/{suffix.lstrip('/')}" if suffix.startswith("/") else url + suffix
            for suffix in self.route.get("suffixes", ())
            for url in urls
        ]
        return [*urls, *prefixed, *suffixed]

    def where(self, **overrides: Any) -> Self:
        """Return a router with these options in place of its own; relative URLs are joined onto its own."""
        if "urls" in overrides and (own := self.route.get("urls")):
            overrides["urls"] = [
                url if url.startswith("/") else f"{base.rstrip('/')}/{url}" if url else base
                for url in texts(overrides["urls"])
                for base in (("",) if url.startswith("/") else own)
            ]
        return super().where(**overrides)

    def urls(self, *urls: str, **overrides: Any) -> Self:
        """Return a router for these URLs."""
        given = urls[0] if len(urls) == 1 else urls
        return self.where(urls=given, **overrides)

    def accept(self, *methods: str, **overrides: Any) -> Self:
        """Return a router for these methods."""
        return self.where(accept=methods, **overrides)

    def examples(self, *examples: str, **overrides: Any) -> Self:
        """Return a router with these examples: query strings without the question mark."""
        return self.where(examples=examples, **overrides)

    def prefixes(self, *prefixes: str, **overrides: Any) -> Self:
        """Return a router whose URLs answer with these before them, too."""
        return self.where(prefixes=prefixes, **overrides)

    def suffixes(self, *suffixes: str, **overrides: Any) -> Self:
        """Return a router whose URLs answer with these after them, too."""
        return self.where(suffixes=suffixes, **overrides)

    def _check(self, urls: object, verb: str) -> None:
        if callable(urls):
            bare(urls, f"{self.written.rpartition('.')[0]}.{verb}")

    def _of(self, verb: str, urls: Texts | None, options: Mapping[str, Any]) -> Self:
        self._check(urls, verb)
        given = {} if urls is None else {"urls": urls}
        return self.where(**{"accept": VERBS[verb], **options, **given})

    def sse(self, urls: Texts | None = None, **overrides: Any) -> EventStreamRouter:
        """Return a router for event streams, which answer GET."""
        self._check(urls, "sse")
        own = {name: value for name, value in self.route.items() if name != "accept"}
        return EventStreamRouter(**own)._of("get", urls, overrides)


class EventStreamRouter(URLRouter):
    """A router for event streams: its functions answer GET, and are or return what is to be streamed."""

    known = EventStreamRoute
    written = "hug.sse"

    @property
    def interface_class(self) -> type[EventStreamHTTP]:
        """See `HTTPRouter.interface_class`."""
        from hug.interface.event_stream import EventStreamHTTP  # noqa: PLC0415  # Falcon

        return EventStreamHTTP

    def __init__(self, urls: Texts | None = None, **options: Unpack[EventStreamOptions]) -> None:
        """Make a router; see `URLRouter`. ``accept=("POST",)`` is for clients that use fetch.

        Args:
            urls: See there.
            options: Also ``shared``: whether the function's source runs once for all readers, who each get
                what comes from then on; ``linger``: seconds that it goes on after the last one has left;
                ``heartbeat`` and ``retry``: those of `hug.sse.events`, where that is not told otherwise.
        """
        options.setdefault("accept", "GET")
        if options.pop("transform", None):
            what = (
                "an event stream has no transform, it does nothing: transform the items where they are made"
            )
            warn_caller(what)
        super().__init__(urls, **cast("URLOptions", options))
