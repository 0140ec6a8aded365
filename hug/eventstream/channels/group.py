"""Readers on one event loop that see the same: those that keep up go together, the others are on their own.

A reader that keeps up has no position of its own, it shares that of its group. One whose server does not take
a write at once is set aside, costs nothing until it moves, and then catches up, as one does that comes back.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, Protocol

from hug.eventstream.channels.fetching import Fetching, Shelf
from hug.eventstream.channels.gap_counts import GAPS
from hug.eventstream.connection.writer import ClientGone, Connection, CutOff, chunk
from hug.eventstream.history.cursor import Cursor, Older
from hug.eventstream.history.log import Log
from hug.eventstream.history.view import View
from hug.eventstream.loop.pump import Pump
from hug.eventstream.sources.feed import WRITE_SIZE
from hug.exceptions import Gap

TURN: Final = 32
"""Writes after which the pump looks at the clock."""


class Member(Protocol):
    """One stream, as its group sees it.

    Attributes:
        connection: What to write to.
        ending: The error to end with, in a tuple, once it has everything; None to go on.
    """

    connection: Connection
    ending: tuple[BaseException | None] | None

    def moved(self, taken: asyncio.Task[None]) -> None:
        """Tell the group that the server has taken what was pending, or that the client is gone."""

    def end(self, error: BaseException | None, missed: bool = False) -> None:
        """End the stream, because of ``error`` if there is one, or since its client has ``missed`` events."""

    def conclude(self, event_id: str) -> None:
        """End the stream, and have the client know by this id that it has all there will ever be."""


class Belonging(Shelf, Protocol):
    """The audience of one channel that a group belongs to."""

    def wake(self) -> None:
        """Have its groups served in the pump's next pass."""

    def count(self, group: "Listeners", change: int) -> None:
        """Count readers of a group that come or go."""


class Listeners(Protocol):
    """Readers of an audience who are served together, or one who serves himself.

    Attributes:
        view: What they see; no two of an audience have the same key.
        readers: How many there are.
    """

    view: View
    readers: int

    @property
    def complete(self) -> bool:
        """Whether all of them keep up."""

    def slowest(self, log: Log) -> int | None:
        """Return the position in one of its logs of the one that has the least; None without readers."""

    def serve(self) -> Iterator[None] | None:
        """Give those that keep up what they lack; see `hug.eventstream.loop.pump.Pumped.serve`."""

    def finish(self, error: BaseException | None) -> None:
        """End the readers there are now, each when it has everything; raise ``error`` in them, if any."""


