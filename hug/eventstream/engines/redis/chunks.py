"""Events on their way to Redis and back: as one run of the script takes them, and as it publishes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from hug.eventstream.engines.engine import Deleted, Entry, Kept, encoded
from hug.eventstream.engines.redis import scripts
from hug.eventstream.engines.redis.connection import packed
from hug.eventstream.history.log import Bounds

MOST_AT_ONCE: Final = 100
"""Most events that one run of the script takes, and..."""

BYTES_AT_ONCE: Final = 128 * 1024
"""...the bytes of theirs after which no further one is added: nobody else is served meanwhile."""

OUTLIVES: Final = 3600.0
"""Seconds for which a channel is known after its last event is past its age."""

UNUSED: Final = 7 * 24 * 3600.0
"""Seconds after which a channel that keeps no events and gets none is forgotten."""


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called in Redis."""

    prefix: str
    database: int
    _chance: Random = field(default_factory=Random, compare=False)

    def keys(self, channel: str) -> tuple[str, str]:
        """Return a channel's log and meta."""
        name = f"{self.prefix}:{{{encoded(channel)}}}"
        return f"{name}:log", f"{name}:meta"

    def past(self, channel: str, publisher: str) -> str:
        """Return what a publisher has published on a channel lately."""
        return f"{self.prefix}:{{{encoded(channel)}}}:past:{publisher}"

    def topic(self, channel: str) -> str:
        """Return what a channel's events are published on: keys belong to a database, but topics do not."""
        return f"{self.prefix}:{self.database}:{{{encoded(channel)}}}"

    def life(self) -> str:
        """Return the name of a life, should a channel begin one.

        It takes chance that this connection has to itself: asking the system for some lets go of Python's
        lock, for which a busy process takes 5 ms.
        """
        return f"{self._chance.getrandbits(48):012x}"

    def lease(self, name: str) -> tuple[str, str]:
        """Return a lease's holder and its number."""
        name = f"{self.prefix}:lease:{{{encoded(name)}}}"
        return f"{name}:holder", f"{name}:number"


class Chunk:
    """Events of one channel and publisher, for the same bounds and the same lease.

    Attributes:
        same: What they have in common.
        full: Whether no further one may be added.
        indexes: Where they were in the call.
        ordered: Whether others of the same channel come before or after them in it.
    """

    __slots__ = ("_keys", "_size", "_words", "full", "indexes", "ordered", "same")

    def __init__(
        self, names: Names, channel: str, publisher: str, bounds: Bounds, lease: tuple[str, int] | None
    ) -> None:
        keys = (*names.keys(channel), names.past(channel, publisher))
        self._keys = keys if lease is None else (*keys, names.lease(lease[0])[1])
        self.same = (publisher, bounds, lease)
        age: int | str = ""
        ttl: int | str = "" if bounds.history else int(UNUSED * 1000)
        if bounds.max_age is not None:
            age = max(1, int(bounds.max_age * 1000))
            ttl = age + int(OUTLIVES * 1000)
        self._words: list[str | bytes | int] = [
            *(names.topic(channel), publisher, names.life(), bounds.history, bounds.max_bytes, age),
            *(ttl, "" if lease is None else lease[1], int(bounds.given) or ""),
        ]
        self.indexes: list[int] = []
        self._size = 0
        self.full = self.ordered = False

    def add(self, index: int, counter: str, fields: bytes) -> None:
        self.indexes.append(index)
        self._words += (counter, fields)
        self._size += len(fields)
        self.full = len(self.indexes) >= MOST_AT_ONCE or self._size >= BYTES_AT_ONCE

    def command(self) -> bytes:
        """Return what Redis is told.

        It may know no script of that name. If it was to learn it in the middle of a channel's events, they
        would not keep their order: there the script itself is sent each time, 7 KB for a hundred events.
        """
        word, script = "EVALSHA", scripts.APPEND.sha
        if self.ordered:
            word, script = "EVAL", scripts.APPEND.source
        return packed(word, script, len(self._keys), *self._keys, *self._words)


def chunks(entries: Sequence[Entry], names: Names) -> list[Chunk]:
    """Return what to run the script with, one after the other, each channel's events in order."""
    every: list[Chunk] = []
    newest: dict[str, Chunk] = {}
    for index, entry in enumerate(entries):
        publisher, dot, counter = entry.request.rpartition(".")
        if not counter:
            publisher, dot, counter = "", "", entry.request
        same = (publisher + dot, entry.bounds, entry.lease)
        chunk = newest.get(entry.channel)
        if chunk is None or chunk.same != same or chunk.full:
            before, chunk = chunk, Chunk(names, entry.channel, *same)
            if before is not None:
                before.ordered = chunk.ordered = True
            newest[entry.channel] = chunk
            every.append(chunk)
        chunk.add(index, counter, entry.fields)
    return every


def deleted(message: bytes) -> Deleted | None:
    """Return what a message says of a channel that is deleted; None: it does not say that."""
    words = message.decode("latin-1").split(" ")
    ours = len(words) == 3 and words[1].isascii() and words[1].isdecimal() and b"\n" not in message
    return Deleted(words[0], int(words[1]), words[2]) if ours else None


def events(message: bytes) -> tuple[str, list[Kept]]:
    """Return the events of a message, and their life before; `ValueError`: it has none, or is not ours."""
    end = message.index(b"\n")
    life, first, milliseconds, *words = message[:end].decode().split(" ")
    position, time, end = int(first), int(milliseconds) / 1000, end + 1
    found = []
    for request, length in zip(words[::2], words[1::2], strict=True):
        begin, end = end, end + int(length)
        found.append(Kept(position, request, time, message[begin:end]))
        position += 1
    return life, found
