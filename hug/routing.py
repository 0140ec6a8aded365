"""Routers: how a function is to be reached, as options that are given, chained and kept for later.

A router is a value. Every option is a keyword of its constructor and a method that returns a new router; as a
decorator it registers a function and returns it unchanged.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Self, TypeVar, Unpack, cast

import falcon

from hug.api import api_for
from hug.interface import Interfaces
from hug.interface.event_stream import EventStreamHTTP
from hug.interface.http import HTTP
from hug.options import (
    EventStreamOptions,
    EventStreamRoute,
    HTTPOptions,
    Requirements,
    RouterOptions,
    Texts,
    URLOptions,
    URLRoute,
    ValidationOptions,
    Versions,
    functions,
    normalised,
    texts,
)
from hug.verbs import VERBS, Verbs, bare

F = TypeVar("F", bound=Callable[..., Any])


class Router:
    """Options, and what is common to all uses of them.

    Attributes:
        route: The options that were given, by name, normalised.
    """

    known: ClassVar[type] = RouterOptions
    """The options there are."""

    def __init__(self, **options: Any) -> None:
        """Keep ``options``. One that does not exist is a warning, not an error: hug 2 took any."""
        for name in sorted(options.keys() - self.known.__annotations__.keys()):
            del options[name]
            what = f"{type(self).__name__} has no option {name!r}: it does nothing"
            warnings.warn(what, stacklevel=_callers_level())
        self.route = normalised(options)

    def where(self, **overrides: Any) -> Self:
        """Return a router with these options in place of its own."""
        return type(self)(**{**self.route, **overrides})

    def api(self, api: Any, **overrides: Any) -> Self:
        """Return a router for this API, which may be given as module or name."""
        return self.where(api=api, **overrides)

    def output(self, formatter: Callable[..., Any], **overrides: Any) -> Self:
        """Return a router with this output format."""
        return self.where(output=formatter, **overrides)

    def transform(self, function: Callable[..., Any] | bool, **overrides: Any) -> Self:
        """Return a router that passes results through ``function``; False ignores a ``->`` annotation."""
        return self.where(transform=function, **overrides)

    def validate(self, function: Callable[..., Any], **overrides: Any) -> Self:
        """Return a router that asks ``function(fields)`` for errors once all types have converted."""
        return self.where(validate=function, **overrides)

    def requires(self, requirements: Requirements, **overrides: Any) -> Self:
        """Return a router with these requirements after those it has.

        Each is a function, sync or async, of those of ``request, response, context, module, api`` that it
        names, asked in order before anything else. It is met if it returns None or True. False, or another
        false value, is answered with 403; anything else is the answer itself, with status 200 unless it sets
        another; it may also raise an HTTP error. Then the function is not called.
        """
        return self.where(requires=(*self.route.get("requires", ()), *functions(requirements)), **overrides)

    def doesnt_require(self, requirements: Requirements, **overrides: Any) -> Self:
        """Return a router without these requirements."""
        gone = functions(requirements)
        left = tuple(each for each in self.route.get("requires", ()) if each not in gone)
        return self.where(requires=left, **overrides)

    def map_params(self, **names: str) -> Self:
        """Return a router that takes parameters under these external names."""
        return self.where(map_params={**self.route.get("map_params", {}), **names})


class InternalValidation(Router):
    """A router that answers invalid input itself."""

    known = ValidationOptions

    def raise_on_invalid(self, setting: bool = True, **overrides: Any) -> Self:
        """Return a router that lets the errors of types through."""
        return self.where(raise_on_invalid=setting, **overrides)

    def on_invalid(self, function: Callable[..., Any], **overrides: Any) -> Self:
        """Return a router that passes ``{"errors": ...}`` through ``function``."""
        return self.where(on_invalid=function, **overrides)

    def output_invalid(self, formatter: Callable[..., Any], **overrides: Any) -> Self:
        """Return a router with this output format for errors of validation."""
        return self.where(output_invalid=formatter, **overrides)


class HTTPRouter(InternalValidation):
    """A router for HTTP."""

    known = HTTPOptions
    interface_class: ClassVar[type[HTTP]] = HTTP
    """What answers the requests of functions that are routed."""

    def versions(self, supported: Versions, **overrides: Any) -> Self:
        """Return a router for these versions; None: for all, False: for requests that name none."""
        return self.where(versions=supported, **overrides)

    def parse_body(self, automatic: bool = True, **overrides: Any) -> Self:
        """Return a router that reads the body, or leaves it to the function."""
        return self.where(parse_body=automatic, **overrides)

    def parameters(self, names: Iterable[str], **overrides: Any) -> Self:
        """Return a router that takes these parameters, whatever the function's are."""
        return self.where(parameters=names, **overrides)

    def defaults(self, values: Mapping[str, Any], **overrides: Any) -> Self:
        """Return a router with these defaults for ``parameters``."""
        return self.where(defaults=values, **overrides)

    def set_status(self, status: str | int, **overrides: Any) -> Self:
        """Return a router that answers with this status."""
        return self.where(status=status, **overrides)

    def response_headers(self, headers: Mapping[str, str], **overrides: Any) -> Self:
        """Return a router that sets these headers."""
        return self.where(response_headers=headers, **overrides)

    def add_response_headers(self, headers: Mapping[str, str], **overrides: Any) -> Self:
        """Return a router that sets these headers, too."""
        return self.response_headers({**self.route.get("response_headers", {}), **headers}, **overrides)

    def cache(
        self,
        private: bool = False,
        max_age: int | None = 31536000,
        s_maxage: int | None = None,
        no_cache: bool = False,
        no_store: bool = False,
        must_revalidate: bool = False,
        **overrides: Any,
    ) -> Self:
        """Return a router that sets ``Cache-Control``; ages are in seconds.

        Source: https://www.rfc-editor.org/rfc/rfc9111#name-response-cache-control-directiv
        """
        parts = (
            "private" if private else "public",
            f"max-age={max_age}" if max_age is not None else "",
            f"s-maxage={s_maxage}" if s_maxage is not None else "",
            "no-cache" if no_cache else "",
            "no-store" if no_store else "",
            "must-revalidate" if must_revalidate else "",
        )
        return self.add_response_headers({"cache-control": ", ".join(filter(None, parts))}, **overrides)

    def interface(self, function: Callable[..., Any]) -> HTTP:
        """Return an interface of ``function`` with this route, and let ``function.interface.http`` be it."""
        interface = self.interface_class(self.route, function, api_for(self.route.get("api"), function))
        Interfaces.of(function).http = interface
        return interface


class NotFoundRouter(HTTPRouter):
    """A router for URLs that do not exist."""

    def __init__(self, output: Callable[..., Any] | None = None, **options: Any) -> None:
        """Make a router with the given options; the status is 404 by default."""
        if output is not None:
            options["output"] = output
        super().__init__(**{"status": falcon.HTTP_404, **options})

    def __call__(self, function: F) -> F:
        """Let ``function`` answer for URLs that do not exist."""
        interface = self.interface(function)
        for version in self.route.get("versions", (None,)):
            api_for(self.route.get("api"), function).http.set_not_found_handler(interface, version)
        return function


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

    interface_class = EventStreamHTTP
    known = EventStreamRoute
    written = "hug.sse"

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
            warnings.warn(what, stacklevel=_callers_level())
        super().__init__(urls, **cast("URLOptions", options))


def _callers_level() -> int:
    """Return how far up the stack, seen from the caller of this, the first frame outside this package is."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_globals.get("__name__", "").partition(".")[0] == __package__ and frame.f_back is not None:
        frame = frame.f_back
        level += 1
    return level
