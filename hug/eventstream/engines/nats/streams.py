"""A channel as a stream of JetStream: its name, its subjects, its configuration. Values in, values out.

A stream a channel, because its sequence then counts the channel's events without holes, and its limits are
the channel's own. It takes what is published on ``PREFIX.to.CHANNEL.event``, and on ``.closing`` the one
event that closes it; both are sent to ``PREFIX.live.CHANNEL.LIFE.*``, too, once they are stored. Without
``.event`` among its subjects it takes no more events: so it is closed, at one moment for all publishers. What
hug must know of the channel besides is in the stream's description.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from hug.eventstream.engines.engine import encoded
from hug.eventstream.history.log import Bounds

REMEMBERED: Final = 120
"""Seconds for which the server knows an event again that is published twice."""

_MARGIN: Final = 60
"""Seconds that events stay past their age: by the newest one those who come back know the past again."""

_LONGEST: Final = 180
"""Most characters of a channel in the name of a stream, which is that of a folder, too: 255 at most."""

_OVERHEAD: Final = 180
"""Bytes at least that the server counts for an event besides its fields: 34, its subject and its headers."""

_MOST: Final = 1 << 62

UNLIMITED: Final = 1 << 62
"""The room of a stream without a limit of bytes."""


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a stream's description says.

    Attributes:
        channel: The channel's name.
        life: See `Ends`.
        history: See `Bounds`, as the next two.
        max_bytes: See `Bounds`.
        max_age: See `Bounds`.
        closing: The request of the event that closes the channel; empty while it is open.
        leaving: When somebody began to delete the stream; 0 if nobody did.
    """

    channel: str
    life: str
    history: int
    max_bytes: int
    max_age: float | None = None
    closing: str = ""
    leaving: float = 0

    @property
    def bounds(self) -> Bounds:
        """The channel's bounds."""
        return Bounds(self.history, self.max_bytes, self.max_age)


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as the server describes it.

    Attributes:
        config: Its configuration.
        created: When it was made.
        state: How many messages it has, and which.
        known: What its description says; None if it is not ours.
    """

    config: Mapping[str, Any]
    created: str
    state: Mapping[str, Any]
    known: Known | None

    @property
    def last(self) -> int:
        """The position of the newest event."""
        return int(self.state["last_seq"])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a channel is on the server.

    Attributes:
        stream: The name of its stream.
        event: The subject that its events are published on.
        closing: The subject that the event is published on that closes it.
        live: What begins the subjects that all of these are told on; a life follows, and what it is.
    """

    stream: str
    event: str
    closing: str
    live: str


def place(prefix: str, channel: str) -> Place:
    """Return where a channel is."""
    token = encoded(channel)
    if len(token) > _LONGEST:
        # "==" is in no encoded name, so this is no other channel's.
        token = f"{token[:100]}=={hashlib.sha256(token.encode()).hexdigest()[:40]}"
    to = f"{prefix}.to.{token}"
    return Place(f"{prefix}~{token}", f"{to}.event", f"{to}.closing", f"{prefix}.live.{token}.")


def own_stream(prefix: str) -> str:
    """Return the name of the stream with leases and the clock; no channel's."""
    return f"{prefix}~=own"


def room(bounds: Bounds, largest: int) -> int:
    """Return how many bytes a stream needs, as the server counts them.

    What it counts besides the fields is allowed for, so that no fewer events are kept than asked for; twice
    the bytes at most, unless there is one event that needs more: the newest is always kept.
    """
    usual = bounds.max_bytes + min(bounds.max_bytes, _OVERHEAD * bounds.history)
    return min(max(usual, largest), _MOST)


def footprint(at: Place, fields: int) -> int:
    """Return the most bytes that the server counts for an event with so many bytes of fields."""
    return fields + 2 * _OVERHEAD + len(at.closing)


def configuration(at: Place, known: Known, max_bytes: int, *, replicas: int, storage: str) -> dict[str, Any]:
    """Return what the server is told about a channel's stream."""
    age = 0 if known.max_age is None else max(known.max_age, REMEMBERED) + _MARGIN
    history = known.history + bool(known.history and known.closing)  # the end takes no event's place
    return {
        "name": at.stream,
        "description": msgspec.json.encode(known).decode(),
        "subjects": [at.closing] if known.closing or known.leaving else [at.event, at.closing],
        "retention": "limits",
        "discard": "old",
        "storage": storage,
        "num_replicas": replicas,
        "max_consumers": -1,
        "max_msgs": min(max(history, 1), _MOST),
        "max_bytes": max_bytes,
        "max_age": min(int(age * 1e9), _MOST),
        "max_msg_size": -1,
        "duplicate_window": REMEMBERED * 10**9,
        "republish": {"src": f"{at.event.rpartition('.')[0]}.>", "dest": f"{at.live}{known.life}.>"},
    }


def known_of(config: Mapping[str, Any]) -> Known | None:
    """Return what a stream's description says; None if it is not one of ours."""
    try:
        return msgspec.json.decode(config.get("description", ""), type=Known)
    except msgspec.DecodeError:
        return None


def stream_of(answer: Mapping[str, Any]) -> Stream:
    """Return the stream that JetStream describes."""
    return Stream(answer["config"], answer["created"], answer["state"], known_of(answer["config"]))


def room_of(stream: Stream) -> int:
    """Return how many bytes a stream may have."""
    most = int(stream.config["max_bytes"])
    return most if most >= 0 else UNLIMITED


def seconds_of(time: str) -> float:
    """Return a time as the server writes it, in seconds since 1970."""
    return datetime.fromisoformat(time).timestamp()


def header_of(block: bytes, name: str) -> str:
    """Return a header of a stored message, empty if it has none."""
    for line in block.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.decode("latin-1") == name:
            return value.strip().decode("latin-1")
    return ""
