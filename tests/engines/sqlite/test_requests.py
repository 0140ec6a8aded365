"""Runs of requests: what was taken is found, however it was numbered, and nothing else is."""

import sqlite3
from contextlib import closing

from hypothesis import example, given
from hypothesis import strategies as st

from hug.eventstream.engines.request_runs import runs
from hug.eventstream.engines.sqlite.requests import find, remember, statement

REQUESTS = st.sampled_from(
    [f"{publisher}.{number:x}" for publisher in ("a", "b.c", "a.1") for number in range(20)]
    + ["a", "a.", "a.01", "a.A", "a..1", ".1", "1", "a.1.0", "a.fffffffffffffff", "a.1000000000000000"]
)
BATCHES = st.lists(st.lists(REQUESTS, unique=True, max_size=12), max_size=8)


@example([["a.fffffffffffffff", "a.1000000000000000"]], ["a.1000000000000000"])
@given(BATCHES, st.lists(REQUESTS, unique=True))
def test_what_was_taken_is_found(batches: list[list[str]], others: list[str]) -> None:
    """Each request that was remembered is found with its position, and no other, however they look."""
    with closing(sqlite3.connect(":memory:")) as database:
        cursor = database.cursor()
        tables = ["requests0", "requests1"]
        for table in tables:
            cursor.execute(statement(table))
        known: dict[str, int] = {}
        for number, batch in enumerate(batches):
            found = find(cursor, tables, runs(batch))
            assert found == {request: known[request] for request in batch if request in known}
            new = [request for request in batch if request not in known]
            fresh = {request: len(known) + at for at, request in enumerate(new, 1)}
            remember(cursor, tables[number % 2], runs(list(fresh)), fresh.values())
            known.update(fresh)
        assert find(cursor, tables, runs(others)) == {each: known[each] for each in others if each in known}


def test_a_batch_is_one_row() -> None:
    """The requests of one publisher take a row for each batch, so that few are written and looked up."""
    batch = [f"publisher.{number:x}" for number in range(5, 505)]
    assert [(run.publisher, run.low, len(run.requests)) for run in runs(batch)] == [("publisher", 5, 500)]
    with closing(sqlite3.connect(":memory:")) as database:
        cursor = database.cursor()
        cursor.execute(statement("requests"))
        remember(cursor, "requests", runs(batch), range(1, 501))
        assert cursor.execute("SELECT count(*) FROM requests").fetchone() == (1,)
        middle = runs(batch[100:102])
        assert find(cursor, ["requests"], middle) == {batch[100]: 101, batch[101]: 102}
