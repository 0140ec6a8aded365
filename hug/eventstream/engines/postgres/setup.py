"""What is done when a connection to PostgreSQL begins: tables made, rights checked, notifications tried."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import psycopg

from hug.eventstream.engines.postgres.connection import Link
from hug.eventstream.engines.postgres.errors import said
from hug.eventstream.engines.postgres.schema import FUNCTIONS, TABLES, VERSION, names, sql
from hug.exceptions import BrokerError, Unreachable

LOCK_TIMEOUT: Final = "2s"
"""How long to wait for a channel that somebody publishes on within a long transaction."""

_OLDEST_SERVER: Final = 130000
_INSTALL_PATIENCE: Final = 60.0
_PROBE_PATIENCE: Final = 3.0

# A plan is made once: to make one for each event takes the server longer than to read it. One that was made
# while a table is empty would read all of it for ever, hence no sequential scans. Where there is nothing else
# they have a price for which PostgreSQL would compile the plan, which takes 0.2 s: so it does not. A role's
# limit for idle sessions, which PostgreSQL has since 14, would end the one that appends again and again.
_SETTINGS: Final = f"""
SELECT set_config('statement_timeout', '4s', false), set_config('lock_timeout', '{LOCK_TIMEOUT}', false),
    set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false),
    set_config('default_transaction_isolation', 'read committed', false), set_config('jit', 'off', false),
    CASE WHEN current_setting('idle_session_timeout', true) IS NOT NULL
        THEN set_config('idle_session_timeout', '0', false) END
"""

_SERVER: Final = """
SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),
    current_setting('transaction_read_only') = 'on', current_user, current_schema(),
    (SELECT n.nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid = to_regclass(%s)),
    ARRAY(SELECT p.proname::text FROM pg_proc AS p JOIN pg_class AS c ON c.relnamespace = p.pronamespace
     WHERE c.oid = to_regclass(%s) AND p.proname = ANY (%s))
"""

_RIGHTS: Final = """
SELECT ARRAY(
    SELECT name || ': ' || string_agg(kind, ', ')
    FROM unnest(%s::text[]) AS t (name), unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS r (kind)
    WHERE NOT has_table_privilege(name, kind) GROUP BY name ORDER BY name
), ARRAY(
    SELECT p.oid::regprocedure::text
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = %s AND p.proname = ANY (%s) AND NOT has_function_privilege(p.oid, 'EXECUTE') ORDER BY 1
)
"""
_OLDEST: Final = "SELECT oldest FROM {facts}"


class Setup:
    """Sees to it that a database has what hug needs, and that it works."""

    def __init__(self, prefix: str, shown: str) -> None:
        """Prepare.

        Args:
            prefix: Of all names.
            shown: The URL, without its password.
        """
        self._prefix = prefix
        self._shown = shown
        self._probe = f"probe-{secrets.token_hex(8)}"
        self._heard = asyncio.Event()

    def notified(self, payload: str) -> None:
        """Take a notification."""
        if payload == self._probe:
            self._heard.set()

    async def prepare(self, links: Sequence[Link]) -> str:
        """Make what is missing, and return the schema in which it is.

        Raises:
            BrokerError: That cannot be, or may not.
            Unreachable: The server is a standby.
        """
        for link in links:
            await link.ask(_SETTINGS)
        link = links[0]
        table = names(self._prefix)["facts"]
        functions = [f"{self._prefix}_{name}" for name in FUNCTIONS]
        ((version, encoding, read_only, user, own, schema, found),) = await link.ask(
            _SERVER, (table, table, functions)
        )
        if version < _OLDEST_SERVER:
            raise self._error(f"it is PostgreSQL {version // 10000}, and hug needs 13 or later")
        if encoding not in ("UTF8", "SQL_ASCII"):
            raise self._error(f"the database's encoding is {encoding}; hug needs one with UTF8")
        if read_only:
            raise Unreachable("it can only be read now: a standby, or it is set so")
        if schema is None or set(functions) - set(found):
            schema = schema or own
            if schema is None:
                raise self._error(
                    "no schema of its search path exists; make one, or name one in the URL: "
                    "?options=-csearch_path%3Dname"
                )
            await self._install(link, schema, user)
        written = names(self._prefix, schema)
        tables = [written[name] for name in TABLES]
        ((missing, forbidden),) = await link.ask(_RIGHTS, (tables, schema, functions))
        if missing:
            rights = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(tables)}"
            raise self._error(f'role "{user}" lacks rights ({"; ".join(missing)}): {rights} TO "{user}"')
        if forbidden:
            rights = f"GRANT EXECUTE ON FUNCTION {', '.join(forbidden)}"
            raise self._error(f'role "{user}" may not call hug\'s functions: {rights} TO "{user}"')
        rows = await link.ask(_OLDEST.format(**written))
        if rows and rows[0][0] > VERSION:
            raise self._error("its tables were made for a later version of hug; install that")
        return str(schema)

    async def listen(self, links: Sequence[Link], written: Mapping[str, str]) -> int:
        """Listen for a moment, and try whether that works; return the number of the table that is told of.

        Raises:
            BrokerError: Nothing is heard.
        """
        reading, writing = links
        ((watched,),) = await reading.ask("SELECT {channels_text}::regclass::oid::bigint".format(**written))
        await reading.ask(f"LISTEN hug_{watched}")
        await writing.ask("SELECT pg_notify(%s, %s)", (f"hug_{watched}", self._probe))
        try:
            async with asyncio.timeout(_PROBE_PATIENCE):
                await self._heard.wait()
        except TimeoutError:
            await reading.ask("SELECT 1")
            if not self._heard.is_set():
                raise self._error(
                    "NOTIFY does not reach who LISTENs: a pooler in transaction mode is between, perhaps; "
                    "connect hug to the server itself, or through one in session mode"
                ) from None
        await reading.ask(f"UNLISTEN hug_{watched}")
        return int(watched)

    async def _install(self, link: Link, schema: str, user: str) -> None:
        statements = sql(self._prefix, schema)
        try:
            # One process at a time: others that begin at the same moment wait, and find it done.
            await link.ask(
                "BEGIN; SET LOCAL lock_timeout = '50s'; SET LOCAL statement_timeout = '55s';"
                f"SELECT pg_advisory_xact_lock({_INSTALL_LOCK}, hashtext('{self._prefix}'));"
                f"{statements} COMMIT",
                patience=_INSTALL_PATIENCE,
            )
        except psycopg.errors.InsufficientPrivilege as error:
            raise self._error(
                f"{said(error)}. hug keeps events in tables: GRANT CREATE ON SCHEMA "
                f'"{schema}" TO "{user}", or run as somebody who may what '
                f"hug.eventstream.engines.postgres.schema.sql({self._prefix!r}) returns, once"
            ) from None

    def _error(self, text: str) -> BrokerError:
        return BrokerError(f"cannot use {self._shown}: {text}")


_INSTALL_LOCK: Final = 0x687567
