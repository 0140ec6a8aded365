"""Decorators that extend an API rather than add to it: directives, formats and middleware."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from hug import defaults
from hug.api.module_api import api_for
from hug.directives import mark
from hug.introspect import is_coroutine, keywords, refuse_bare

F = TypeVar("F", bound=Callable[..., Any])

wraps = functools.wraps
"""Decorates a wrapper of a function: its ``**kwargs`` are then known to be what the function takes."""
T = TypeVar("T", bound=type)


def auto_kwargs(function: F) -> F:
    """Let ``function`` be called with any keywords; it gets those that it names."""
    names = keywords(function)
    if names is None:
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{name: value for name, value in kwargs.items() if name in names})

    return cast("F", call)


def directive(apply_globally: bool = False, api: Any = None) -> Callable[[F], F]:
    """Decorate a function or class to make it a directive: see `hug.directives`.

    Args:
        apply_globally: Whether ``hug_<name>`` asks for it in all APIs, or only in one.
        api: The API; default is that of the function's module.
    """
    refuse_bare(apply_globally, "hug.directive")

    def decorate(function: F) -> F:
        if apply_globally:
            defaults.directives[function.__name__] = function
        else:
            api_for(api, function).add_directive(function)
        return mark(function)

    return decorate


def extend_api(route: str = "", api: Any = None, base_url: str = "", **options: Any) -> Callable[[F], F]:
    """Decorate a function that returns APIs or modules, or one, to have an API take over what these have now.

    That is their routes and sinks, their middleware, directives, startup and shutdown handlers, their
    commands, and of exception handlers, input formats and handlers of 404 what the API has none of. What
    answers requests uses this API then: its output format, contexts, limits, and settings of streams. What is
    added to them later does not follow. To take over the same again, or in a circle, does nothing.

    Args:
        route: What the URLs of routes and sinks begin with here, behind the base URL.
        api: The API; default is that of the function's module.
        base_url: The base URL they get; default is that of the API.
        options: Others of `hug.API.extend`.
    """
    refuse_bare(route, "hug.extend_api")

    def decorate(function: F) -> F:
        taken = function()
        for each in taken if isinstance(taken, Iterable) and not isinstance(taken, str) else (taken,):
            api_for(api, function).extend(each, route, base_url, **options)
        return function

    return decorate


def startup(api: Any = None) -> Callable[[F], F]:
    """Decorate a function, sync or async, to have it called once, before the first request of a server.

    It gets the API, if it takes an argument. All of them are called in the order they are declared: when the
    server starts or, under one that does not tell, before the first request; also before a command. If one
    fails, the server does not start. With several processes each calls them.

    Args:
        api: The API; default is that of the function's module.
    """
    refuse_bare(api, "hug.startup")

    def decorate(function: F) -> F:
        api_for(api, function).add_startup_handler(function)
        return function

    return decorate


def shutdown(api: Any = None) -> Callable[[F], F]:
    """Decorate a function, sync or async, to have it called once, when a server ends: after its last stream.

    It gets the API, if it takes an argument. All of them are called in the order they are declared; one that
    fails is logged. Nobody limits their time but who ends the process.

    Args:
        api: The API; default is that of the function's module.
    """
    refuse_bare(api, "hug.shutdown")

    def decorate(function: F) -> F:
        api_for(api, function).add_shutdown_handler(function)
        return function

    return decorate


def context_factory(apply_globally: bool = False, api: Any = None) -> Callable[[F], F]:
    """Decorate a function, sync or async, to have it make the context of each call.

    It gets what it names of ``request, response, argparse, api, api_version, interface``. What it returns
    goes to requirements, types and directives that ask for the ``context``, and to `delete_context` at last.

    Args:
        apply_globally: Whether for all APIs that have none of their own, or only for one.
        api: The API; default is that of the function's module.
    """
    refuse_bare(apply_globally, "hug.context_factory")

    def decorate(function: F) -> F:
        if apply_globally:
            defaults.context_factory = function
        else:
            api_for(api, function).context_factory = function
        return function

    return decorate


def delete_context(apply_globally: bool = False, api: Any = None) -> Callable[[F], F]:
    """Decorate a function, sync or async, to have it called with the context once a call is over.

    It gets also what it names of ``exception``, which has ended the call, ``errors``, what was wrong with the
    arguments, and ``lacks_requirement``, what a requirement that is not met has answered; else they are None.
    The call of an event stream is over when the stream has ended.

    Args:
        apply_globally: Whether for all APIs that have none of their own, or only for one.
        api: The API; default is that of the function's module.
    """
    refuse_bare(apply_globally, "hug.delete_context")

    def decorate(function: F) -> F:
        if apply_globally:
            defaults.delete_context = function
        else:
            api_for(api, function).delete_context = function
        return function

    return decorate


def default_output_format(
    content_type: str = "application/json",
    apply_globally: bool = False,
    api: Any = None,
    cli: bool = False,
    http: bool = True,
) -> Callable[[F], F]:
    """Decorate a formatter to make it the output format of what has none of its own.

    Args:
        content_type: The formatter's content type, unless it has one.
        apply_globally: Whether for all APIs, or only for one.
        api: The API; default is that of the formatter's module.
        cli: Whether of commands.
        http: Whether of routes.
    """
    refuse_bare(content_type, "hug.default_output_format")

    def decorate(formatter: F) -> F:
        if not hasattr(formatter, "content_type"):
            formatter.content_type = content_type  # type: ignore[attr-defined]  # functions take attributes
        if apply_globally:
            if http:
                defaults.output_format = formatter
            if cli:
                defaults.cli_output_format = formatter
            return formatter
        one = api_for(api, formatter)
        if http:
            one.http.output_format = formatter
        if cli:
            one.cli.output_format = formatter
        return formatter

    return decorate


def default_input_format(
    content_type: str = "application/json", apply_globally: bool = False, api: Any = None
) -> Callable[[F], F]:
    """Decorate a formatter to let it read bodies of ``content_type``, in all APIs or one."""
    refuse_bare(content_type, "hug.default_input_format")

    def decorate(formatter: F) -> F:
        if apply_globally:
            defaults.input_format[content_type] = formatter
        else:
            api_for(api, formatter).http.set_input_format(content_type, formatter)
        return formatter

    return decorate


def request_middleware(api: Any = None) -> Callable[[F], F]:
    """Decorate a function, sync or async, to have it called with each request and response before routing."""
    refuse_bare(api, "hug.request_middleware")
    return _middleware("process_request", api)


def response_middleware(api: Any = None) -> Callable[[F], F]:
    """Decorate a function, sync or async, to have it called with request, response, resource at the end."""
    refuse_bare(api, "hug.response_middleware")
    return _middleware("process_response", api)


def _middleware(method: str, api: Any) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        def process(_self: Any, *args: Any) -> Any:
            return function(*args[:3])

        async def process_async(_self: Any, *args: Any) -> None:
            await function(*args[:3])

        component = type(
            function.__name__, (), {method: process_async if is_coroutine(function) else process}
        )
        api_for(api, function).http.add_middleware(component())
        return function

    return decorate


def middleware_class(api: Any = None) -> Callable[[T], T]:
    """Decorate a class of middleware to have an instance of it added."""
    refuse_bare(api, "hug.middleware_class")

    def decorate(component: T) -> T:
        api_for(api, component).http.add_middleware(component())
        return component

    return decorate


def reqresp_middleware(api: Any = None) -> Callable[[F], F]:
    """Decorate a generator function, sync or async: see `hug.middleware.Around`."""
    refuse_bare(api, "hug.reqresp_middleware")
    from hug.middleware.around import Around  # noqa: PLC0415  # asyncio, which commands do without

    def decorate(function: F) -> F:
        api_for(api, function).http.add_middleware(Around(function))
        return function

    return decorate
