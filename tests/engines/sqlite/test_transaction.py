"""Publishing within a transaction of the application's own, on channels that SQLite keeps."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import falcon
import pytest

import hug
from hug.eventstream.brokers.remote_topic import RemoteTopic
from hug.eventstream.brokers.url import broker
from hug.eventstream.engines.sqlite import SQLite, maker
from hug.eventstream.history.log import Bounds
from hug.exceptions import BrokerError, ChannelClosed, Refused, Unreachable

from ...waiting import Stopwatch, eventually
from ..conftest import Ear
from ..entries import MUCH, entries, entry, kept, put, requests

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.db"


@pytest.fixture
async def reader(path: Path) -> AsyncIterator[tuple[SQLite, Ear]]:
    """A connection that follows the channel."""
    reader, ear = maker(f"sqlite:///{path}", "hug")(), Ear()
    await reader.connect(ear)
    await reader.follow("news")
    yield reader, ear
    await reader.close()


@pytest.fixture
def within(path: Path) -> SQLite:
    """What publishes: it has no connection of its own."""
    return maker(f"sqlite:///{path}", "hug")()


@pytest.fixture
def orders(path: Path, reader: object) -> Iterator[sqlite3.Connection]:
    """The application's connection to its database."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE orders (number INTEGER PRIMARY KEY, what TEXT)")
        connection.commit()
        yield connection


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        found: int = connection.execute("SELECT count(*) FROM orders").fetchone()[0]
    return found


async def test_committed(
    reader: tuple[SQLite, Ear], within: SQLite, orders: sqlite3.Connection, path: Path
) -> None:
    """Readers are told once the transaction is committed, no sooner, and then they find its row."""
    _, ear = reader
    found: list[int] = []
    ear.told = lambda: found.append(count(path))  # type: ignore[method-assign]
    for number in range(1, 6):
        orders.execute("INSERT INTO orders (what) VALUES ('tea')")
        assert within.append_within(orders, entry()) == number
        await asyncio.sleep(0.03)
        assert len(ear.events["news"]) == number - 1
        orders.commit()
        await eventually(lambda: ear.positions("news")[-1:] == [number], within=1)  # noqa: B023
    assert ear.positions("news") == [1, 2, 3, 4, 5]
    assert found == [1, 2, 3, 4, 5]


async def test_within_fifty_milliseconds(
    reader: tuple[SQLite, Ear], within: SQLite, orders: sqlite3.Connection
) -> None:
    """Half of the events arrive within 50 ms of the commit, on any machine."""
    _, ear = reader
    took = []
    for number in range(1, 22):
        within.append_within(orders, entry())
        orders.commit()
        watch = Stopwatch()
        await eventually(lambda: ear.positions("news")[-1:] == [number])  # noqa: B023
        took.append(watch.seconds)
    assert sorted(took)[10] < 0.05


async def test_rolled_back(reader: tuple[SQLite, Ear], within: SQLite, orders: sqlite3.Connection) -> None:
    """A transaction that is rolled back leaves nothing of the event, and no hole."""
    engine, ear = reader
    orders.execute("INSERT INTO orders (what) VALUES ('tea')")
    lost = entry()
    assert within.append_within(orders, lost) == 1
    assert within.append_within(orders, entry("other")) == 1
    orders.rollback()
    assert (await engine.ends("news")).life == (await engine.ends("other")).life == ""
    assert await put(engine, entry()) == [1]
    assert await put(engine, lost) == [2]
    await eventually(lambda: ear.positions("news") == [1, 2])


async def test_with_a_connection_as_a_context(
    reader: tuple[SQLite, Ear], within: SQLite, orders: sqlite3.Connection
) -> None:
    """Python's own way to have a transaction works, also when publishing is the first thing in it."""
    engine, _ = reader
    with orders:
        within.append_within(orders, entry())
        orders.execute("INSERT INTO orders (what) VALUES ('tea')")
    with pytest.raises(ChannelClosed):  # noqa: PT012, SIM117
        with orders:
            within.append_within(orders, entry(fields=b""))
            within.append_within(orders, entry())
    assert (await engine.ends("news")).last == 1


async def test_several_in_a_transaction(
    reader: tuple[SQLite, Ear], within: SQLite, orders: sqlite3.Connection
) -> None:
    """A transaction may have several events, and trims as any other publisher does."""
    engine, ear = reader
    await put(engine, *entries(3))
    batch = entries(50, bounds=Bounds(10, 100_000))
    orders.execute("BEGIN IMMEDIATE")
    assert [within.append_within(orders, each) for each in batch] == list(range(4, 54))
    orders.commit()
    await eventually(lambda: ear.positions("news")[-1:] == [53])
    assert ear.positions("news") == list(range(1, 54))
    assert requests(await kept(engine)) == requests(batch[-10:])


