"""One connection to PostgreSQL: a question after the other, and notifications in between."""

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult
from psycopg.rows import tuple_row

from hug.eventstream.engines.postgres.binary import argument
from hug.eventstream.engines.postgres.errors import unreachable

Row: TypeAlias = tuple[Any, ...]
_Run: TypeAlias = Callable[[], Coroutine[Any, Any, list[Row]]]

PATIENCE: Final = 5.0
"""Seconds after which a question that is not answered means that the connection is lost."""


_PLACE: Final = ("host", "hostaddr", "port")


class Link:
    """A connection that is watched while it is idle, so that its loss is known at once.

    Whoever is cancelled while waiting for an answer leaves the question to be answered all the same: the
    connection is as good as it was. Questions that come meanwhile wait for their turn. That of the
    live feed waits for one other at most.

    Attributes:
        answered: When the last answer came, by the event loop's clock.
        encoding: Of texts.
    """

    def __init__(
        self,
        connection: psycopg.AsyncConnection[Row],
        told: Callable[[str], None],
        broken: Callable[[Exception], object],
    ) -> None:
        """Use a connection that is open, in autocommit mode.

        Args:
            connection: It belongs to this from now on.
            told: Called with the payload of each notification.
            broken: Called once, when the connection is lost.
        """
        self._connection = connection
        self._told = told
        self._on_broken = broken
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._others = asyncio.Lock()  # of which one waits for that turn
        self._asking: set[asyncio.Task[list[Row]]] = set()
        self._prepared: dict[str, bytes] = {}  # the names of statements
        self._results: list[PGresult] = []
        self._answer: asyncio.Future[None] | None = None  # that all results are there
        encoding = connection.info.encoding
        self.encoding = "utf-8" if encoding == "ascii" else encoding  # it means that there is none
        self._failure: Exception | None = None
        self._closed = False
        self._socket = connection.pgconn.socket
        self.answered = self._loop.time()
        connection.add_notify_handler(lambda notification: told(notification.payload))
        self._loop.add_reader(self._socket, self._readable)

    @classmethod
    async def open(
        cls,
        parameters: Mapping[str, Any],
        told: Callable[[str], None],
        broken: Callable[[Exception], object],
    ) -> "Link":
        """Connect; raise `psycopg.Error` if that fails."""
        connection = await psycopg.AsyncConnection.connect(
            **parameters, autocommit=True, row_factory=tuple_row
        )
        return cls(connection, told, broken)

    def again(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters that lead to the server of this connection, which may be one of several."""
        here = self._connection.info.get_parameters()
        others = {name: value for name, value in parameters.items() if name not in _PLACE}
        return {**others, **{name: here[name] for name in _PLACE if name in here}}

    async def ask(
        self,
        query: str,
        parameters: Sequence[object] | None = None,
        *,
        patience: float = PATIENCE,
        first: bool = False,
    ) -> list[Row]:
        """Run a statement, and return its rows.

        Args:
            query: The statement; without parameters it may be several.
            parameters: For its ``%s`` and ``%b``.
            patience: Seconds for the answer, once it has been asked.
            first: Whether it goes before those that wait; for one at a time.

        Raises:
            psycopg.Error: The server has refused; it can be asked again.
            Unreachable: The connection is lost.
        """
        return await self._shielded(self._in_turn(lambda: self._execute(query, parameters), patience, first))

    async def call(
        self, query: str, arguments: Sequence[object], *, first: bool = False
    ) -> Sequence[Sequence[Any]]:
        """Run a statement that is run often, and return its rows, in binary: see `binary`.

        It takes half the time that `ask` does: psycopg's cursor is made for whatever may come.

        Args:
            query: The statement, with its arguments as ``$1`` and so on. It is prepared once.
            arguments: See `hug.eventstream.engines.postgres.binary.argument`.
            first: See `ask`.

        Raises:
            psycopg.Error: See `ask`.
            Unreachable: See there.
        """
        written = [argument(each, self.encoding) for each in arguments]
        return await self._shielded(self._in_turn(lambda: self._call(query, written), PATIENCE, first))

    async def _shielded(self, asked: Coroutine[Any, Any, list[Row]]) -> list[Row]:
        asking = self._loop.create_task(asked)
        self._asking.add(asking)
        asking.add_done_callback(self._done)
        return await asyncio.shield(asking)

    async def close(self) -> None:
        """Disconnect, at once; what was asked and is not answered fails."""
        self._closed = True
        if self._asking:
            self.abort()
            await asyncio.wait(self._asking, timeout=0.3)
        self._watch(False)
        for asking in self._asking:
            asking.cancel()
        with suppress(psycopg.Error):
            await self._connection.close()

    def abort(self) -> None:
        """Cut the connection off; whoever waits for an answer is told that it is lost."""
        # Cancelling would have psycopg ask the server to cancel, over a network that may be gone.
        with suppress(OSError), socket.socket(fileno=os.dup(self._socket)) as same:
            same.shutdown(socket.SHUT_RDWR)

    async def _in_turn(self, run: _Run, patience: float, first: bool) -> list[Row]:
        if first:
            async with self._turn:
                return await self._ask(run, patience)
        async with self._others, self._turn:
            return await self._ask(run, patience)

    async def _ask(self, run: _Run, patience: float) -> list[Row]:
        if self._failure is not None or self._closed:
            raise unreachable(self._failure)
        timer = self._loop.call_later(patience, self.abort)
        try:
            rows = await run()
        except psycopg.Error as error:
            if self._failure is None and not self._connection.closed:
                raise
            self._break(error)
            raise unreachable(error) from None
        finally:
            timer.cancel()
        self.answered = self._loop.time()
        return rows

    async def _execute(self, query: str, parameters: Sequence[object] | None) -> list[Row]:
        self._watch(False)
        try:
            cursor = await self._connection.execute(query, parameters, binary=parameters is not None)
            return await cursor.fetchall() if cursor.description else []
        finally:
            if not self._connection.closed and not self._closed:
                self._watch(True)

    async def _call(self, query: str, arguments: Sequence[bytes | None]) -> list[Row]:
        server = self._connection.pgconn
        name = self._prepared.get(query)
        if name is None:
            name = b"hug_%d" % len(self._prepared)
            await self._exchange(lambda: server.send_prepare(name, query.encode(self.encoding)))
            self._prepared[query] = name
        formats = [Format.BINARY] * len(arguments)
        result = await self._exchange(
            lambda: server.send_query_prepared(name, arguments, formats, Format.BINARY)
        )
        columns, value = range(result.nfields), result.get_value
        return [tuple([value(row, column) for column in columns]) for row in range(result.ntuples)]

    async def _exchange(self, send: Callable[[], None]) -> PGresult:
        """Send a question, and return its result."""
        self._results = []
        self._answer = self._loop.create_future()
        try:
            send()
            self._flush()
            await self._answer
        finally:
            self._answer = None
        if not self._results:
            raise psycopg.OperationalError("there is no answer")
        result = self._results[-1]
        if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            raise error_from_result(result, self.encoding)
        return result

    def _flush(self) -> None:
        """Send what the socket has room for, and the rest when it has more."""
        if self._connection.pgconn.flush():
            self._loop.add_writer(self._socket, self._writable)

    def _writable(self) -> None:
        try:
            if not self._connection.pgconn.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.Error as error:
            self._lose(error)

    def _done(self, asking: asyncio.Task[list[Row]]) -> None:
        self._asking.discard(asking)
        if not asking.cancelled():
            asking.exception()  # whoever was to hear of it may have been cancelled

    def _watch(self, on: bool) -> None:
        """Look for what comes unasked; psycopg watches the same socket while it waits for an answer."""
        if on:
            self._loop.add_reader(self._socket, self._readable)
        else:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)

    def _readable(self) -> None:
        server = self._connection.pgconn
        try:
            server.consume_input()
            self._tell()
            if self._answer is not None:
                while not server.is_busy():
                    result = server.get_result()
                    if result is None:
                        if not self._answer.done():
                            self._answer.set_result(None)
                        break
                    self._results.append(result)
                self._tell()  # what came right behind the answer: the socket may have nothing more to say
        except psycopg.Error as error:
            self._lose(error)

    def _tell(self) -> None:
        while (notification := self._connection.pgconn.notifies()) is not None:
            self._told(notification.extra.decode())

    def _lose(self, error: psycopg.Error) -> None:
        self._watch(False)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self._break(error)

    def _break(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
            if not self._closed:
                self._on_broken(error)
