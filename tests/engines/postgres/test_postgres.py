"""What is PostgreSQL's own: locks, rights, transactions, and what its administrators do."""

import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg.rows import dict_row

import hug
from hug.eventstream.engines.engine import Deleted, Engine, Entry
from hug.eventstream.engines.postgres import PostgresEngine, setup
from hug.eventstream.engines.postgres.connection import Link
from hug.eventstream.engines.postgres.schema import FORGOTTEN, LIVE_BYTES, REMEMBERED, names, sql
from hug.eventstream.engines.postgres.url import parameters
from hug.eventstream.engines.rows import MOST_EVENTS
from hug.eventstream.history.log import Bounds
from hug.exceptions import BrokerError, ChannelClosed, Unreachable
from hug.test import broker

from ...ports import free_port
from ...waiting import Stopwatch, eventually
from ..conftest import Another, Ear
from ..entries import MUCH, entries, entry, kept, put, requests
from ..running import Server
from ..servers import engine_of, started

pytestmark = pytest.mark.anyio


@pytest.fixture
def application(engine_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of an application's, with rows as it likes them."""
    connection = psycopg.connect(engine_url, row_factory=dict_row)
    with contextlib.closing(connection):
        yield connection


def within(engine: Engine, connection: object, *several: Any) -> list[Any]:
    assert isinstance(engine, PostgresEngine)
    return [engine.append_within(connection, each) for each in several]


# Publishing within transactions


async def test_a_transaction_that_is_committed(
    engine: Engine, ear: Ear, application: psycopg.Connection[Any]
) -> None:
    """What is published within one is told of when it is committed, at once, and not before."""
    await engine.follow("news")
    first, second = entries(2)
    assert within(engine, application, first, second) == [1, 2]
    await asyncio.sleep(0.1)
    assert (await engine.ends("news")).life == ""
    assert not ear.events["news"]
    application.commit()
    await eventually(lambda: ear.positions("news") == [1, 2], within=5)
    assert requests(await kept(engine)) == requests([first, second])


async def test_how_soon_it_is_told(engine: Engine, ear: Ear, application: psycopg.Connection[Any]) -> None:
    """Half of those who follow hear within 50 ms of the commit, on a machine that is not busy otherwise."""
    await engine.follow("news")
    took = []
    for number in range(1, 12):
        within(engine, application, entry())
        began = time.monotonic()
        await asyncio.to_thread(application.commit)
        await eventually(lambda: ear.positions("news")[-1:] == [number])  # noqa: B023
        took.append(time.monotonic() - began)
    assert sorted(took)[5] < 0.25  # five times that, for a busy one


async def test_a_transaction_that_is_rolled_back(
    engine: Engine, ear: Ear, application: psycopg.Connection[Any]
) -> None:
    """Nobody ever sees its events, and their positions are those of what is published next."""
    await engine.follow("news")
    assert within(engine, application, *entries(3)) == [1, 2, 3]
    application.rollback()
    assert await put(engine, one := entry()) == [1]
    with application.transaction():
        assert within(engine, application, entry()) == [2]
        with contextlib.suppress(ZeroDivisionError), application.transaction():
            assert within(engine, application, entry()) == [3]
            raise ZeroDivisionError
        assert within(engine, application, last := entry()) == [3]
    await eventually(lambda: ear.positions("news") == [1, 2, 3])
    assert requests(await kept(engine))[::2] == requests([one, last])


async def test_a_transaction_of_an_async_connection(engine: Engine, ear: Ear, engine_url: str) -> None:
    """A psycopg.AsyncConnection works as well, and is to be awaited."""
    await engine.follow("news")
    async with await psycopg.AsyncConnection.connect(engine_url, autocommit=True) as connection:
        async with connection.transaction():
            assert await within(engine, connection, entry())[0] == 1
        with contextlib.suppress(ZeroDivisionError):
            async with connection.transaction():
                assert await within(engine, connection, entry())[0] == 2
                raise ZeroDivisionError
    await eventually(lambda: ear.positions("news") == [1])
    assert (await engine.ends("news")).last == 1


@pytest.fixture
def another_database(admin: psycopg.Connection[Any], engine_url: str, prefix: str) -> Iterator[str]:
    """The URL of one on the same server, of the test's own."""
    name = f"other {prefix}"
    admin.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
    yield engine_url.rpartition("/")[0] + f"/{quote(name)}"
    admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload]


