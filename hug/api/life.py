"""What an application does when its server starts, and when that ends: `hug.startup`, `hug.shutdown`."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from hug import introspect
from hug.eventstream.loop.budget import SHUTDOWN
from hug.flexible import Flexible
from hug.interface.execution import INLINE, THREADED, Execution, InThread
from hug.source_locations import place
from hug.web.loop_in_thread import ENDING, Portal, outcome
from hug.web.threads import finish

logger = logging.getLogger("hug")

Handler = Callable[..., Any]

portal = Portal("hug-startup")
"""The event loop for async handlers where nothing is served: of a command, say."""


class Life:
    """The handlers of one API, and which of them have run.

    Each runs once, in the order they were added: when the first of the servers starts, or before the first
    request if no server has said that it does; one that is added later, before the next request. They begin
    anew once the last server has ended.

    Attributes:
        startup_handlers: Called in the beginning, with the API if they take an argument.
        shutdown_handlers: Called in the end, likewise.
        started: Whether the startup handlers have been called.
        settled: Whether there is nothing to do before the next request.
        failure: What the last start has failed with; None if it has not.
        shutdown_timeout: Seconds that each shutdown handler may take when a server ends; None is for ever.
    """

    def __init__(self, api: Any) -> None:
        self._api = api
        self.startup_handlers: list[Handler] = []
        self.shutdown_handlers: list[Handler] = []
        self.started = self.settled = False
        self.failure: BaseException | None = None
        self.shutdown_timeout: float | None = SHUTDOWN
        self._done = 0
        self._servers = 0
        self._lock = threading.Lock()
        self._running: Future[None] | None = None

    def add_startup_handler(self, handler: Handler) -> None:
        """Add a handler, to be called after those there are."""
        self.startup_handlers.append(handler)
        self.settled = False

    def adopt(self, other: Life) -> None:
        """Add the handlers of another API that are not here yet."""
        for handler in other.startup_handlers:
            if handler not in self.startup_handlers:
                self.add_startup_handler(handler)
        self.shutdown_handlers += [
            each for each in other.shutdown_handlers if each not in self.shutdown_handlers
        ]

    async def begin(self, execution: Execution | None = None) -> None:
        """Call the startup handlers that have not been called; wait for them, if somebody else is at it.

        Raises:
            Exception: What one of them raises. It is called again the next time, and then those after it.
        """
        execution = execution or self._execution()
        while True:
            with self._lock:
                others, mine = self._running, Future[None]()
                if others is None:
                    self._running = mine
            if others is None:
                break
            await execution.resolve(_end_of(others))
        try:
            while self._done < len(self.startup_handlers):
                await self._call(self.startup_handlers[self._done], execution)
                self._done += 1
            self.started, self.settled, self.failure = True, True, None
        except BaseException as error:
            self.failure = error
            raise
        finally:
            self._running = None
            mine.set_result(None)

    def begin_here(self) -> None:
        """Do so in this thread, where nothing is served; async handlers run on an event loop of their own."""
        if not self.settled:
            finish(self.begin(InThread(portal.loop)))

    async def serve(self) -> None:
        """Begin, for a server that tells when it ends."""
        await self.begin()
        with self._lock:
            self._servers += 1

    async def end(self) -> None:
        """Call the shutdown handlers if it was the last server; one that fails is logged."""
        with self._lock:
            self._servers -= 1
            if self._servers > 0:
                return
            self._servers = 0
        await self._finish(self._execution())

    def end_here(self) -> None:
        """Do so in this thread, if nothing is served: a command that has called `begin_here` is over."""
        with self._lock:
            if self._servers > 0 or not self.started:
                return
        finish(self._finish(InThread(portal.loop)))

    async def _finish(self, execution: Execution) -> None:
        self._done = 0
        self.started = self.settled = False
        for handler in list(self.shutdown_handlers):
            try:
                if isinstance(execution, InThread):
                    await self._call(handler, execution)
                else:
                    await self._call_in_time(handler, execution)
            except (Exception, *ENDING):
                logger.exception("shutdown handler %s failed", named(handler))

    async def _call_in_time(self, handler: Handler, execution: Execution) -> None:
        calling = asyncio.ensure_future(outcome(self._call(handler, execution)))
        try:
            await asyncio.wait({calling}, timeout=self.shutdown_timeout)
            if not calling.done():
                logger.error(
                    "shutdown handler %s goes on after %g s: it is left behind. "
                    "hug.API(...).life.shutdown_timeout is how long each may take",
                    named(handler),
                    self.shutdown_timeout,
                )
            elif calling.cancelled():
                logger.error("shutdown handler %s was cancelled", named(handler))
            elif (error := calling.result()[1]) is not None:
                raise error
        finally:
            calling.cancel()

    def _execution(self) -> Execution:
        return INLINE if self._api.http.inline else THREADED

    async def _call(self, handler: Handler, execution: Execution) -> None:
        given = () if introspect.first(handler) is None else (self._api,)
        try:
            await execution.call(Flexible(handler), *given)
        except Exception as error:
            error.add_note(f"This is of {named(handler)}, which is called when a server starts or ends.")
            raise


def named(handler: Handler) -> str:
    """Return what a handler is called, and where it is, for whoever has to mend it."""
    return f"{getattr(handler, '__qualname__', repr(handler))} ({place(handler)})"


async def _end_of(running: Future[None]) -> None:
    await asyncio.shield(asyncio.wrap_future(running))
