"""Appending to PostgreSQL: in one statement, or in several where channels are locked or events refused."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import count
from typing import Final, TypeAlias

import psycopg

from hug.eventstream.engines.engine import Entry
from hug.eventstream.engines.postgres.batch import CALL, Batch
from hug.eventstream.engines.postgres.errors import BUSY, NO_ROOM, of_the_event, said
from hug.exceptions import Refused, Unreachable

Call: TypeAlias = Callable[[str, Sequence[object]], Awaitable[list[str]]]

_LOCKED_SECONDS: Final = 1.0
"""For how long, in one go, channels that are known to be locked are tried, one after the other."""

_numbers = count(1)
_CALL: Final = re.sub("%b", lambda _: f"${next(_numbers)}", CALL)

# Until the end of the statement.
_SHORT: Final = _CALL.replace("SELECT ", "SELECT set_config('lock_timeout', '100ms', true), ", 1)


class Appending:
    """Appends for one connection, one call at a time.

    A channel is locked while a transaction of an application that has published on it goes on. Events for it
    are then not taken for now, and those for other channels do not wait for that: it is tried apart from
    them, and shortly, until it succeeds.
    """

    def __init__(self, call: Call) -> None:
        """Prepare.

        Args:
            call: Runs one of the statements here; see `Link.call` in `connection`.
        """
        self._call = call
        self._locked: dict[str, None] = {}

    async def append(self, entries: Sequence[Entry]) -> Sequence[int | Exception]:
        """See `hug.eventstream.engines.engine.Engine.append`.

        Raises:
            psycopg.Error: The server has refused, not because of an event.
        """
        if not self._locked:
            try:
                return await self._together(entries, _CALL)
            except psycopg.Error as error:
                if error.sqlstate not in BUSY:
                    raise
                self._locked |= dict.fromkeys(entry.channel for entry in entries)
        answers: dict[int, int | Exception] = {}
        free = [index for index, entry in enumerate(entries) if entry.channel not in self._locked]
        if free:
            try:
                answers |= await self._some(entries, free, _CALL)
            except psycopg.Error as error:
                if error.sqlstate not in BUSY:
                    raise
                self._locked |= dict.fromkeys(entries[index].channel for index in free)
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
                    answers |= await self._some(entries, indices, _SHORT)
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

    async def _some(
        self, entries: Sequence[Entry], indices: Sequence[int], query: str
    ) -> dict[int, int | Exception]:
        answers = await self._together([entries[index] for index in indices], query)
        return dict(zip(indices, answers, strict=True))

    async def _together(self, entries: Sequence[Entry], query: str) -> Sequence[int | Exception]:
        """Append events in one statement; if one of them is refused, each in one of its own."""
        batch = Batch(entries)
        try:
            while batch.left:
                batch.take(await self._call(query, batch.arguments))
            return batch.answers
        except psycopg.Error as error:
            if not of_the_event(error):
                raise
            if len(entries) == 1 or (error.sqlstate or "").startswith(NO_ROOM):
                refused = Refused(f"PostgreSQL has refused the event: {said(error)}")
                return [refused] * len(entries)
        return [(await self._together([entry], query))[0] for entry in entries]
