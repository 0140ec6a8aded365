"""Values that hug makes for a parameter: asked for by name (``hug_timer``) or by annotation.

A directive is a callable that gets the parameter's default, if there is one, and those of the keywords
``request, response, context, api, api_version, interface`` that it names. If what it returns has a method
``cleanup``, that is called with ``exception=`` when the call is over.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

from hug import versions
from hug.web.cors_policy import ALLOW_ORIGIN, ANY, Origins, Policy, tell

D = TypeVar("D", bound=Callable[..., Any])


def mark(directive: D) -> D:
    """Return ``directive``, marked so that it is known as one when it is used as an annotation."""
    directive.directive = True  # type: ignore[attr-defined]  # functions and classes take attributes
    return directive


@mark
class Timer:
    """Seconds since the call began; the default of the parameter is the number of digits to round to."""

    def __init__(self, round_to: int | None = None) -> None:
        self.start = perf_counter()
        self.round_to = round_to

    @property
    def elapsed(self) -> float:
        """Seconds since the call began, not rounded."""
        return perf_counter() - self.start

    def __float__(self) -> float:
        return self.elapsed if self.round_to is None else round(self.elapsed, self.round_to)

    def __int__(self) -> int:
        return round(float(self))

    def __native_types__(self) -> float:
        return float(self)

    def __str__(self) -> str:
        return str(float(self))

    __repr__ = __str__


@mark
def module(default: Any = None, api: Any = None) -> Any:
    """The module of the API."""
    return api.module if api is not None else default


@mark
def api(default: Any = None, api: Any = None) -> Any:
    """The API itself."""
    return api if api is not None else default


@mark
def api_version(default: Any = None, api_version: int | None = None) -> Any:
    """The version of the API that the URL names."""
    return api_version if api_version is not None else default


@mark
class CurrentAPI:
    """The functions of the API by name, in the version of the call: ``hug_current_api.name(...)``.

    Each is called as plain Python: types do not convert. Its own ``hug_api_version`` and ``hug_current_api``
    are those of the call.
    """

    def __init__(self, default: Any = None, api: Any = None, api_version: int | None = None) -> None:
        self.api = api
        self.api_version = default if api_version is None else api_version

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        routes = self.api.http.routes.each()
        kept = {each.version: each.interface for each in routes if each.interface.function.__name__ == name}
        interface = versions.chosen(kept, self.api_version)
        if interface is None:
            raise AttributeError(f"API Function {name} not found")
        values = {api_version: self.api_version, CurrentAPI: self}
        known = {
            parameter: values[directive]
            for parameter, (directive, _) in interface.binding.directives.items()
            if directive in values
        }
        return partial(interface.function, **known)


@mark
def documentation(default: Any = None, api_version: int | None = None, api: Any = None) -> Any:
    """The documentation of the API, in the version the URL names."""
    return api.http.documentation(api_version=api_version) if api is not None else default


@mark
def session(context_name: str = "session", request: Any = None) -> Any:
    """The session that middleware put into the request's context; the default is its name there."""
    return request.context.get(context_name) if request is not None else None


@mark
def user(default: Any = None, request: Any = None) -> Any:
    """The user that authentication put into the request's context."""
    return request.context.get("user", default) if request is not None else default


@mark
def cors(support: Origins = ANY, request: Any = None, response: Any = None) -> Origins:
    """Lets pages of other origins read the answer: of the origin that is the default, or of those, or all.

    Errors that are raised do not say it, and preflights are not answered: ``allow_origins`` does both.
    """
    if response is not None:
        if isinstance(support, str):
            response.set_header(ALLOW_ORIGIN, support)
        else:
            tell(Policy(support), request, response)
    return support


@mark
def last_event_id(default: Any = None, request: Any = None) -> Any:
    """The id of the last event that a reconnecting client has received, as text; the default if it has none.

    It is taken from the header, or from the query for clients that cannot send headers.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header
    """
    if request is None:
        return default
    from hug.eventstream.wire import last_event_id as cursor  # noqa: PLC0415  # commands do without streams

    try:
        return cursor.last_event_id(request.scope["headers"], request.scope["query_string"]) or default
    except cursor.LastEventIdError as error:
        from hug.web.errors import HTTPBadRequest  # noqa: PLC0415  # Falcon, which commands do without

        raise HTTPBadRequest("Last-Event-ID", str(error)) from error
