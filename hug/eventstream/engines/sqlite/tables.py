"""The tables of channels in an SQLite file, and what changes them; no connection, no waiting.

Every function works on a cursor, within the transaction that its connection is in. So the cursor may be one
of the application's own: see `transaction`.
"""

# The names of tables are made of a prefix that was checked, and quoted.
# ruff: noqa: S608

import re
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from hug.eventstream.engines.engine import Entry
from hug.eventstream.engines.request_runs import runs
from hug.eventstream.engines.sqlite import requests
from hug.eventstream.engines.sqlite.chunks import chunks, first_within
from hug.eventstream.history.log import LIVE_BYTES, LIVE_EVENTS, Bounds
from hug.exceptions import BrokerError, ChannelClosed, LeaseLost

VERSION: Final = 2
"""Of the tables. A later one of hug that needs others has to convert them."""

REMEMBERED: Final = 120.0
"""Seconds for which a request is known, at least; twice as long at most."""

FORGOTTEN: Final = 24 * 3600.0
"""Seconds after its last event, or after it was last followed, when a channel that is empty is forgotten."""

LIVE_SECONDS: Final = 30.0
"""Seconds for which events that the history has no room for are kept, within the limits of those that are
connected: other processes look every few milliseconds only, and would never see them."""

_DEAD: Final = 32
_LARGE: Final = 32 * 1024
"""Events past these limits, of a channel, that may be there all the same, as many are deleted together; and
bytes of a new one with which they may not."""

_MOST: Final = 2**62
"""Most events and bytes that a channel is said to keep: SQLite's integers have 64 bits."""

_DUE: Final = 200
"""Channels that one transaction of `prune` looks at."""


class Tables:
    """The names of the tables, ready to be put into statements."""

    def __init__(self, prefix: str) -> None:
        # SQLite does not tell upper case from lower in names.
        start = re.sub("[A-Z]", lambda letter: "^" + letter[0].lower(), prefix)
        self.names = [f"{start}_{name}" for name in ("state", "channels", "events", "leases")]
        self.names += [f"{start}_requests{era}" for era in (0, 1)]
        quoted = [f'"{name}"' for name in self.names]
        self.state, self.channels, self.events, self.leases = quoted[:4]
        self.requests = quoted[4:]
        self.moved = f'"{start}_moved"'


def create(cursor: sqlite3.Cursor, tables: Tables, shown: str) -> None:
    """Create what is missing.

    Raises:
        BrokerError: There are tables of other kinds, or of another version of hug.
    """
    marks = ",".join("?" * len(tables.names))
    there = cursor.execute(
        f"SELECT count(*) FROM sqlite_master WHERE lower(name) IN ({marks})", tables.names
    ).fetchone()[0]
    if there:
        found = version(cursor, tables) if there == len(tables.names) else None
        if found != VERSION:
            raise BrokerError(
                f"{shown} has tables whose names begin with {tables.names[0].removesuffix('state')!r} "
                + ("that are not hug's" if found is None else f"of version {found}, not {VERSION}")
                + ": use another prefix (?prefix=...), or another file"
            )
        return
    for statement in (
        # moved: counts changes; a channel has the number of its last one. deletions: of channels, counted.
        f"""CREATE TABLE {tables.state} (version INTEGER NOT NULL, moved INTEGER NOT NULL,
            deletions INTEGER NOT NULL, leases INTEGER NOT NULL, era INTEGER NOT NULL)""",
        # first: of the history; stored: the oldest that is there; bytes: of all events there have ever been;
        # time: of the newest event; due: when something is to be deleted; used: published on, or followed.
        f"""CREATE TABLE {tables.channels} (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
            life TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, stored INTEGER NOT NULL,
            request TEXT NOT NULL, closed INTEGER NOT NULL, bytes INTEGER NOT NULL, time REAL NOT NULL,
            history INTEGER NOT NULL, max_bytes INTEGER NOT NULL, max_age REAL,
            due REAL, used REAL NOT NULL, moved INTEGER NOT NULL)""",
        f"CREATE INDEX {tables.moved} ON {tables.channels} (moved)",
        # See `chunks`.
        f"""CREATE TABLE {tables.events} (channel INTEGER NOT NULL, last INTEGER NOT NULL,
            time REAL NOT NULL, before INTEGER NOT NULL, behind INTEGER NOT NULL, requests TEXT NOT NULL,
            sizes BLOB NOT NULL, fields BLOB NOT NULL, PRIMARY KEY (channel, last)) WITHOUT ROWID""",
        f"""CREATE TABLE {tables.leases} (name TEXT PRIMARY KEY, holder TEXT, number INTEGER NOT NULL,
            until REAL NOT NULL) WITHOUT ROWID""",
        *map(requests.statement, tables.requests),
        f"INSERT INTO {tables.state} VALUES ({VERSION}, 0, 0, 0, 0)",
    ):
        cursor.execute(statement)


