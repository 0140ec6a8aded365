"""Decorators that extend an API rather than add to it: directives, formats and middleware."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hug import defaults
from hug.api import api_for
from hug.directives import mark
from hug.introspect import is_coroutine

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T", bound=type)


def directive(apply_globally: bool = False, api: Any = None) -> Callable[[F], F]:
    """Decorate a function or class to make it a directive: see `hug.directives`.

    Args:
        apply_globally: Whether ``hug_<name>`` asks for it in all APIs, or only in one.
        api: The API; default is that of the function's module.
    """

    def decorate(function: F) -> F:
        if apply_globally:
            defaults.directives[function.__name__] = function
        else:
            api_for(api, function).add_directive(function)
        return mark(function)

    return decorate


def default_output_format(
    content_type: str = "application/json", apply_globally: bool = False, api: Any = None
) -> Callable[[F], F]:
    """Decorate a formatter to make it the output format of routes that have none of their own.

    Args:
        content_type: The formatter's content type, unless it has one.
        apply_globally: Whether for all APIs, or only for one.
        api: The API; default is that of the formatter's module.
    """

    def decorate(formatter: F) -> F:
        if not hasattr(formatter, "content_type"):
            formatter.content_type = content_type  # type: ignore[attr-defined]  # functions take attributes
        if apply_globally:
            defaults.output_format = formatter
        else:
            api_for(api, formatter).http.output_format = formatter
        return formatter

    return decorate


def default_input_format(
    content_type: str = "application/json", apply_globally: bool = False, api: Any = None
) -> Callable[[F], F]:
    """Decorate a formatter to let it read bodies of ``content_type``, in all APIs or one."""

    def decorate(formatter: F) -> F:
        if apply_globally:
            defaults.input_format[content_type] = formatter
        else:
            api_for(api, formatter).http.set_input_format(content_type, formatter)
        return formatter

    return decorate


def request_middleware(api: Any = None) -> Callable[[F], F]:
    """Decorate a function, sync or async, to have it called with each request and response before routing."""
    return _middleware("process_request", api)


def response_middleware(api: Any = None) -> Callable[[F], F]:
    """Decorate a function, sync or async, to have it called with request, response, resource at the end."""
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

    def decorate(component: T) -> T:
        api_for(api, component).http.add_middleware(component())
        return component

    return decorate
