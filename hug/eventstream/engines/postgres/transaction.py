"""Events that are part of a transaction of the application's own, in the same PostgreSQL database."""

from collections.abc import Awaitable, Generator
from typing import Any, Final, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from hug.eventstream.engines.engine import Entry
from hug.eventstream.engines.postgres.batch import CALL, Batch
from hug.eventstream.engines.postgres.schema import names
from hug.exceptions import BrokerError

_Connection: TypeAlias = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]
_Steps: TypeAlias = Generator[tuple[str, tuple[object, ...]], Any, int]

# Whatever the search path is now: applications of many tenants set it for each request.
_SCHEMAS: Final = """
SELECT n.nspname, pg_table_is_visible(c.oid)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = %s AND c.relkind IN ('r', 'p')
"""


class Home(NamedTuple):
    """What tells a database from all others.

    Attributes:
        database: Its number on its server.
        system: That of the server, which it has got when it was made; 0 if it tells nobody.
    """

    database: int
    system: int


WHERE: Final = """
SELECT oid::bigint, has_function_privilege('pg_control_system()', 'EXECUTE') FROM pg_database
WHERE datname = current_database()
"""
SYSTEM: Final = "SELECT system_identifier FROM pg_control_system()"


class Transactions:
    """Appends within transactions, from any thread; remembers in which schema a connection has the tables.

    Attributes:
        home: The database that the tables are in, once that is known.
    """

    def __init__(self, prefix: str, shown: str) -> None:
        """Prepare.

        Args:
            prefix: Of the tables' names.
            shown: The broker's URL, without its password.
        """
        self._prefix = prefix
        self._shown = shown
        self.home: Home | None = None
        self._schemas: WeakKeyDictionary[_Connection, str] = WeakKeyDictionary()

    def append(self, connection: object, entry: Entry) -> int | Awaitable[int]:
        """Append an event with a connection of the application's own; see `Within.append_within`.

        Until the transaction ends its channel is locked: others who publish on it wait, and are told after a
        while that it was not taken. A transaction that is more strictly isolated than ``READ COMMITTED`` may
        fail to be serialized when others publish on the channel, as with any row that it changes.

        Raises:
            psycopg.Error: The server has refused, and the transaction has failed, as with any statement.
        """
        if isinstance(connection, psycopg.AsyncConnection):
            return self._append_async(connection, entry)
        if isinstance(connection, psycopg.Connection):
            return self._append(connection, entry)
        raise self._foreign(connection)

    def awaited(self, connection: object) -> bool:
        """See `Within.awaited`."""
        if isinstance(connection, psycopg.AsyncConnection):
            return True
        if isinstance(connection, psycopg.Connection):
            return False
        raise self._foreign(connection)

    def _foreign(self, connection: object) -> TypeError:
        kind = f"{type(connection).__module__}.{type(connection).__qualname__}"
        return TypeError(
            f"channels on {self._shown} are published on with a psycopg.Connection or AsyncConnection, not "
            f"with a {kind}: give the one that is within it. "
            "SQLAlchemy has it as session.connection().connection.driver_connection"
        )

    def _append(self, connection: psycopg.Connection[Any], entry: Entry) -> int:
        steps = self._steps(connection, entry)
        # Not `connection.cursor()`: rows are to come as tuples, whatever the application has them made into.
        with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
            try:
                asked = next(steps)
                while True:
                    asked = steps.send(cursor.execute(*asked, binary=True).fetchall())
            except StopIteration as position:
                return int(position.value)

    async def _append_async(self, connection: psycopg.AsyncConnection[Any], entry: Entry) -> int:
        steps = self._steps(connection, entry)
        async with psycopg.AsyncCursor(connection, row_factory=tuple_row) as cursor:
            try:
                asked = next(steps)
                while True:
                    asked = steps.send(await (await cursor.execute(*asked, binary=True)).fetchall())
            except StopIteration as position:
                return int(position.value)

    def _steps(self, connection: _Connection, entry: Entry) -> _Steps:
        """What to ask, one after the other; given the rows of each, the position in the end."""
        if connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE:
            raise BrokerError(
                "no transaction is open on the connection, which commits each statement by itself: begin one "
                "with connection.transaction(), or publish without connection="
            )
        schema = self._schemas.get(connection)
        if schema is None:
            ((database, tells),) = yield WHERE, ()
            ((system,),) = (yield SYSTEM, ()) if tells else ((0,),)
            self._must_be(Home(database, system), connection)
            found: list[tuple[str, bool]] = yield _SCHEMAS, (f"{self._prefix}_facts",)
            schema = self._schemas[connection] = self._chosen(found, connection.info.dbname)
        batch = Batch([entry])
        written = names(self._prefix, schema)
        rows = yield CALL.format(append_3=written["append_3"].replace("%", "%%")), batch.arguments
        batch.take(rows[0][0])
        (answer,) = batch.answers
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _must_be(self, home: Home, connection: _Connection) -> None:
        """Raise an error if the tables are known to be in another database."""
        ours = self.home or home
        same_server = ours.system == home.system or 0 in (ours.system, home.system)
        if home.database != ours.database or not same_server:
            info = connection.info
            raise BrokerError(
                f"cannot publish within a transaction on database {info.dbname!r} at {info.host}:{info.port}"
                f": channels are kept in {self._shown}, and a transaction is of one database. Name the "
                "application's own in the broker's URL"
            )

    def _chosen(self, found: list[tuple[str, bool]], database: str) -> str:
        """Return the schema on the search path, or else the only one."""
        schemas = [schema for schema, visible in found if visible] or [schema for schema, _ in found]
        if len(schemas) == 1:
            return schemas[0]
        if schemas:
            raise BrokerError(
                f"several schemas of database {database!r} have tables of channels ({', '.join(schemas)}): "
                "have the connection's search_path lead to the broker's"
            )
        raise BrokerError(
            f"the connection sees no tables of channels in database {database!r}, where {self._shown} has "
            "them: its role needs USAGE of their schema; or its transaction has begun before they were made"
        )
