"""One connection to PostgreSQL: a question after the other, and notifications in between."""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias

import psycopg
from psycopg.rows import tuple_row

from hug.eventstream.engines.postgres.errors import unreachable

Row: TypeAlias = tuple[Any, ...]

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
        asking = self._loop.create_task(self._in_turn(query, parameters, patience, first))
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

    async def _in_turn(
        self, query: str, parameters: Sequence[object] | None, patience: float, first: bool
    ) -> list[Row]:
        if first:
            async with self._turn:
                return await self._ask(query, parameters, patience)
        async with self._others, self._turn:
            return await self._ask(query, parameters, patience)

    async def _ask(self, query: str, parameters: Sequence[object] | None, patience: float) -> list[Row]:
        if self._failure is not None or self._closed:
            raise unreachable(self._failure)
        self._watch(False)
        timer = self._loop.call_later(patience, self.abort)
        try:
            cursor = await self._connection.execute(query, parameters, binary=parameters is not None)
            rows = await cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            if not self._connection.closed:
                raise
            self._break(error)
            raise unreachable(error) from None
        finally:
            timer.cancel()
            if not self._connection.closed and not self._closed:
                self._watch(True)
        self.answered = self._loop.time()
        return rows

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

    def _readable(self) -> None:
        try:
            self._connection.pgconn.consume_input()
            while (notification := self._connection.pgconn.notifies()) is not None:
                self._told(notification.extra.decode())
        except psycopg.Error as error:
            self._watch(False)
            self._break(error)

    def _break(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
            if not self._closed:
                self._on_broken(error)
