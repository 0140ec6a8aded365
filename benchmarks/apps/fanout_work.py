"""What is the same in every application of the fan-out benchmarks: the events, and how they are published."""

import asyncio
import inspect
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

NUMBERS = 1_000_000
"""Events of a channel are numbered from its own number times this on, so that no other's pass for them."""

AT_ONCE = 100
"""Most events published before others on the event loop get a turn."""


def payload(number: int, size: int) -> str:
    """Return the data of an event: its number, the time in nanoseconds, and filler."""
    return f"{number} {time.monotonic_ns()} ".ljust(size, "x")


class Hub:
    """A queue for each reader, as the others' documentation shows it: fan-out is left to their users."""

    def __init__(self) -> None:
        self._queues: defaultdict[int, set[asyncio.Queue[Any]]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    @contextmanager
    def queue(self, channel: int) -> Iterator[asyncio.Queue[Any]]:
        """Give the queue of one more reader of a channel."""
        queue: asyncio.Queue[Any] = asyncio.Queue()
        self._queues[channel].add(queue)
        try:
            yield queue
        finally:
            self._queues[channel].discard(queue)

    def publish(self, channel: int, item: Any) -> None:
        """Put an event into the queues of all readers of a channel."""
        for queue in self._queues[channel]:
            queue.put_nowait(item)


async def publish_all(
    publish: Callable[[int, str], Any],
    n: int,
    first: int = 0,
    rate: float = 0.0,
    channels: int = 1,
    size: int = 100,
) -> float:
    """Publish events on each of some channels, on one after the other.

    Args:
        publish: Called with the channel's number and the data; its result is awaited if it can be.
        n: How many events each channel gets.
        first: Number of the first of them, in its channel.
        rate: Events a second on each channel; 0 for as fast as it goes.
        channels: How many channels.
        size: Bytes of data of an event.

    Returns:
        The seconds it took.
    """
    total, rate = n * channels, rate * channels
    start = time.monotonic()
    done = 0
    while True:
        # Timers are too coarse for each of very many events to have its own.
        due = int((time.monotonic() - start) * rate) + 1 if rate else done + channels
        for number in range(done, min(due, done + AT_ONCE, total)):
            channel = number % channels
            published = publish(channel, payload(channel * NUMBERS + first + number // channels, size))
            if inspect.isawaitable(published):
                await published
            done += 1
        if done == total:
            return time.monotonic() - start
        await asyncio.sleep(max(0.0, start + done / rate - time.monotonic()) if rate else 0)
