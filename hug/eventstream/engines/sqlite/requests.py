"""Which requests were taken, in the tables of an SQLite file, so that none is taken twice; see `tables`.

One row stands for a run of them, of one batch mostly.
"""

# The names of tables are made of a prefix that was checked, and quoted.
# ruff: noqa: S608

import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from itertools import islice

from hug.eventstream.engines.request_runs import Run


def statement(table: str) -> str:
    """Return what creates a table of requests."""
    return f"""CREATE TABLE {table} (publisher TEXT NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL,
        positions BLOB NOT NULL, PRIMARY KEY (publisher, low)) WITHOUT ROWID"""


def find(cursor: sqlite3.Cursor, tables: Sequence[str], runs: Sequence[Run]) -> dict[str, int]:
    """Return the positions of those requests that were taken before."""
    found: dict[str, int] = {}
    for publisher, low, run in runs:
        high = low + len(run) - 1
        for table in tables:
            # No two runs in a table have a request in common: so the last that begins before, and later ones.
            rows = cursor.execute(
                f"""SELECT low, high, positions FROM {table}
                WHERE publisher = :publisher AND low <= :high AND high >= :low AND low >= coalesce(
                    (SELECT max(low) FROM {table} WHERE publisher = :publisher AND low <= :low), :low)""",
                {"publisher": publisher, "high": high, "low": low},
            )
            for first, last, positions in rows.fetchall():
                known = array("q", positions)
                for number in range(max(first, low), min(last, high) + 1):
                    found[run[number - low]] = known[number - first]
    return found


def remember(cursor: sqlite3.Cursor, table: str, runs: Sequence[Run], positions: Iterable[int]) -> None:
    """Have requests known that were taken, and the position of each."""
    left = iter(positions)
    cursor.executemany(
        f"INSERT INTO {table} VALUES (?, ?, ?, ?)",
        [
            (publisher, low, low + len(run) - 1, array("q", islice(left, len(run))).tobytes())
            for publisher, low, run in runs
        ],
    )