async def test_others_wait(reader: tuple[SQLite, Ear], within: SQLite, orders: sqlite3.Connection) -> None:
    """Those who publish meanwhile come after the transaction, and those who read do not wait."""
    engine, ear = reader
    await put(engine, entry())
    within.append_within(orders, entry())
    waiting = asyncio.ensure_future(put(engine, entry()))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    assert (await engine.ends("news")).last == 1
    orders.commit()
    assert await waiting == [3]
    await eventually(lambda: ear.positions("news") == [1, 2, 3])


async def test_a_transaction_that_is_too_long(
    reader: tuple[SQLite, Ear], within: SQLite, orders: sqlite3.Connection
) -> None:
    """Who has waited for long is told whose fault it is, and nothing of it is taken."""
    engine, _ = reader
    within.append_within(orders, entry())
    late = entry()
    with pytest.raises(Unreachable, match="locked by others for 4 s"):
        await engine.append([late])
    orders.rollback()
    assert await put(engine, entry(), late) == [1, 2]


async def test_too_late_for_the_lock(reader: tuple[SQLite, Ear], within: SQLite, path: Path) -> None:
    """A transaction that has read before others wrote is told to begin otherwise, and can go on."""
    engine, _ = reader
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT * FROM hug_state").fetchall()
        await put(engine, entry())
        with pytest.raises(Refused, match="BEGIN IMMEDIATE"):
            within.append_within(connection, entry())
        assert connection.in_transaction
        connection.execute("SELECT * FROM hug_state").fetchall()
        connection.execute("ROLLBACK")
        connection.execute("BEGIN IMMEDIATE")
        assert within.append_within(connection, entry()) == 2
        connection.execute("COMMIT")


async def test_a_failure_leaves_the_transaction(
    reader: tuple[SQLite, Ear], within: SQLite, orders: sqlite3.Connection, path: Path
) -> None:
    """What cannot be published does not undo what the transaction has done."""
    engine, _ = reader
    await put(engine, entry("over", fields=b""))
    orders.execute("INSERT INTO orders (what) VALUES ('tea')")
    with pytest.raises(ChannelClosed):
        within.append_within(orders, entry("over"))
    assert within.append_within(orders, entry()) == 1
    orders.commit()
    assert count(path) == 1


async def test_no_transaction_is_begun_in_vain(
    reader: tuple[SQLite, Ear], within: SQLite, orders: sqlite3.Connection
) -> None:
    """When publishing fails, a transaction that it has begun is over: it would lock everybody out."""
    engine, _ = reader
    await put(engine, entry("over", fields=b""))
    with pytest.raises(ChannelClosed):
        within.append_within(orders, entry("over"))
    assert not orders.in_transaction


async def test_no_transaction(reader: tuple[SQLite, Ear], within: SQLite, path: Path) -> None:
    """On a connection that commits each statement a transaction must be open."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with pytest.raises(BrokerError, match="no transaction is open"):
            within.append_within(connection, entry())
        connection.execute("BEGIN")
        assert within.append_within(connection, entry()) == 1
        connection.execute("COMMIT")


async def test_another_database(reader: tuple[SQLite, Ear], within: SQLite, tmp_path: Path) -> None:
    """A connection to another file, or to none, is refused, and nothing is created there."""
    for name in (str(tmp_path / "another.db"), ":memory:"):
        with closing(sqlite3.connect(name)) as connection:
            connection.execute("CREATE TABLE orders (number INTEGER)")
            with pytest.raises(BrokerError, match="of one file"):
                within.append_within(connection, entry())
            tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
        assert tables == [("orders",)]


async def test_another_path_to_it(
    reader: tuple[SQLite, Ear], within: SQLite, path: Path, tmp_path: Path
) -> None:
    """The same file by another path is the same file."""
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    with closing(sqlite3.connect(tmp_path / "link" / path.name)) as connection:
        assert within.append_within(connection, entry()) == 1
        connection.commit()


async def test_no_tables(path: Path, within: SQLite) -> None:
    """Where no broker has ever been the transaction makes the tables, or, rolled back, leaves nothing."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE orders (number INTEGER)")
        for end in (connection.rollback, connection.commit):
            connection.execute("INSERT INTO orders VALUES (1)")
            assert within.append_within(connection, entry()) == 1
            end()
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            assert (tables > 1) == (end == connection.commit)
    one = maker(f"sqlite:///{path}", "hug")()
    await one.connect(Ear())
    assert len(await kept(one)) == 1
    await one.close()


