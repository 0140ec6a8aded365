"""Falcon-style middleware, sync or async, as Falcon's ASGI app takes it: async only."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

METHODS = ("process_request", "process_resource", "process_response")

Call = Callable[..., Awaitable[Any]]


def adapted(component: Any, call: Call) -> Any:
    """Return ``component``, or one that calls its sync methods through ``call``.

    Args:
        component: An object with any of ``process_request(request, response)``, ``process_resource(request,
            response, resource, params)``, ``process_response(request, response, resource, req_succeeded)``,
            and whatever else Falcon knows, such as ``process_startup``.
        call: Awaits a sync function with its arguments where it may block.
    """
    own = {name: getattr(component, name) for name in METHODS if hasattr(component, name)}
    sync = {name: method for name, method in own.items() if not _asynchronous(component, name, method)}
    if not sync:
        return component
    members = {
        name: _awaitable(method, call) if name in sync else _passed(method) for name, method in own.items()
    }
    # Falcon takes bound methods only, so these need a class.
    kind = type(type(component).__name__, (_Rest,), members)
    return kind(component)


class _Rest:
    """Gives every other attribute of the component."""

    def __init__(self, component: Any) -> None:
        self._component = component

    def __getattr__(self, name: str) -> Any:
        if name.startswith("process_") and name.removesuffix("_async") in METHODS:
            raise AttributeError(name)
        return getattr(self._component, name)


def _asynchronous(component: Any, name: str, method: Any) -> bool:
    return inspect.iscoroutinefunction(method) or hasattr(component, f"{name}_async")


def _awaitable(method: Callable[..., Any], call: Call) -> Callable[..., Awaitable[None]]:
    async def process(_self: Any, *args: Any) -> None:
        await call(method, *args)

    return process


def _passed(method: Callable[..., Any]) -> Callable[..., Awaitable[None]]:
    async def process(_self: Any, *args: Any) -> None:
        await method(*args)

    return process
