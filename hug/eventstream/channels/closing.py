"""The end of a channel, perhaps told before by a last event."""

import time
from collections.abc import Generator
from concurrent.futures import Future
from typing import Any

from hug.eventstream.brokers import Topic
from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.channels.publication import Publication, Published
from hug.eventstream.channels.reply import Reply
from hug.exceptions import ChannelClosed


def close(topic: Topic, last: bytes) -> Publication:
    """Close a channel, after an event with the fields ``last`` if there are any.

    Raises:
        ChannelClosed: It is known to be closed, and there is such an event.
    """
    if not last:
        try:
            return _Closing(topic.append(b""), topic, None)
        except ChannelClosed:
            return Published(topic.newest(), None)
    if not topic.local:
        # Others may get an event in between: it is read before the end, as all that was taken before it.
        return _Closing(topic.append(last), topic, topic.append(b""))
    with LOCK:
        before = topic.append(last)
        return _Closing(before, topic, topic.append(b""))


class _Closing(Published):
    """The event that closes a channel, and the last one before it, if any."""

    __slots__ = ("_end", "_topic")

    def __init__(self, first: str | Future[str], topic: Topic, end: str | Future[str] | None) -> None:
        super().__init__(first, None)
        self._topic = topic
        self._end = None if end is None else Published(end, None)

    def done(self) -> bool:
        """See `Publication.done`."""
        return super().done() and (self._end is None or self._end.done())

    def result(self, timeout: float | None = None) -> str:
        """See `Publication.result`."""
        until = None if timeout is None else time.monotonic() + timeout
        if self._end is not None:
            super().result(timeout)
        try:
            return super().result(timeout) if self._end is None else self._end.result(_left(until))
        except ChannelClosed:  # by somebody else: what was taken before is read before that end
            return Reply(self._topic.newest()).result(_left(until))

    def __await__(self) -> Generator[Any, None, str]:
        if self._end is not None:
            yield from super().__await__()
        try:
            return (yield from (super().__await__() if self._end is None else self._end.__await__()))
        except ChannelClosed:
            return (yield from Reply(self._topic.newest()).__await__())


def _left(until: float | None) -> float | None:
    return None if until is None else max(until - time.monotonic(), 0.0)
