"""An event loop of its own for an async function that is called where none runs."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from hug.eventstream.loop.running_loop import in_loop
from hug.interface.call import Call
from hug.interface.execution import INLINE, THREADED

P = ParamSpec("P")
T = TypeVar("T")


class OwnLoop:
    """An event loop for all that has to be awaited in one call."""

    __slots__ = ("_runner",)

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def wait(self, value: Awaitable[T]) -> T:
        """Return what ``value`` gives."""
        return _beside_loops(self._runner.run, _awaited(value))

    def close(self) -> None:
        """End it."""
        _beside_loops(self._runner.close)


def joins(call: Call) -> bool:
    """Return whether an event loop runs here, for a call to run in; tell ``call`` how it is to run."""
    call.execution = THREADED if (joining := in_loop()) else INLINE
    return joining


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
