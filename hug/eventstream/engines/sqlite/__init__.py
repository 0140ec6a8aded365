"""Events in an SQLite file, for all processes of one machine: no server, and nothing to install.

Whoever follows channels asks the file each 2 ms whether another process has changed it (`PRAGMA
data_version`, which looks at shared memory only), and reads what is new when it has. When nothing changes for
20 ms it waits for the kernel to tell that something has been written, and asks ever more seldom, down to each
250 ms; where the kernel tells nothing, each 4 ms: see `polling`. The processes do not know of each other. On
two cores that were busy with other things, too, half of the events came to another process within 2.5 ms,
nine in ten within 5.6. A process that waits took 0.15 % of a core; where it has to ask, 3 to 4 %, with one
channel or 2000, most of it for waking up. One that follows nothing does not look.

The file is in WAL mode with `synchronous=NORMAL`: a process that is killed loses nothing; a machine that
loses power may lose the last moments before. It must be on a disk of this machine: the locks of network file
systems do not hold what SQLite needs, which nobody can find out from here. All processes must be able to
write to its directory. The file may be the application's own database: the tables' names begin with the
prefix. It becomes a WAL database then, and a long transaction of the application keeps publishers waiting,
since SQLite has one writer at a time.

Time is the machine's clock. Should it be set back, events have the time of the newest one before them.

Sources: https://sqlite.org/wal.html, https://sqlite.org/pragma.html#pragma_data_version
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeAlias, TypeVar
from urllib.parse import unquote

from hug.eventstream.engines.engine import Deleted, Ends, Entry, Hearer, Kept
from hug.eventstream.engines.sqlite import reading, tables
from hug.eventstream.engines.sqlite.file import File, busy, explained
from hug.eventstream.engines.sqlite.polling import Polling
from hug.eventstream.engines.sqlite.tables import Tables
from hug.eventstream.engines.sqlite.transaction import append_within
from hug.exceptions import BrokerError, Refused, Unreachable

_TOLD: Final = 500
_TOLD_BYTES: Final = 4 * 1024 * 1024
"""Events, and their bytes, that are told of before others on the event loop have their turn."""

News: TypeAlias = tuple[str, str, Sequence[Kept]] | tuple[str, Deleted | None]
"""What `Hearer.heard` is told, or `Hearer.changed`."""

Result = TypeVar("Result")
Values = ParamSpec("Values")


def maker(url: str, prefix: str) -> "Callable[[], SQLite]":
    """Return what makes engines on the file that a URL names, which is read once.

    Args:
        url: ``sqlite:///relative/path``, from where the process is now, or ``sqlite:////absolute/path``;
            ``%XX`` stands for a byte of UTF-8.
        prefix: Begins the names of the tables.

    Raises:
        BrokerError: The URL names no file.
    """
    start, _, path = url.partition(":///")
    if "?" in path:
        raise BrokerError(
            f"{url!r} has options that there are not, but prefix, patience and wait: a question mark in the "
            "name of a file is written %3F"
        )
    try:
        path = unquote(path, errors="strict")
    except UnicodeDecodeError as error:  # SQLite's own names of files are UTF-8
        raise BrokerError(f"{url!r} names no file: its %XX are no UTF-8") from error
    if start != "sqlite" or not path or path == ":memory:" or "\0" in path or path.endswith("/"):
        raise BrokerError(
            f"{url!r} names no file: write sqlite:///relative/path.db or sqlite:////absolute/path.db "
            "(for channels in the memory of one process: memory:)"
        )
    try:
        return partial(SQLite, Path(path).absolute(), prefix)
    except FileNotFoundError as error:
        raise BrokerError(f"{url!r} is relative to a folder that is not there any more") from error


@dataclass(slots=True)
class _Followed:
    """A channel that is followed.

    Attributes:
        id: Its id; less than 0 if that is over, 0 if there was none.
        life: See `Ends`.
        told: The position that was told of last.
    """

    id: int
    life: str
    told: int


class SQLite:
    """See `hug.eventstream.engines.engine.Engine`.

    Attributes:
        file: Where the events are.
        tables: In which tables of it.
        home: See `hug.eventstream.engines.engine.Within`: the file's name is known from the beginning.
    """

    home: object | None

    def __init__(self, path: Path, prefix: str) -> None:
        self.file = File(path)
        self.tables = Tables(prefix)
        self.home = path
        self._hearer: Hearer | None = None
        self._polling = Polling(self.file, self._look, self._failed)
        self._followed: dict[str, _Followed] = {}
        self._moved = self._deletions = 0
        self._left = self._left_bytes = 0  # of what may be told of at once

    async def connect(self, hearer: Hearer) -> None:
        """See `hug.eventstream.engines.engine.Engine.connect`."""
        self._hearer = hearer
        try:
            await self.file.open(lambda cursor: tables.create(cursor, self.tables, str(self.file.path)))
        except BaseException:
            self._close()
            raise

    async def close(self) -> None:
        """See `hug.eventstream.engines.engine.Engine.close`."""
        self._close()

    def _close(self) -> None:
        self._hearer = None
        self._polling.stop()
        self._followed.clear()
        self.file.close()

    # Events

    async def append(self, entries: Sequence[Entry]) -> Sequence[int | Exception]:
        """See `hug.eventstream.engines.engine.Engine.append`."""
        if not entries:
            return []
        try:
            answers = await self.file.write(
                lambda cursor: tables.take(cursor, self.tables, entries, time.time())
            )
        except Refused as refused:
            return [refused] * len(entries)
        self._polling.soon()
        return answers

    async def ends(self, channel: str) -> Ends:
        """See `hug.eventstream.engines.engine.Engine.ends`."""
        return await self._read(reading.ends, channel, time.time())

    async def read(self, channel: str, life: str, after: int, most: int, size: int) -> Sequence[Kept]:
        """See `hug.eventstream.engines.engine.Engine.read`."""
        return await self._read(reading.read, channel, life, after, most, size, time.time())

    async def delete(self, channel: str) -> None:
        """See `hug.eventstream.engines.engine.Engine.delete`."""
        await self._write(tables.delete, channel, time.time())
        self._polling.soon()

    async def lease(self, name: str, holder: str, seconds: float) -> int | None:
        """See `hug.eventstream.engines.engine.Engine.lease`."""
        return await self._write(tables.lease, name, holder, seconds, time.time())

    async def release(self, name: str, holder: str) -> None:
        """See `hug.eventstream.engines.engine.Engine.release`."""
        await self._write(tables.release, name, holder)

    async def prune(self) -> None:
        """See `hug.eventstream.engines.engine.Engine.prune`."""
        if self._followed:
            await self._write(tables.touch, list(self._followed), time.time())
        while await self._read(tables.due, time.time()):
            await self._write(tables.prune, time.time())
        self._polling.soon()
        self.file.write_back()

    async def remove(self) -> None:
        """See `hug.eventstream.engines.engine.Removable`."""
        await self._write(tables.remove)

    async def _read(
        self,
        work: Callable[Concatenate[sqlite3.Cursor, Tables, Values], Result],
        *values: Values.args,
        **named: Values.kwargs,
    ) -> Result:
        return await self.file.read(lambda cursor: work(cursor, self.tables, *values, **named))

    async def _write(
        self,
        work: Callable[Concatenate[sqlite3.Cursor, Tables, Values], Result],
        *values: Values.args,
        **named: Values.kwargs,
    ) -> Result:
        try:
            return await self.file.write(lambda cursor: work(cursor, self.tables, *values, **named))
        except Refused as refused:  # it is about no event
            raise Unreachable(str(refused)) from refused

    def awaited(self, connection: Any) -> bool:  # noqa: ARG002  # any that is none is told of at once
        """See `hug.eventstream.engines.engine.Within.awaited`."""
        return False

    def append_within(self, connection: Any, entry: Entry) -> int:
        """See `hug.eventstream.engines.engine.Within.append_within`, and `transaction`."""
        return append_within(connection, self.file.path, self.tables, entry)

    # Following

    async def follow(self, channel: str) -> None:
        """See `hug.eventstream.engines.engine.Engine.follow`."""
        if channel in self._followed:
            return
        changes = await self._read(reading.changes)
        place = await self._read(reading.place, channel)
        if not self._followed:
            self._moved, self._deletions = changes
        self._followed.setdefault(channel, _Followed(*place))
        self._polling.start()

    async def unfollow(self, channel: str) -> None:
        """See `hug.eventstream.engines.engine.Engine.unfollow`."""
        self._followed.pop(channel, None)
        if not self._followed:
            self._polling.stop()

    def _look(self) -> bool:
        """Tell of all that has come, or of some of it; return whether there is more."""
        self._left, self._left_bytes = _TOLD, _TOLD_BYTES
        try:
            for news in self._news():
                if self._hearer is None:  # closed, or lost
                    break
                if len(news) == 2:
                    self._hearer.changed(*news)
                else:
                    self._hearer.heard(*news)
        except (sqlite3.Error, Unreachable, BrokerError) as error:
            self._failed(error)
            return True
        return self._full

    def _news(self) -> Iterator[News]:
        """Return what is new of followed channels."""
        if not self._followed:
            return
        moved, deletions = self._now(reading.changes)
        for name, number, change in self._now(reading.changed, self._moved):
            followed = self._followed.get(name)
            if followed is not None:
                same = followed.id == number
                yield from self._events(name, followed) if same else self._lives(name, followed)
                if self._full:
                    return
            moved = max(moved, change)
        self._moved = moved
        if deletions != self._deletions:
            for name, followed in list(self._followed.items()):
                yield from self._lives(name, followed)
                if self._full:
                    return
            self._deletions = deletions

    @property
    def _full(self) -> bool:
        return self._left <= 0 or self._left_bytes <= 0

    def _events(self, name: str, followed: _Followed) -> Iterator[News]:
        """Return the events of a channel that it was not told of."""
        while self._followed.get(name) is followed and not self._full:
            events = self._now(reading.live, followed.id, followed.told, self._left, self._left_bytes)
            if not events:
                break
            followed.told = events[-1].position
            self._left -= len(events)
            self._left_bytes -= sum(len(event.fields) for event in events)
            yield name, followed.life, events

    def _lives(self, name: str, followed: _Followed) -> Iterator[News]:
        """Return the events of a channel that was deleted meanwhile, perhaps more than once, life by life."""
        known = followed.id
        lives = self._now(reading.lives, name, known if known >= 0 else 1 - known)
        if known > 0 and (not lives or lives[0].id != known):
            followed.id = -known
            yield name, None  # it was forgotten, and what it had besides
        for number, life, deleted in lives:
            if number != followed.id:
                followed.id, followed.life, followed.told = number, life, 0
            yield from self._events(name, followed)
            if self._full or self._followed.get(name) is not followed:
                return
            if deleted is not None:
                followed.id = -number
                yield name, deleted

    def _now(
        self,
        work: Callable[Concatenate[sqlite3.Cursor, Tables, Values], Result],
        *values: Values.args,
        **named: Values.kwargs,
    ) -> Result:
        return self.file.now(lambda database: work(database.cursor(), self.tables, *values, **named))

    def _failed(self, error: Exception) -> None:
        if busy(error):  # while another process recovers the file, say: the next look will tell
            return
        hearer = self._hearer
        self._close()
        if hearer is not None:
            hearer.lost(explained(error, self.file.path) if isinstance(error, sqlite3.Error) else error)
