"""Falcon-style middleware, sync or async, as Falcon's ASGI app takes it: async only.

Sync methods that follow one another share one thread, so that ten of them cost one change of threads.

Falcon asks ``process_response`` of all components, also of those behind one that has completed the response
and so kept the request from them. Of a preflight that a component with ``answers_preflights`` has answered
they see nothing: what one keeps when a request comes, its ``process_response`` counts on.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable
from itertools import groupby
from typing import Any, Final, Protocol

METHODS: Final = ("process_request", "process_resource", "process_response")

_OTHERS: Final = ("process_startup", "process_shutdown", "process_request_ws", "process_resource_ws")

Method = Callable[..., Any]


class Host(Protocol):
    """What serves middleware; a component that has to know it has ``served_by(host)``, which returns one."""

    def find(self, path: str) -> Any:
        """Return what Falcon calls the resource of a path; None if there is none."""

    async def call(self, function: Method, *args: Any) -> Any:
        """Call a sync function where it may block."""


def prepared(components: Iterable[Any], host: Host) -> list[Any]:
    """Return components for Falcon that do what ``components`` do, in their order.

    Args:
        components: Objects with any of ``process_request(request, response)``, ``process_resource(request,
            response, resource, params)``, ``process_response(request, response, resource, req_succeeded)``,
            and whatever else Falcon knows, such as ``process_startup``.
        host: Calls the sync methods.
    """
    served = [each.served_by(host) if hasattr(each, "served_by") else each for each in components]
    result: list[Any] = [_Others(each) for each in served if _has_others(each)]
    result.extend(each for each in served if _has_none(each))
    answering = (number for number, each in enumerate(served) if getattr(each, "answers_preflights", False))
    first = next(answering, len(served))
    for name in METHODS:
        found = [(number, method) for number, each in enumerate(served) if (method := _method(each, name))]
        methods = [method for _, method in found]
        if name == "process_response":
            methods = [_unless_preflight(method) if number > first else method for number, method in found]
            methods.reverse()
            # Falcon calls the last component first.
            result.extend(reversed([_component(name, each) for each in _outward(methods, host)]))
        else:
            result.extend(_component(name, each) for each in _inward(methods, host))
    return result


class _Others:
    """All of a component but the methods that are called for a request."""

    def __init__(self, component: Any) -> None:
        self._component = component

    def __getattr__(self, name: str) -> Any:
        if name.removesuffix("_async") in METHODS:
            raise AttributeError(name)
        return getattr(self._component, name)


def _has_others(component: Any) -> bool:
    return any(hasattr(component, name) for name in _OTHERS)


def _has_none(component: Any) -> bool:
    """Whether it is no middleware at all, which Falcon says best."""
    return not _has_others(component) and all(_method(component, name) is None for name in METHODS)


def _method(component: Any, name: str) -> Method | None:
    """Return a method; Falcon calls ``_async`` ones of components that have both."""
    return getattr(component, f"{name}_async", None) or getattr(component, name, None)


def _unless_preflight(method: Method) -> Method:
    async def process_async(request: Any, *rest: Any) -> None:
        if not request.preflight_answered:
            await method(request, *rest)

    def process(request: Any, *rest: Any) -> Any:
        return None if request.preflight_answered else method(request, *rest)

    return process_async if inspect.iscoroutinefunction(method) else process


def _component(name: str, method: Callable[..., Awaitable[None]]) -> Any:
    async def process(_self: Any, *args: Any) -> None:
        await method(*args)

    # Falcon takes bound methods only, so these need a class.
    return type("Middleware", (), {name: process})()


def _inward(methods: list[Method], host: Host) -> Iterable[Callable[..., Awaitable[None]]]:
    """Yield what calls the methods: each async one, and sync ones that follow one another together."""
    for asynchronous, together in groupby(methods, inspect.iscoroutinefunction):
        if asynchronous:
            yield from together
        else:
            yield _together(tuple(together), host)


def _together(methods: tuple[Method, ...], host: Host) -> Callable[..., Awaitable[None]]:
    def call_from(number: int, request: Any, response: Any, *rest: Any) -> tuple[int, Any]:
        """Call them until one gives an awaitable; return the number of the next, and that."""
        while number < len(methods) and not response.complete:
            result = methods[number](request, response, *rest)
            number += 1
            if hasattr(result, "__await__"):
                return number, result
        return len(methods), None

    async def process(request: Any, response: Any, *rest: Any) -> None:
        number = 0
        request.loop = asyncio.get_running_loop()  # for those that read the body
        while number < len(methods):
            number, awaitable = await host.call(call_from, number, request, response, *rest)
            if awaitable is not None:
                await awaitable

    return process


def _outward(methods: list[Method], host: Host) -> Iterable[Callable[..., Awaitable[None]]]:
    """Yield one callable for each method, as Falcon sees to the errors of each before it calls the next.

    The first of several sync ones does the work of those behind it, too, as far as none of them fails: they
    are told by ``request.passed``, which is how many have been called.
    """
    start = 0
    for asynchronous, group in groupby(methods, inspect.iscoroutinefunction):
        together = tuple(group)
        if asynchronous:
            yield from together
        else:
            for number in range(len(together)):
                yield _from(number, start, together, host)
        start += len(together)


def _from(number: int, start: int, methods: tuple[Method, ...], host: Host) -> Callable[..., Awaitable[None]]:
    end = start + len(methods)

    def call_the_rest(request: Any, *rest: Any) -> Any:
        """Call them until one gives an awaitable, and return that."""
        while request.passed < end:
            method = methods[request.passed - start]
            request.passed += 1
            result = method(request, *rest)
            if hasattr(result, "__await__"):
                return result
        return None

    async def process(request: Any, *rest: Any) -> None:
        if request.passed > start + number:
            return
        request.passed = start + number
        while request.passed < end:
            awaitable = await host.call(call_the_rest, request, *rest)
            if awaitable is not None:
                await awaitable

    return process
