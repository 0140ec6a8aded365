"""What the tables of an SQLite file hold, at times of our choosing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hug.eventstream.engines.engine import Deleted, Entry
from hug.eventstream.engines.sqlite.reading import Life, ends, live, lives, place, read
from hug.eventstream.engines.sqlite.tables import (
    FORGOTTEN,
    LIVE_SECONDS,
    REMEMBERED,
    Tables,
    create,
    delete,
    due,
    lease,
    prune,
    take,
    touch,
)
from hug.eventstream.history.log import LIVE_BYTES, LIVE_EVENTS, Bounds

from ..entries import MUCH, entries, entry

TABLES = Tables("hug")
NOW = 1_700_000_000.0


@pytest.fixture
def cursor() -> Iterator[sqlite3.Cursor]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        cursor = database.cursor()
        create(cursor, TABLES, "memory")
        yield cursor


def stored(cursor: sqlite3.Cursor) -> int:
    count: int = cursor.execute("SELECT coalesce(sum(length(sizes)), 0) / 4 FROM hug_events").fetchone()[0]
    return count


def rows(cursor: sqlite3.Cursor, table: str) -> int:
    count: int = cursor.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return count


@pytest.mark.parametrize("start", [NOW, NOW + 50, NOW + REMEMBERED - 1])
def test_requests_are_remembered(cursor: sqlite3.Cursor, start: float) -> None:
    """A request is known for two minutes at least, and then forgotten, whether events come or not."""
    bounds = Bounds(0, 1000)
    first = entry(bounds=bounds)
    assert take(cursor, TABLES, [first], start) == [1]
    for after in (1.0, 60.0, REMEMBERED - 1, REMEMBERED):
        assert take(cursor, TABLES, [first], start + after) == [1]
    for step in range(1, 500):
        take(cursor, TABLES, entries(10, bounds=bounds), start + step)
        assert rows(cursor, "hug_requests0") + rows(cursor, "hug_requests1") <= 10 * 3 * REMEMBERED
    assert take(cursor, TABLES, [first], start + 2 * REMEMBERED + 1) != [1]
    later = start + 10 * REMEMBERED
    while due(cursor, TABLES, later):
        prune(cursor, TABLES, later)
    assert rows(cursor, "hug_requests0") == rows(cursor, "hug_requests1") == 0


def life(cursor: sqlite3.Cursor, channel: str = "news") -> str:
    return ends(cursor, TABLES, channel, NOW).life


def test_a_clock_that_is_set_back(cursor: sqlite3.Cursor) -> None:
    """Events never have an earlier time than those before them, and are trimmed, and read, all the same."""
    bounds = Bounds(1000, 100_000, max_age=60.0)
    for number, now in enumerate([NOW, NOW + 10, NOW - 3600, NOW - 3599, NOW + 11], 1):
        assert take(cursor, TABLES, [entry(bounds=bounds)], now) == [number]
    times = [event.time for event in read(cursor, TABLES, "news", life(cursor), 0, 100, 1 << 20, NOW + 11)]
    assert times == [NOW, NOW + 10, NOW + 10, NOW + 10, NOW + 11]
    assert ends(cursor, TABLES, "news", NOW + 70.5).first == 5


def test_past_their_age(cursor: sqlite3.Cursor) -> None:
    """Events past their age are neither counted nor read, also before they are deleted."""
    bounds = Bounds(1000, 100_000, max_age=60.0)
    take(cursor, TABLES, entries(5, bounds=bounds), NOW)
    take(cursor, TABLES, entries(5, bounds=bounds), NOW + 30)
    assert ends(cursor, TABLES, "news", NOW + 61).first == 6
    assert len(read(cursor, TABLES, "news", life(cursor), 0, 100, 1 << 20, NOW + 61)) == 5
    assert ends(cursor, TABLES, "news", NOW + 91).first == 11
    assert due(cursor, TABLES, NOW + 91)
    while due(cursor, TABLES, NOW + 200):
        prune(cursor, TABLES, NOW + 200)
    assert stored(cursor) == 0
    assert ends(cursor, TABLES, "news", NOW + 200).last == 10


def test_live_events_are_bounded(cursor: sqlite3.Cursor) -> None:
    """What the history has no room for is there for other processes, within limits, and not for long."""
    bounds = Bounds(0, 1000)
    take(cursor, TABLES, entries(5, bounds=bounds), NOW)
    number, _, last = place(cursor, TABLES, "news")
    assert last == 5
    assert [event.position for event in live(cursor, TABLES, number, 2, 100, 1 << 20)] == [3, 4, 5]
    assert read(cursor, TABLES, "news", life(cursor), 0, 100, 1 << 20, NOW) == []
    for _ in range(30):
        take(cursor, TABLES, entries(100, bounds=bounds), NOW + 1)
        assert stored(cursor) <= LIVE_EVENTS + 100
    for _ in range(30):
        take(cursor, TABLES, [entry(fields=b"x" * 500_000, bounds=bounds)], NOW + 2)
    size = cursor.execute("SELECT sum(length(fields)) FROM hug_events").fetchone()[0]
    assert size < LIVE_BYTES + 2 * 500_000
    while due(cursor, TABLES, NOW + 3 + LIVE_SECONDS):
        prune(cursor, TABLES, NOW + 3 + LIVE_SECONDS)
    assert stored(cursor) == 0


def test_idle_channels_are_forgotten(cursor: sqlite3.Cursor) -> None:
    """An empty channel is forgotten after a day, unless it was followed; one with events never is."""
    short = Bounds(10, 1000, max_age=60.0)
    take(cursor, TABLES, [entry("empty", bounds=short), entry("followed", bounds=short), entry("full")], NOW)
    later = NOW + FORGOTTEN + 100
    touch(cursor, TABLES, ["followed", "full"], NOW + FORGOTTEN / 2)
    while due(cursor, TABLES, later - 101):
        prune(cursor, TABLES, later - 101)
    assert ends(cursor, TABLES, "empty", later - 101).last == 1
    while due(cursor, TABLES, later):
        prune(cursor, TABLES, later)
    assert ends(cursor, TABLES, "empty", later).life == ""
    assert ends(cursor, TABLES, "followed", later).last == 1
    assert ends(cursor, TABLES, "full", later).first == 1
    assert stored(cursor) == 1


def test_deleted_channels(cursor: sqlite3.Cursor) -> None:
    """What channels of a name were when they were deleted is known for a minute; then nothing is left."""
    gone: list[Life] = []
    for count in (1, 2, 3):
        batch = entries(count)
        take(cursor, TABLES, [*batch, entry("news:"), entry("new")], NOW)
        number, life, _ = place(cursor, TABLES, "news")
        gone.append(Life(number, life, Deleted(life, count, batch[-1].request)))
        for name in ("news", "news:", "new", "absent"):
            delete(cursor, TABLES, name, NOW)
    assert place(cursor, TABLES, "news") == (-gone[-1].id, "", 0)
    for index, each in enumerate(gone):
        assert lives(cursor, TABLES, "news", each.id) == gone[index:]
        assert len(live(cursor, TABLES, each.id, 0, 10, 1000)) == index + 1
    assert not due(cursor, TABLES, NOW + 59)
    while due(cursor, TABLES, NOW + 61):
        prune(cursor, TABLES, NOW + 61)
    assert rows(cursor, "hug_channels") == stored(cursor) == 0
    assert place(cursor, TABLES, "news") == (0, "", 0)


def test_old_leases_are_forgotten(cursor: sqlite3.Cursor) -> None:
    """The number of a lease grows after it was forgotten, too."""
    first = lease(cursor, TABLES, "turn", "me", 10, NOW)
    assert first is not None
    later = NOW + FORGOTTEN + 100
    while due(cursor, TABLES, later):
        prune(cursor, TABLES, later)
    assert rows(cursor, "hug_leases") == 0
    again = lease(cursor, TABLES, "turn", "me", 10, later)
    assert again is not None
    assert again > first


def test_prefixes() -> None:
    """Prefixes that differ in case only have different tables, which SQLite would take for the same."""
    names = [set(Tables(prefix).names) for prefix in ("hug", "Hug", "HUG", "hug_", "hug-x", "hug_requests")]
    everything = [name.lower() for each in names for name in each]
    assert len(everything) == len(set(everything)) == 6 * 6


STEPS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.lists(st.integers(1, 400), min_size=1, max_size=60),
        st.builds(
            Bounds,
            st.integers(0, 50),
            st.integers(0, 3000),
            st.none() | st.floats(0.5, 50, allow_nan=False),
        ),
        st.floats(0, 40),
    ),
    max_size=20,
)


@given(steps=STEPS)
def test_bounds_hold(steps: list[tuple[str, list[int], Bounds, float]]) -> None:
    """What is kept is exactly what count, bytes and age of the newest event's bounds allow."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        cursor = database.cursor()
        create(cursor, TABLES, "memory")
        model: dict[str, list[tuple[int, float, int]]] = {"a": [], "b": []}
        last = {"a": 0, "b": 0}
        now = NOW
        for channel, sizes, bounds, pause in steps:
            now += pause
            batch = [entry(channel, bounds=bounds, fields=b"x" * size) for size in sizes]
            take(cursor, TABLES, batch, now)
            rows = model[channel]
            for each in batch:
                last[channel] += 1
                rows.append((last[channel], now, _size(each, last[channel])))
            del rows[: max(0, len(rows) - bounds.history)]
            while sum(size for *_, size in rows) > bounds.max_bytes:
                del rows[0]
            if bounds.max_age is not None:
                rows[:] = [row for row in rows if row[1] >= now - bounds.max_age]
            found = ends(cursor, TABLES, channel, now)
            assert (found.first, found.last) == (rows[0][0] if rows else last[channel] + 1, last[channel])
            kept = read(cursor, TABLES, channel, life(cursor, channel), 0, 10_000, 1 << 30, now)
            assert [event.position for event in kept] == [row[0] for row in rows]
            first = live(cursor, TABLES, place(cursor, TABLES, channel)[0], 0, 1, 1)
            assert not kept or first[0].position <= kept[0].position


def _size(each: Entry, position: int) -> int:
    return len(each.fields) + len(f"id: {each.request}-{position}\n\n")


def test_sizes_are_those_on_the_wire(cursor: sqlite3.Cursor) -> None:
    """The bytes of a channel are those of its events as they go out, ids included."""
    batch = [entry(bounds=MUCH) for _ in range(20)]
    take(cursor, TABLES, batch, NOW)
    total = cursor.execute("SELECT bytes FROM hug_channels").fetchone()[0]
    assert total == sum(_size(each, number) for number, each in enumerate(batch, 1))
