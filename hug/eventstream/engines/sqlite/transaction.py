"""Events that are part of a transaction of the application's own, in the same SQLite file."""

import sqlite3
import time
from pathlib import Path
from typing import Any, Final

from hug.eventstream.engines.engine import Entry
from hug.eventstream.engines.sqlite.file import busy, explained
from hug.eventstream.engines.sqlite.tables import VERSION, Tables, create, take, version
from hug.exceptions import BrokerError, Refused, Unreachable

_LEGACY: Final = getattr(sqlite3, "LEGACY_TRANSACTION_CONTROL", -1)


def append_within(connection: Any, path: Path, tables: Tables, entry: Entry) -> int:
    """Append an event with a connection of the application's own, and return its position.

    It is rolled back, or comes into being, with all else that the transaction does. Until then the connection
    has the write lock, as after any change that it makes: others that publish into the file wait. What is
    missing in the file is created by the transaction, too. A failure leaves it as it was.

    Raises:
        TypeError: It is no `sqlite3.Connection`.
        BrokerError: It is one to another file, no transaction is open, or the tables are not ours.
        Refused: Others have locked the file, or it is full.
        ChannelClosed: The channel is closed.
        LeaseLost: See `Entry.lease`.
    """
    if not isinstance(connection, sqlite3.Connection):
        raise TypeError(
            f"channels in {path} are published on with a sqlite3.Connection, not with a "
            f"{type(connection).__module__}.{type(connection).__qualname__}: give the one that is within it, "
            "in its own thread"
        )
    # Not `connection.cursor()`: rows are to come as tuples, whatever the application has them made into.
    cursor = sqlite3.Cursor(connection)
    _must_be_of(cursor, path)
    _must_be_in_transaction(connection)
    begins = not connection.in_transaction
    try:
        # Without one, Python would begin one before the next INSERT, and expects a commit later.
        cursor.execute("BEGIN IMMEDIATE" if begins else 'SAVEPOINT "hug publish"')
        try:
            _lock(cursor, path, tables)
            answer = take(cursor, tables, [entry], time.time())[0]
            if isinstance(answer, Exception):
                raise answer
        except BaseException:
            if begins and connection.in_transaction:
                cursor.execute("ROLLBACK")
            elif connection.in_transaction:  # which some errors end: of a disk that is full, say
                cursor.execute('ROLLBACK TO "hug publish"')
                cursor.execute('RELEASE "hug publish"')
            raise
        if not begins:
            cursor.execute('RELEASE "hug publish"')
    except sqlite3.Error as error:
        if busy(error):
            raise Refused(
                f"cannot publish on channel {entry.channel!r} within the transaction: another connection has "
                f"written to {path}, or is about to. Begin it with BEGIN IMMEDIATE, or try it again"
            ) from error
        told = explained(error, path)
        raise (Refused(str(told)) if isinstance(told, Unreachable) else told) from error
    finally:
        cursor.close()
    return answer


def _lock(cursor: sqlite3.Cursor, path: Path, tables: Tables) -> None:
    """Take the write lock before anything is read: what was read may be old by the time one writes.

    It is taken by creating the tables if there are none.
    """
    try:
        cursor.execute(f"UPDATE {tables.state} SET moved = moved")  # noqa: S608 (see `tables`)
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        create(cursor, tables, str(path))
    if (found := version(cursor, tables)) != VERSION:
        raise BrokerError(f"{path} has tables of version {found}, not {VERSION}: use the same version of hug")


def _must_be_of(cursor: sqlite3.Cursor, path: Path) -> None:
    """Raise an error unless the connection's main database is the file."""
    main = cursor.execute("PRAGMA database_list").fetchone()[2]
    if isinstance(main, bytes):  # as the application has text made into
        main = main.decode()
    try:
        same = bool(main) and Path(main).samefile(path)
    except OSError:
        same = False
    if not same:
        raise BrokerError(
            f"cannot publish within a transaction on {main or 'a database in memory'}: channels are kept in "
            f"{path}, and a transaction is of one file. Name the application's database in the broker's URL"
        )


def _must_be_in_transaction(connection: sqlite3.Connection) -> None:
    """Raise an error if no transaction is open, and Python would not begin one."""
    legacy = getattr(connection, "autocommit", _LEGACY) == _LEGACY
    if not connection.in_transaction and not (legacy and connection.isolation_level is not None):
        raise BrokerError(
            "no transaction is open on the connection, which commits each statement by itself: begin one "
            "with BEGIN IMMEDIATE, or publish without connection="
        )
