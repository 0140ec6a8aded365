"""The options of routers: which there are, and the one form each is kept in, however it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias, TypedDict

from hug import versions
from hug.eventstream.history.view import OnGap
from hug.sentinels import Default

Requirements: TypeAlias = Callable[..., Any] | Iterable[Callable[..., Any]]
Texts: TypeAlias = str | Iterable[str]
Versions: TypeAlias = versions.Given


class RouterOptions(TypedDict, total=False):
    """Options of every router; `hug.routing` has a method for each, which says what it means."""

    api: Any
    output: Callable[..., Any] | None
    transform: Callable[..., Any] | bool | None
    requires: Requirements
    validate: Callable[..., Any] | None
    map_params: Mapping[str, str]
    args: Mapping[str, Any]


class ValidationOptions(RouterOptions, total=False):
    """Options of routers that answer invalid input themselves."""

    on_invalid: Callable[..., Any] | None
    output_invalid: Callable[..., Any] | None
    raise_on_invalid: bool


class HTTPOptions(ValidationOptions, total=False):
    """Options of routers for HTTP."""

    versions: Versions
    parse_body: bool
    parameters: Iterable[str] | None
    defaults: Mapping[str, Any]
    status: str | int | None
    response_headers: Mapping[str, str]
    private: bool
    inputs: Mapping[str, Callable[..., Any]]


class URLOptions(HTTPOptions, total=False):
    """Options of routers for URLs, beside the URLs themselves."""

    accept: Texts
    examples: Texts
    prefixes: Texts
    suffixes: Texts


class EventStreamOptions(URLOptions, total=False):
    """Options of routers for event streams, beside the URLs themselves."""

    shared: bool
    linger: float
    heartbeat: float | None
    retry: int | None


class ChannelOptions(TypedDict, total=False):
    """Options of channels; see `hug.sse.channel`."""

    history: int | Default
    max_bytes: int | Default
    max_age: float | Default | None
    on_gap: OnGap | Default
    api: Any


class URLRoute(URLOptions, total=False):
    """Options of routers for URLs."""

    urls: Texts


class EventStreamRoute(URLRoute, total=False):
    """Options of routers for event streams."""

    shared: bool
    linger: float
    heartbeat: float | None
    retry: int | None


def texts(value: Texts) -> tuple[str, ...]:
    """Return one text or several as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)


def functions(value: Requirements) -> tuple[Callable[..., Any], ...]:
    """Return one function or several as a tuple."""
    return (value,) if callable(value) else tuple(value)


_NONE_IS_A_VALUE: Final = frozenset({"heartbeat", "retry", "versions"})

_FORMS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "accept": lambda methods: tuple(method.upper() for method in texts(methods)),
    "examples": texts,
    "parameters": tuple,
    "prefixes": texts,
    "requires": functions,
    "suffixes": texts,
    "urls": texts,
    "versions": versions.normalised,
}


def normalised(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``options`` in the form they are kept in. None means not given, except where it is a value."""
    return {
        name: _FORMS[name](value) if name in _FORMS else value
        for name, value in options.items()
        if value is not None or name in _NONE_IS_A_VALUE
    }
