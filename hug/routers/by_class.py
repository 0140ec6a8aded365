"""Routing by class: ``hug.object``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar, Unpack, overload

from hug.introspect import refuse_bare
from hug.routers.cli import CLIRouter
from hug.routers.options import ClassRoute, RouterOptions, Texts, URLOptions
from hug.routers.router import Router, warn_of_dropped
from hug.routers.url import EventStreamRouter, URLRouter
from hug.routers.verbs import VERBS
from hug.sentinels import NOTHING
from hug.source_locations import in_class_body, place, warn_caller

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

_ROUTES = "_hug_routes"


class Object(URLRouter):
    """Routes by class: ``@hug.object.urls("/base")`` on a class, ``@hug.object.get()`` on its methods.

    The class is instantiated, without arguments, when it is decorated; each routed method becomes an endpoint
    or a command with the options of the class where it has none of its own. A relative URL is joined onto the
    URL of the class, none at all is that URL.
    """

    known = ClassRoute
    written = "hug.object.urls"

    @overload
    def __call__(self, target: F) -> F: ...
    @overload
    def __call__(self, target: None = None, **options: Unpack[ClassRoute]) -> Self: ...
    def __call__(self, target: Any = None, **options: Any) -> Any:
        """Route a class, mark a method, or, given options, return a router."""
        if target is None or isinstance(target, str):
            return self.where(**options, **({} if target is None else {"urls": target}))
        if options:
            return self.where(**options)(target)
        if isinstance(target, type) or not callable(target):
            return self._route_object(target)
        return _marked(target, URLRouter, self.route)

    def sse(self, urls: Texts | None = None, **overrides: Any) -> EventStreamRouter:
        """Return a decorator for methods that answer with event streams."""
        return _MethodStreams(**super().sse(urls, **overrides).route)

    @overload
    def cli(self, name: F) -> F: ...
    @overload
    def cli(
        self,
        name: str | None = None,
        version: Any = None,
        doc: str | None = None,
        **options: Unpack[RouterOptions],
    ) -> CLIRouter: ...
    def cli(self, name: Any = None, version: Any = None, doc: str | None = None, **options: Any) -> Any:
        """Return a decorator for methods that are commands; or, given a method, decorate it."""
        if callable(name):
            return _MethodCommands()(name)
        return _MethodCommands(name, version, doc, **options)

    def _route_object(self, target: Any) -> Any:
        instance = _instance(target)
        # In order of definition, those of base classes first; `dir` would sort them.
        for name in dict.fromkeys(name for kind in reversed(type(instance).__mro__) for name in vars(kind)):
            for router, route in getattr(getattr(type(instance), name, None), _ROUTES, ()):
                self._of_class(router, route)(getattr(instance, name))
        return target

    def _of_class(self, kind: type[Any], route: dict[str, Any]) -> Any:
        """Return a router with the options of a method, and of this class where the method has none."""
        known = kind.known.__annotations__.keys() - {"name", "doc"}  # those are of the class itself
        warn_of_dropped(self.route, route)
        common = {name: value for name, value in self.route.items() if name in known}
        router = kind(**{**common, **{name: route[name] for name in route if name != "urls"}})
        return router.where(urls=route["urls"]) if "urls" in route else router

    def http_methods(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> Callable[[T], T]:
        """Return a decorator for a class, or an object, whose ``get``, ``post`` ... answer these methods.

        The URL is by default the name of the class in lower case. A method that is decorated has the options
        it was given, and answers the method of HTTP that these name.
        """
        refuse_bare(urls, "hug.object.http_methods")

        def decorate(target: T) -> T:
            instance = _instance(target)
            router = self.where(**options, **({} if urls is None else {"urls": urls}))
            if "urls" not in router.route:
                router = router.where(urls=f"/{type(instance).__name__.lower()}")
            for method in VERBS["http"]:
                handler = getattr(instance, method.lower(), None)
                marks = getattr(handler, _ROUTES, ())
                if callable(handler) and not any(issubclass(kind, URLRouter) for kind, _ in marks):
                    URLRouter(**{**router.route, "accept": method})(handler)
            router._route_object(instance)
            return target

        return decorate


class _MethodStreams(EventStreamRouter):
    """Routes methods, once their class is routed."""

    def __call__(self, function: F) -> F:
        """Mark a method."""
        return _marked(function, EventStreamRouter, self.route)


class _MethodCommands(CLIRouter):
    """Makes methods commands, once their class is routed."""

    def __call__(self, function: F) -> F:
        """Mark a method."""
        return _marked(function, CLIRouter, self.route)


def _instance(target: Any) -> Any:
    """Return what has the methods: the class's one instance, or the object that was given."""
    return target() if isinstance(target, type) else target


def _marked(method: F, kind: type[Router], route: Mapping[str, Any]) -> F:
    """Note on ``method`` how it is to be routed, once its class is: by the options that are not defaults.

    A function of no class is a warning, not an error: a class may get it later.
    """
    outer = method.__qualname__.rpartition(".")[0]
    if (not outer or outer.endswith("<locals>")) and not in_class_body():
        warn_caller(
            f"hug.object is for methods, and {method.__qualname__} ({place(method)}) is none: nothing comes "
            "of it unless a class gets it. For functions there are hug.get, hug.sse, hug.cli ..."
        )
    default = URLRouter().route
    given = {name: value for name, value in route.items() if value != default.get(name, NOTHING)}
    vars(method).setdefault(_ROUTES, []).append((kind, given))
    return method


object = Object()
"""Decorates classes; see `Object`."""
