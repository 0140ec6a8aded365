"""A source that feeds no stream itself: what it yields is published."""

from collections.abc import AsyncIterable, Awaitable
from time import monotonic
from typing import Any, Protocol

from hug.eventstream.sources.fairness import take_turns
from hug.eventstream.sources.feed import PATIENCE, Source, iterate, never_blocks
from hug.eventstream.sources.in_thread import SourceThread
from hug.eventstream.sources.iteration import Iteration


class Publish(Protocol):
    """What publishes an item; on the event loop it is awaited, in a thread it blocks."""

    def __call__(self, data: Any, /) -> Awaitable[Any]: ...


class Publishing:
    """Runs a source, on the event loop or in a thread, and publishes its items."""

    def __init__(self, source: Source, publish: Publish) -> None:
        self._publish = publish
        self._iteration: Iteration | None = None
        self._thread: SourceThread | None = None
        if isinstance(source, AsyncIterable):
            self._iteration = Iteration(source)
        elif never_blocks(source):
            self._iteration = Iteration(iterate(source))
        else:
            self._thread = SourceThread(source, self._put)

    async def run(self) -> None:
        """Publish all items; raise what the source raises, or `TooManyThreads`."""
        if self._thread is not None:
            self._thread.start()
            await self._thread.ended()
        elif self._iteration is not None:
            await self._go_through(self._iteration)

    def abandon(self) -> None:
        """See `hug.eventstream.sources.feed.Feed.abandon`."""
        if self._iteration is not None:
            self._iteration.abandon()

    async def close(self) -> None:
        """Let the source clean up; return when it has."""
        if self._thread is not None:
            self._thread.close()
            await self._thread.ended()
        elif self._iteration is not None:
            await self._iteration.close()

    async def _go_through(self, iteration: Iteration) -> None:
        since = monotonic()
        async for item in iteration:
            if iteration.unheard:
                break  # a generator that yields in its finally has kept the cancellation to itself
            if item is not None:
                await self._publish(item)
            if monotonic() - since > PATIENCE:
                await take_turns()  # the source may never wait
                since = monotonic()

    def _put(self, item: Any) -> None:
        if item is not None:
            self._publish(item)
