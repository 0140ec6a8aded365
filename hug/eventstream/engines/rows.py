"""Events that share a row of a table: which of them do, and what each one's part of it is. No I/O."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from hug.eventstream.engines.engine import Entry, Kept

MOST_EVENTS: Final = 256
MOST_BYTES: Final = 128 * 1024
"""Most events in a row, and their bytes, of which a single one may have more."""


class Row(NamedTuple):
    """Events that follow on each other.

    Attributes:
        requests: Theirs.
        sizes: The bytes of each one's fields.
        fields: Those of all of them.
    """

    requests: list[str]
    sizes: list[int]
    fields: bytes


def rows(entries: Sequence[Entry]) -> Iterator[Row]:
    """Yield the rows of events, in their order."""
    at = 0
    while at < len(entries):
        fields = [entry.fields for entry in entries[at : at + MOST_EVENTS]]
        sizes = list(map(len, fields))
        if sum(sizes) > MOST_BYTES:
            count = sum(size <= MOST_BYTES for size in accumulate(sizes)) or 1
            del fields[count:], sizes[count:]
        end = at + len(fields)
        yield Row([entry.request for entry in entries[at:end]], sizes, b"".join(fields))
        at = end


def events(
    after: int, last: int, time: float, requests: Sequence[str], sizes: Sequence[int], fields: bytes
) -> list[Kept]:
    """Return the events of a row, the last of which is at ``last``, behind the position ``after``."""
    position = last - len(requests)
    at = 0
    found = []
    for request, size in zip(requests, sizes, strict=True):
        position += 1
        end = at + size
        if position > after:
            found.append(Kept(position, request, time, fields[at:end]))
        at = end
    return found
