"""What may feed a stream, and the task that runs it on the event loop."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, Protocol, TypeAlias

from hug.eventstream.connection import Connection
from hug.eventstream.encode import encode
from hug.eventstream.event import Event
from hug.eventstream.stepping import Rest

Source: TypeAlias = AsyncIterable[Any] | Iterable[Any]

WRITE_SIZE: Final = 64 * 1024
"""Bytes after which ready items go out without waiting for further ones."""

PATIENCE: Final = 0.001
"""Seconds for which ready items may gather: one that took longer to compute goes out at once."""


_SINGLE = (str, bytes, bytearray, memoryview, Mapping, Event)


class Feed(Protocol):
    """Runs one source into one connection."""

    @property
    def is_published(self) -> bool:
        """Whether it writes what has been published before, and does not make it meanwhile."""

    def start(self, last_event_id: str) -> str:
        """Return the id that the client shall resume from until an event brings another.

        Called once, before anything is written. `run` or `close` follows.

        Args:
            last_event_id: The request's, empty if it has none.
        """

    def run(self, connection: Connection) -> Awaitable[None]:
        """Write all items. What the source raises is passed on; it ends early when this is cancelled."""

    async def close(self) -> None:
        """Let the source clean up, always in the end, and also if it was not run; return when it has."""


def is_source(value: object) -> bool:
    """Whether ``value`` can feed a stream: an (async) iterable that is not itself one item."""
    if isinstance(value, AsyncIterable):
        return True
    return isinstance(value, Iterable) and not isinstance(value, _SINGLE) and not hasattr(value, "model_dump")


def never_blocks(source: Iterable[Any]) -> bool:
    """Whether iterating over ``source`` cannot wait for anything, so that it may run on the event loop."""
    return isinstance(source, Sequence | AbstractSet | deque)


async def iterate(items: Iterable[Any]) -> AsyncIterator[Any]:
    """Yield items that are all there already."""
    for item in items:
        yield item


class AsyncFeed:
    """Runs an async iterable on the event loop; items that are ready share a write."""

    __slots__ = ("_iterator",)
    is_published = False

    def __init__(self, source: AsyncIterable[Any]) -> None:
        self._iterator = aiter(source)

    def start(self, last_event_id: str) -> str:
        """See `Feed.start`."""
        return last_event_id

    async def run(self, connection: Connection) -> None:
        """See `Feed.run`.

        Each ``__anext__`` is stepped by hand, so that an item that is ready costs no turn of the event loop.
        When an item is not ready, what has gathered leaves first, and the wait goes on meanwhile. All this is
        one coroutine because an idle stream keeps each of its frames in memory.
        """
        ready: list[bytes] | None = None  # an idle stream keeps no list
        size, since = 0, time.monotonic()
        try:
            while True:
                steps = self._iterator.__anext__().__await__()
                try:
                    waiting_for = next(steps)
                except StopIteration as stop:
                    item = stop.value
                else:
                    pending = connection.write(b"".join(ready)) if ready else None
                    ready = None
                    item = await Rest(steps, waiting_for)
                    if _cancelling():
                        break  # a generator that yields in its finally has kept the cancellation to itself
                    if pending is not None:
                        await pending
                    size, since = 0, time.monotonic()
                if ready is None:
                    ready = []
                ready.append(encode(item))
                size += len(ready[-1])
                del item  # nor the last item, which may be large
                if size >= WRITE_SIZE or time.monotonic() - since > PATIENCE:
                    pending = connection.write(b"".join(ready))
                    ready = None
                    if pending is not None:
                        await pending
                    await asyncio.sleep(0)  # the source may never wait, and others want their turn
                    size, since = 0, time.monotonic()
        except StopAsyncIteration:
            pass
        except asyncio.CancelledError:
            ready = None
            raise
        finally:
            if ready and (pending := connection.write(b"".join(ready))) is not None:
                await pending  # what came before a failure is not lost

    async def close(self) -> None:
        """See `Feed.close`."""
        aclose = getattr(self._iterator, "aclose", None)
        if aclose is not None:
            await aclose()


def _cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