@pytest.mark.parametrize("awaited", [True, False])
async def test_another_database(another_database: str, engine_url: str, prefix: str, awaited: bool) -> None:
    """A connection to one that has tables of channels, too, is refused: nobody would get the event."""
    theirs = engine_of("postgres", another_database, prefix)
    await theirs.connect(Ear())
    await theirs.close()
    with broker(f"{engine_url}?prefix={prefix}"):
        channel = hug.sse.channel("sales")
        with pytest.raises(BrokerError, match="a transaction is of one database"):  # noqa: PT012
            if awaited:
                async with await psycopg.AsyncConnection.connect(another_database) as connection:
                    await channel.publish("sold", connection=connection)
            else:
                with psycopg.connect(another_database) as database:
                    await asyncio.to_thread(channel.publish, "sold", connection=database)
        with psycopg.connect(another_database) as database:
            assert database.execute(f'SELECT count(*) FROM "{prefix}_events"').fetchone() == (0,)  # type: ignore[call-overload]


@pytest.mark.parametrize("awaited", [True, False])
async def test_a_fresh_database(another_database: str, awaited: bool) -> None:
    """The first event may be part of a transaction: hug connects, and makes its tables."""
    with broker(another_database):
        channel = hug.sse.channel("sales")
        if awaited:
            async with await psycopg.AsyncConnection.connect(another_database) as connection:
                event_id = await channel.publish("sold", connection=connection)
        else:
            with psycopg.connect(another_database) as database:
                event_id = channel.publish("sold", connection=database).id
        assert await channel.newest_id() == event_id


async def test_within_an_engine_that_is_not_connected(
    engine: Engine, engine_url: str, prefix: str, application: psycopg.Connection[Any]
) -> None:
    """For a transaction hug needs no connection of its own, wherever the application's search path leads."""
    application.execute("SET search_path TO pg_catalog")
    assert within(engine_of("postgres", engine_url, prefix), application, entry()) == [1]
    application.commit()
    assert (await engine.ends("news")).last == 1


async def test_a_closed_channel_within_a_transaction(
    engine: Engine, application: psycopg.Connection[Any]
) -> None:
    """Nothing is published on a channel that is closed, and the transaction can go on."""
    await put(engine, entry(fields=b""))
    with pytest.raises(ChannelClosed):
        within(engine, application, entry())
    assert within(engine, application, entry("other")) == [1]
    application.commit()
    assert (await engine.ends("other")).last == 1


async def test_connections_that_will_not_do(
    engine_url: str, prefix: str, application: psycopg.Connection[Any], admin: psycopg.Connection[Any]
) -> None:
    """What is no connection, has no transaction, or leads elsewhere is told apart, with what to do."""
    engine = engine_of("postgres", engine_url, f"{prefix}-never")
    with pytest.raises(TypeError, match="driver_connection"):
        within(engine, object(), entry())
    with pytest.raises(BrokerError, match="no transaction is open"):
        within(engine, admin, entry())
    with pytest.raises(BrokerError, match="no tables of channels") as told:
        within(engine, application, entry())
    assert "secret" not in str(told.value)
    assert application.execute("SELECT 1 AS one").fetchone() == {"one": 1}  # its transaction is unharmed


async def test_a_long_transaction(
    engine: Engine, ear: Ear, another: Another, application: psycopg.Connection[Any]
) -> None:
    """While one that has published goes on, its channel alone waits; nothing is lost, or comes twice."""
    await put(engine, entry("locked"))
    for name in ("locked", "free"):
        await engine.follow(name)
    within(engine, application, entry("locked"))
    batch = [entry("free"), entry("locked"), entry("free"), entry("locked")]
    answers = await engine.append(batch)
    assert [answers[0], answers[2]] == [1, 2]
    assert isinstance(answers[1], Unreachable)
    assert isinstance(answers[3], Unreachable)
    watch = Stopwatch()
    answers = await engine.append([*batch, entry("free")])
    assert [answers[0], answers[2], answers[4]] == [1, 2, 3]
    assert watch.seconds < 1.5  # it does not wait for the lock as long as the first time
    lease = await engine.lease("turn", "me", 10)
    assert lease is not None
    application.commit()
    assert list(await engine.append(batch)) == [1, 3, 2, 4]
    await eventually(lambda: ear.positions("locked") == [2, 3, 4] and ear.positions("free") == [1, 2, 3])
    assert not ear.losses


async def test_deleting_what_a_transaction_has_published_on(
    engine: Engine, ear: Ear, application: psycopg.Connection[Any]
) -> None:
    """Whoever deletes a channel waits for a transaction that has published on it, and holds up no other."""
    await put(engine, entry("locked"))
    await engine.follow("locked")
    last = entry("locked")
    within(engine, application, last)
    deleting = asyncio.ensure_future(engine.delete("locked"))
    watch = Stopwatch()
    for _ in range(5):
        await put(engine, entry("free"))
    assert watch.seconds < 1.5
    assert not deleting.done()
    application.commit()
    await deleting
    await eventually(lambda: [gone and gone.request for gone in ear.deleted] == [last.request])
    assert ear.positions("locked") == [2]
    assert not ear.losses


