"""Events as rows of an SQLite file: those of a channel that are published together share one. No I/O.

A row for each event would take SQLite, and Python to fill it, three times as long.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from hug.eventstream.engines import rows
from hug.eventstream.engines.engine import Entry, Kept

_BYTES: Final = len(b"id: -\n\n")
"""Of an event on the wire, besides its fields, its request and its position."""


class Chunk(NamedTuple):
    """Events that follow on each other, as they are stored.

    Attributes:
        last: The position of the last one.
        time: When they were taken.
        before: The bytes of all events that the channel ever had before them, as they are on the wire.
        behind: The same, with them.
        requests: Theirs, with a space between two.
        sizes: How many bytes of ``fields`` each one has: four bytes for each.
        fields: Theirs.
    """

    last: int
    time: float
    before: int
    behind: int
    requests: str
    sizes: bytes
    fields: bytes


def chunks(entries: Sequence[Entry], first: int, time: float, before: int) -> Iterator[Chunk]:
    """Return the rows of events, the first of which has this position."""
    for asked, sizes, fields in rows.rows(entries):
        count = len(asked)
        requests = " ".join(asked)
        last = first + count - 1
        behind = before + len(fields) + len(requests) - (count - 1) + count * _BYTES + _digits(first, last)
        yield Chunk(last, time, before, behind, requests, struct.pack(f"<{count}I", *sizes), fields)
        first, before = last + 1, behind


def events(after: int, last: int, time: float, requests: str, sizes: bytes, fields: bytes) -> list[Kept]:
    """Return the events of a row behind a position."""
    return rows.events(after, last, time, requests.split(" "), _sizes(sizes), fields)


def first_within(last: int, before: int, requests: str, sizes: bytes, least: int) -> int:
    """Return the position of a row's first event with so many bytes before it; ``last + 1``: none has."""
    position = last - len(sizes) // 4 + 1
    if before >= least:
        return position
    for request, size in zip(requests.split(" "), _sizes(sizes), strict=True):
        if before >= least:
            break
        before += size + len(request) + len(str(position)) + _BYTES
        position += 1
    return position


def _sizes(sizes: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(sizes) // 4}I", sizes)


def _digits(first: int, last: int) -> int:
    """Return how many digits these numbers have, and all between them."""
    width = len(str(first))
    if last < 10**width:
        return width * (last - first + 1)
    return sum(len(str(number)) for number in range(first, last + 1))
