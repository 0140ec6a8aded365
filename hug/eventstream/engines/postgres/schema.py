"""What hug makes in a PostgreSQL database: six tables, and the `stored_functions` that change them.

Events of a channel that are published together share a row: a row for each would take the server ten times as
long, most of it for two indexes. Which requests were taken is known by a row for each run of them.

Where hug may not create tables an administrator runs what `sql` returns, and grants:
``python -c "from hug.eventstream.engines.postgres.schema import sql; print(sql('hug'))" | psql ...``
"""

from typing import Final

from hug.eventstream.engines.postgres.stored_functions import APPEND, PRUNE

VERSION: Final = 2
"""Of the tables. `facts` has it, and the oldest that still works with them. A function that is changed gets
another number into its name, so that two versions of hug may share the tables."""

TABLES: Final = ("channels", "events", "runs", "deleted", "leases", "facts")
FUNCTIONS: Final = ("append_3", "prune_2")
FORMER: Final = ("requests", "append_1", "prune_1", "append_2")
"""A table and functions of version 1, of which only the names are left, and what others call."""

REMEMBERED: Final = 150
"""Seconds for which an event stays in the table though its channel's bounds do not allow it, since live feeds
read it; and for which it is known to have been taken, whether it is there or not."""

LIVE_BYTES: Final = 16 * 1024 * 1024
"""Bytes of such events of a channel; of more, the oldest go sooner."""

FORGOTTEN: Final = 3600
"""Seconds after its newest event after which a channel is forgotten, if nothing of it is kept."""

_PRUNE_LOCK: Final = 0x687567 << 32  # and the number of the table: an advisory lock for each prefix


def names(prefix: str, schema: str = "") -> dict[str, str]:
    """Return the names of tables and functions as they are written in statements.

    Args:
        prefix: That of the broker's URL: letters, digits, ``_`` and ``-``.
        schema: Where they are; empty: where the connection's search path leads.
    """
    within = '"{}".'.format(schema.replace('"', '""')) if schema else ""
    written = {name: f'{within}"{prefix}_{name}"' for name in TABLES + FUNCTIONS + FORMER}
    return written | {
        f"{name}_text": "'{}'".format(written[name].replace("'", "''")) for name in ("channels", "events")
    }


def sql(prefix: str = "hug", schema: str = "") -> str:
    """Return the statements that make what hug needs; running them again does no harm.

    The role that hug connects as needs ``USAGE`` of the schema, and ``SELECT, INSERT, UPDATE, DELETE`` of the
    tables.
    """
    return "".join((_TABLES, _FROM_1, APPEND, PRUNE)).format(
        **names(prefix, schema),
        # Applications call the function in their own transactions, wherever their search path leads.
        path="" if schema else "SET search_path FROM CURRENT",
        version=VERSION,
        live_bytes=LIVE_BYTES,
        remembered=REMEMBERED,
        forgotten=FORGOTTEN,
        prune_lock=_PRUNE_LOCK,
    )


# The row of a channel is locked from the first change until the commit: positions become visible in order.
# Nothing that changes with every event has an index there, so PostgreSQL mends the row in place.
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS {channels} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    life text NOT NULL,
    last bigint NOT NULL DEFAULT 0,            -- position of the newest event there has ever been
    last_request text NOT NULL DEFAULT '',
    closed boolean NOT NULL DEFAULT false,
    bytes bigint NOT NULL DEFAULT 0,           -- of all events there have ever been
    first bigint NOT NULL DEFAULT 1,           -- the oldest event within the bounds; last + 1: there is none
    first_bytes bigint NOT NULL DEFAULT 0,     -- of all events before it
    first_time float8,                         -- when it came
    stored bigint NOT NULL DEFAULT 1,          -- the oldest that is still in the table, for live feeds
    stored_bytes bigint NOT NULL DEFAULT 0,
    stored_time float8,
    history bigint,                            -- most events within the bounds; NULL: none was published yet
    max_bytes bigint,                          -- most bytes of them
    max_age float8,                            -- seconds
    touched float8 NOT NULL DEFAULT 0          -- when the newest came
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS {events} (
    channel bigint NOT NULL,
    position bigint NOT NULL,                  -- of the last event of those that share the row
    requests text COLLATE "C" NOT NULL,        -- see `runs.written`
    time float8 NOT NULL,                      -- seconds since 1970, by the database's clock
    before bigint NOT NULL,                    -- bytes of all events before them
    fields bytea NOT NULL,                     -- of all of them
    sizes int[],                               -- bytes of each one's fields; NULL: there is one
    PRIMARY KEY (channel, position)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.2);