async def test_a_stream_of_what_is_published_within_transactions(
    engine_url: str, application: psycopg.Connection[Any]
) -> None:
    """Clients get what was published with a connection once that has committed, and nothing else."""
    with broker(engine_url):
        api = hug.API("tests of transactions on PostgreSQL")
        news = hug.sse.channel("written within transactions", history=10)
        hug.sse("/news", api=api)(lambda: news)
        async with hug.test.sse(api, "/news") as stream:
            await asyncio.to_thread(news.publish("without").result)
            assert (await anext(stream)).data == "without"
            news.publish("rolled back", connection=application)
            application.rollback()
            committed = news.publish("committed", connection=application)
            application.commit()
            message = await anext(stream)
            assert (message.data, message.id) == ("committed", committed.id)
            async with await psycopg.AsyncConnection.connect(engine_url) as connection:
                published = await news.publish("async", connection=connection)
                await connection.commit()
            assert (await anext(stream)).id == published


# Several processes

PROCESS = """
import asyncio, sys
from hug.eventstream.engines.engine import Entry
from hug.eventstream.engines.postgres import maker
from hug.eventstream.history.log import Bounds

class Deaf:
    def heard(self, channel, life, events): pass
    def changed(self, channel): pass
    def lost(self, error): raise SystemExit(str(error))

async def main():
    url, prefix, me = sys.argv[1:]
    engine = maker(url, prefix)()
    await engine.connect(Deaf())
    %s
    await engine.close()

asyncio.run(main())
"""


def processes(count: int, url: str, prefix: str, what: str) -> None:
    """Run processes that each connect and do something, at the same moment."""
    code = PROCESS % textwrap.indent(textwrap.dedent(what), "    ").strip()
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, url, prefix, str(number)], stderr=subprocess.PIPE, text=True
        )
        for number in range(count)
    ]
    for process in running:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors


async def test_processes_that_begin_at_once(
    engine_url: str, prefix: str, admin: psycopg.Connection[Any]
) -> None:
    """Four that connect at the same moment to a database without tables make them once, and all work."""
    await asyncio.to_thread(
        processes,
        4,
        engine_url,
        prefix,
        """
        answers = await engine.append([Entry("news", "p" + me, b"data: x\\n", Bounds(9, 999))])
        assert isinstance(answers[0], int), answers
        """,
    )
    rows = admin.execute(f"SELECT position FROM {names(prefix)['events']} ORDER BY 1").fetchall()
    assert [row[0] for row in rows] == [1, 2, 3, 4]


async def test_batches_over_many_channels(engine: Engine, engine_url: str, prefix: str) -> None:
    """Processes that append to the same channels in different orders never wait in a circle."""
    await asyncio.to_thread(
        processes,
        2,
        engine_url,
        prefix,
        """
        import random
        for number in range(60):
            names = random.sample([f"channel {n}" for n in range(20)], 12)
            batch = [Entry(name, f"{me}.{number}.{n}", b"data: x\\n", Bounds(9999, 9999999))
                     for n, name in enumerate(names)]
            answers = await engine.append(batch)
            assert all(isinstance(answer, int) for answer in answers), answers
        """,
    )
    total = 0
    for number in range(20):
        events = await kept(engine, f"channel {number}")
        assert [event.position for event in events] == list(range(1, len(events) + 1))
        total += len(events)
    assert total == 2 * 60 * 12


# What administrators do, and what happens to servers


async def test_all_connections_are_ended(
    engine: Engine, ear: Ear, another: Another, admin: psycopg.Connection[Any], prefix: str
) -> None:
    """As a failover does: it is told once, at once; a new connection goes on where this one was."""
    await engine.follow("news")
    batch = entries(3)
    await put(engine, *batch)
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
        "application_name = 'hug'"
    )
    await eventually(lambda: ear.losses, within=5)
    assert isinstance(ear.losses[0], Unreachable)
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: engine.append(entries(1)),
        lambda: engine.ends("news"),
        lambda: engine.follow("other"),
        lambda: engine.lease("turn", "me", 1),
        engine.prune,
    ]
    for call in calls:
        with pytest.raises(Unreachable):
            await call()
    assert len(ear.losses) == 1
    other, _ = await another()
    assert await put(other, batch[1], entry()) == [2, 4]


async def test_idle_writer_is_ended(
    engine: Engine, ear: Ear, admin: psycopg.Connection[Any], prefix: str
) -> None:
    """The connection that appends is watched, too, while nothing is appended."""
    await put(engine, entry())
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE %s",
        (f'%"{prefix}_append_3"%',),
    )
    await eventually(lambda: ear.losses, within=5)


