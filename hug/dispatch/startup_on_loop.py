"""Where the handlers of `hug.startup` and `hug.shutdown` are called beside a server: on its event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from concurrent.futures import Future
from typing import Any, Final

from hug.flexible import Flexible
from hug.interface.execution import INLINE, THREADED, Execution
from hug.web.loop_in_thread import outcome

logger = logging.getLogger("hug")


class OnServer:
    """See `hug.api.startup_shutdown.Surroundings`."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    async def call(self, function: Flexible, *args: Any) -> Any:
        """See `hug.api.startup_shutdown.Surroundings.call`."""
        return await self._execution.call(function, *args)

    async def last_call(self, calling: Awaitable[Any], seconds: float | None, name: str) -> None:
        """See `hug.api.startup_shutdown.Surroundings.last_call`; one that is left behind is logged."""
        task = asyncio.ensure_future(outcome(calling))
        try:
            await asyncio.wait({task}, timeout=seconds)
            if not task.done():
                logger.error(
                    "shutdown handler %s goes on after %g s: it is left behind. "
                    "hug.API(...).life.shutdown_timeout is how long each may take",
                    name,
                    seconds,
                )
            elif task.cancelled():
                logger.error("shutdown handler %s was cancelled", name)
            elif (error := task.result()[1]) is not None:
                raise error
        finally:
            task.cancel()

    async def wait(self, others: Future[None]) -> None:
        """See `hug.api.startup_shutdown.Surroundings.wait`."""
        await asyncio.shield(asyncio.wrap_future(others))


_INLINE: Final = OnServer(INLINE)
_THREADED: Final = OnServer(THREADED)


def on_server(inline: bool) -> OnServer:
    """Return where handlers are called: ``def`` ones in threads, or on the event loop if ``inline``."""
    return _INLINE if inline else _THREADED
