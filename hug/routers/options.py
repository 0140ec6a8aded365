"""The options of routers: which there are, and the one form each is kept in, however it was written."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypedDict, TypeVar

from hug import versions
from hug.sentinels import Default
from hug.web.cors_policy import Origins, Policy

if TYPE_CHECKING:
    from hug.eventstream.history.track import OnGap

T = TypeVar("T", bound=Callable[..., Any])

METHODS: Final = ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
"""The methods of HTTP, as `falcon.HTTP_METHODS` has them.

Source: https://www.rfc-editor.org/rfc/rfc9110#name-methods and https://www.rfc-editor.org/rfc/rfc5789
"""

Requirements: TypeAlias = Callable[..., Any] | Iterable[Callable[..., Any]]
Texts: TypeAlias = str | Iterable[str]
Versions: TypeAlias = versions.Given
Exceptions: TypeAlias = type[BaseException] | Iterable[type[BaseException]]


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


class LocalOptions(TypedDict, total=False):
    """Options of calls in Python; see `hug.local`. To ``validate`` may be a switch here."""

    api: Any
    output: Callable[..., Any] | None
    transform: Callable[..., Any] | bool | None
    requires: Requirements
    validate: Callable[..., Any] | bool | None
    map_params: Mapping[str, str]
    args: Mapping[str, Any]
    on_invalid: Callable[..., Any] | None
    output_invalid: Callable[..., Any] | None
    raise_on_invalid: bool
    directives: bool
    version: int | None


class CLIOptions(RouterOptions, total=False):
    """Options of commands; see `hug.cli`."""

    name: str
    version: object
    doc: str


class HTTPOptions(ValidationOptions, total=False):
    """Options of routers for HTTP."""

    versions: Versions
    parse_body: bool
    parameters: Iterable[str] | None
    defaults: Mapping[str, Any]
    status: str | int | None
    response_headers: Mapping[str, str]
    private: bool
    allow_origins: Policy | Origins | None
    inputs: Mapping[str, Callable[..., Any]]
    max_body: int
    max_upload: int


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


class ExceptionOptions(HTTPOptions, total=False):
    """Options of routers for exceptions."""

    exceptions: Exceptions
    exclude: Exceptions


class SinkOptions(HTTPOptions, total=False):
    """Options of routers for whatever begins with a URL."""

    urls: Texts


class StaticOptions(SinkOptions, total=False):
    """Options of routers for files."""

    cache: str | None


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


class ClassRoute(URLRoute, total=False):
    """Options of classes, whose methods may be endpoints and commands."""

    name: str
    version: object
    doc: str


class EventStreamRoute(EventStreamOptions, total=False):
    """Options of routers for event streams."""

    urls: Texts


_MEANINGS: Final[Mapping[str, str]] = {
    "accept": "the methods it answers",
    "allow_origins": "the origins whose pages may read answers (CORS): `True` for all, some, or a `Policy`",
    "api": "the API, its module or the name of that; default is the one of the function's module",
    "args": "types by parameter, and of `return`, in place of the annotations",
    "cache": "what clients may keep: seconds, True, or a value of Cache-Control",
    "defaults": "defaults of `parameters`",
    "directives": "whether directives make values",
    "doc": "what --help says; default is the docstring",
    "examples": "query strings that documentation shows",
    "exceptions": "the classes it answers",
    "exclude": "classes derived from these that are left to other handlers",
    "heartbeat": "seconds of silence after which a comment is sent; None for none",
    "history": "most events that are kept for clients that come back; 0 for none",
    "inputs": "what reads bodies, by media type, in place of the API's",
    "linger": "seconds that a shared source goes on after its last reader has left",
    "map_params": "names that parameters have outside, and those that they have here",
    "max_age": "seconds after which an event is dropped; None for no limit",
    "max_body": "most bytes of a body, in place of the API's",
    "max_bytes": "most bytes of events that are kept",
    "max_upload": "most bytes of a multipart body, whose files need no memory, in place of the API's",
    "name": "what the command is called; default is the name of the function",
    "on_gap": "what happens to a client that has missed events: `event` or `disconnect`",
    "on_invalid": "makes the answer to wrong input of `{'errors': ...}`",
    "output": "the format of answers: see `hug.output_format`",
    "output_invalid": "the format of answers to wrong input",
    "parameters": "the names of parameters, in place of those that the function has",
    "parse_body": "whether the body is read; default is True where there are URLs",
    "prefixes": "what may stand before the URLs, as well",
    "private": "whether documentation is silent about it",
    "raise_on_invalid": "whether errors of types are raised, and not answered",
    "requires": "functions that are asked first whether it may be called",
    "response_headers": "headers of all answers",
    "retry": "milliseconds after which clients come back that have lost a stream",
    "shared": "whether the source runs once for all readers",
    "status": "the status of answers, unless the function sets another one",
    "suffixes": "what may stand behind the URLs, as well",
    "transform": "makes what is answered of what the function returns; False: nothing does, not even `->`",
    "urls": "templates such as `/users/{id}`; default is a slash and the name of the function",
    "validate": "returns what is wrong with the arguments together, by name, or something false",
    "version": "what -v prints after the name of the command",
    "LocalOptions.validate": "as elsewhere; False: arguments are passed as they are, and nothing is checked",
    "LocalOptions.version": "the version that directives get to know",
    "versions": "numbers of versions; None: all, False: requests that ask for none",
}
"""What the options mean, by name, or by the name of what they are options of and their own."""


def explaining(options: type) -> Callable[[T], T]:
    """Return a decorator that lets ``help()`` of a function or class tell all of these options.

    Args:
        options: A TypedDict.
    """

    def explain(target: T) -> T:
        told = inspect.cleandoc(target.__doc__ or "")
        lines = (f"    {name} ({_type_of(hint)}): {_meaning(options, name)}" for name, hint in hints)
        target.__doc__ = "\n".join((told, "", "Options:", *lines))
        return target

    hints = sorted(options.__annotations__.items())
    return explain


def _meaning(options: type, name: str) -> str:
    return _MEANINGS.get(f"{options.__name__}.{name}") or _MEANINGS.get(name, "")


def _type_of(hint: Any) -> str:
    return str(getattr(hint, "__forward_arg__", hint))


def texts(value: Texts) -> tuple[str, ...]:
    """Return one text or several as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)