def remove(cursor: sqlite3.Cursor, tables: Tables) -> None:
    """See `hug.eventstream.engines.engine.Removable`."""
    for table in (tables.state, tables.channels, tables.events, tables.leases, *tables.requests):
        cursor.execute(f"DROP TABLE {table}")


def version(cursor: sqlite3.Cursor, tables: Tables) -> int | None:
    """Return the version of the tables; None if there are none."""
    try:
        row = cursor.execute(f"SELECT version FROM {tables.state}").fetchone()
    except sqlite3.OperationalError as error:
        if "no such" not in str(error):  # table, or column
            raise
        return None
    return row[0] if row else None


class _Channel:
    """A channel's row, changed here and written back."""

    __slots__ = (
        "bounds", "bytes", "closed", "entries", "first", "id", "last", "name", "stored", "time",
    )  # fmt: skip

    def __init__(self, cursor: sqlite3.Cursor, tables: Tables, name: str, now: float) -> None:
        self.name = name
        self.entries: list[Entry] = []  # that are being appended
        row = cursor.execute(
            f"""SELECT id, first, last, stored, closed, bytes, time, history, max_bytes, max_age
            FROM {tables.channels} WHERE name = ?""",
            (name,),
        ).fetchone()
        self.bounds: Bounds | None = Bounds(*row[7:]) if row else None
        row = row or (0, 1, 0, 1, 0, 0, 0.0)
        self.id: int = row[0]
        self.first: int = row[1]
        self.last: int = row[2]
        self.stored: int = row[3]
        self.closed = bool(row[4])
        self.bytes: int = row[5]
        self.time: float = max(row[6], now)  # should the clock be set back

    def create(self, cursor: sqlite3.Cursor, tables: Tables) -> None:
        cursor.execute(
            f"""INSERT INTO {tables.channels}
            VALUES (NULL, ?, ?, 1, 0, 1, '', 0, 0, 0, 0, 0, NULL, NULL, 0, 0)""",
            (self.name, secrets.token_hex(8)),
        )
        self.id = cursor.lastrowid or 0


def take(
    cursor: sqlite3.Cursor, tables: Tables, entries: Sequence[Entry], now: float
) -> list[int | Exception]:
    """Append events; see `Engine.append`."""
    # A write comes first: what is read then is the newest, and nobody else's until the transaction's end.
    cursor.execute(f"UPDATE {tables.state} SET moved = moved + 1")
    moved, era = cursor.execute(f"SELECT moved, era FROM {tables.state}").fetchone()
    era = _next_era(cursor, tables, era, now)
    asked = runs([entry.request for entry in entries])
    known = requests.find(cursor, tables.requests, asked)
    remember = tables.requests[era % 2]
    if not known and len(asked) == 1 and _are_plain(entries):
        channel = _Channel(cursor, tables, entries[0].channel, now)
        if not channel.closed:
            positions = range(channel.last + 1, channel.last + len(entries) + 1)
            channel.entries, channel.last = list(entries), positions[-1]
            requests.remember(cursor, remember, asked, positions)
            _store(cursor, tables, channel, now, moved)
            return list(positions)
    answers: dict[str, int | Exception] = dict(known)
    taken: dict[str, int] = {}
    channels: dict[str, _Channel] = {}
    leases: dict[str, int] = {}
    for entry in entries:
        request, name = entry.request, entry.channel
        if request in answers:
            continue
        if entry.lease is not None and (problem := _lost(cursor, tables, entry.lease, leases)):
            answers[request] = problem
            continue
        if (found := channels.get(name)) is None:
            found = channels[name] = _Channel(cursor, tables, name, now)
        if found.closed:
            answers[request] = ChannelClosed(f"channel {name!r} is closed")
            continue
        found.closed = not entry.fields
        found.entries.append(entry)
        found.last = answers[request] = taken[request] = found.last + 1
    fresh = asked if len(taken) == len(entries) else runs(list(taken))
    requests.remember(cursor, remember, fresh, taken.values())
    for channel in channels.values():
        if channel.entries:
            _store(cursor, tables, channel, now, moved)
    return [answers[entry.request] for entry in entries]


