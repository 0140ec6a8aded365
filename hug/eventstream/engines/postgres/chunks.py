"""Events that share a row of a PostgreSQL table. No I/O."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hug.eventstream.engines import request_runs, rows
from hug.eventstream.engines.engine import Entry, Kept


class Chunk(NamedTuple):
    """Events that follow on each other, as they are stored.

    Attributes:
        number: How many.
        requests: Theirs; see `hug.eventstream.engines.request_runs.written`.
        sizes: The bytes of each one's fields, as PostgreSQL writes an array; None if there is one event.
        fields: Theirs.
    """

    number: int
    requests: str
    sizes: str | None
    fields: bytes


def chunks(entries: Sequence[Entry], *, of_one_run: bool = False) -> Iterator[Chunk]:
    """Return the rows of events.

    Args:
        entries: The events.
        of_one_run: Whether their requests are known to be a single run.
    """
    written = request_runs.written_run if of_one_run else request_runs.written
    for requests, sizes, fields in rows.rows(entries):
        if len(requests) == 1:
            yield Chunk(1, requests[0], None, fields)
        else:
            yield Chunk(len(requests), written(requests), array(sizes), fields)


def events(
    after: int, last: int, requests: str, time: float, fields: bytes, sizes: Sequence[int] | None
) -> list[Kept]:
    """Return the events of a row behind a position."""
    if sizes is None:
        return [Kept(last, requests, time, fields)] if last > after else []
    return rows.events(after, last, time, request_runs.read(requests), sizes, fields)


def array(values: Sequence[float | None]) -> str:
    """Return numbers, or what is true or false, as PostgreSQL writes an array of them."""
    return f"{{{','.join(['NULL' if each is None else str(each) for each in values])}}}"