async def test_a_server_that_is_killed(prefix: str) -> None:
    """What was taken is there when it comes back; it is told at once that it is gone."""
    with started("postgres") as server:
        engine, ear = engine_of("postgres", server.url, prefix), Ear()
        await engine.connect(ear)
        await engine.follow("news")
        batch = entries(5)
        await put(engine, *batch)
        server.kill()
        await eventually(lambda: ear.losses, within=5)
        await engine.close()
        with pytest.raises(Unreachable) as told:
            await engine_of("postgres", server.url, prefix).connect(Ear())
        assert "secret" not in str(told.value)
        server.start()
        again, _ = engine_of("postgres", server.url, prefix), Ear()
        await again.connect(Ear())
        assert requests(await kept(again)) == requests(batch)
        assert await put(again, batch[4], entry()) == [5, 6]
        await again.close()


async def test_a_server_that_is_silent(prefix: str) -> None:
    """One that does not answer, though its connections are open, is noticed within about five seconds."""
    with started("postgres") as server:
        engine, ear = engine_of("postgres", server.url, prefix), Ear()
        await engine.connect(ear)
        server.freeze()
        try:
            await eventually(lambda: ear.losses, within=8)
            await engine.close()
        finally:
            server.thaw()


# Connecting


def with_parts(url: str, user: str, password: str, rest: str = "") -> str:
    return f"postgresql://{quote(user)}:{quote(password, safe='')}@{url.rpartition('@')[2]}{rest}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda url: with_parts(url, "hug", "s3cr/et?"),
            'authentication failed for user "hug". The user or the password of the URL is wrong$',
        ),
        (lambda url: f"postgresql://hug@{url.rpartition('@')[2]}", r"supplied\. Put the password into"),
        (lambda url: url + "nowhere", 'database "postgresnowhere" does not exist'),
        (lambda url: url + "?sslmode=require", "does not support SSL"),
        (lambda url: url + "?options=-csearch_path%3Dabsent", "no schema of its search path exists"),
    ],
)
async def test_connecting_in_vain(engine_url: str, change: Callable[[str], str], message: str) -> None:
    """What is wrong for good is told in a line that names the URL, without its password."""
    engine = engine_of("postgres", change(engine_url), "x")
    with pytest.raises(BrokerError, match=message) as told:
        await engine.connect(Ear())
    text = str(told.value)
    assert "postgresql://hug@127.0.0.1:" in text
    assert "\n" not in text
    assert not [word for word in ("secret", "s3cr", "post%20") if word in text]
    assert told.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:pass/word@host:5432/db",
        "postgresql://me:s3cr%zzet@host/db",
        "postgresql://me:x@h/d?no=1",
    ],
)
async def test_urls_that_cannot_be_read(url: str) -> None:
    """A URL that cannot be read is refused, now or when it is to connect; never with the password."""
    with pytest.raises((BrokerError, Unreachable)) as told:
        await engine_of("postgres", url, "x").connect(Ear())
    assert "word" not in str(told.value).replace("password", "")
    assert "s3cr" not in str(told.value)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql://me:s3cret@host/db?sslmod=require", True),
        ("postgresql://host/db?connect_timeout=3&sslmod=require", True),
        ("postgresql://me:a/b?sslmod=c@host/db", False),
        ("postgresql://host/db?password=a&sslmod=b", False),
        ("postgresql://host/db?sslmode=a&s3cret", False),
    ],
)
def test_options_that_there_are_not(url: str, named: bool) -> None:
    """One that is misspelt is named, unless it may be a part of a password."""
    with pytest.raises(BrokerError) as told:
        parameters(url)
    assert ("does not have: sslmod" in str(told.value)) is named
    assert "s3cret" not in str(told.value)


async def test_several_servers(engine_url: str, prefix: str) -> None:
    """Of several servers both connections use one that takes events; one that is silent is soon left."""
    given = parameters(engine_url)
    places = f"127.0.0.1:{free_port()},127.0.0.1:{given['port']}"
    url = f"{engine_url.rpartition('@')[0]}@{places}/postgres"
    several = parameters(url)
    assert (several["target_session_attrs"], several["connect_timeout"]) == ("read-write", 2)
    asked = {"target_session_attrs": "any", "connect_timeout": "7"}
    assert parameters(f"{url}?target_session_attrs=any&connect_timeout=7") == {**several, **asked}
    assert "target_session_attrs" not in given
    link = await Link.open(several, lambda _: None, lambda _: None)
    again = link.again(several)
    await link.close()
    assert again == {**several, "host": "127.0.0.1", "hostaddr": "127.0.0.1", "port": given["port"]}
    engine = engine_of("postgres", url, prefix)
    await engine.connect(Ear())
    assert await put(engine, *entries(2)) == [1, 2]
    await engine.close()


