"""The statements that read what is new in a PostgreSQL database, for the live feed."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from hug.eventstream.engines.engine import Kept
from hug.eventstream.engines.postgres.binary import integer, integers, real, text
from hug.eventstream.engines.postgres.chunks import array, events
from hug.eventstream.engines.postgres.connection import Link

_EVENTS: Final = 500
_BYTES: Final = 1024 * 1024
"""Most events of a channel, and their bytes but for the last one's, that are read at once."""

FEW: Final = 8
"""Most rows that are read at once where they are few, each of `rows.MOST_BYTES`, or of one event."""

# What a channel's bounds do not allow is told of all the same, as long as it is there. OFFSET 0 has channels
# looked up one by one: a plan that is made while there are few might read all of them for ever.
_GROWN: Final = """
SELECT wanted.n, c.id, c.life, c.last, e.position, e.requests, e.time, e.fields, e.sizes
FROM unnest($1::text[], $2::text::bigint[]) WITH ORDINALITY AS wanted (name, after, n)
CROSS JOIN (SELECT {most_events} AS events, {most_bytes} AS bytes) AS most
CROSS JOIN LATERAL (
    SELECT id, life, last FROM {channels} WHERE name = wanted.name AND last > 0 OFFSET 0
) AS c
LEFT JOIN LATERAL (
    SELECT position, requests, time, fields, sizes FROM (
        SELECT position, requests, time, fields, sizes, before,
            position - coalesce(cardinality(sizes), 1) AS behind,
            first_value(before) OVER oldest_first AS begins,
            first_value(position - coalesce(cardinality(sizes), 1)) OVER oldest_first AS all_behind
        FROM {events} WHERE channel = c.id AND position > wanted.after
        WINDOW oldest_first AS (ORDER BY position)
        ORDER BY position LIMIT most.events
    ) AS oldest
    WHERE before < begins + most.bytes AND behind < greatest(all_behind, wanted.after) + most.events
) AS e ON true
ORDER BY wanted.n, e.position
"""

# The same of one channel; it takes the server half the time.
_GROWN_A_LITTLE: Final = """
SELECT 1::bigint, c.id, c.life, c.last, e.position, e.requests, e.time, e.fields, e.sizes
FROM {channels} AS c
LEFT JOIN LATERAL (
    SELECT position, requests, time, fields, sizes FROM {events}
    WHERE channel = c.id AND position > $2::text::bigint ORDER BY channel, position LIMIT {few}
) AS e ON true
WHERE c.name = $1::text AND c.last > 0
ORDER BY e.position
"""

# Of a channel that was deleted: its events are there until they are pruned.
_LEFT: Final = """
SELECT position, requests, time, fields, sizes FROM {events}
WHERE channel = $1::text::bigint AND position > $2::text::bigint ORDER BY channel, position LIMIT {few}
"""


class Grown(NamedTuple):
    """A channel, and what has come on it.

    Attributes:
        id: Its number among all channels of all times.
        life: Tells it from others that had its name.
        last: The position of its newest event.
        events: The oldest that are new.
    """

    id: int
    life: str
    last: int
    events: list[Kept]


class NewerEvents:
    """Reads what has come after positions."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """Prepare.

        Args:
            names: Those of the tables.
        """
        most = {"most_events": _EVENTS, "most_bytes": _BYTES, "few": FEW}
        self._grown, self._grown_a_little, self._left = (
            each.format(**names, **most) for each in (_GROWN, _GROWN_A_LITTLE, _LEFT)
        )

    async def of_all(self, link: Link, wanted: Mapping[str, int | None]) -> dict[str, Grown]:
        """Return channels that have events, by name; of what has come some, if there is any.

        Args:
            link: The connection.
            wanted: The position after which events are wanted, by name; None: none of them.
        """
        arguments = [list(wanted), array(list(wanted.values()))]
        rows = await link.call(self._grown, arguments, first=True)
        names = list(wanted)
        return {
            (name := names[integer(number) - 1]): _grown(list(each), wanted[name], link.encoding)
            for number, each in groupby(rows, lambda row: row[0])
        }

    async def of_one(self, link: Link, name: str, after: int) -> dict[str, Grown]:
        """Return the same of one channel, not known to have more than `FEW` events that are new."""
        rows = await link.call(self._grown_a_little, [name, str(after)], first=True)
        return {name: _grown(rows, after, link.encoding)} if rows else {}

    async def of_deleted(self, link: Link, number: int, after: int) -> list[Kept]:
        """Return events of a channel that was deleted; none: there are none any more."""
        rows = await link.call(self._left, [str(number), str(after)], first=True)
        return _events(rows, after, link.encoding)


def _grown(rows: Sequence[Sequence[Any]], after: int | None, encoding: str) -> Grown:
    _, number, life, last, position, *_ = rows[0]
    new = [] if position is None or after is None else _events([row[4:] for row in rows], after, encoding)
    return Grown(integer(number), text(life, encoding), integer(last), new)


def _events(rows: Sequence[Sequence[Any]], after: int, encoding: str) -> list[Kept]:
    found: list[Kept] = []
    for position, requests, time, fields, sizes in rows:
        found += events(
            after,
            integer(position),
            text(requests, encoding),
            real(time),
            fields,
            None if sizes is None else integers(sizes),
        )
    return found
