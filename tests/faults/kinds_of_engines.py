"""Faults that only one engine has: what administrators and full memories do to it while it runs."""

import asyncio
import shutil
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any, cast

import nats
import psycopg
import redis

from ..engines.nats_server import Nats
from ..engines.postgres_server import PostgresPair
from ..engines.redis_server import Redis
from .kinds import over
from .stage import PATIENCE, PREFIX, Stage

# Redis


def _administrator(stage: Stage) -> "redis.Redis":
    return cast("Redis", stage.server).administrator()


def full(stage: Stage, seconds: float) -> None:
    """Redis has no memory left, and refuses whatever needs some."""
    with closing(_administrator(stage)) as client:
        client.config_set("maxmemory", 1)
        time.sleep(seconds)
        client.config_set("maxmemory", 0)
    over(stage)


def evicted(stage: Stage, seconds: float) -> None:
    """Redis has no memory left, and drops keys of channels to get some."""
    stage.leave()
    with closing(_administrator(stage)) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.config_set("maxmemory", 1)
        time.sleep(0.2)
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")
    over(stage)
    time.sleep(seconds)


def trimmed(stage: Stage, seconds: float) -> None:
    """Somebody trims the stream of a channel."""
    stage.leave()
    time.sleep(seconds)
    with closing(_administrator(stage)) as client:
        for key in client.keys(f"{PREFIX}:{{{stage.channel}}}:log*"):
            client.xtrim(key, maxlen=3, approximate=False)
    over(stage)


def deleted(stage: Stage, seconds: float) -> None:
    """Somebody deletes the stream of a channel, and later all keys."""
    stage.leave()
    with closing(_administrator(stage)) as client:
        client.delete(*client.keys(f"{PREFIX}:{{{stage.channel}}}:log*"))
        time.sleep(seconds)
        client.flushall()
    over(stage)


# NATS


def _asked(stage: Stage, question: Callable[[Any], Awaitable[object]]) -> None:
    async def ask() -> None:
        server = cast("Nats", stage.server)
        place = f"nats://{server.host}:{server.port}"
        connection = await nats.connect(place, user=server.user_name, password=server.password)
        try:
            await question(connection.jetstream())
        finally:
            await connection.close()

    asyncio.run(ask())


def purged(stage: Stage, seconds: float) -> None:
    """Somebody purges the stream of a channel."""
    stage.leave()
    time.sleep(seconds)
    _asked(stage, lambda jetstream: jetstream.purge_stream(f"{PREFIX}~{stage.channel}"))
    over(stage)


def stream_deleted(stage: Stage, seconds: float) -> None:
    """Somebody deletes the stream of a channel, while nobody publishes.

    Made anew at once, nats-server 2.9.10 may delete the files of the new one, which takes nothing then.
    """
    stage.leave()
    with stage.frozen():
        _asked(stage, lambda jetstream: jetstream.delete_stream(f"{PREFIX}~{stage.channel}"))
        time.sleep(0.3 + seconds)
    over(stage)


# PostgreSQL


def _executed(stage: Stage, statement: str, *values: object) -> None:
    with psycopg.connect(stage.server.url, autocommit=True) as connection:
        connection.execute(cast("Any", statement), values)


_ENDED = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND usename = current_user AND backend_type = 'client backend'
"""


def connections_ended(stage: Stage, seconds: float) -> None:
    """All connections are ended, again and again, as in a failover."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        _executed(stage, _ENDED)
        time.sleep(0.1)
    over(stage)


def rows_deleted(stage: Stage, seconds: float) -> None:
    """Somebody deletes the events of a channel from the table."""
    stage.leave()
    time.sleep(seconds)
    _executed(
        stage,
        f"DELETE FROM {PREFIX}_events WHERE channel = (SELECT id FROM {PREFIX}_channels WHERE name = %s)",
        stage.channel,
    )
    over(stage)


def table_locked(stage: Stage, seconds: float) -> None:
    """Somebody else's transaction has the tables for itself."""
    with psycopg.connect(stage.server.url) as connection:
        connection.execute(cast("Any", f"LOCK TABLE {PREFIX}_channels"))
        time.sleep(seconds)
        connection.rollback()
    over(stage)


def failed_over(stage: Stage, seconds: float) -> None:
    """The primary is killed, and a standby takes over that has had all but the last moment."""
    pair = _standing_by(stage)
    stage.last_moment = time.monotonic() - 1.0
    pair.kill()
    time.sleep(seconds)
    pair.promote()
    over(stage)


def failed_over_behind(stage: Stage, seconds: float) -> None:
    """The same, and the standby has not had what readers have: its connection was lost before."""
    pair = _standing_by(stage)
    pair.cut_off()
    time.sleep(0.5)
    stage.leave()
    time.sleep(0.2)
    pair.kill()
    time.sleep(seconds)
    pair.promote()
    over(stage)


def failed_over_in_silence(stage: Stage, seconds: float) -> None:
    """The primary does not answer any more, and refuses nobody; a standby takes over when that is noticed."""
    pair = _standing_by(stage)
    stage.last_moment = time.monotonic() - 1.0
    pair.freeze()
    stage.aftermath = pair.end_other  # who comes to it would wait for it in vain
    time.sleep(5 + PATIENCE + seconds)
    pair.promote()
    over(stage)


def _standing_by(stage: Stage) -> PostgresPair:
    pair = cast("PostgresPair", stage.server)
    pair.stand_by()
    return pair


# SQLite


def _file(stage: Stage) -> str:
    return str(stage.server.data / "events.db")


def locked(stage: Stage, seconds: float) -> None:
    """Another program writes to the file, and takes its time."""
    with closing(sqlite3.connect(_file(stage), isolation_level=None, timeout=10)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")
    over(stage)


def file_deleted(stage: Stage, seconds: float) -> None:
    """Somebody deletes the file."""
    stage.leave()
    time.sleep(seconds)
    for path in stage.server.data.iterdir():
        path.unlink()
    over(stage)


def file_restored(stage: Stage, seconds: float) -> None:
    """Somebody puts an older copy in the place of the file."""
    copy = stage.server.folder / "copy"
    with closing(sqlite3.connect(_file(stage))) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    time.sleep(seconds)
    stage.leave()
    with stage.frozen():
        for path in stage.server.data.iterdir():
            path.unlink()
        shutil.move(copy, _file(stage))
    over(stage)