CREATE TABLE IF NOT EXISTS {runs} (            -- of requests that were taken, see `runs.Run`
    publisher text COLLATE "C" NOT NULL,
    low bigint NOT NULL,                       -- the number of the first
    high bigint NOT NULL,                      -- and of the last
    positions bigint[] NOT NULL,               -- of each, or of the first of those that follow on each other
    time float8 NOT NULL,
    PRIMARY KEY (publisher, low)
);
CREATE TABLE IF NOT EXISTS {deleted} (channel bigint PRIMARY KEY);  -- whose events are still to be deleted
CREATE TABLE IF NOT EXISTS {leases} (
    name text COLLATE "C" PRIMARY KEY,
    holder text NOT NULL,
    number bigint NOT NULL,
    until float8 NOT NULL
);
CREATE TABLE IF NOT EXISTS {facts} (version int NOT NULL, oldest int NOT NULL);
INSERT INTO {facts} SELECT {version}, {version} WHERE NOT EXISTS (SELECT FROM {facts});
"""

# Version 1 had a row for each event, and its request in an index: such a row is one of a single event now.
_FROM_1: Final = """
DO $body$
DECLARE
    moment float8 := extract(epoch FROM clock_timestamp());
    unique_requests text;
BEGIN
    IF NOT EXISTS (SELECT FROM {facts} WHERE version = 1) THEN
        RETURN;
    END IF;
    LOCK TABLE {channels}, {events}, {requests} IN ACCESS EXCLUSIVE MODE;
    INSERT INTO {runs}
    SELECT coalesce(left(request, -1 - length(digits)), request || '!'), coalesce(number, 0),
        coalesce(number, 0), ARRAY[position], time
    FROM (
        SELECT request, digits, ('x' || lpad(digits, 16, '0'))::bit(64)::bigint AS number, position, time
        FROM (
            SELECT request, position, time,
                substring(request FROM '^.+[.]([1-9a-f][0-9a-f]{{0,14}})$') AS digits
            FROM (
                SELECT request, position, time FROM {events}
                UNION ALL SELECT request, position, time FROM {requests}
            ) AS known WHERE time >= moment - {remembered}
        ) AS read
    ) AS taken
    ON CONFLICT DO NOTHING;
    SELECT conname INTO unique_requests FROM pg_constraint
    WHERE conrelid = {events_text}::regclass AND contype = 'u';
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', {events_text}::regclass, unique_requests);
    ALTER TABLE {events} RENAME COLUMN request TO requests;
    ALTER TABLE {events} ADD COLUMN sizes int[];
    -- What version 1 looks for stays in name, so that it does not make it again, and prune rows by halves.
    TRUNCATE {requests};
    DROP FUNCTION IF EXISTS {append_1}, {prune_1};
    CREATE FUNCTION {append_1}() RETURNS void LANGUAGE plpgsql AS $former$
        BEGIN RAISE 'the tables were made for a later version of hug'; END $former$;
    CREATE FUNCTION {prune_1}() RETURNS void LANGUAGE plpgsql AS $former$
        BEGIN RAISE 'the tables were made for a later version of hug'; END $former$;
    UPDATE {facts} SET version = {version}, oldest = {version};
END
$body$;
"""
