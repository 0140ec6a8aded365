"""What is read of the tables in an SQLite file; within no transaction, and none stays open."""

# The names of tables are made of a prefix that was checked, and quoted.
# ruff: noqa: S608

import sqlite3
from contextlib import closing
from typing import NamedTuple

from hug.eventstream.engines.engine import Deleted, Ends, Kept
from hug.eventstream.engines.sqlite.chunks import events
from hug.eventstream.engines.sqlite.tables import Tables, deleted_name


def ends(cursor: sqlite3.Cursor, tables: Tables, name: str, now: float) -> Ends:
    """See `Engine.ends`."""
    row = cursor.execute(
        f"SELECT id, life, first, last, request, closed, max_age FROM {tables.channels} WHERE name = ?",
        (name,),
    ).fetchone()
    if row is None:
        return Ends("", 1, 0, "", False, now)
    number, life, first, last, request, closed, max_age = row
    if max_age is not None and first <= last:
        oldest = cursor.execute(
            f"""SELECT last - length(sizes) / 4 + 1 FROM {tables.events}
            WHERE channel = ? AND last >= ? AND time >= ? ORDER BY last LIMIT 1""",
            (number, first, now - max_age),
        ).fetchone()
        first = max(first, oldest[0]) if oldest else last + 1
    return Ends(life, first, last, request, bool(closed), now)


def read(
    cursor: sqlite3.Cursor,
    tables: Tables,
    name: str,
    life: str,
    after: int,
    most: int,
    size: int,
    now: float,
) -> list[Kept]:
    """See `Engine.read`."""
    row = cursor.execute(
        f"SELECT id, first, max_age FROM {tables.channels} WHERE name = ? AND life = ?", (name, life)
    ).fetchone()
    if row is None:
        return []
    number, first, max_age = row
    start = max(first, after + 1)
    return _events(
        cursor,
        f"""SELECT last, time, requests, sizes, fields FROM {tables.events}
        WHERE channel = ? AND last >= ? AND time >= ? ORDER BY last""",
        (number, start, 0.0 if max_age is None else now - max_age),
        start,
        most,
        size,
    )


def changes(cursor: sqlite3.Cursor, tables: Tables) -> tuple[int, int]:
    """Return the number of the last change, and that of deletions."""
    moved, deletions = cursor.execute(f"SELECT moved, deletions FROM {tables.state}").fetchone()
    return moved, deletions


def changed(cursor: sqlite3.Cursor, tables: Tables, moved: int) -> list[tuple[str, int, int]]:
    """Return the channels changed after a number: name, id, and own number, in the order of these."""
    return cursor.execute(
        f"SELECT name, id, moved FROM {tables.channels} WHERE moved > ? ORDER BY moved", (moved,)
    ).fetchall()


def place(cursor: sqlite3.Cursor, tables: Tables, name: str) -> tuple[int, str, int]:
    """Return a channel's id, its life, and the position of its newest event.

    If it does not exist: less than 0, the id of the one that was deleted last; 0: none is known.
    """
    row = cursor.execute(f"SELECT id, life, last FROM {tables.channels} WHERE name = ?", (name,)).fetchone()
    if row is None:
        row = cursor.execute(
            f"SELECT -coalesce(max(id), 0), '', 0 FROM {tables.channels} WHERE name > ? AND name < ?",
            (deleted_name(name, ""), deleted_name(name, ":")),
        ).fetchone()
    number, life, last = row
    return number, life, last


class Life(NamedTuple):
    """One life of a channel.

    Attributes:
        id: Greater than those of the ones before.
        life: See `Ends`.
        deleted: If it is; else it is the one that there is.
    """

    id: int
    life: str
    deleted: Deleted | None


def lives(cursor: sqlite3.Cursor, tables: Tables, name: str, number: int) -> list[Life]:
    """Return the lives of a channel from an id on; of those that were deleted not for long."""
    rows = cursor.execute(
        f"""SELECT id, life, last, request, name <> ? FROM {tables.channels}
        WHERE (name = ? OR name > ? AND name < ?) AND id >= ? ORDER BY id""",
        (name, name, deleted_name(name, ""), deleted_name(name, ":"), number),
    ).fetchall()
    return [
        Life(number, life, Deleted(life, last, request) if deleted else None)
        for number, life, last, request, deleted in rows
    ]


def live(cursor: sqlite3.Cursor, tables: Tables, number: int, after: int, most: int, size: int) -> list[Kept]:
    """Return events of a channel behind a position, also those that its history has no room for."""
    return _events(
        cursor,
        f"""SELECT last, time, requests, sizes, fields FROM {tables.events}
        WHERE channel = ? AND last >= ? ORDER BY last""",
        (number, after + 1),
        after + 1,
        most,
        size,
    )


def _events(
    cursor: sqlite3.Cursor, statement: str, values: tuple[float, ...], start: int, most: int, size: int
) -> list[Kept]:
    found: list[Kept] = []
    # Closed at once: rows that nobody has fetched would hold a transaction open.
    with closing(cursor.connection.cursor()) as rows:
        for row in rows.execute(statement, values):
            for event in events(start - 1, *row):
                found.append(event)
                size -= len(event.fields)
                if size <= 0 or len(found) >= most:
                    return found
    return found
