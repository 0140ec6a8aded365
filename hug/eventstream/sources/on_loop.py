"""Async iterables, run on the event loop in the task of their stream."""

import asyncio
import time
from typing import Any

from hug.eventstream.connection.writer import Connection
from hug.eventstream.sources.fairness import take_turns
from hug.eventstream.sources.feed import PATIENCE, WRITE_SIZE
from hug.eventstream.sources.holding import HELD, tell
from hug.eventstream.sources.iteration import Iteration, Step
from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.encode import encode


class AsyncFeed(Iteration):
    """Runs an async iterable on the event loop; items that are ready share a write.

    Attributes:
        encode: Makes bytes of an item.
    """

    __slots__ = ()
    encode = staticmethod(encode)
    is_published = False
    closes_at_once = False

    def start(self, last_event_id: str, guard: Guard) -> str:  # noqa: ARG002  # sources bring ids of their own
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
        encoded = self.encode
        steps = self.begin()
        try:
            while True:
                try:
                    waiting_for = next(steps)
                except StopIteration as stop:
                    item = stop.value
                else:
                    step: Step[Any] = Step(self, steps, waiting_for)
                    try:
                        pending = connection.write(b"".join(ready)) if ready else None
                    except BaseException:
                        self.interrupted(step)
                        raise
                    finally:
                        ready = None
                    item = await step
                    if _cancelling():
                        break  # a generator that yields in its finally has kept the cancellation to itself
                    if pending is not None:
                        await connection.taken(pending)
                    size, since = 0, time.monotonic()
                if ready is None:
                    ready = []
                ready.append(encoded(item))
                size += len(ready[-1])
                del item  # nor the last item, which may be large
                took = time.monotonic() - since
                if size >= WRITE_SIZE or took > PATIENCE:
                    if took > HELD:
                        tell(self._iterator, took)
                    pending = connection.write(b"".join(ready))
                    ready = None
                    if pending is not None:
                        await connection.taken(pending)
                    await take_turns()  # the source may never wait
                    size, since = 0, time.monotonic()
                steps = self._iterator.__anext__().__await__()
        except StopAsyncIteration:
            pass
        except asyncio.CancelledError:
            ready = None
            raise
        finally:
            if ready and (pending := connection.write(b"".join(ready))) is not None:
                await connection.taken(pending)  # what came before a failure is not lost


def _cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