async def test_a_role_without_rights(engine_url: str, prefix: str, admin: psycopg.Connection[Any]) -> None:
    """A role that may not make tables is told what to do; once an administrator has done it, it works."""
    role = f"plain {prefix}"
    admin.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD 'plain secret'")
    try:
        url = with_parts(engine_url, role, "plain secret")
        with pytest.raises(BrokerError, match="permission denied") as told:
            await engine_of("postgres", url, prefix).connect(Ear())
        assert f"postgres.schema.sql('{prefix}')" in str(told.value)
        admin.execute(sql(prefix))
        for name in ("append_3", "prune_2"):
            admin.execute(f"REVOKE EXECUTE ON FUNCTION {names(prefix)[name]} FROM PUBLIC")  # type: ignore[call-overload]
        for what in ("lacks rights", "may not call"):
            with pytest.raises(BrokerError, match=what) as told:
                await engine_of("postgres", url, prefix).connect(Ear())
            admin.execute(str(told.value)[str(told.value).index("GRANT ") :])  # type: ignore[call-overload]
        engine = engine_of("postgres", url, prefix)
        await engine.connect(ear := Ear())
        await engine.follow("news")
        assert await put(engine, *entries(2)) == [1, 2]
        assert len(await kept(engine)) == 2
        await engine.lease("turn", "me", 10)
        await engine.prune()
        await engine.delete("news")
        await eventually(lambda: ear.changes)
        await engine.close()
    finally:
        admin.execute(f'DROP OWNED BY "{role}"')
        admin.execute(f'DROP ROLE "{role}"')


async def test_transactions_of_another_search_path(
    engine_url: str, prefix: str, admin: psycopg.Connection[Any], application: psycopg.Connection[Any]
) -> None:
    """Tables that an administrator has made are found wherever an application's search path leads."""
    admin.execute(sql(prefix))
    engine = engine_of("postgres", engine_url, prefix)
    await engine.connect(Ear())
    try:
        application.execute("SET search_path = pg_catalog")
        assert within(engine, application, entry()) == [1]
        application.commit()
        assert len(await kept(engine)) == 1
    finally:
        await engine.close()


