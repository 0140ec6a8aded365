"""Publishing as a part of a transaction of the application's own."""

import logging
from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from hug.eventstream.brokers import Topic
from hug.eventstream.channels.publication import Publication, Published
from hug.exceptions import BrokerError
from hug.source_locations import outer_place

logger = logging.getLogger("hug")


def within(name: str, topic: Topic, connection: Any, *events: bytes) -> Publication:
    """Append events, by their fields, to a channel's topic, in the transaction that ``connection`` is in.

    Raises:
        BrokerError: The broker of the topic knows no such thing.
        TypeError: There is no connection.
    """
    if connection is None:
        raise TypeError("connection is None: leave it out to publish at once, in no transaction")
    append = getattr(topic, "append_within", None)
    if append is None:
        raise BrokerError(
            "connection= is for channels in a database, sqlite: or postgresql:, that it is a connection to: "
            "this channel is in the memory of the process"
        )
    first: str | Awaitable[str] = append(connection, events[0])
    if not isinstance(first, str):
        what = f"an event on channel {name!r}" if events[-1] else f"the end of channel {name!r}"
        return _Awaited(
            what, partial(_all, first, [partial(append, connection, each) for each in events[1:]])
        )
    return Published([first, *(append(connection, each) for each in events[1:])][-1], None)


async def _all(first: Awaitable[str], others: Sequence[Callable[[], Awaitable[str]]]) -> str:
    taken = await first
    for append in others:
        taken = await append()
    return taken


class _Awaited(Published):
    """An event that is published when this is awaited: its connection is an async one."""

    __slots__ = ("_append", "_place", "_published", "_what")

    def __init__(self, what: str, append: Callable[[], Awaitable[str]]) -> None:
        self._published: Future[str] = Future()
        super().__init__(self._published, None)
        self._what = what
        self._place = outer_place()
        self._append: Callable[[], Awaitable[str]] | None = append

    def __del__(self) -> None:
        """Tell of an event that nobody can publish any more."""
        if getattr(self, "_append", None) is not None:
            file, line = self._place
            logger.error(
                "%s was NOT published: with an AsyncConnection what publish() or close() returns must be "
                "awaited, and that of %s:%d was not",
                self._what,
                file,
                line,
            )

    def result(self, timeout: float | None = None) -> str:
        """See `Publication.result`."""
        if not self.done():
            raise RuntimeError("with an async connection the event is published when this is awaited")
        return super().result(timeout)

    def __await__(self) -> Generator[Any, None, str]:
        append, self._append = self._append, None
        if append is not None:
            try:
                self._published.set_result((yield from append().__await__()))
            except BaseException as error:
                self._published.set_exception(error)
                raise
        return (yield from super().__await__())
