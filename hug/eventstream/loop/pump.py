"""One pump for each event loop: it brings what was published to the readers, in passes.

A pass serves every audience that has something new, each reader with all it lacks in one write. Under load a
pass takes longer, so that the next one carries more: what an event costs falls as events come faster. Readers
that do not keep up, or come back after long, take turns in what is left of a pass: however many and whatever
they lack, those that keep up wait for one slice of it, and others on the event loop have every other one.
"""

import asyncio
import contextlib
import contextvars
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, Final, Protocol

SLICE: Final = 0.005
"""Seconds of a pass after which others on the event loop get a turn; and those for readers that lag."""

REST: Final = 0.005
"""Most seconds between two passes, in which events gather into the next write."""

_SHORT: Final = 0.0005
"""Seconds that event loops do not tell from none."""

_LOOK: Final = 8
"""Audiences served in a step each, between two looks at the clock."""

logger = logging.getLogger("hug")


class Pumped(Protocol):
    """Readers to be served.

    Attributes:
        queued: Whether it waits for the next pass; for the pump alone.
        readers: How many there are.
    """

    queued: bool
    readers: int

    def serve(self) -> Iterator[None] | None:
        """Write what the readers that keep up lack.

        Returns:
            None when that is done; else what does the rest, step by step, so that others may have their turn.
        """


class Lagging(Protocol):
    """Readers that do not keep up."""

    @property
    def looks(self) -> bool:
        """Whether events must be looked at for them, which takes time even if none of it is written."""

    def catch_up(self) -> bool:
        """Give one of them what it lacks, up to a limit; return whether there is more to do."""


class Pump:
    """Serves the audiences of one event loop. It has a task only while there is something to do.

    Attributes:
        now: The loop's time, in seconds, when it last got a turn.
        context: What tasks run in that serve many streams.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, context: contextvars.Context) -> None:
        self._loop = loop
        self.context = context
        self._thread = threading.get_ident()
        self._queue: list[Pumped] = []
        self._lagging: deque[Lagging] = deque()
        self._running = False
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
        """Serve ``audience`` in the next pass; from any thread, and from a signal handler."""
        if audience.queued:
            return
        audience.queued = True
        if threading.get_ident() != self._thread:
            self._call_soon(self._enqueue, audience)
        elif self._running:
            self._queue.append(audience)
        elif asyncio.current_task(self._loop) is None:
            # A signal handler, perhaps: it interrupts a loop that waits, and only this wakes it.
            self._call_soon(self._enqueue, audience)
        else:
            self._enqueue(audience)

    def catch_up(self, lagging: Lagging) -> None:
        """Give these readers turns until there is nothing more to do; on the loop's thread."""
        self._lagging.append(lagging)
        self._start()

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
            self._call_soon(function, *arguments)

    def _call_soon(self, function: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and its readers with it
            self._loop.call_soon_threadsafe(function, *arguments)

    def _enqueue(self, audience: Pumped) -> None:
        if audience.readers:
            self._queue.append(audience)
            self._start()
        else:  # they have left: at the end of their event loop, perhaps, where no task ends any more
            audience.queued = False

    def _start(self) -> None:
        if not self._running:
            self._running = True  # first: a signal handler may come in between
            self._task = self._loop.create_task(self._run(), context=self.context)

    async def _run(self) -> None:
        try:
            while self._queue or self._lagging:
                seconds = await self._pass()
                if self._lagging:
                    seconds += self._give_turns()
                await self._rest(min(seconds, REST))
        finally:
            self._task = None
            self._running = False

    async def _pass(self) -> float:
        """Serve what is queued, and return the seconds that went to audiences which took more than a step."""
        batch, self._queue = self._queue, []
        seconds = 0.0
        until = self._take_turn()
        for number, audience in enumerate(batch):
            audience.queued = False  # before it looks: what is published from here on queues it again
            if number % _LOOK == 0 and monotonic() > until:
                await asyncio.sleep(0)
                until = self._take_turn()
            try:
                turns = audience.serve()
                if turns is not None:
                    began = monotonic()
                    for _ in turns:
                        if monotonic() > until:
                            await asyncio.sleep(0)
                            until = self._take_turn()
                    seconds += monotonic() - began
            except Exception:
                logger.exception("readers of a channel could not be served: this is a defect of hug")
            except BaseException:  # the loop ends
                for waiting in batch[number + 1 :]:
                    waiting.queued = False  # so that they can be queued again, should it go on
                raise
        return seconds

    def _give_turns(self) -> float:
        """Let readers catch up that lag, for a slice; return the seconds that went to looking at events."""
        now = monotonic()
        until, looking = now + SLICE, 0.0
        while self._lagging:
            lagging = self._lagging.popleft()
            try:
                if lagging.catch_up():
                    self._lagging.append(lagging)
            except Exception:
                logger.exception("a reader of a channel could not be served: this is a defect of hug")
            before, now = now, monotonic()
            if lagging.looks:
                looking += now - before
            if now >= until:
                break
        return looking

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