class Group:
    """Readers with the same view on one event loop.

    A reader is in one of four places: with those that keep up, behind, stuck, or away. Those that keep up are
    served in each pass, all that there is; those behind take turns, each with a bounded piece; those away are
    at events that are not in memory, and are behind again as soon as they have been fetched.

    Attributes:
        readers: How many there are; for the audiences.
        view: What they see.
    """

    __slots__ = (
        "_audiences", "_away", "_behind", "_catching_up", "_cursor", "_ending", "_lagging", "_log", "_pump",
        "_stuck", "_together", "readers", "view",
    )  # fmt: skip

    def __init__(self, view: View, pump: Pump, audiences: tuple[Belonging, ...]) -> None:
        self.view = view
        self.readers = 0
        self._log = view.whole
        self._pump = pump
        self._audiences = audiences
        self._ending = False
        self._catching_up = False  # whether the pump gives turns to those that are behind
        self._cursor = Cursor([])  # of those that keep up, if there are any
        self._together: dict[Connection, Member] = {}  # a write to all need not touch the readers
        self._behind: dict[Member, Cursor] = {}
        self._stuck: dict[Member, Cursor] = {}
        # All that do not keep up, or are to join, also while they go from one place to another: other threads
        # look whether there are any.
        self._lagging: dict[Member, None] = {}
        self._away: Fetching[Member] | None = None  # once there was a need

    @property
    def complete(self) -> bool:
        """Whether all readers keep up; in any thread."""
        return not self._lagging

    def slowest(self, log: Log) -> int | None:
        """Return the position in one of its logs of the reader that has the least; None without readers.

        It may be asked for in any thread.
        """
        away = None if self._away is None else self._away.cursors
        cursors = [*list(self._behind.values()), *list(self._stuck.values()), *(away or ())]
        if self._together:
            cursors.append(self._cursor)
        index = next((index for index, track in enumerate(self.view.tracks) if track.log is log), None)
        return None if index is None else min([each.positions[index] for each in cursors], default=None)

    # Readers that come and go

    def expect(self, reader: Member | None = None) -> None:
        """Count a reader that is to come; what it lacks is kept, if it is said which one that is."""
        if reader is not None:
            self._lagging[reader] = None
        self._count(1)

    def give_up(self, reader: Member | None = None) -> None:
        """Expect one reader less: it will not join."""
        if reader is not None:
            self._lagging.pop(reader, None)
        self._wake()  # what was kept for it may go
        self._count(-1)

    def join(self, reader: Member, cursor: Cursor, pending: asyncio.Task[None] | None) -> None:
        """Serve an expected reader from ``cursor`` on, once what is pending has been taken."""
        if pending is not None:
            self._set_aside(reader, cursor, pending)
        elif self._unite(reader, cursor):
            if self._lags() or self.view.closed:
                self._wake()
        else:
            self._lagging[reader] = None
            self._behind[reader] = cursor
            self._catch_up_soon()

    def leave(self, reader: Member) -> None:
        """Forget a reader that has joined."""
        if not self._part(reader):
            self._behind.pop(reader, None)
            self._stuck.pop(reader, None)
            if self._away is not None:
                self._away.discard(reader)
            self._lagging.pop(reader, None)
            self._wake()  # what was kept for it may go
        self._count(-1)

    def finish(self, error: BaseException | None) -> None:
        """End the readers there are now, each when it has everything; raise ``error`` in them, if any."""
        for reader in self._all():
            reader.ending = (error,)
            self._ending = True
        self._wake()

    def _all(self) -> tuple[Member, ...]:
        away = () if self._away is None else self._away.readers
        return (*self._together.values(), *self._behind, *self._stuck, *away)

    def moved(self, reader: Member, gone: bool) -> None:
        """Serve a reader again that was stuck, unless its client is gone."""
        cursor = self._stuck.pop(reader, None)
        if cursor is None:
            return
        if gone:
            reader.end(ClientGone())
        else:
            self.join(reader, cursor, reader.connection.pending)
            self._wake()  # what was kept for it may go

    def _count(self, change: int) -> None:
        self.readers += change
        for audience in self._audiences:
            audience.count(self, change)

    def _wake(self) -> None:
        for audience in self._audiences:
            audience.wake()

    # Those that keep up

    def serve(self) -> Iterator[None] | None:
        """Write what those that keep up lack and has been published by now; see `Pumped.serve`."""
        together, log = self._together, self._log
        if log is None or self._behind or self._ending or len(together) > TURN or log.closed:
            return self._serve_in_turns()
        # The same in fewer steps: most channels of most applications have few readers, who see all of it.
        positions = self._cursor.positions
        if together and positions[0] < log.last:
            try:
                body, positions[0] = log.chunk(positions[0], WRITE_SIZE)
            except LookupError:
                return self._serve_in_turns()
            if body:  # else the channel has been closed just now
                self._share(tuple(together), body)
            if positions[0] < log.last:
                return self._serve_in_turns()
        return None

    def _serve_in_turns(self) -> Iterator[None]:
        # Later events are for the next pass: else each would go out alone, as soon as others get a turn.
        ends = self.view.ends()
        while self._lags(ends):
            cursor = self._cursor
            body = self._read(cursor, self._together.values())
            framed = chunk(body)
            connections = tuple(self._together) if body else ()
            for first in range(0, len(connections), TURN):
                self._share(connections[first : first + TURN], body, framed, cursor)
                yield
            yield
        if self._ending:
            self._finish()
        if self.view.closed and not self._lags():
            for reader in tuple(self._together.values()):
                self._part(reader)
                reader.conclude(self.view.id(self._cursor))
        if self._behind:
            self._catch_up_soon()
        if self._lags():
            self._wake()

    def _lags(self, ends: Sequence[int] | None = None) -> bool:
        """Whether those that keep up lack anything, or anything before ``ends``."""
        return bool(self._together) and self.view.is_behind(self._cursor, ends)

    def _share(
        self,
        connections: Iterable[Connection],
        body: bytes,
        framed: bytes | None = None,
        cursor: Cursor | None = None,
    ) -> None:
        """Write the same to those that keep up; ``cursor`` is where they are then."""
        now = self._pump.now
        for connection in connections:
            try:
                pending = connection.write_shared(body, framed, now)
            except Exception as error:  # ClientGone, or what a server raises; it is this reader's alone
                if connection in self._together:
                    self._together[connection].end(error)
                continue
            if pending is not None and (reader := self._together.pop(connection, None)) is not None:
                self._set_aside(reader, (cursor or self._cursor).copy(), pending)

    # Those that do not

    @property
    def looks(self) -> bool:
        """See `hug.eventstream.loop.pump.Lagging`."""
        return self._log is None

    def catch_up(self) -> bool:
        """Give one that is behind its turn; see `hug.eventstream.loop.pump.Lagging`."""
        self._catching_up = False
        if not self._behind:
            return False
        reader, cursor = next(iter(self._behind.items()))
        if not self._unite(reader, cursor):
            if not self.view.is_behind(cursor):
                return False  # it has more than those that keep up, who are about to be served
            body = self._read(cursor, (reader,))
            if body and (pending := self._write(reader, body)) is not None:
                self._set_aside(reader, cursor, pending)
            if reader in self._behind and not self._unite(reader, cursor):
                self._behind[reader] = self._behind.pop(reader)  # the others come first now
        if not self._behind:
            self._wake()  # what was kept for it may go
        elif self._ending or self.view.closed:
            self._wake()
        self._catching_up = bool(self._behind)
        return self._catching_up

    def _catch_up_soon(self) -> None:
        if not self._catching_up:
            self._catching_up = True
            self._pump.catch_up(self)

    def _write(self, reader: Member, body: bytes) -> asyncio.Task[None] | None:
        try:
            return reader.connection.write(body)
        except Exception as error:
            del self._behind[reader]
            reader.end(error)
            return None

    def _read(self, cursor: Cursor, readers: Collection[Member]) -> bytes:
        """Return what is next for ``readers``; empty if a filter passed nothing, or they have to go away."""
        try:
            body = self.view.read(cursor, WRITE_SIZE)
            if cursor.gaps:
                GAPS.count(cursor, len(readers))
            return body
        except Gap:
            places = None  # their channel disconnects them
        except Older as older:
            places = older.places
        for reader in list(readers):
            self._part(reader)
            self._behind.pop(reader, None)
            if places is None:
                reader.end(None, missed=True)
            else:
                self._lagging[reader] = None
                self._fetching().add(reader, cursor.copy(), places)
        return b""

    def _fetching(self) -> Fetching[Member]:
        if self._away is None:
            self._away = Fetching(self._audiences, self, self._pump.context)
        return self._away

    def fetched(self, readers: dict[Member, Cursor]) -> None:
        """See `hug.eventstream.channels.fetching.Served`."""
        self._behind.update(readers)
        if readers:
            self._catch_up_soon()

    def failed(self, readers: Sequence[Member]) -> None:
        """See there."""
        for reader in readers:
            reader.end(CutOff())

    def _unite(self, reader: Member, cursor: Cursor) -> bool:
        """Let a reader go with those that keep up, if it is where they are."""
        if self._together:
            if cursor.positions != self._cursor.positions:
                return False
        elif self.view.is_behind(cursor):
            return False  # those that keep up are served in one go, whatever they lack
        else:
            self._cursor = cursor
            cursor.pages = None
        self._behind.pop(reader, None)
        self._together[reader.connection] = reader
        self._lagging.pop(reader, None)
        return True

    def _part(self, reader: Member) -> bool:
        """Take a reader from those that keep up; return whether it was among them."""
        if self._together.get(reader.connection) is not reader:
            return False
        del self._together[reader.connection]
        return True

    def _set_aside(self, reader: Member, cursor: Cursor, pending: asyncio.Task[None]) -> None:
        self._lagging[reader] = None
        self._behind.pop(reader, None)
        self._stuck[reader] = cursor
        cursor.pages = None  # it may take long, and holds nothing meanwhile
        pending.add_done_callback(reader.moved)

    def _finish(self) -> None:
        """End those that are to end and have everything."""
        if not self._lags():
            for reader in [each for each in self._together.values() if each.ending is not None]:
                self._part(reader)
                reader.end(*(reader.ending or ()))
        self._ending = any(reader.ending is not None for reader in self._all())
