"""The readers of channels on one event loop: those that keep up go together, the others are on their own.

A reader that keeps up has no position of its own, it shares that of its group. One whose server does not take
a write at once is set aside, costs nothing until it moves, and then catches up.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from hug.eventstream.connection import ClientGone, Connection, chunk
from hug.eventstream.log import LIVE_BYTES, LIVE_EVENTS, Log
from hug.eventstream.pump import Pump
from hug.eventstream.sources import WRITE_SIZE
from hug.eventstream.view import Cursor, Gap, View

_TURN: Final = 32
"""Writes after which the pump looks at the clock."""


class Reader(Protocol):
    """One stream, as the groups see it.

    Attributes:
        connection: What to write to.
        ending: The error to end with, in a tuple, once it has everything; None to go on.
    """

    connection: Connection
    ending: tuple[BaseException | None] | None

    def moved(self, taken: asyncio.Task[None]) -> None:
        """Tell the group that the server has taken what was pending, or that the client is gone."""

    def end(self, error: BaseException | None) -> None:
        """End the stream, because of ``error`` if there is one."""


class Followed(Protocol):
    """A channel, as its audiences see it."""

    @property
    def log(self) -> Log:
        """Its events."""

    def forsake(self, audience: "Audience") -> None:
        """Forget an audience that has no readers."""

    def settle(self) -> None:
        """An audience has been served."""


class Audience:
    """The readers of one channel on one event loop.

    Attributes:
        pump: What serves it.
        queued: See `hug.eventstream.pump.Audience`.
        groups: Its readers, by the key of the view they have.
        readers: How many there are.
        served: The position of those that keep up.
        complete: Whether that is all of them.
    """

    __slots__ = (
        "_bytes_in", "_channel", "_log", "_room", "complete", "groups", "pump", "queued", "readers", "served",
    )  # fmt: skip

    def __init__(self, channel: Followed, pump: Pump) -> None:
        self._channel = channel
        self._log = log = channel.log
        self._room = max(log.bounds.history, LIVE_EVENTS) // 2
        self._bytes_in = log.bytes_in
        self.served = log.last
        self.complete = True
        self.pump = pump
        self.queued = False
        self.groups: dict[object, Group] = {}
        self.readers = 0

    def serve(self) -> Iterator[None] | None:
        """See `hug.eventstream.pump.Audience.serve`."""
        so_far = self._log.last, self._log.bytes_in
        groups = list(self.groups.values())
        if len(groups) != 1:
            return self._serve_all(groups, so_far)
        turns = groups[0].serve()
        if turns is not None:
            return self._go_on(groups[0], turns, so_far)
        self._done(groups, so_far)
        return None

    def _serve_all(self, groups: Sequence["Group"], so_far: tuple[int, int]) -> Iterator[None]:
        for group in groups:
            yield from group.serve() or (None,)
        self._done(groups, so_far)

    def _go_on(self, group: "Group", turns: Iterator[None], so_far: tuple[int, int]) -> Iterator[None]:
        yield from turns
        self._done((group,), so_far)

    def _done(self, groups: Sequence["Group"], so_far: tuple[int, int]) -> None:
        self.served, self._bytes_in = so_far
        self.complete = groups[0].complete if len(groups) == 1 else all(group.complete for group in groups)
        self._channel.settle()

    def finish(self, error: BaseException | None) -> None:
        """End the readers there are now, each when it has everything; raise ``error`` in them, if any."""
        for group in list(self.groups.values()):
            group.finish(error)

    @property
    def crowded(self) -> bool:
        """Whether so much waits for the next pass that some might be dropped before."""
        log = self._log
        return (
            log.last - self.served > self._room or log.bytes_in - self._bytes_in > LIVE_BYTES // 2
        ) and not self.pump.closed

    def count(self, change: int) -> None:
        """Count readers that come or go; the last one ends the audience."""
        self.readers += change
        if not self.readers:
            self._channel.forsake(self)


class Group:
    """Readers with the same view on one event loop.

    A reader is in one of three places: with those that keep up, behind and to be served, or stuck.
    """

    __slots__ = ("_audiences", "_behind", "_cursor", "_ending", "_readers", "_stuck", "_together", "view")

    def __init__(self, view: View, audiences: tuple[Audience, ...]) -> None:
        self.view = view
        self._audiences = audiences
        self._readers = 0
        self._ending = False
        self._cursor = Cursor([])  # of those that keep up, if there are any
        self._together: dict[Reader, Connection] = {}
        self._behind: dict[Reader, Cursor] = {}
        self._stuck: dict[Reader, Cursor] = {}

    @property
    def complete(self) -> bool:
        """Whether all readers keep up."""
        return not (self._behind or self._stuck)

    def expect(self) -> None:
        """Count a reader that is to come: from now on its channels keep what it lacks."""
        self._readers += 1
        for audience in self._audiences:
            audience.groups[self.view.key] = self
            audience.count(1)

    def join(self, reader: Reader, cursor: Cursor, pending: asyncio.Task[None] | None) -> None:
        """Serve an expected reader from ``cursor`` on, once what is pending has been taken."""
        if pending is not None:
            self._set_aside(reader, cursor, pending)
        elif not self._unite(reader, cursor):
            self._behind[reader] = cursor
        if self._behind or self._lags():
            self._wake()

    def leave(self, reader: Reader) -> None:
        """Forget a reader."""
        if self._together.pop(reader, None) is None:
            self._behind.pop(reader, None)
            self._stuck.pop(reader, None)
            self._wake()  # what was kept for it may go
        self._readers -= 1
        for audience in self._audiences:
            if not self._readers:
                audience.groups.pop(self.view.key, None)
            audience.count(-1)

    def finish(self, error: BaseException | None) -> None:
        """End the readers there are now, each when it has everything; raise ``error`` in them, if any."""
        for reader in (*self._together, *self._behind, *self._stuck):
            reader.ending = (error,)
            self._ending = True
        self._wake()

    def serve(self) -> Iterator[None] | None:
        """Write what the readers lack that has been published by now; see `hug.eventstream.pump.Audience`."""
        # Later events are for the next pass: else each would go out alone, as soon as others get a turn.
        ends = self.view.ends()
        if self._behind or self._ending or len(self._together) > _TURN:
            return self._serve_in_turns(ends)
        if self._lags(ends) and (body := self._read(self._cursor, self._together)):
            self._share(list(self._together.items()), body)
        if self._lags(ends):
            return self._serve_in_turns(ends)
        return None

    def _serve_in_turns(self, ends: Sequence[int]) -> Iterator[None]:
        complete = self.complete
        while self._lags(ends):
            cursor = self._cursor
            body = self._read(cursor, self._together)
            framed = chunk(body)
            readers = list(self._together.items()) if body else []
            for first in range(0, len(readers), _TURN):
                self._share(readers[first : first + _TURN], body, framed, cursor)
                yield
            yield
        for reader, own in list(self._behind.items()):
            while reader in self._behind and not self._unite(reader, own) and self.view.is_behind(own, ends):
                if body := self._read(own, (reader,)):
                    self._write(reader, own, body)
                yield
        if self._ending:
            self._finish()
        if self._lags() or complete != self.complete:
            self._wake()  # one that was behind goes first now, or none is any more

    def _lags(self, ends: Sequence[int] | None = None) -> bool:
        """Whether those that keep up lack anything, or anything before ``ends``."""
        return bool(self._together) and self.view.is_behind(self._cursor, ends)

    def _share(
        self,
        readers: Iterable[tuple[Reader, Connection]],
        body: bytes,
        framed: bytes | None = None,
        cursor: Cursor | None = None,
    ) -> None:
        """Write the same to those that keep up; ``cursor`` is where they are then."""
        now = self._audiences[0].pump.time()
        for reader, connection in readers:
            try:
                pending = connection.write_shared(body, framed, now)
            except Exception as error:  # ClientGone, or what a server raises; it is this reader's alone
                reader.end(error)
                continue
            if pending is not None and reader in self._together:
                del self._together[reader]
                self._set_aside(reader, (cursor or self._cursor).copy(), pending)

    def _write(self, reader: Reader, cursor: Cursor, body: bytes) -> None:
        try:
            pending = reader.connection.write(body)
        except Exception as error:
            del self._behind[reader]
            reader.end(error)
            return
        if pending is not None:
            del self._behind[reader]
            self._set_aside(reader, cursor, pending)

    def _read(self, cursor: Cursor, readers: Iterable[Reader]) -> bytes:
        """Return what is next for ``readers``; empty when a filter passed nothing, or when it ends them."""
        try:
            return self.view.read(cursor, WRITE_SIZE)
        except Gap:
            error = None  # their channel disconnects them
        except Exception as failure:  # of a predicate
            error = failure
        for reader in list(readers):
            self._together.pop(reader, None)
            self._behind.pop(reader, None)
            reader.end(error)
        return b""

    def _unite(self, reader: Reader, cursor: Cursor) -> bool:
        """Let a reader go with those that keep up, if it is where they are."""
        if not self._together:
            self._cursor = cursor
        elif cursor.positions != self._cursor.positions:
            return False
        self._behind.pop(reader, None)
        self._together[reader] = reader.connection
        return True

    def _set_aside(self, reader: Reader, cursor: Cursor, pending: asyncio.Task[None]) -> None:
        self._stuck[reader] = cursor
        pending.add_done_callback(reader.moved)

    def moved(self, reader: Reader, gone: bool) -> None:
        """Serve a reader again that was stuck, unless its client is gone."""
        cursor = self._stuck.pop(reader, None)
        if cursor is None:
            return
        if gone:
            reader.end(ClientGone())
        else:
            self.join(reader, cursor, reader.connection.pending)
            self._wake()  # what was kept for it may go

    def _finish(self) -> None:
        """End those that are to end and have everything."""
        if not self._lags():
            for reader in [reader for reader in self._together if reader.ending is not None]:
                del self._together[reader]
                reader.end(*(reader.ending or ()))
        self._ending = any(
            reader.ending is not None for reader in (*self._together, *self._behind, *self._stuck)
        )

    def _wake(self) -> None:
        for audience in self._audiences:
            audience.pump.wake(audience)