async def test_foreign_tables(path: Path, within: SQLite) -> None:
    """Where the application has tables of such names nothing is made, and it is said."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE hug_events (number INTEGER)")
        with pytest.raises(BrokerError, match="that are not hug's"):
            within.append_within(connection, entry())
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("hug_events",)]


async def test_no_connection(reader: tuple[SQLite, Ear], within: SQLite) -> None:
    """What is no connection of sqlite3 is refused, and named."""
    with pytest.raises(TypeError, match=r"not with a builtins\.str"):
        within.append_within("orders.db", entry())


@pytest.mark.parametrize("factory", [sqlite3.Row, lambda cursor, row: [*row, 0]])
async def test_connections_of_all_kinds(
    reader: tuple[SQLite, Ear], within: SQLite, orders: sqlite3.Connection, factory: object
) -> None:
    """Whatever the application has rows and text made into, publishing works, and leaves it so."""
    orders.row_factory = factory
    orders.text_factory = bytes
    orders.execute("INSERT INTO orders (what) VALUES ('tea')")
    assert within.append_within(orders, one := entry()) == 1
    assert within.append_within(orders, entry()) == 2
    orders.commit()
    assert orders.row_factory is factory
    assert orders.execute("SELECT what FROM orders").fetchone()[0] == b"tea"
    assert requests(await kept(reader[0]))[0] == one.request


async def test_full(reader: tuple[SQLite, Ear], within: SQLite, orders: sqlite3.Connection) -> None:
    """Without room the event is refused, and readers go on."""
    pages = orders.execute("PRAGMA page_count").fetchone()[0]
    orders.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(Refused, match="no room"):
        within.append_within(orders, entry(fields=b"data: " + b"x" * 100_000 + b"\n"))
    orders.rollback()
    assert await put(reader[0], entry()) == [1]


async def test_through_a_broker(reader: tuple[SQLite, Ear], orders: sqlite3.Connection, path: Path) -> None:
    """A broker's topic publishes so, too, and the id is the one that readers get."""
    shared = broker(f"sqlite:///{path}")
    topic = shared.topic("news", MUCH, lambda: None)
    assert isinstance(topic, RemoteTopic)
    try:
        event_id = topic.append_within(orders, b"data: tea\n")
        assert topic.append_within(orders, b"data: more\n") != event_id
        orders.commit()
        first, _ = await kept(reader[0])
        assert event_id == f"{first.request}-{first.position}"
        assert first.fields == b"data: tea\n"
    finally:
        shared.close(5)


async def test_counted(orders: sqlite3.Connection, path: Path) -> None:
    """What a transaction's connection refuses is counted like all that a broker refuses."""
    shared = broker(f"sqlite:///{path}")
    topic = shared.topic("news", MUCH, lambda: None)
    assert isinstance(topic, RemoteTopic)
    try:
        topic.append_within(orders, b"data: tea\n")
        orders.execute(f"PRAGMA max_page_count = {orders.execute('PRAGMA page_count').fetchone()[0] + 2}")
        with pytest.raises(Refused, match="no room"):
            topic.append_within(orders, b"data: " + b"x" * 100_000 + b"\n")
        health = shared.health()
        assert (health.published, health.refused) == (1, 1)
    finally:
        shared.close(5)


def test_other_brokers() -> None:
    """A broker without transactions says so, and connects nowhere for it."""
    topic = broker("redis://127.0.0.1:1").topic("news", MUCH, lambda: None)
    assert isinstance(topic, RemoteTopic)
    with closing(sqlite3.connect(":memory:")) as connection, pytest.raises(BrokerError, match="SQLite or"):
        topic.append_within(connection, b"data: tea\n")


def test_from_a_handler(path: Path) -> None:
    """A handler that changes a row and publishes has both happen, or neither."""
    api = hug.API()
    with hug.test.broker(f"sqlite:///{path}"), closing(sqlite3.connect(path)) as shop:
        shop.execute("CREATE TABLE orders (what TEXT)")
        channel = hug.sse.channel("orders")

        @hug.sse("/orders", api=api)
        def stream() -> hug.sse.Channel:
            return channel

        @hug.post("/orders", api=api)
        def order(what: str) -> None:
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute("INSERT INTO orders VALUES (?)", (what,))
                channel.publish(what, connection=connection)
                if what == "nothing":
                    raise falcon.HTTPConflict(title="sold out")

        with hug.test.sse(api, "/orders") as reader:
            for what in ("tea", "nothing", "cake"):
                hug.test.post(api, "/orders", {"what": what})
            assert [next(reader).data for _ in range(2)] == ["tea", "cake"]
            assert shop.execute("SELECT what FROM orders").fetchall() == [("tea",), ("cake",)]
        assert api.sse.status().broker.published == 3  # a rollback takes nothing back


def test_the_end_of_a_channel(path: Path) -> None:
    """A channel is closed by a transaction that is committed, after a last event, and by no other."""
    with hug.test.broker(f"sqlite:///{path}"), closing(sqlite3.connect(path)) as shop:
        channel = hug.sse.channel("orders")
        shop.execute("BEGIN")
        channel.close(connection=shop)
        shop.rollback()
        with channel.subscribe() as messages:
            shop.execute("BEGIN")
            event_id = channel.close("the last", connection=shop).id
            shop.commit()
            assert [message.data for message in messages] == ["the last"]
        assert channel.last_id == event_id
        with pytest.raises(ChannelClosed):
            channel.close(connection=shop)
