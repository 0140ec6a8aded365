"""One pump for each event loop: it brings what was published to the readers, in passes.

A pass serves every audience that has something new, each reader with all it lacks in one write. Under load a
pass takes longer, so that the next one carries more: what an event costs falls as events come faster.
"""

import asyncio
import contextlib
import contextvars
import logging
import threading
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, Final, Protocol

SLICE: Final = 0.005
"""Seconds of a pass after which others on the event loop get a turn."""

REST: Final = 0.005
"""Most seconds between two passes, in which events gather into the next write."""

_SHORT: Final = 0.0005
"""Seconds that event loops do not tell from none."""

logger = logging.getLogger("hug")


class Pumped(Protocol):
    """Readers to be served.

    Attributes:
        queued: Whether it waits for the next pass; for the pump alone.
    """

    queued: bool

    def serve(self) -> Iterator[None] | None:
        """Write what the readers lack.

        Returns:
            None when that is done; else what does the rest, step by step, so that others may have their turn.
        """


class Pump:
    """Serves the audiences of one event loop. It has a task only while there is something to do.

    Attributes:
        now: The loop's time, in seconds, when it last got a turn.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, context: contextvars.Context) -> None:
        self._loop = loop
        self._context = context
        self._thread = threading.get_ident()
        self._queue: list[Pumped] = []
        self._task: asyncio.Task[None] | None = None
        self._resting: asyncio.Future[None] | None = None
        self.now = loop.time()

    @property
    def closed(self) -> bool:
        """Whether the event loop is closed, so that nobody can be served any more."""
        return self._loop.is_closed()

    @property
    def idle(self) -> bool:
        """Whether nobody waits to be served."""
        return self._task is None and not self._queue

    def wake(self, audience: Pumped) -> None:
        """Serve ``audience`` in the next pass; from any thread."""
        if audience.queued:
            return
        audience.queued = True
        if self._task is not None and threading.get_ident() == self._thread:
            self._queue.append(audience)
        else:
            self.call(self._enqueue, audience)

    def hurry(self) -> None:
        """Begin the next pass at once, because much has gathered; from any thread."""
        if self._resting is not None:
            self.call(self._end_rest)

    async def flush(self, timeout: float) -> None:
        """Bring out what was published before, within ``timeout`` seconds."""
        task = self._task
        if task is not None:
            self._end_rest()
            await asyncio.wait({task}, timeout=timeout)

    def call(self, function: Callable[..., None], *arguments: Any) -> None:
        """Call ``function`` on the loop's thread; from any thread."""
        if threading.get_ident() == self._thread:
            function(*arguments)
        else:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and its readers with it
                self._loop.call_soon_threadsafe(function, *arguments)

    def _enqueue(self, audience: Pumped) -> None:
        self._queue.append(audience)
        if self._task is None:
            self._task = self._loop.create_task(self._run(), context=self._context)

    async def _run(self) -> None:
        try:
            while self._queue:
                await self._rest(min(await self._pass(), REST))
        finally:
            self._task = None

    async def _pass(self) -> float:
        """Serve what is queued, and return the seconds that went to audiences which took more than a step."""
        batch, self._queue = self._queue, []
        seconds = 0.0
        until = self._take_turn()
        for audience in batch:
            audience.queued = False  # before it looks: what is published from here on queues it again
            began = monotonic()
            if began > until:
                await asyncio.sleep(0)
                until = self._take_turn()
            try:
                turns = audience.serve()
                if turns is not None:
                    for _ in turns:
                        if monotonic() > until:
                            await asyncio.sleep(0)
                            until = self._take_turn()
                    seconds += monotonic() - began
            except Exception:
                logger.exception("readers of a channel could not be served: this is a defect of hug")
        return seconds

    def _take_turn(self) -> float:
        """Look at the clock, and return when others on the event loop get a turn."""
        self.now = self._loop.time()
        return monotonic() + SLICE

    async def _rest(self, seconds: float) -> None:
        if seconds < _SHORT:
            await asyncio.sleep(0)
            return
        resting = self._resting = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._end_rest)
        try:
            await resting
        finally:
            timer.cancel()
            self._resting = None

    def _end_rest(self) -> None:
        if self._resting is not None and not self._resting.done():
            self._resting.set_result(None)
