"""What a handler answers with: a source, and how it is to be streamed."""

from collections.abc import AsyncIterable, Coroutine
from typing import Any, ClassVar, TypeAlias

from hug.eventstream.channels.channel import Channel, FilteredChannel
from hug.eventstream.channels.stream_reader import Reader, Subscription
from hug.eventstream.serving.mixed_stream import MixedFeed, Mixture
from hug.eventstream.serving.stream_settings import Heartbeat, Retry, check_heartbeat
from hug.eventstream.sources.feed import Feed, Source, is_source, iterate, never_blocks
from hug.eventstream.sources.in_thread import ThreadFeed
from hug.eventstream.sources.on_loop import AsyncFeed
from hug.eventstream.wire.event import check_retry
from hug.eventstream.wire.no_value import NoValue
from hug.sentinels import DEFAULT, Default

Following: TypeAlias = Channel | FilteredChannel
"""What can be followed: a channel, or some of its events."""


class EventStream(NoValue):
    """A source and its options, ready to be served once. Make one with `events`."""

    __slots__ = ("heartbeat", "retry", "source")

    is_events: ClassVar[bool] = True
    """Whether its items are events, beside which comments and a farewell may be written."""

    ends_with_process: ClassVar[bool] = True
    """Whether it ends when the process is told to; else it goes on while the server waits."""

    def __init__(
        self, source: Source | Subscription | Mixture, heartbeat: Heartbeat = DEFAULT, retry: Retry = DEFAULT
    ) -> None:
        self.source = source
        self.heartbeat = heartbeat
        self.retry = retry

    def otherwise(self, heartbeat: Heartbeat, retry: Retry) -> "EventStream":
        """Return this stream, with these options where it has none of its own."""
        return EventStream(
            self.source,
            heartbeat if isinstance(self.heartbeat, Default) else self.heartbeat,
            retry if isinstance(self.retry, Default) else self.retry,
        )

    @property
    def is_published(self) -> bool:
        """Whether it has events of channels, which know where a client left off."""
        return isinstance(self.source, Subscription | Mixture)

    def located(self, last_event_id: str) -> "EventStream | Coroutine[Any, Any, EventStream | None] | None":
        """Return this stream for a client that has received this id; None if it may not read on.

        What returns that, if brokers have to be asked.
        """
        source = self.source
        subscription = source.subscription if isinstance(source, Mixture) else source
        if not isinstance(subscription, Subscription):
            return self
        if subscription.local:
            return self if subscription.can_start(last_event_id) else None
        return self._located(subscription, last_event_id)

    async def _located(self, subscription: Subscription, last_event_id: str) -> "EventStream | None":
        located = await subscription.located(last_event_id)
        if located is None:
            return None
        source = Mixture(self.source.source, located) if isinstance(self.source, Mixture) else located
        return EventStream(source, self.heartbeat, self.retry)

    def feed(self) -> Feed:
        """Return what will run the source: a task for an async one, a thread for one that may block."""
        source = self.source
        if isinstance(source, Subscription):
            return Reader(source)
        if isinstance(source, Mixture):
            return MixedFeed(source)
        if isinstance(source, AsyncIterable):
            return AsyncFeed(source)
        if never_blocks(source):
            return AsyncFeed(iterate(source))
        return ThreadFeed(source)


def check_options(heartbeat: Heartbeat, retry: Retry) -> None:
    """Raise `ValueError` for an option that is given and out of range."""
    if not isinstance(heartbeat, Default):
        check_heartbeat(heartbeat)
    if not isinstance(retry, Default) and retry is not None:
        check_retry(retry)


def events(
    source: Source | Following,
    *others: Source | Following,
    since: str | int | None = None,
    heartbeat: Heartbeat = DEFAULT,
    retry: Retry = DEFAULT,
) -> EventStream:
    """Return what an event stream handler answers with.

    Args:
        source: A generator, an async generator, or any other (async) iterable. Its items are events
            made with `event`, text, values that hug can write as JSON, or None for a heartbeat. Or a channel,
            or what `Channel.where` gives.
        others: Further channels: the stream has the events of them all, each with an id from which a client
            that reconnects resumes in every one of them. One of all these may be a generator, or another
            iterable. Its items have no ids then, it begins anew for each client that reconnects, and the
            stream ends when it has ended and all the channels are closed.
        since: Where in the channels a client begins that has no ``Last-Event-ID``: ``"start"`` with the
            oldest event they have, a number with so many of the newest events of each, before any filter, an
            id behind that event; left out, with what comes from now on.
        heartbeat: Seconds without traffic after which a comment is sent; None switches heartbeats off.
        retry: Milliseconds the client shall wait before it reconnects; None leaves the choice to it.

    Raises:
        TypeError: ``source`` cannot be iterated, or is a single value such as text; several generators, or
            ``since`` without a channel.
        ValueError: ``heartbeat`` or ``retry`` out of range, a channel given twice, a ``since`` that is no id,
            or a number below 1.
    """
    check_options(heartbeat, retry)
    if not others and isinstance(source, Channel):  # as nearly always, by the thousand
        return EventStream(Subscription((source,), since), heartbeat, retry)
    sources = (source, *others)
    followed = [each for each in sources if isinstance(each, Following)]
    iterated = [each for each in sources if not isinstance(each, Following)]
    for each in iterated:
        if not is_source(each):
            raise TypeError(
                f"events() needs a generator or another iterable of events, not {type(each).__name__}"
            )
    if not iterated:
        return EventStream(Subscription(followed, since), heartbeat, retry)
    if len(iterated) > 1:
        raise TypeError(
            "events() takes one generator or iterable, and channels: have one generator yield all"
        )
    if followed:
        return EventStream(Mixture(iterated[0], Subscription(followed, since)), heartbeat, retry)
    if since is not None:
        raise TypeError("since= is for channels: a generator starts where its own code starts it")
    return EventStream(iterated[0], heartbeat, retry)
