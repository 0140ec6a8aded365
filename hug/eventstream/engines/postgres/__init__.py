"""PostgreSQL, 13 or later, as an engine: tables, and LISTEN and NOTIFY.

Two connections: one appends, and waits for locks that others have; the other one listens, and reads. They
must be connections to the server itself, or through a pooler in session mode: one in transaction mode
forgets who listens.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import psycopg

from hug.eventstream.engines.engine import Ends, Entry, Hearer, Kept
from hug.eventstream.engines.postgres.appending import Appending
from hug.eventstream.engines.postgres.binary import texts
from hug.eventstream.engines.postgres.chunks import events
from hug.eventstream.engines.postgres.connection import Link, Row
from hug.eventstream.engines.postgres.errors import BUSY, of_the_event, refused, unreachable, unread
from hug.eventstream.engines.postgres.first_answer import first_answer
from hug.eventstream.engines.postgres.notifications import Feed, key
from hug.eventstream.engines.postgres.schema import FORGOTTEN, FORMER, FUNCTIONS, TABLES, names
from hug.eventstream.engines.postgres.setup import Setup
from hug.eventstream.engines.postgres.transaction import SYSTEM, WHERE, Home, Transactions
from hug.eventstream.engines.postgres.url import parameters, shown
from hug.exceptions import Unreachable

_BEAT: Final = 1.0
_BEAT_PATIENCE: Final = 4.0
"""Seconds of silence after which the server is asked for a sign of life, and for that to come."""

_PRUNE_ROUNDS: Final = 200

_LOCKED: Final = 0.1
"""Seconds after which it is tried again to delete a channel that is locked."""

_ENDS: Final = """
SELECT c.life,
    CASE WHEN c.first_time < now - c.max_age THEN coalesce((
        SELECT greatest(c.first, position - coalesce(cardinality(sizes), 1) + 1) FROM {events}
        WHERE channel = c.id AND position >= c.first AND time >= now - c.max_age
        ORDER BY channel, position LIMIT 1
    ), c.last + 1) ELSE c.first END,
    c.last, c.last_request, c.closed, now
FROM (SELECT extract(epoch FROM clock_timestamp())::float8 AS now) AS clock
LEFT JOIN {channels} AS c ON c.name = %b AND c.last > 0
"""

# The oldest by the index of positions, whatever was there when it was planned; see `notifications`, too.
_READ: Final = """
SELECT greatest(after, first - 1), position, requests, time, fields, sizes FROM (
    SELECT c.first, asked.after, asked.most, e.*,
        e.position - coalesce(cardinality(e.sizes), 1) AS behind,
        first_value(e.before) OVER oldest_first AS begins,
        first_value(e.position - coalesce(cardinality(e.sizes), 1)) OVER oldest_first AS all_behind
    FROM (SELECT %b::bigint AS after, %b::bigint AS most) AS asked
    CROSS JOIN (SELECT id, first, max_age FROM {channels} WHERE name = %b AND life = %b OFFSET 0) AS c
    CROSS JOIN LATERAL (
        SELECT position, requests, time, fields, sizes, before FROM {events}
        WHERE channel = c.id AND position > asked.after AND position >= c.first
            AND (c.max_age IS NULL OR time >= extract(epoch FROM clock_timestamp()) - c.max_age)
        ORDER BY channel, position LIMIT %b
    ) AS e
    WINDOW oldest_first AS (ORDER BY e.position)
) AS oldest WHERE before < begins + %b AND behind < greatest(all_behind, after, first - 1) + most
ORDER BY position
"""

# Others that use the connection do not wait for a lock for long.
_DELETE: Final = """
WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', '100ms', true)),
    gone AS (
        DELETE FROM {channels} WHERE name = (SELECT %b::text FROM patience)
        RETURNING id, life, last, last_request
    ),
    noted AS (INSERT INTO {deleted} SELECT id FROM gone)
SELECT pg_notify(
    'hug_' || {channels_text}::regclass::oid, concat_ws(':', %s::text, 0, id, life, last, last_request)
) FROM gone WHERE last > 0
"""

# Numbers are milliseconds, so that they grow even when the row was lost, with a backup that is restored, say.
_LEASE: Final = """
INSERT INTO {leases} AS l (name, holder, number, until)
SELECT %b, %b, (now * 1000)::bigint, now + %b
FROM (SELECT extract(epoch FROM clock_timestamp())::float8 AS now) AS clock
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until, number =
    CASE WHEN l.holder = excluded.holder AND l.until > excluded.number / 1000.0 THEN l.number
    ELSE greatest(l.number + 1, excluded.number) END
