"""What a handler answers with: a source, and how it is to be streamed."""

import math
from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from hug.eventstream.event import check_retry
from hug.eventstream.sources import AsyncFeed, Feed, Source, is_source, iterate, never_blocks
from hug.eventstream.threads import ThreadFeed


class Default:
    """The type of `DEFAULT`, which tells "not given" from None."""

    def __repr__(self) -> str:
        return "the API's default"


DEFAULT: Final = Default()

Heartbeat: TypeAlias = float | Default | None
Retry: TypeAlias = int | Default | None


@dataclass(slots=True)
class Settings:
    """How an API streams; each value may be assigned at any time and holds for streams opened later.

    Attributes:
        heartbeat: Seconds without traffic after which a comment is sent; None switches heartbeats off.
        retry: Milliseconds that a client shall wait before it reconnects, told at the start of each stream;
            None leaves it to the client (browsers wait 3 to 5 seconds).
        drain_retry: Seconds, from and to: clients of a process that ends are told to come back after a time
            drawn at random between these, so that they do not all come at once.
        cleanup_timeout: Seconds that a source gets for its cleanup; it is logged when it takes longer.
        write_timeout: Seconds after which a client that reads nothing is cut off.
    """

    heartbeat: float | None = 15.0
    retry: int | None = None
    drain_retry: tuple[float, float] = (1.0, 5.0)
    cleanup_timeout: float = 10.0
    write_timeout: float = 30.0

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "heartbeat":
            check_heartbeat(value)
        elif name == "retry":
            if value is not None:
                check_retry(value)
        elif name == "drain_retry":
            low, high = value
            if not 0 <= low <= high < math.inf:
                raise ValueError(
                    f"drain_retry must be two numbers of seconds, the smaller first, not {value!r}"
                )
        elif not _positive(value):
            raise ValueError(f"{name} must be a number of seconds above 0, not {value!r}")
        object.__setattr__(self, name, value)


def check_heartbeat(value: object) -> None:
    """Raise `ValueError` unless ``value`` is a number of seconds above 0, or None."""
    if value is not None and not _positive(value):
        raise ValueError(
            f"heartbeat must be a number of seconds above 0, or None for none at all, not {value!r}"
        )


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf


class EventStream:
    """A source and its options, ready to be served once. Make one with `events`."""

    __slots__ = ("heartbeat", "retry", "source")

    def __init__(self, source: Source, heartbeat: Heartbeat, retry: Retry) -> None:
        self.source = source
        self.heartbeat = heartbeat
        self.retry = retry

    def feed(self) -> Feed:
        """Return what will run the source: a task for an async one, a thread for one that may block."""
        source = self.source
        if isinstance(source, AsyncIterable):
            return AsyncFeed(source)
        if never_blocks(source):
            return AsyncFeed(iterate(source))
        return ThreadFeed(source)


def events(source: Source, *, heartbeat: Heartbeat = DEFAULT, retry: Retry = DEFAULT) -> EventStream:
    """Return what an event stream handler answers with.

    Args:
        source: A generator, an async generator, or any other (async) iterable. Its items are events
            made with `event`, text, values that hug can write as JSON, or None for a heartbeat.
        heartbeat: Seconds without traffic after which a comment is sent; None switches heartbeats off.
        retry: Milliseconds the client shall wait before it reconnects; None leaves the choice to it.

    Raises:
        TypeError: ``source`` cannot be iterated, or is a single value such as text.
        ValueError: ``heartbeat`` or ``retry`` out of range.
    """
    if not is_source(source):
        raise TypeError(
            f"events() needs a generator or another iterable of events, not {type(source).__name__}"
        )
    if not isinstance(heartbeat, Default):
        check_heartbeat(heartbeat)
    if not isinstance(retry, Default) and retry is not None:
        check_retry(retry)
    return EventStream(source, heartbeat, retry)