def functions(value: Requirements) -> tuple[Callable[..., Any], ...]:
    """Return one function or several as a tuple.

    Raises:
        TypeError: One is no function.
    """
    several = (value,) if callable(value) or isinstance(value, str) else tuple(value)
    for each in several:
        if not callable(each):
            raise TypeError(f"requires= takes functions, and {each!r} is none")
    return several


def classes(value: Exceptions) -> tuple[type[BaseException], ...]:
    """Return one class or several as a tuple."""
    return (value,) if isinstance(value, type) else tuple(value)


def _function(name: str) -> Callable[[Any], Any]:
    """Return what refuses an option of this name that is no function; some may be False or True."""

    def checked(value: Any) -> Any:
        if not (callable(value) or isinstance(value, bool) or hasattr(value, "dump")):
            raise TypeError(f"{name}= takes a function, and {value!r} is none")
        return value

    return checked


def _size(name: str) -> Callable[[Any], Any]:
    """Return what refuses an option of this name that is no number of bytes."""

    def checked(value: Any) -> Any:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ValueError(f"{name}= takes a number of bytes, from 0, and {value!r} is none")
        return value

    return checked


def _mapping(name: str) -> Callable[[Any], Any]:
    """Return what refuses an option of this name that is no dictionary."""

    def checked(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError(f"{name}= takes a dictionary, and {value!r} is none")
        return value

    return checked


def _methods(value: Texts) -> tuple[str, ...]:
    methods = tuple(method.upper() for method in texts(value))
    for method in methods:
        if method not in METHODS and method not in _more_methods():
            raise ValueError(f"accept= takes methods of HTTP, and {method!r} is none")
    return methods


def _more_methods() -> Iterable[str]:
    """Return the methods that Falcon knows beside, those of WebDAV among them."""
    from falcon import COMBINED_METHODS  # noqa: PLC0415  # which routers do without as long as nothing is routed

    return COMBINED_METHODS


def _status(value: Any) -> Any:
    from falcon import code_to_http_status, http_status_to_code  # noqa: PLC0415  # see `_more_methods`

    code = http_status_to_code(code_to_http_status(value))  # refuses what is none
    if not 200 <= code <= 599:
        raise ValueError(f"status= takes a status from 200 to 599, and {value!r} is none")
    return value


_NONE_IS_A_VALUE: Final = frozenset({"heartbeat", "retry", "versions"})

_FORMS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "allow_origins": lambda given: given if isinstance(given, Policy) else Policy(given),
    **{name: _function(name) for name in ("on_invalid", "output", "output_invalid", "transform", "validate")},
    **{name: _size(name) for name in ("max_body", "max_upload")},
    **{name: _mapping(name) for name in ("args", "defaults", "inputs", "map_params", "response_headers")},
    "accept": _methods,
    "examples": texts,
    "exceptions": classes,
    "exclude": classes,
    "parameters": tuple,
    "prefixes": texts,
    "requires": functions,
    "status": _status,
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
