"""The decorators that make a function an endpoint, with and without an API of their own; routing by class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self, TypeAlias, TypeVar, Unpack, overload

from hug import modules
from hug.api import API as _API
from hug.eventstream.channels.channel import Channel as _Channel
from hug.eventstream.channels.channel import FilteredChannel as _FilteredChannel
from hug.eventstream.channels.publication import Publication as _Publication
from hug.eventstream.history.view import OnGap
from hug.eventstream.serving.stream import EventStream as _EventStream
from hug.eventstream.serving.stream import events
from hug.eventstream.sources.limits import limits
from hug.eventstream.sources.listening import listening
from hug.eventstream.wire.decode import Message as _Message
from hug.eventstream.wire.event import Event as _Event
from hug.eventstream.wire.event import event
from hug.options import ChannelOptions, EventStreamOptions, Texts, URLOptions, URLRoute
from hug.routing import EventStreamRouter, NotFoundRouter, URLRouter
from hug.sentinels import DEFAULT, NOTHING, Default
from hug.verbs import VERBS, Verbs

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])


_everywhere = URLRouter()

get = _everywhere.get
post = _everywhere.post
put = _everywhere.put
patch = _everywhere.patch
delete = _everywhere.delete
head = _everywhere.head
options = _everywhere.options
trace = _everywhere.trace
connect = _everywhere.connect
get_post = _everywhere.get_post
put_post = _everywhere.put_post
http = call = _everywhere.http


class sse(EventStreamRouter):  # noqa: N801  # what users type, as a decorator and before the names in it
    """Event streams: ``@hug.sse("/ticks")`` is a router, see `hug.routing.EventStreamRouter` for the options.

    It also holds what its functions send, `event` and `events`; what they ask, `listening`; the channels they
    share; the `limits` of the process; and the names of the types, for annotations.
    """

    Channel: TypeAlias = _Channel
    Event: TypeAlias = _Event
    EventStream: TypeAlias = _EventStream
    FilteredChannel: TypeAlias = _FilteredChannel
    Message: TypeAlias = _Message
    Publication: TypeAlias = _Publication

    event = staticmethod(event)
    events = staticmethod(events)
    listening = staticmethod(listening)
    limits = limits

    @staticmethod
    def channel(
        name: str,
        *,
        history: int | Default = DEFAULT,
        max_bytes: int | Default = DEFAULT,
        max_age: float | Default | None = DEFAULT,
        on_gap: OnGap | Default = DEFAULT,
        api: Any = None,
    ) -> Channel:
        """Return the channel of this name, the same wherever it is asked for; the first to ask makes it.

        Without options it keeps what clients need that lose their connection for a while: 100 events, for 5
        minutes. Names may be made at run time, such as ``f"user:{number}"``: a channel without readers and
        history is forgotten. Give those ``max_age`` if they have a history of their own.

        Args:
            name: 1 to 255 printable characters.
            history: Most events that are kept for clients that come back; 0 for none.
            max_bytes: Most bytes of them; 16 MiB by default.
            max_age: Seconds after which an event is dropped; None for no limit, which is the default if there
                is a ``history``.
            on_gap: What happens to a client that has missed events that are gone: ``"event"`` sends it one
                event ``gap`` and goes on, ``"disconnect"`` ends its stream.
            api: The API, its module or the name of that; by default the module that calls this.

        Raises:
            TypeError: The name is no text.
            ValueError: An option is out of range, or the channel was made with another.
        """
        owner = _API(api or modules.of_caller(1))
        return owner.channels.get(name, history=history, max_bytes=max_bytes, max_age=max_age, on_gap=on_gap)


class EventStreams:
    """What `sse` offers, for one API."""

    event = staticmethod(event)
    events = staticmethod(events)
    listening = staticmethod(listening)
    limits = limits

    def __init__(self, api: _API) -> None:
        self._api = api

    def __call__(self, urls: Texts | None = None, **options: Unpack[EventStreamOptions]) -> EventStreamRouter:
        """Return a router for event streams as `sse` does."""
        return EventStreamRouter(urls, **options).api(self._api)

    def channel(self, name: str, **options: Unpack[ChannelOptions]) -> sse.Channel:
        """Return the channel of this name as `sse.channel` does."""
        options["api"] = options.get("api") or self._api
        return sse.channel(name, **options)


def not_found(output: Callable[..., Any] | None = None, **options: Any) -> NotFoundRouter:
    """Return a router for URLs that do not exist."""
    return NotFoundRouter(output, **options)


_ROUTES = "_hug_routes"


class Object(URLRouter):
    """Routes by class: ``@hug.object.urls("/base")`` on a class, ``@hug.object.get()`` on its methods.

    The class is instantiated, without arguments, when it is decorated; each routed method becomes an endpoint
    with the options of the class where it has none of its own. A relative URL is joined onto the URL of the
    class, none at all is that URL.
    """

    written = "hug.object.urls"

    @overload
    def __call__(self, target: F) -> F: ...
    @overload
    def __call__(self, target: None = None, **options: Unpack[URLRoute]) -> Self: ...
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

    def _route_object(self, target: Any) -> Any:
        instance = target() if isinstance(target, type) else target
        # In order of definition, those of base classes first; `dir` would sort them.
        for name in dict.fromkeys(name for kind in reversed(type(instance).__mro__) for name in vars(kind)):
            for kind, route in getattr(getattr(type(instance), name), _ROUTES, ()):
                self._of_class(kind, route)(getattr(instance, name))
        return target

    def _of_class(self, kind: type[URLRouter], route: dict[str, Any]) -> URLRouter:
        """Return a router with the options of a method, and of this class where the method has none."""
        router = kind(**{**self.route, **{name: route[name] for name in route if name != "urls"}})
        return router.where(urls=route["urls"]) if "urls" in route else router

    def http_methods(self, urls: Texts | None = None, **options: Unpack[URLOptions]) -> Callable[[C], C]:
        """Return a decorator for a class whose methods ``get``, ``post`` and so on answer these methods.

        The URL is by default the name of the class in lower case.
        """

        def decorate(target: C) -> C:
            router = self.where(**options, **({} if urls is None else {"urls": urls}))
            if "urls" not in router.route:
                router = router.where(urls=f"/{target.__name__.lower()}")
            instance = target()
            for method in VERBS["http"]:
                handler = getattr(instance, method.lower(), None)
                if callable(handler):
                    URLRouter(**{**router.route, "accept": method})(handler)
            return target

        return decorate


class _MethodStreams(EventStreamRouter):
    """Routes methods, once their class is routed."""

    def __call__(self, function: F) -> F:
        """Mark a method."""
        return _marked(function, EventStreamRouter, self.route)


def _marked(method: F, kind: type[URLRouter], route: Mapping[str, Any]) -> F:
    """Note on ``method`` how it is to be routed, once its class is: by the options that are not defaults."""
    default = URLRouter().route
    given = {name: value for name, value in route.items() if value != default.get(name, NOTHING)}
    vars(method).setdefault(_ROUTES, []).append((kind, given))
    return method


object = Object()
"""Decorates classes; see `Object`."""


class API(Verbs[URLRouter]):
    """The routers of this module for one API: ``hug.route.API(__name__)``."""

    def __init__(self, api: Any) -> None:
        self.api = _API(api)

    def _of(self, verb: str, urls: Texts | None, options: Mapping[str, Any]) -> URLRouter:
        return URLRouter(api=self.api)._of(verb, urls, options)

    def not_found(self, output: Callable[..., Any] | None = None, **options: Any) -> NotFoundRouter:
        """Return a router as `not_found` does."""
        return not_found(output, **options).api(self.api)

    @property
    def sse(self) -> EventStreams:
        """Event streams, as `sse`."""
        return EventStreams(self.api)

    @property
    def object(self) -> Object:
        """A router for classes."""
        return Object().api(self.api)
