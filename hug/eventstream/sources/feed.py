"""What may feed a stream, and what every feed of one does."""

from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, Protocol, TypeAlias

from hug.eventstream.connection.writer import Connection
from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.event import Event

Source: TypeAlias = AsyncIterable[Any] | Iterable[Any]

WRITE_SIZE: Final = 64 * 1024
"""Bytes after which ready items go out without waiting for further ones."""

PATIENCE: Final = 0.001
"""Seconds for which ready items may gather: one that took longer to compute goes out at once."""


_SINGLE = (str, bytes, bytearray, memoryview, Mapping, Event)


class Feed(Protocol):
    """Runs one source into one connection."""

    @property
    def closes_at_once(self) -> bool:
        """Whether `close` needs no limit of time: it runs no code of a source, or such that has a limit."""

    @property
    def is_published(self) -> bool:
        """Whether it writes what has been published before, and does not make it meanwhile."""

    def start(self, last_event_id: str, guard: Guard) -> str:
        """Return the id that the client shall resume from until an event brings another.

        Called once, before anything is written. `run` or `close` follows.

        Args:
            last_event_id: The request's, empty if it has none.
            guard: What the client is; see `hug.eventstream.wire.client`.
        """

    def run(self, connection: Connection) -> Awaitable[bool | None]:
        """Write all items. What the source raises is passed on; it ends early when this is cancelled.

        True means that there are more, but not for this client, which has missed some and is disconnected.
        """

    async def close(self) -> None:
        """Let the source clean up, always in the end, and also if it was not run; return when it has."""

    def abandon(self) -> None:
        """Give up a source that does not end: the next cancellation does not reach it."""


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
