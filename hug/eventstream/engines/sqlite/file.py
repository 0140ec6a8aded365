"""An SQLite file that many processes write to: waiting for each other, forks, and what its errors mean."""

import asyncio
import contextlib
import logging
import os
import random
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Final, TypeVar

from hug.exceptions import BrokerError, Refused, Unreachable

_chance = random.Random()  # noqa: S311  # the application's own may be seeded

PATIENCE: Final = 4.0
"""Seconds for which the transactions of others are waited for; fewer than an engine has for an answer."""

_BUSY: Final = 0.005
"""Seconds for which SQLite itself waits, and the event loop with it, before we do."""

_LOG: Final = 16 * 1024 * 1024
"""Bytes of the write-ahead log past which it is written back by force, and cut off."""

_WRITTEN: Final = 50
"""Transactions after which it is looked whether the log has grown."""

_FORBIDDEN: Final = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
)

Result = TypeVar("Result")

logger = logging.getLogger("hug")


class File:
    """One connection to a file, of the event loop that asks for things.

    No method leaves a transaction open, so that the log can be written back, and none waits for others within
    SQLite: while another process writes, the event loop works on.

    Attributes:
        path: Where the file is.
        log: The write-ahead log beside it, which every transaction is written to first.
        opened: How often it was opened: what was seen before is another connection's.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = Path(f"{os.path.realpath(path)}-wal")  # SQLite follows links, too
        self._database: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._process = 0  # that has opened it
        self.opened = 0
        self._written = 0  # transactions, since the log was looked at
        self._next_try = 0.0  # to write it back
        self._warned = False
        _close_before_forks()  # here: a fork in the middle of that would be heard of at its end alone

    # Connecting

    async def open(self, create: Callable[[sqlite3.Cursor], object]) -> None:
        """Open the file, or make it.

        Args:
            create: Creates what is missing in it, in a transaction.

        Raises:
            BrokerError: It cannot be used; says what to do.
            Unreachable: Others have locked it for too long.
        """
        self._process = os.getpid()
        await self._patiently(self._prepare)
        await self._patiently(partial(_transact, create))

    def _prepare(self, database: sqlite3.Connection) -> None:
        mode = database.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise BrokerError(
                f"cannot keep channels in {self.path}: it stays in journal mode {mode!r}, not WAL, which "
                "needs shared memory: the file must be on a disk of this machine"
            )
        self._identity = identity(self.path)

    def _connect(self) -> sqlite3.Connection:
        if not self.path.parent.is_dir():
            raise BrokerError(
                f"cannot keep channels in {self.path}: there is no directory {self.path.parent}"
            )
        # Without the check for one thread, since whoever forks closes it.
        database = sqlite3.connect(self.path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(f"PRAGMA journal_size_limit = {_LOG}")
        self._database = database
        self.opened += 1
        _connected.add(self)
        return database

    def close(self) -> None:
        """Close it for good: what is asked for later is unreachable."""
        self._process = 0
        with _forking:
            self.suspend()

    def suspend(self) -> None:
        """Close it until it is needed again."""
        _connected.discard(self)
        if self._database is not None:
            database, self._database = self._database, None
            with contextlib.suppress(sqlite3.Error):
                database.close()

    def gone(self) -> bool:
        """Whether the file was removed or replaced: others do not see what is written to it here any more."""
        try:
            return self._identity != identity(self.path)
        except OSError:
            return True

    def must_be_there(self) -> None:
        """Raise `Unreachable` if it is `gone`."""
        if self.gone():
            raise Unreachable(f"{self.path} was removed or replaced while it was in use")

    # Working

    def now(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do some work; errors of SQLite are passed on as they are."""
        with _forking:  # nobody forks in the middle
            if self._process != os.getpid():
                raise Unreachable(f"{self.path} is closed")
            return work(self._database or self._connect())

    async def read(self, work: Callable[[sqlite3.Cursor], Result]) -> Result:
        """Do some work that reads."""
        return await self._in_use(lambda database: work(database.cursor()))

    async def write(self, work: Callable[[sqlite3.Cursor], Result]) -> Result:
        """Do some work in a transaction of its own.

        Raises:
            Refused: There is no room.
            Unreachable: It was not done, for certain, unless the machine has failed.
        """
        self.must_be_there()
        result = await self._in_use(partial(_transact, work))
        self._written += 1
        if self._written >= _WRITTEN:
            self.write_back()
        return result

    async def _in_use(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            return await self._patiently(work)
        except BrokerError as error:  # which `open` will say again
            raise Unreachable(str(error)) from error

    async def _patiently(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.now(work)
            except sqlite3.Error as error:
                if not busy(error):
                    raise explained(error, self.path) from error
                if time.monotonic() > deadline:
                    raise Unreachable(
                        f"{self.path} has been locked by others for {PATIENCE:g} s: keep transactions that "
                        "write, or publish, short"
                    ) from error
            await asyncio.sleep(_chance.uniform(0.001, 0.01))

    def write_back(self) -> None:
        """Cut the log off if it has grown.

        SQLite writes it back by itself, but begins it anew only when nobody reads in it at that moment.
        """
        self._written = 0
        log = self.log
        with contextlib.suppress(OSError, sqlite3.Error):
            if log.stat().st_size <= _LOG or time.monotonic() < self._next_try:
                return
            self.now(lambda database: database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
            if (size := log.stat().st_size) <= _LOG:
                self._warned = False
                return
            self._next_try = time.monotonic() + 0.1  # an attempt waits for the others a little
            if size > 4 * _LOG and not self._warned:
                self._warned = True
                logger.warning(
                    "%s has %d MiB and cannot be written back, since a transaction of another "
                    "connection to the database has been open for long: find and end it",
                    log,
                    size // 2**20,
                )


def _transact(work: Callable[[sqlite3.Cursor], Result], database: sqlite3.Connection) -> Result:
    database.execute("BEGIN IMMEDIATE")
    try:
        result = work(database.cursor())
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
    return result


def identity(path: Path) -> tuple[int, int]:
    """Return what tells the file from another one that has its path later."""
    status = path.stat()
    return status.st_dev, status.st_ino


def explained(error: sqlite3.Error, path: Path) -> Exception:
    """Return what to raise for an error that waiting does not mend."""
    code = _code(error)
    if code == sqlite3.SQLITE_NOTADB:
        return BrokerError(f"{path} is no SQLite database: give another path, or remove it")
    if code == sqlite3.SQLITE_CORRUPT:
        return BrokerError(f"{path} is damaged ({error}): restore it, or remove it, its -wal and its -shm")
    if code in _FORBIDDEN:
        return BrokerError(
            f"cannot keep channels in {path}: {error}. This process must be able to write to the "
            "file, to those beside it whose names go on with -wal and -shm, and to the directory"
        )
    if code == sqlite3.SQLITE_FULL:
        return Refused(f"there is no room left for {path}: {error}")
    if code == sqlite3.SQLITE_TOOBIG:
        return Refused(f"too large for {path}: {error}")
    return Unreachable(f"{path}: {error}")


def busy(error: Exception) -> bool:
    """Whether an error says that others have locked the file."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _code(error: Exception) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0)  # errors of the module itself have none
    return code & 0xFF


# A connection that is carried over a fork has SQLite believe, in the child, that the child holds locks which
# it does not hold. So there are none while somebody forks. Those of the parent are opened again when needed.
# Source: https://sqlite.org/howtocorrupt.html#_carrying_an_open_database_file_across_a_fork_

_forking = threading.RLock()
_connected: weakref.WeakSet[File] = weakref.WeakSet()


@cache
def _close_before_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before, after_in_parent=_forking.release, after_in_child=_forking.release)


def _before() -> None:
    _forking.acquire()
    for file in list(_connected):
        file.suspend()