def _are_plain(entries: Sequence[Entry]) -> bool:
    """Whether events are what those of a batch mostly are: of one channel, and none special."""
    return len({entry.channel for entry in entries}) == 1 and not [
        entry for entry in entries if entry.lease is not None or not entry.fields
    ]


def _store(cursor: sqlite3.Cursor, tables: Tables, channel: _Channel, now: float, moved: int) -> None:
    """Write what is appended to a channel."""
    if not channel.id:
        channel.create(cursor, tables)
    bounds = channel.bounds
    for entry in channel.entries:
        if bounds is None or (entry.bounds is not bounds and entry.bounds.given):
            bounds = entry.bounds
    bounds = bounds or channel.entries[-1].bounds
    number = channel.last - len(channel.entries) + 1
    for chunk in chunks(channel.entries, number, channel.time, channel.bytes):
        cursor.execute(f"INSERT INTO {tables.events} VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (channel.id, *chunk))
        channel.bytes = chunk.behind
    end = bool(channel.closed and bounds.history)  # takes no event's place
    first = max(channel.first, channel.last - bounds.history - end + 1)
    due = _trim(cursor, tables, channel, first, bounds.max_bytes, bounds.max_age, now)
    cursor.execute(
        f"""UPDATE {tables.channels} SET first = ?, last = ?, stored = ?, request = ?, closed = ?, bytes = ?,
        time = ?, history = ?, max_bytes = ?, max_age = ?, due = ?, used = ?, moved = ? WHERE id = ?""",
        (
            channel.first, channel.last, channel.stored, channel.entries[-1].request, channel.closed,
            channel.bytes, channel.time, min(bounds.history, _MOST), min(bounds.max_bytes, _MOST),
            bounds.max_age, due, now, moved, channel.id,
        ),
    )  # fmt: skip


def _next_era(cursor: sqlite3.Cursor, tables: Tables, era: int, now: float) -> int:
    """Remember requests in the other of the two tables, once it is time, and forget what it had."""
    this = int(now // REMEMBERED)
    if this <= era:
        return era
    for name in tables.requests if this > era + 1 else (tables.requests[this % 2],):
        cursor.execute(f"DELETE FROM {name}")
    cursor.execute(f"UPDATE {tables.state} SET era = ?", (this,))
    return this


def _lost(
    cursor: sqlite3.Cursor, tables: Tables, lease: tuple[str, int], seen: dict[str, int]
) -> LeaseLost | None:
    name, number = lease
    if name not in seen:
        row = cursor.execute(f"SELECT number FROM {tables.leases} WHERE name = ?", (name,)).fetchone()
        seen[name] = row[0] if row else 0
    return LeaseLost(f"lease {name!r} has another holder by now") if seen[name] > number else None


def _trim(
    cursor: sqlite3.Cursor,
    tables: Tables,
    channel: _Channel,
    first: int,
    max_bytes: int | None,
    max_age: float | None,
    now: float,
) -> float | None:
    """Move a channel's beginnings past what is over the limits; return when to look again, if ever."""
    least = 0 if max_bytes is None else channel.bytes - max_bytes
    born = 0.0 if max_age is None else now - max_age
    channel.first, time = _first(cursor, tables, channel, first, least, born)
    due = None if max_age is None or channel.first > channel.last else time + max_age
    if channel.stored == channel.first:
        return due
    start = max(channel.stored, channel.last - LIVE_EVENTS + 1)
    live, _ = _first(cursor, tables, channel, start, channel.bytes - LIVE_BYTES, now - LIVE_SECONDS)
    stored = min(live, channel.first)
    large = any(len(entry.fields) > _LARGE for entry in channel.entries)
    if large or stored - channel.stored > _DEAD or stored == channel.first:
        cursor.execute(f"DELETE FROM {tables.events} WHERE channel = ? AND last < ?", (channel.id, stored))
        channel.stored = stored
    if channel.stored == channel.first:
        return due
    return now + LIVE_SECONDS if due is None else min(due, now + LIVE_SECONDS)


def _first(
    cursor: sqlite3.Cursor, tables: Tables, channel: _Channel, first: int, least: int, born: float
) -> tuple[int, float]:
    """Return the position of the first event not before one, with so many bytes before it, and its time."""
    rows = cursor.execute(
        f"""SELECT last, before, requests, sizes, time FROM {tables.events}
        WHERE channel = ? AND last >= ? AND behind > ? AND time >= ? ORDER BY last LIMIT 2""",
        (channel.id, first, least, born),
    )
    for last, before, each, sizes, time in rows.fetchall():
        position = max(first, first_within(last, before, each, sizes, least))
        if position <= last:  # else it is the first of the next row
            return position, time
    return channel.last + 1, channel.time


def deleted_name(name: str, number: int | str) -> str:
    """Return what a channel is called once it is deleted, which no channel is called before."""
    return f"{name}\n{number}"


def delete(cursor: sqlite3.Cursor, tables: Tables, name: str, now: float) -> None:
    """See `Engine.delete`. All of it stays for a minute or two, to tell who follows it what it had."""
    row = cursor.execute(f"SELECT id FROM {tables.channels} WHERE name = ?", (name,)).fetchone()
    if row:
        cursor.execute(
            f"UPDATE {tables.channels} SET name = ?, stored = last + 1, due = NULL, used = ? WHERE id = ?",
            (deleted_name(name, row[0]), now - FORGOTTEN + 60, row[0]),
        )
        cursor.execute(f"UPDATE {tables.state} SET deletions = deletions + 1")


def _forget(cursor: sqlite3.Cursor, tables: Tables, ids: list[tuple[int]]) -> None:
    if ids:
        cursor.executemany(f"DELETE FROM {tables.events} WHERE channel = ?", ids)
        cursor.executemany(f"DELETE FROM {tables.channels} WHERE id = ?", ids)
        cursor.execute(f"UPDATE {tables.state} SET deletions = deletions + 1")


def lease(
    cursor: sqlite3.Cursor, tables: Tables, name: str, holder: str, seconds: float, now: float
) -> int | None:
    """See `Engine.lease`."""
    row = cursor.execute(
        f"SELECT holder, number, until FROM {tables.leases} WHERE name = ?", (name,)
    ).fetchone()
    number: int
    if row and row[0] is not None and row[2] > now:
        if row[0] != holder:
            return None
        number = row[1]
    else:
        # One that has expired is given anew to its own holder, too: others may have looked meanwhile.
        cursor.execute(f"UPDATE {tables.state} SET leases = leases + 1")
        number = cursor.execute(f"SELECT leases FROM {tables.state}").fetchone()[0]
    cursor.execute(f"REPLACE INTO {tables.leases} VALUES (?, ?, ?, ?)", (name, holder, number, now + seconds))
    return number


def release(cursor: sqlite3.Cursor, tables: Tables, name: str, holder: str) -> None:
    """See `Engine.release`."""
    # The row stays: its number is what events of an earlier one are refused by.
    cursor.execute(f"UPDATE {tables.leases} SET holder = NULL WHERE name = ? AND holder = ?", (name, holder))


def due(cursor: sqlite3.Cursor, tables: Tables, now: float) -> bool:
    """Whether `prune` has something to do."""
    return bool(
        cursor.execute(
            f"""SELECT EXISTS (SELECT 1 FROM {tables.channels} WHERE due <= ? OR (stored > last AND used < ?))
            OR EXISTS (SELECT 1 FROM {tables.leases} WHERE until < ?)
            OR EXISTS (SELECT 1 FROM {tables.state} WHERE era < ? - 1)""",
            (now, now - FORGOTTEN, now - FORGOTTEN, int(now // REMEMBERED)),
        ).fetchone()[0]
    )


def prune(cursor: sqlite3.Cursor, tables: Tables, now: float) -> None:
    """Do a piece of what `due` says."""
    names = cursor.execute(
        f"SELECT name, max_age FROM {tables.channels} WHERE due <= ? LIMIT {_DUE}", (now,)
    ).fetchall()
    for name, max_age in names:
        channel = _Channel(cursor, tables, name, now)
        again = _trim(cursor, tables, channel, channel.first, None, max_age, now)
        cursor.execute(
            f"UPDATE {tables.channels} SET first = ?, stored = ?, due = ? WHERE id = ?",
            (channel.first, channel.stored, again, channel.id),
        )
    idle = cursor.execute(
        f"SELECT id FROM {tables.channels} WHERE stored > last AND used < ? LIMIT {_DUE}", (now - FORGOTTEN,)
    ).fetchall()
    _forget(cursor, tables, idle)
    cursor.execute(f"DELETE FROM {tables.leases} WHERE until < ?", (now - FORGOTTEN,))
    era = cursor.execute(f"SELECT era FROM {tables.state}").fetchone()[0]
    _next_era(cursor, tables, era, now)


def touch(cursor: sqlite3.Cursor, tables: Tables, names: Iterable[str], now: float) -> None:
    """Have channels remembered, since somebody follows them."""
    cursor.executemany(
        f"UPDATE {tables.channels} SET used = ? WHERE name = ? AND used < ?",
        [(now, name, now - FORGOTTEN / 4) for name in names],
    )
