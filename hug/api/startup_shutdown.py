"""What an application does when it starts, and when it ends: `hug.startup`, `hug.shutdown`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, Final, Protocol

from hug import introspect
from hug.ending_budget import SHUTDOWN
from hug.exceptions import ENDING
from hug.flexible import Flexible
from hug.source_locations import place
from hug.web.without_waiting import finish

logger = logging.getLogger("hug")

Handler = Callable[..., Any]


class Surroundings(Protocol):
    """Where handlers are called: beside a server (`hug.dispatch.startup_on_loop`), or where none is."""

    async def call(self, function: Flexible, *args: Any) -> Any:
        """Return what a handler gives, awaited if need be."""

    async def last_call(self, calling: Awaitable[Any], seconds: float | None, name: str) -> None:
        """Wait for the call of a handler that shuts something down; leave it behind after these seconds."""

    async def wait(self, others: Future[None]) -> None:
        """Wait until others have done what they are at."""


class _Here:
    """In this thread, where nothing is served; what has to be awaited runs on an event loop for all of it."""

    async def call(self, function: Flexible, *args: Any) -> Any:
        """See `Surroundings.call`."""
        value = function(*args)
        if not hasattr(value, "__await__"):
            return value
        from hug.api.loop_of_handlers import portal  # noqa: PLC0415  # asyncio, for async handlers

        return portal.call(lambda: value)

    async def last_call(self, calling: Awaitable[Any], _seconds: float | None, _name: str) -> None:
        """See `Surroundings.last_call`: nobody is in a hurry."""
        await calling

    async def wait(self, others: Future[None]) -> None:
        """See `Surroundings.wait`."""
        others.result()


HERE: Final = _Here()


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

    async def begin(self, there: Surroundings) -> None:
        """Call the startup handlers that have not been called; wait for them, if somebody else is at it.

        Raises:
            Exception: What one of them raises. It is called again the next time, and then those after it.
        """
        while True:
            with self._lock:
                others, mine = self._running, Future[None]()
                if others is None:
                    self._running = mine
            if others is None:
                break
            await there.wait(others)
        try:
            while self._done < len(self.startup_handlers):
                await self._call(self.startup_handlers[self._done], there)
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
            finish(self.begin(HERE))

    async def serve(self, there: Surroundings) -> None:
        """Begin, for a server that tells when it ends."""
        await self.begin(there)
        with self._lock:
            self._servers += 1

    async def end(self, there: Surroundings) -> None:
        """Call the shutdown handlers if it was the last server; one that fails is logged."""
        with self._lock:
            self._servers -= 1
            if self._servers > 0:
                return
            self._servers = 0
        await self._finish(there)

    def end_here(self) -> None:
        """Do so in this thread, if nothing is served: a command that has called `begin_here` is over."""
        with self._lock:
            if self._servers > 0 or not self.started:
                return
        finish(self._finish(HERE))

    async def _finish(self, there: Surroundings) -> None:
        self._done = 0
        self.started = self.settled = False
        for handler in list(self.shutdown_handlers):
            name = named(handler)
            try:
                await there.last_call(self._call(handler, there), self.shutdown_timeout, name)
            except (Exception, *ENDING):
                logger.exception("shutdown handler %s failed", name)

    async def _call(self, handler: Handler, there: Surroundings) -> None:
        given = () if introspect.first(handler) is None else (self._api,)
        try:
            await there.call(Flexible(handler), *given)
        except Exception as error:
            error.add_note(f"This is of {named(handler)}, which is called when a server starts or ends.")
            raise


def named(handler: Handler) -> str:
    """Return what a handler is called, and where it is, for whoever has to mend it."""
    return f"{getattr(handler, '__qualname__', repr(handler))} ({place(handler)})"
