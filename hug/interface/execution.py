"""Where user code runs: `OnLoop` for async functions, `InThread` for sync ones, which may block.

Both run the same coroutines. In a thread these never wait by themselves: what has to be awaited is handed to
the event loop, and the thread waits for it. So one text of what a request needs serves both, and everything a
sync function comes into contact with (requirements, directives, its result) stays in one thread.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from hug.introspect import is_awaitable
from hug.web.loop_in_thread import outcome
from hug.web.threads import helpers


class Callee(Protocol):
    """What can be called, and whether it gives a coroutine: a `Flexible`, an `Input`."""

    @property
    def asynchronous(self) -> bool:
        """Whether calling it gives a coroutine, and so does not block."""

    def __call__(self, *args: Any, **offered: Any) -> Any:
        """Call it."""


class Execution(Protocol):
    """How to call what may block, and how to wait for what may be awaitable."""

    async def call(self, function: Callee, *args: Any, **offered: Any) -> Any:
        """Return what ``function`` gives, awaited if need be, without blocking the event loop."""

    async def resolve(self, value: Any) -> Any:
        """Return ``value``, or what it gives if it is awaitable."""


class OnLoop:
    """Runs in the event loop; sync functions go to a thread, or run right here if ``inline``."""

    __slots__ = ("inline",)

    def __init__(self, inline: bool) -> None:
        self.inline = inline

    async def call(self, function: Callee, *args: Any, **offered: Any) -> Any:
        """See `Execution.call`."""
        if function.asynchronous or self.inline:
            value = function(*args, **offered)
        else:
            value = await helpers.run(function, *args, **offered)
        return await value if is_awaitable(value) else value

    async def resolve(self, value: Any) -> Any:
        """See `Execution.resolve`."""
        return await value if is_awaitable(value) else value


class InThread:
    """Runs in a thread while ``loop`` runs in another."""

    __slots__ = ("loop",)

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    async def call(self, function: Callee, *args: Any, **offered: Any) -> Any:
        """See `Execution.call`."""
        return await self.resolve(function(*args, **offered))

    async def resolve(self, value: Any) -> Any:
        """See `Execution.resolve`."""
        if is_awaitable(value):
            result, error = asyncio.run_coroutine_threadsafe(outcome(value), self.loop).result()
            if error is not None:
                raise error
            return result
        return value


INLINE = OnLoop(inline=True)
THREADED = OnLoop(inline=False)
