"""How the streams of this process, the channels of one broker, and that itself are at one moment."""

import heapq
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import Final

from hug.eventstream.brokers import Health
from hug.eventstream.channels.channel import Channel, fanout_of
from hug.eventstream.channels.fanout import Fanout
from hug.eventstream.channels.gap_counts import GAPS
from hug.eventstream.channels.registry import Channels
from hug.eventstream.loop.open_streams import ending, loops, streams_of
from hug.eventstream.serving.end_reasons import ENDS

MOST: Final = 20
"""Channels that are listed unless somebody asks for more, or fewer."""

_BEGAN: Final = monotonic()


@dataclass(frozen=True, slots=True)
class StreamsStatus:
    """The streams of this process.

    Attributes:
        open: How many are open.
        held_up: How many of them wait for clients that read slowly.
        opened: How many have been opened since the process began.
        ended: How many have ended since then, by reason: ``source`` (its source ended), ``failure`` (it
            raised an error), ``client`` (the client left), ``stuck`` (it had stopped reading), ``gap`` (it
            had missed events, and its channel disconnects such), ``drain`` (the process ends), ``refusal``
            (too many sync sources), ``cancelled`` (by the server).
    """

    open: int
    held_up: int
    opened: int
    ended: dict[str, int]


@dataclass(frozen=True, slots=True)
class GapsStatus:
    """What readers in this process were told to have missed since it began.

    Attributes:
        told: How many ``gap`` events were sent, one for each reader.
        lost: How many events were lost in those whose size was known.
        unknown: How many were of unknown size.
    """

    told: int
    lost: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the slowest reader is behind.

    Attributes:
        events: How many it has yet to be given.
        seconds: How long the first of them has been waiting, at least: it may not be in memory any more.
    """

    events: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """One channel, in this process.

    Attributes:
        name: Its name.
        readers: Open streams that read it, here.
        lag: How far the slowest of these is behind.
        events: How many events are in memory.
        oldest: The id of the oldest of them; None if there is none.
        newest: The id of the newest.
        closed: Whether it is known here to be closed.
    """

    name: str
    readers: int
    lag: Lag
    events: int
    oldest: str | None
    newest: str | None
    closed: bool


@dataclass(frozen=True, slots=True)
class ChannelsStatus:
    """The channels of one broker, in this process.

    Attributes:
        known: How many are in use here.
        readers: How many readers they have together; a stream of three channels is three.
        lag: The longest there is.
        listed: Some of them: those whose readers are most behind come first, then those with most readers.
    """

    known: int
    readers: int
    lag: Lag
    listed: tuple[ChannelStatus, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """How an API's streams are, in this process.

    Attributes:
        ok: Whether clients can be sent here: the broker is connected, if it was needed yet, and the process
            is not about to end.
        ending: Whether the process, or its server, is about to end.
        seconds: For how long has been counted what is counted.
        streams: Those of the whole process.
        gaps: Those of the whole process.
        broker: That of the API.
        channels: Those of the API's broker.
    """

    ok: bool
    ending: bool
    seconds: float
    streams: StreamsStatus
    gaps: GapsStatus
    broker: Health
    channels: ChannelsStatus


def status(channels: Channels, most: int = MOST) -> Status:
    """Return how things are now. It waits for nobody, and may be called in any thread.

    Args:
        channels: Those of a broker.
        most: How many of them are listed.

    Raises:
        ValueError: ``most`` is below 0.
    """
    if most < 0:
        raise ValueError(f"most must be a number of channels, 0 or more, not {most!r}")
    broker, over = channels.broker.health(), ending()
    return Status(
        ok=is_fine(broker) and not over,
        ending=over,
        seconds=round(monotonic() - _BEGAN, 3),
        streams=streams_status(),
        gaps=gaps_status(),
        broker=broker,
        channels=channels_status(channels, most),
    )


def is_fine(broker: Health) -> bool:
    """Whether a broker can be reached, or was not needed yet."""
    return broker.connected or (not broker.since and not broker.error)


def streams_status() -> StreamsStatus:
    """Return how the streams of this process are."""
    at_work = [streams_of(loop) for loop in loops() if not loop.is_closed()]
    return StreamsStatus(
        open=sum(streams.count for streams in at_work),
        held_up=sum(streams.held_up for streams in at_work),
        opened=ENDS.opened.value,
        ended={reason.name.lower(): tally.value for reason, tally in ENDS.ended.items()},
    )


def gaps_status() -> GapsStatus:
    """Return what readers in this process were told to have missed."""
    return GapsStatus(GAPS.told, GAPS.lost, GAPS.unknown)


def channels_status(channels: Channels, most: int) -> ChannelsStatus:
    """Return how the channels of a broker are; ``most`` of them are listed."""
    now, known = monotonic(), channels.now()
    read = [channel for channel in known if fanout_of(channel).audiences]  # few, perhaps, of very many
    found = [(channel, len(channel.readers), lag_of(fanout_of(channel), now)) for channel in read]
    listed = heapq.nlargest(most, found, key=lambda each: (each[2].events, each[1]))
    if len(listed) < most:
        others = (channel for channel in known if not fanout_of(channel).audiences)
        listed += [(channel, 0, _NONE) for channel in islice(others, most - len(listed))]
    return ChannelsStatus(
        known=len(known),
        readers=sum(readers for _, readers, _ in found),
        lag=Lag(
            max((lag.events for _, _, lag in found), default=0),
            max((lag.seconds for _, _, lag in found), default=0.0),
        ),
        listed=tuple([_channel(*each) for each in listed]),
    )


def lag_of(fanout: Fanout, now: float) -> Lag:
    """Return how far the slowest reader of a channel is behind."""
    log = fanout.log
    last = log.last
    places = [each for audience in fanout.audiences if (each := audience.slowest()) is not None]
    events = last - min(places, default=last)
    if events <= 0:
        return _NONE
    try:
        first = next(log.after(last - events, 1), None)
    except LookupError:
        first = next(log.after(log.oldest, 1), None)
    return Lag(events, 0.0 if first is None else round(max(0.0, now - first[0]), 3))


def _channel(channel: Channel, readers: int, lag: Lag) -> ChannelStatus:
    log = fanout_of(channel).log
    oldest, last = log.oldest, log.last
    events = last - oldest
    return ChannelStatus(
        name=channel.name,
        readers=readers,
        lag=lag,
        events=events,
        oldest=log.id(oldest + 1) if events else None,
        newest=log.id(last) if events else None,
        closed=log.closed,
    )


_NONE: Final = Lag()
