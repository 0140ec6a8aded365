"""Calls that come from no event loop: from a command line, or from plain Python code."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, Self, TypeVar

from hug.eventstream.loop.running_loop import in_loop
from hug.interface.execution import Callee

P = ParamSpec("P")
T = TypeVar("T")


class Alone:
    """Runs user code right here. What has to be awaited gets an event loop of its own, the same for one call.

    A context manager, which closes that loop.
    """

    __slots__ = ("_runner",)

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None

    async def call(self, function: Callee, *args: Any, **offered: Any) -> Any:
        """See `hug.interface.execution.Execution.call`."""
        return await self.resolve(function(*args, **offered))

    async def resolve(self, value: Any) -> Any:
        """See `hug.interface.execution.Execution.resolve`."""
        if not hasattr(value, "__await__"):
            return value
        if self._runner is None:
            self._runner = asyncio.Runner()
        return _beside_loops(self._runner.run, _awaited(value))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._runner is not None:
            _beside_loops(self._runner.close)


def run_alone(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run ``coroutine`` in an event loop of its own, and wait for it."""
    return _beside_loops(asyncio.run, coroutine)


def _beside_loops(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``function``, which runs an event loop: in a thread of its own if one runs in this already."""
    if not in_loop():
        return function(*args, **kwargs)
    call = functools.partial(contextvars.copy_context().run, functools.partial(function, *args, **kwargs))
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call).result()


async def _awaited(value: Awaitable[T]) -> T:
    return await value