async def test_a_deletion_that_is_told_late(
    engine: Engine, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel that came and was deleted is told of, also if it is notified behind what came after it."""
    assert isinstance(engine, PostgresEngine)
    feed = engine._feed
    assert feed is not None
    await engine.follow("news")
    await put(engine, first := entry())
    life = (await engine.ends("news")).life
    await engine.delete("news")
    await eventually(lambda: ear.deleted == [Deleted(life, 1, first.request)])
    await engine.follow("other")  # by then it has looked at what there is now, which is nothing
    words: list[str] = []
    monkeypatch.setattr(feed, "notified", words.append)
    await put(engine, missed := entry())
    life = (await engine.ends("news")).life
    await engine.delete("news")
    await put(engine, last := entry())
    await eventually(lambda: len(words) == 3)
    monkeypatch.undo()
    feed.notified(words[2])
    await eventually(lambda: requests(ear.events["news"][-1:]) == [last.request])
    feed.notified(words[1])
    await eventually(lambda: ear.deleted[1:] == [Deleted(life, 1, missed.request)])


async def test_sessions_that_may_not_be_idle(engine_url: str, prefix: str) -> None:
    """A limit for idle sessions, a role's say, ends none of hug's, which has them for good."""
    url = f"{engine_url}?options=-cidle_session_timeout%3D1000"
    engine = engine_of("postgres", url, prefix)
    await engine.connect(ear := Ear())
    try:
        await asyncio.sleep(1.3)
        assert await put(engine, entry()) == [1]
        assert not ear.losses
    finally:
        await engine.close()


async def test_more_than_a_socket_takes_at_once(engine: Engine) -> None:
    """An event of many megabytes is sent in pieces, and answers to others come meanwhile and afterwards."""
    large = entry(fields=b"data: " + b"x" * 24_000_000 + b"\n")
    small = entry(channel="other")
    answers = await asyncio.gather(put(engine, large), put(engine, small), kept(engine, "other"))
    assert answers[:2] == [[1], [1]]
    assert await put(engine, entry()) == [2]


async def test_a_database_that_can_only_be_read(
    engine_url: str, prefix: str, admin: psycopg.Connection[Any]
) -> None:
    """A standby, as one may meet in a failover, is tried again."""
    url = engine_url + "?options=-cdefault_transaction_read_only%3Don"
    with pytest.raises(Unreachable, match="can only be read"):
        await engine_of("postgres", url, prefix).connect(Ear())


async def test_an_old_server(engine_url: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is too old is refused for good; the message says which one it is, and which is not."""
    monkeypatch.setattr(setup, "_OLDEST_SERVER", 990000)
    with pytest.raises(BrokerError, match=r"it is PostgreSQL \d\d, and hug needs 13 or later"):
        await engine_of("postgres", engine_url, prefix).connect(Ear())


async def test_tables_of_a_later_version(
    engine: Engine, engine_url: str, prefix: str, admin: psycopg.Connection[Any]
) -> None:
    """Tables that a later hug has changed are left alone, if it says so."""
    admin.execute(f"UPDATE {names(prefix)['facts']} SET version = 3")
    other = engine_of("postgres", engine_url, prefix)
    await other.connect(Ear())
    await other.close()
    admin.execute(f"UPDATE {names(prefix)['facts']} SET oldest = 3")
    with pytest.raises(BrokerError, match="later version"):
        await engine_of("postgres", engine_url, prefix).connect(Ear())


async def test_odd_schemas(engine_url: str, prefix: str, admin: psycopg.Connection[Any]) -> None:
    """The tables are made where the search path leads first, whatever the schema's name is."""
    schema = f"Odd ' % {{x}} {prefix}"
    quoted = psycopg.sql.Identifier(schema).as_string()
    admin.execute(f"CREATE SCHEMA {quoted}")
    try:
        path = quote(quoted.replace("\\", "\\\\").replace(" ", "\\ "), safe="")
        engine = engine_of("postgres", f"{engine_url}?options=-csearch_path%3D{path}", prefix)
        await engine.connect(ear := Ear())
        await engine.follow("news")
        await put(engine, *entries(3))
        await eventually(lambda: ear.positions("news") == [1, 2, 3])
        await engine.delete("news")
        await eventually(lambda: ear.changes == ["news"])
        await engine.prune()
        await engine.close()
        where = admin.execute(
            "SELECT schemaname FROM pg_tables WHERE tablename = %s", (f"{prefix}_events",)
        ).fetchall()
        assert where == [(schema,)]
    finally:
        admin.execute(f"DROP SCHEMA {quoted} CASCADE")


# What stays, and what is told


def count(admin: psycopg.Connection[Any], prefix: str, table: str) -> int:
    row = admin.execute(f"SELECT count(*) FROM {names(prefix)[table]}").fetchone()
    assert row is not None
    return int(row[0])


def stored(admin: psycopg.Connection[Any], prefix: str) -> int:
    """Return how many events are in the table: some share a row."""
    row = admin.execute(
        f"SELECT coalesce(sum(coalesce(cardinality(sizes), 1)), 0) FROM {names(prefix)['events']}"
    ).fetchone()
    assert row is not None
    return int(row[0])


async def test_pruning(engine: Engine, prefix: str, admin: psycopg.Connection[Any]) -> None:
    """Deleted channels, what is out of bounds, and channels of which nothing is left go, all of them."""
    await put(engine, *entries(4500, "deleted"))
    await put(engine, *entries(2600, "short", Bounds(10, 1_000_000)))
    await put(engine, *entries(20, "aged", Bounds(100, 1_000_000, 600.0)), *entries(3, "stays"))
    await engine.delete("deleted")
    assert stored(admin, prefix) > 4500
    await engine.prune()
    assert count(admin, prefix, "deleted") == 0
    assert stored(admin, prefix) == 2600 + 20 + 3
    written = names(prefix)
    admin.execute(f"UPDATE {written['events']} SET time = time - {FORGOTTEN + 10}")
    admin.execute(
        f"UPDATE {written['channels']} SET touched = touched - {FORGOTTEN + 10}, "
        f"first_time = first_time - {FORGOTTEN + 10}, stored_time = stored_time - {FORGOTTEN + 10}"
    )
    await engine.prune()
    assert 10 + 3 <= stored(admin, prefix) < 10 + MOST_EVENTS + 3
    assert admin.execute(f"SELECT {written['prune_2']}()").fetchone() == (0,)  # nothing is left to do
    assert (await engine.ends("aged")).life == ""
    ends = await engine.ends("short")
    assert (ends.first, ends.last) == (2591, 2600)
    assert (await engine.ends("stays")).last == 3


async def test_a_table_stays_small(engine: Engine, prefix: str, admin: psycopg.Connection[Any]) -> None:
    """What is out of bounds goes with what is published, before anybody prunes: the old, and the large."""
    bounds = Bounds(10, 1_000_000)
    for number in range(10):
        await put(engine, *entries(200, bounds=bounds))
        for table, column in (("events", "time"), ("channels", "stored_time")):
            admin.execute(f"UPDATE {names(prefix)[table]} SET {column} = {column} - 60")
        assert stored(admin, prefix) <= 200 * min(number + 1, 5)
    first = entry("large", "x" * 300_000, bounds=bounds)
    assert await put(engine, first) == [1]
    for _ in range(20):
        await put(engine, *(entry("large", "x" * 300_000, bounds=bounds) for _ in range(5)))
    rows = admin.execute(
        f"SELECT sum(length(fields)) FROM {names(prefix)['events']} WHERE length(fields) > 1000"
    ).fetchone()
    assert rows is not None
    assert 1_000_000 <= rows[0] <= LIVE_BYTES * 5 // 4 + 1_000_000
    assert await put(engine, first) == [1]  # it is gone, and known
    assert count(admin, prefix, "runs") > 0
    admin.execute(f"UPDATE {names(prefix)['runs']} SET time = time - {REMEMBERED + 1}")
    await engine.prune()
    assert count(admin, prefix, "runs") == 0


async def test_an_empty_channel_goes_on_counting(
    engine: Engine, prefix: str, admin: psycopg.Connection[Any]
) -> None:
    """A channel of which nothing is kept is not forgotten at once, nor while it is followed."""
    for name in ("news", "followed"):
        await put(engine, *entries(3, name, bounds=Bounds(0, 0)))
    await engine.follow("followed")
    await engine.prune()
    ends = await engine.ends("news")
    assert (ends.first, ends.last) == (4, 3)
    admin.execute(f"UPDATE {names(prefix)['channels']} SET touched = touched - {FORGOTTEN + 10}")
    life = (await engine.ends("followed")).life
    await engine.prune()
    assert (await engine.ends("news")).life == ""
    ends = await engine.ends("followed")
    assert (ends.life, ends.first, ends.last) == (life, 4, 3)


async def test_many_channels_in_a_commit(engine: Engine, ear: Ear) -> None:
    """However many channels grow in a commit, and however long their names are, all are told of."""
    several = [f"{number} " + "😀" * 250 for number in range(400)]
    for name in several:
        await engine.follow(name)
    assert await put(engine, *(entry(name) for name in several)) == [1] * 400
    await eventually(lambda: all(ear.positions(name) == [1] for name in several))


async def test_what_a_page_costs(engine: Engine, prefix: str) -> None:
    """A page of older events takes as much work in a long channel as in a short one."""
    await put(engine, entry())
    await kept(engine)  # planned while there was next to nothing
    for _ in range(120):
        await put(engine, entry())
    assert isinstance(engine, PostgresEngine)
    life = (await engine.ends("news")).life
    reading = engine._links[0]
    await reading.ask("BEGIN")
    assert len(await engine.read("news", life, 10, 10, 10_000)) == 10
    looked_at = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = %b"
    ((events,),) = await reading.ask(looked_at, (f"{prefix}_events",))
    await reading.ask("COMMIT")
    assert events <= 20


async def test_what_is_told_while_many_read(
    engine: Engine, ear: Ear, another: Another, admin: psycopg.Connection[Any]
) -> None:
    """An event is told before the pages are read of those who wait for older ones, but for a few."""
    publisher, _ = await another()
    await engine.follow("news")
    assert isinstance(engine, PostgresEngine)
    reading = engine._links[0]
    await reading.ask("SET lock_timeout = '20s'; SET statement_timeout = '20s'")
    admin.execute("SELECT pg_advisory_lock(%s)", (os.getpid(),))
    busy = asyncio.create_task(reading.ask(f"SELECT pg_advisory_lock({os.getpid()})", patience=20))
    pages = [asyncio.create_task(engine.read("news", "", 0, 10, 10_000)) for _ in range(50)]
    read_before: list[int] = []
    ear.told = lambda: read_before.append(sum(page.done() for page in pages))  # type: ignore[method-assign]
    await put(publisher, entry())
    admin.execute("SELECT pg_advisory_unlock(%s)", (os.getpid(),))
    await asyncio.gather(busy, *pages)
    await eventually(lambda: read_before)
    assert read_before[0] < 10


async def test_who_only_publishes_is_not_told(engine: Engine, ear: Ear, another: Another) -> None:
    """A process without readers is not woken by commits; the first reader has it listen."""
    publisher, _ = await another()
    await engine.follow("news")
    await put(publisher, *entries(2))
    await eventually(lambda: ear.positions("news") == [1, 2])
    for one, channels in ((engine, 1), (publisher, 0)):
        assert isinstance(one, PostgresEngine)
        ((listens,),) = await one._links[0].ask("SELECT count(*) FROM pg_listening_channels()")
        assert listens == channels


async def test_following_a_channel_that_is_deleted(engine: Engine, ear: Ear, another: Another) -> None:
    """Whoever begins to follow a channel while it is deleted follows what comes after it, without waiting."""
    other, _ = await another()
    await put(other, *entries(2))
    await engine.follow("other")
    assert isinstance(engine, PostgresEngine)
    busy = asyncio.ensure_future(engine._links[0].ask("SELECT pg_sleep(0.1)"))
    await asyncio.sleep(0)
    assert engine._feed is not None
    engine._feed._look_at("other")
    await asyncio.sleep(0)  # so that is what is read first
    following = asyncio.ensure_future(engine.follow("news"))
    await asyncio.sleep(0)
    await other.delete("news")
    await asyncio.wait_for(asyncio.gather(busy, following), 5)
    await put(other, entry())
    await eventually(lambda: ear.positions("news") == [1])


async def test_a_channel_whose_number_is_no_greater(
    engine: Engine, ear: Ear, prefix: str, admin: psycopg.Connection[Any]
) -> None:
    """Of two who make a channel the one with the greater number may be first, and may be deleted before the
    other goes on: that one's channel is told of, too."""
    await engine.follow("news")
    told: list[str] = []
    for number in (1000, 500, 2000):
        admin.execute(f'ALTER TABLE "{prefix}_channels" ALTER COLUMN id RESTART WITH {number}')
        await put(engine, each := entry())
        told.append(each.request)
        await eventually(lambda: requests(ear.events["news"]) == told)
        await engine.delete("news")
        await eventually(lambda: len(ear.deleted) == len(told))
    assert None not in ear.deleted


async def test_what_is_told_while_a_batch_is_large(engine: Engine, ear: Ear, another: Another) -> None:
    """More than is read at once is told of in order, and whole."""
    other, _ = await another()
    await engine.follow("news")
    await engine.follow("other")
    batch = [entry("news", "x" * 3000, bounds=MUCH) for _ in range(1800)]
    await put(other, *batch, entry("other"))
    await eventually(lambda: ear.positions("news")[-1:] == [1800] and ear.positions("other") == [1])
    assert ear.positions("news") == list(range(1, 1801))
    assert not ear.changes


@contextlib.contextmanager
def started_with_locale(folder: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Start a server that knows German, which it finds in this folder."""
    Path(folder).chmod(0o755)
    subprocess.run(
        ["localedef", "--no-archive", "-i", "de_DE", "-f", "UTF-8", f"{folder}/de_DE.UTF-8"], check=True
    )
    monkeypatch.setenv("LOCPATH", folder)
    with started("postgres") as server:
        yield server


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that speaks German."""
    if not shutil.which("localedef") or not Path("/usr/share/i18n/locales/de_DE").exists():
        reason = "not on this machine: the sources of locales (Debian's package locales)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Not tmp_path: the server runs as a user who may not look into that.
    with tempfile.TemporaryDirectory() as folder, started_with_locale(folder, monkeypatch) as server:
        with psycopg.connect(server.url, autocommit=True) as admin:
            admin.execute("ALTER SYSTEM SET lc_messages = 'de_DE.UTF-8'")
            admin.execute("SELECT pg_reload_conf()")
        yield server


async def test_a_server_that_speaks_another_language(german: Server) -> None:
    """What it refuses is known by its code: a wrong password is for good, a server that begins is not."""
    wrong = german.url.replace("post%20secret", "guess")
    with pytest.raises(BrokerError, match="Passwort-Authentifizierung"):
        await engine_of("postgres", wrong, "hug").connect(Ear())
    nowhere = german.url.rpartition("/")[0] + "/nowhere"
    with pytest.raises(BrokerError, match="existiert nicht"):
        await engine_of("postgres", nowhere, "hug").connect(Ear())
    with psycopg.connect(german.url, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET max_connections = 4")
        admin.execute("ALTER SYSTEM SET superuser_reserved_connections = 0")
        admin.execute("ALTER SYSTEM SET max_wal_senders = 0")
    german.stop()
    german.start()
    with contextlib.ExitStack() as all_there_may_be:
        for _ in range(4):
            all_there_may_be.enter_context(psycopg.connect(german.url))
        with pytest.raises(Unreachable, match="viele Verbindungen"):
            await engine_of("postgres", german.url, "hug").connect(Ear())


async def test_bounds_within_rows(engine: Engine, prefix: str, admin: psycopg.Connection[Any]) -> None:
    """Events that share a row are kept, and dropped, one by one: no fewer than the bounds', and few more."""
    chance = random.Random(7)
    every: list[Entry] = []
    oldest = 1
    for _ in range(25):
        bounds = Bounds(chance.choice([0, 40, 300]), chance.choice([2_000, 100_000]))
        batch = [
            entry(bounds=bounds, fields=b"x" * chance.choice([1, 20, 300]))
            for _ in range(chance.choice([1, 30, 300]))
        ]
        every += batch
        assert await put(engine, *batch) == list(range(len(every) - len(batch) + 1, len(every) + 1))
        size, within = 0, 0
        for each in reversed(every[-bounds.history :] if bounds.history else []):
            size += len(each.fields)
            if size > bounds.max_bytes:
                break
            within += 1
        first = (await engine.ends("news")).first
        assert first <= max(oldest, len(every) - within + 1)
        left = every[first - 1 :]
        assert len(left) <= bounds.history + min(bounds.history // 16, 64)
        assert sum(len(each.fields) for each in left) <= bounds.max_bytes * 17 / 16
        oldest = first
        after = chance.randint(0, len(every))
        found = await kept(engine, after=after, most=50)
        start = max(after, first - 1)
        assert [event.position for event in found] == list(range(start + 1, min(start + 50, len(every)) + 1))
        assert [(event.request, event.fields) for event in found] == [
            (each.request, each.fields) for each in every[start : start + 50]
        ]
    assert count(admin, prefix, "events") < len(every) / 20
