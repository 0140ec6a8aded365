"""``hug.route.API``: all routers, for one API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Unpack

from hug.api.module_api import API as _API
from hug.routers.by_class import Object
from hug.routers.cli import CLIRouter
from hug.routers.exception import ExceptionRouter
from hug.routers.local import LocalRouter
from hug.routers.not_found import NotFoundRouter
from hug.routers.options import Exceptions, LocalOptions, RouterOptions, Texts, URLOptions
from hug.routers.sink import SinkRouter
from hug.routers.sse import EventStreams
from hug.routers.static import Cache, StaticRouter
from hug.routers.url import URLRouter
from hug.routers.verbs import Verbs


class API(Verbs[URLRouter]):
    """The routers of this module for one API: ``hug.route.API(__name__)``."""

    def __init__(self, api: Any) -> None:
        self.api = _API(api)

    def _of(self, verb: str, urls: Texts | None, options: Mapping[str, Any]) -> URLRouter:
        return URLRouter(api=self.api)._of(verb, urls, options)

    def urls(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> URLRouter:
        """Return a router as `http` does, which is the name to use: hug 2 deprecated this one."""
        return self.http(urls, **options)

    def not_found(self, output: Callable[..., Any] | None = None, **options: Any) -> NotFoundRouter:
        """Return a router as `not_found` does."""
        return NotFoundRouter(output, **options).api(self.api)

    def sink(
        self, urls: Texts | None = None, output: Callable[..., Any] | None = None, **options: Any
    ) -> SinkRouter:
        """Return a router as `sink` does."""
        return SinkRouter(urls, output, **options).api(self.api)

    def static(
        self,
        urls: Texts | None = None,
        output: Callable[..., Any] | None = None,
        cache: Cache = None,
        **options: Any,
    ) -> StaticRouter:
        """Return a router as `static` does."""
        return StaticRouter(urls, output, cache, **options).api(self.api)

    def exception(
        self,
        exceptions: Exceptions = (Exception,),
        exclude: Exceptions = (),
        output: Callable[..., Any] | None = None,
        **options: Any,
    ) -> ExceptionRouter:
        """Return a router as `exception` does."""
        return ExceptionRouter(exceptions, exclude, output, **options).api(self.api)

    def cli(
        self,
        name: str | None = None,
        version: object = None,
        doc: str | None = None,
        **options: Unpack[RouterOptions],
    ) -> CLIRouter:
        """Return a router for the command line, as `cli`."""
        return CLIRouter(name, version, doc, **options).api(self.api)

    def local(self, **options: Unpack[LocalOptions]) -> LocalRouter:
        """Return a router for calls in Python, as `local`."""
        return LocalRouter(**options).api(self.api)

    @property
    def sse(self) -> EventStreams:
        """Event streams, as `sse`."""
        return EventStreams(self.api)

    @property
    def object(self) -> Object:
        """A router for classes."""
        return Object().api(self.api)
