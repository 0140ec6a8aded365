"""The status as numbers with names, for monitoring; what they are shown by is not known here."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final, Literal

from hug.eventstream.brokers import Health
from hug.eventstream.channels.channel import Channel, fanout_of
from hug.eventstream.channels.default_broker import channels_in_use
from hug.eventstream.watching import looking
from hug.eventstream.watching.status import (
    ChannelsStatus,
    channels_status,
    gaps_status,
    lag_of,
    streams_status,
)

Over = Literal["sum", "min", "max"]


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured.

    Attributes:
        name: Its name, by the conventions of Prometheus.
        about: What it is, in a line.
        labels: The names of its labels.
        over: How several values become one: those of several processes, and of brokers with the same URL.
        counts: Whether it only grows.
    """

    name: str
    about: str
    labels: tuple[str, ...] = ()
    over: Over = "sum"
    counts: bool = False


_BROKER: Final = ("broker",)

OPEN: Final = Measure("hug_streams_open", "Event streams that are open.")
HELD_UP: Final = Measure("hug_streams_held_up", "Open event streams whose clients read too slowly just now.")
OPENED: Final = Measure("hug_streams_opened", "Event streams that were opened.", counts=True)
ENDS: Final = Measure("hug_stream_ends", "Event streams that ended, by reason.", ("reason",), counts=True)
GAPS: Final = Measure(
    "hug_gaps", "Gaps that readers were told of, by whether their size was known.", ("size",), counts=True
)
LOST: Final = Measure("hug_events_lost", "Events in gaps of known size, once for each reader.", counts=True)

_OF_BROKERS: Final[dict[Measure, Callable[[Health], float]]] = {
    Measure("hug_broker_connected", "Whether the broker can be reached.", _BROKER, "min"): (
        lambda health: float(health.connected)
    ),
    Measure("hug_broker_events_waiting", "Events that the broker has not answered for.", _BROKER): (
        lambda health: health.waiting
    ),
    Measure("hug_broker_channels_followed", "Channels whose events the broker sends here.", _BROKER): (
        lambda health: health.followed
    ),
    Measure("hug_broker_reconnects", "Connections to the broker after the first.", _BROKER, counts=True): (
        lambda health: health.reconnects
    ),
    Measure("hug_events_published", "Events that the broker has taken.", _BROKER, counts=True): (
        lambda health: health.published
    ),
    Measure("hug_publishes_refused", "Events that were not taken.", _BROKER, counts=True): (
        lambda health: health.refused
    ),
    Measure(
        "hug_publishes_unknown", "Events of which nobody knows whether they were.", _BROKER, counts=True
    ): (lambda health: health.unknown),
}

_OF_ALL_CHANNELS: Final[dict[Measure, Callable[[ChannelsStatus], float]]] = {
    Measure("hug_channels", "Channels in use.", _BROKER, "max"): lambda channels: channels.known,
    Measure("hug_readers", "Readers of channels.", _BROKER): lambda channels: channels.readers,
    Measure("hug_lag_events", "Events that the slowest reader lacks.", _BROKER, "max"): (
        lambda channels: channels.lag.events
    ),
    Measure("hug_lag_seconds", "Age of the oldest event that a reader lacks.", _BROKER, "max"): (
        lambda channels: channels.lag.seconds
    ),
}

_CHANNEL: Final = ("broker", "channel")
READERS: Final = Measure("hug_channel_readers", "Readers of a channel.", _CHANNEL)
LAG_EVENTS: Final = Measure(
    "hug_channel_lag_events", "Events that the slowest reader of a channel lacks.", _CHANNEL, "max"
)
LAG_SECONDS: Final = Measure(
    "hug_channel_lag_seconds", "Age of the oldest event that a reader of a channel lacks.", _CHANNEL, "max"
)

MEASURES: Final = (
    *(OPEN, HELD_UP, OPENED, ENDS, GAPS, LOST),
    *_OF_BROKERS,
    *_OF_ALL_CHANNELS,
    *(READERS, LAG_EVENTS, LAG_SECONDS),
)

PRIVATE: Final = "private"
"""In place of the URL of a broker that has another one after each start: time series would pile up."""

Values = dict[Measure, dict[tuple[str, ...], float]]
"""By measure, and by the values of its labels."""


def measured(names: Iterable[str] = ()) -> Values:
    """Return what there is to measure in this process now; it may be called in any thread.

    Args:
        names: The channels of which there are measures of their own, whether they are in use or not.
    """
    values: Values = {measure: {} for measure in MEASURES}
    streams, gaps = streams_status(), gaps_status()
    values[OPEN][()] = streams.open
    values[HELD_UP][()] = streams.held_up
    values[OPENED][()] = streams.opened
    for reason, count in streams.ended.items():
        values[ENDS][reason,] = count
    values[GAPS]["known",] = gaps.told - gaps.unknown
    values[GAPS]["unknown",] = gaps.unknown
    values[LOST][()] = gaps.lost
    for channels in channels_in_use():
        health, all_of_them = channels.broker.health(), channels_status(channels, 0)
        url = health.url if health.url != looking.private_broker else PRIVATE
        for measure, of_broker in _OF_BROKERS.items():
            _put(values, measure, (url,), of_broker(health))
        for measure, of_channels in _OF_ALL_CHANNELS.items():
            _put(values, measure, (url,), of_channels(all_of_them))
        for name in names:
            _put_channel(values, url, name, channels.get_known(name))
    return values


def _put_channel(values: Values, url: str, name: str, channel: Channel | None) -> None:
    readers, lag = 0, None
    if channel is not None and fanout_of(channel).audiences:
        readers, lag = len(channel.readers), lag_of(fanout_of(channel), monotonic())
    _put(values, READERS, (url, name), readers)
    _put(values, LAG_EVENTS, (url, name), lag.events if lag else 0)
    _put(values, LAG_SECONDS, (url, name), lag.seconds if lag else 0.0)


def _put(values: Values, measure: Measure, labels: tuple[str, ...], value: float) -> None:
    """Add a value, to another one if there are two brokers with this URL."""
    there = values[measure]
    known = [there[labels]] if labels in there else []
    there[labels] = _TOGETHER[measure.over]([*known, value])


_TOGETHER: Final[dict[Over, Callable[[Sequence[float]], float]]] = {"sum": sum, "min": min, "max": max}
