"""Calls that come from no event loop: from a command line, or from plain Python code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from hug.introspect import is_awaitable

if TYPE_CHECKING:
    from hug.interface.execution import Callee
    from hug.interface.own_loop import OwnLoop


class Alone:
    """Runs user code right here. What has to be awaited gets an event loop of its own, the same for one call.

    A context manager, which closes that loop.
    """

    __slots__ = ("_loop",)

    def __init__(self) -> None:
        self._loop: OwnLoop | None = None

    async def call(self, function: Callee, *args: Any, **offered: Any) -> Any:
        """See `hug.interface.execution.Execution.call`."""
        return await self.resolve(function(*args, **offered))

    async def resolve(self, value: Any) -> Any:
        """See `hug.interface.execution.Execution.resolve`."""
        if not is_awaitable(value):
            return value
        if self._loop is None:
            from hug.interface.own_loop import OwnLoop  # noqa: PLC0415  # asyncio, for those who await something

            self._loop = OwnLoop()
        return self._loop.wait(value)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._loop is not None:
            self._loop.close()