WHERE l.holder = excluded.holder OR l.until <= excluded.number / 1000.0
RETURNING number
"""

_RELEASE: Final = "UPDATE {leases} SET until = 0, holder = '' WHERE name = %b AND holder = %b"

_PRUNE: Final = "SELECT {prune_2}()"

# To those who follow it would be a gap if an empty channel were forgotten and another came.
_TOUCH: Final = """
UPDATE {channels} SET touched = extract(epoch FROM clock_timestamp())
WHERE name = ANY (%b::text[]) AND first > last AND touched < extract(epoch FROM clock_timestamp()) - %b
"""
_WATCHED: Final = "SELECT to_regclass({channels_text})::oid::bigint"


class PostgresEngine:
    """See `hug.eventstream.engines.engine.Engine`."""

    def __init__(self, where: Mapping[str, Any], prefix: str) -> None:
        self._parameters = where
        self._secret = str(self._parameters.get("password") or "")
        self._shown = shown(self._parameters)
        self._prefix = prefix
        self._setup = Setup(prefix, self._shown)
        self._transactions = Transactions(prefix, self._shown)
        self._feed: Feed | None = None
        self._appending: Appending | None = None
        self._links: list[Link] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._failure: Exception | None = None
        self._closed = False
        self._listens = False

    async def connect(self, hearer: Hearer) -> None:
        """See `Engine.connect`."""
        self._hearer = hearer
        try:
            # Through a pooler in transaction mode, notifications may come to the one that does not listen.
            place = self._parameters
            for told in (self._notified, _ignore):
                link = await Link.open(place, told, self._broken)
                self._links.append(link)
                place = link.again(place)  # the second to the same server as the first
            schema = await self._setup.prepare(self._links)
            ((database, tells),) = await self._links[0].ask(WHERE)
            ((system,),) = await self._links[0].ask(SYSTEM) if tells else ((0,),)
            self.home = Home(database, system)
            written = self._written = names(self._prefix, schema)
            self._names = {name: each.replace("%", "%%") for name, each in written.items()}
            self._feed = Feed(hearer, written)
            self._appending = Appending(self._call)
            self._watched = await self._setup.listen(self._links, written)
        except BaseException as error:
            await self.close()
            if isinstance(error, psycopg.Error):
                raise refused(error, self._shown, self._secret, await self._code(error)) from None
            raise
        self._closed = False
        for work in (partial(self._feed.run, self._links[0]), self._beat):
            self._tasks.append(asyncio.ensure_future(self._guarded(work)))

    async def _code(self, error: psycopg.Error) -> str | None:
        """Return what an error that has neither a code nor a text that we know is about."""
        if unread(error):
            with contextlib.suppress(OSError):
                return await first_answer(self._parameters)
        return None

    async def close(self) -> None:
        """See `Engine.close`."""
        self._closed = True
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *(link.close() for link in self._links), return_exceptions=True)
        if self._feed is not None:
            self._feed.fail(unreachable(self._failure))

    # Writing

    async def append(self, entries: Sequence[Entry]) -> Sequence[int | Exception]:
        """See `Engine.append`.

        What is for a channel that is locked, by a transaction that has published on it, is answered with
        `Unreachable` within a few seconds; it was not taken.
        """
        if not entries:
            return []
        if self._appending is None:
            raise unreachable(self._failure)
        try:
            return await self._appending.append(entries)
        except psycopg.Error as error:
            raise self._unreachable(error) from None

    @property
    def home(self) -> object | None:
        """See `hug.eventstream.engines.engine.Within`."""
        return self._transactions.home

    @home.setter
    def home(self, home: object | None) -> None:
        self._transactions.home = home if isinstance(home, Home) else None

    def awaited(self, connection: Any) -> bool:
        """See `hug.eventstream.engines.engine.Within.awaited`."""
        return self._transactions.awaited(connection)

    def append_within(self, connection: Any, entry: Entry) -> int | Awaitable[int]:
        """See `hug.eventstream.engines.engine.Within.append_within`, and `Transactions.append`."""
        return self._transactions.append(connection, entry)

    async def delete(self, channel: str) -> None:
        """See `Engine.delete`; the events themselves go when the tables are pruned."""
        while True:
            try:
                await self._ask(self._writing, _DELETE, (channel, key(channel)))
            except psycopg.Error as error:
                if error.sqlstate not in BUSY:
                    raise self._unreachable(error) from None
                await asyncio.sleep(_LOCKED)  # a transaction that has published goes on
            else:
                return

    async def prune(self) -> None:
        """See `Engine.prune`; one process at a time does it."""
        if self._feed is not None and (followed := self._feed.followed):
            await self._sure(self._writing, _TOUCH, (followed, FORGOTTEN / 2))
        for _ in range(_PRUNE_ROUNDS):
            if not (await self._sure(self._writing, _PRUNE, ()))[0][0]:
                break

    async def remove(self) -> None:
        """See `hug.eventstream.engines.engine.Removable`."""
        drop = f"DROP TABLE {', '.join(self._written[name] for name in TABLES)};"
        drop += "".join(f"DROP FUNCTION {self._written[name]};" for name in FUNCTIONS)
        table, *functions = [self._written[name] for name in FORMER]
        drop += f"DROP TABLE IF EXISTS {table}; DROP FUNCTION IF EXISTS {', '.join(functions)}"
        try:
            if self._writing is not None:
                await self._writing.ask(drop)
        except psycopg.Error as error:
            raise self._unreachable(error) from None

    # Reading

    async def follow(self, channel: str) -> None:
        """See `Engine.follow`."""
        if self._feed is None or self._failure is not None or self._closed:
            raise unreachable(self._failure)
        if not self._listens:  # who only publishes would be woken by each commit, and the server by it
            await self._sure(self._reading, f"LISTEN hug_{self._watched}", ())
            self._listens = True
        await self._feed.follow(channel)

    async def unfollow(self, channel: str) -> None:
        """See `Engine.unfollow`."""
        if self._feed is not None:
            self._feed.unfollow(channel)

    async def ends(self, channel: str) -> Ends:
        """See `Engine.ends`."""
        ((life, first, last, request, closed, now),) = await self._sure(self._reading, _ENDS, (channel,))
        return Ends(life, first, last, request, closed, now) if life else Ends("", 1, 0, "", False, now)

    async def read(self, channel: str, life: str, after: int, most: int, size: int) -> Sequence[Kept]:
        """See `Engine.read`."""
        rows = await self._sure(self._reading, _READ, (after, most, channel, life, most, max(size, 1)))
        found: list[Kept] = []
        for row in rows:
            for event in events(*row):
                found.append(event)
                size -= len(event.fields)
                if size <= 0 or len(found) >= most:
                    return found
        return found

    # Leases: on the connection that never waits for a channel

    async def lease(self, name: str, holder: str, seconds: float) -> int | None:
        """See `Engine.lease`."""
        rows = await self._sure(self._reading, _LEASE, (name, holder, seconds))
        return rows[0][0] if rows else None

    async def release(self, name: str, holder: str) -> None:
        """See `Engine.release`."""
        await self._sure(self._reading, _RELEASE, (name, holder))

    # The connections

    @property
    def _reading(self) -> Link | None:
        return self._links[0] if len(self._links) == 2 else None

    @property
    def _writing(self) -> Link | None:
        return self._links[1] if len(self._links) == 2 else None

    async def _ask(self, link: Link | None, query: str, parameters: Sequence[object]) -> list[Row]:
        if link is None or self._failure is not None or self._closed:
            raise unreachable(self._failure)
        return await link.ask(query.format(**self._names), parameters)

    async def _call(self, query: str, arguments: Sequence[object]) -> list[str]:
        link = self._writing
        if link is None or self._failure is not None or self._closed:
            raise unreachable(self._failure)
        rows = await link.call(query.format(**self._written), arguments)
        return texts(rows[0][-1], link.encoding)

    async def _sure(self, link: Link | None, query: str, parameters: Sequence[object]) -> list[Row]:
        """Ask what the server has no reason to refuse; if it does, connecting again may help."""
        try:
            return await self._ask(link, query, parameters)
        except psycopg.Error as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: psycopg.Error) -> Unreachable:
        if error.sqlstate not in BUSY and not of_the_event(error):
            self._broken(error)  # connecting again will tell why, or mend it
        return unreachable(error)

    def _notified(self, payload: str) -> None:
        self._setup.notified(payload)
        if self._feed is not None:
            self._feed.notified(payload)

    def _broken(self, error: Exception) -> None:
        """Take note that the connection is lost, and tell once."""
        if self._failure is not None or self._closed:
            return
        self._failure = error
        for link in self._links:
            link.abort()
        if self._feed is not None:
            self._feed.fail(unreachable(error))
        if self._tasks:  # else it was never connected, and that fails
            self._hearer.lost(unreachable(error))

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:
            self._broken(error)

    async def _beat(self) -> None:
        """Notice a server, or a network, that is silent: nothing else tells of that while nothing is sent."""
        loop = asyncio.get_running_loop()
        reading = self._links[0]
        while True:
            await asyncio.sleep(_BEAT)
            if loop.time() - reading.answered >= _BEAT:
                ((watched,),) = await reading.ask(_WATCHED.format(**self._names), (), patience=_BEAT_PATIENCE)
                if watched != self._watched:
                    raise Unreachable("the tables are not those of a moment ago")


def _ignore(payload: str) -> None:
    """Take no notice of a notification."""


def maker(url: str, prefix: str) -> Callable[[], PostgresEngine]:
    """Return what makes engines at a URL, which is read once; raise `BrokerError` if it cannot be."""
    return partial(PostgresEngine, parameters(url), prefix)
