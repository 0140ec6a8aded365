"""Appending to PostgreSQL: in one statement, or in several where channels are locked or events refused."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeAlias

import psycopg

from hug.eventstream.engines.engine import Entry
from hug.eventstream.engines.postgres.batch import CALL, Batch
from hug.eventstream.engines.postgres.connection import Row
from hug.eventstream.engines.postgres.errors import BUSY, NO_ROOM, of_the_event, said
from hug.exceptions import Refused, Unreachable

Ask: TypeAlias = Callable[[str, Sequence[object]], Awaitable[list[Row]]]

_LOCKED_SECONDS: Final = 1.0
"""For how long, in one go, channels that are known to be locked are tried, one after the other."""

# Until the end of the statement.
_SHORT: Final = CALL.replace("SELECT ", "SELECT set_config('lock_timeout', '100ms', true), ", 1)


class Appending:
    """Appends for one connection, one call at a time.

    A channel is locked while a transaction of an application that has published on it goes on. Events for it
    are then not taken for now, and those for other channels do not wait for that: it is tried apart from
    them, and shortly, until it succeeds.
    """

    def __init__(self, ask: Ask) -> None:
        """Prepare.

        Args:
            ask: Runs one of the statements here.
        """
        self._ask = ask
        self._locked: dict[str, None] = {}

    async def append(self, entries: Sequence[Entry]) -> list[int | Exception]:
        """See `hug.eventstream.engines.engine.Engine.append`.

        Raises:
            psycopg.Error: The server has refused, not because of an event.
        """
        answers: dict[int, int | Exception] = {}
        free: Sequence[int] = range(len(entries))
        if self._locked:
            free = [index for index in free if entries[index].channel not in self._locked]
        if free:
            try:
                answers |= await self._together(entries, free, CALL)
            except psycopg.Error as error:
                if error.sqlstate not in BUSY:
                    raise
                self._locked |= dict.fromkeys(entries[index].channel for index in free)
        if len(answers) < len(entries):
            by_channel: dict[str, list[int]] = {}
            for index, entry in enumerate(entries):
                if index not in answers:
                    by_channel.setdefault(entry.channel, []).append(index)
            answers |= await self._one_by_one(entries, by_channel.values())
        return [answers[index] for index in range(len(entries))]

    async def _one_by_one(
        self, entries: Sequence[Entry], channels: Iterable[Sequence[int]]
    ) -> dict[int, int | Exception]:
        """Append to channels that are locked, if they still are for not more than a moment."""
        answers: dict[int, int | Exception] = {}
        loop = asyncio.get_running_loop()
        until = loop.time() + _LOCKED_SECONDS
        for indices in channels:
            name = entries[indices[0]].channel
            problem: object = "other channels were waited for"
            if loop.time() < until:
                self._locked.pop(name, None)
                try:
                    answers |= await self._together(entries, indices, _SHORT)
                    continue
                except psycopg.Error as error:
                    if error.sqlstate not in BUSY:
                        raise
                    problem = said(error)
                self._locked[name] = None  # behind the others: each has its turn
            waiting = Unreachable(
                f"channel {name!r} is locked by a transaction that has published: {problem}"
            )
            answers |= dict.fromkeys(indices, waiting)
        return answers

    async def _together(
        self, entries: Sequence[Entry], indices: Sequence[int], query: str
    ) -> dict[int, int | Exception]:
        """Append some of the events in one statement; if one of them is refused, each in one of its own."""
        batch = Batch([entries[index] for index in indices])
        try:
            while batch.left:
                rows = await self._ask(query, batch.arguments)
                batch.take(rows[0][-1])
            return dict(zip(indices, batch.answers, strict=True))
        except psycopg.Error as error:
            if not of_the_event(error):
                raise
            if len(indices) == 1 or (error.sqlstate or "").startswith(NO_ROOM):
                refused = Refused(f"PostgreSQL has refused the event: {said(error)}")
                return dict.fromkeys(indices, refused)
        answers: dict[int, int | Exception] = {}
        for index in indices:
            answers |= await self._together(entries, [index], query)
        return answers
