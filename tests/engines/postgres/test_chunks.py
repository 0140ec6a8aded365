"""Events that share a row of a PostgreSQL table: what comes out is what went in, however they are cut up."""

from hypothesis import given
from hypothesis import strategies as st

from hug.eventstream.engines.engine import Entry, Kept
from hug.eventstream.engines.postgres.chunks import chunks, events
from hug.eventstream.engines.rows import MOST_BYTES, MOST_EVENTS
from hug.eventstream.history.log import Bounds

BOUNDS = Bounds(10, 1000)
SIZES = st.lists(st.sampled_from([0, 1, 100, MOST_BYTES // 2, MOST_BYTES, MOST_BYTES + 1]), max_size=12) | (
    st.integers(0, 3 * MOST_EVENTS).map(lambda number: [number % 7 for number in range(number)])
)


@given(SIZES, st.integers(1, 10**9), st.data())
def test_rows(sizes: list[int], first: int, data: st.DataObject) -> None:
    """Rows hold events in their order, and few enough each."""
    entries = [Entry("news", f"me.{number:x}", b"x" * size, BOUNDS) for number, size in enumerate(sizes)]
    expected = [Kept(first + at, entry.request, 1.5, entry.fields) for at, entry in enumerate(entries)]
    last = first - 1
    found: list[Kept] = []
    for count, requests, lengths, fields in chunks(entries):
        last += count
        numbers = None if lengths is None else [int(each) for each in lengths[1:-1].split(",")]
        kept = events(0, last, requests, 1.5, fields, numbers)
        assert len(kept) == count <= MOST_EVENTS
        assert len(fields) <= MOST_BYTES or count == 1
        after = data.draw(st.integers(last - count, last))
        assert events(after, last, requests, 1.5, fields, numbers) == kept[after - last + count :]
        found += kept
    assert found == expected
