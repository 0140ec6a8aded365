"""Events that share a row of an SQLite file: what comes out is what went in, however they are cut up."""

from hypothesis import given
from hypothesis import strategies as st

from hug.eventstream.engines.engine import Entry, Kept
from hug.eventstream.engines.rows import MOST_BYTES, MOST_EVENTS
from hug.eventstream.engines.sqlite.chunks import chunks, events, first_within
from hug.eventstream.history.log import Bounds

BOUNDS = Bounds(10, 1000)
SIZES = st.lists(st.sampled_from([0, 1, 100, MOST_BYTES // 2, MOST_BYTES, MOST_BYTES + 1]), max_size=12) | (
    st.integers(0, 3 * MOST_EVENTS).map(lambda number: [number % 7 for number in range(number)])
)
FIRST = st.integers(1, 1200) | st.integers(10**9 - 300, 10**9 + 1)


@given(SIZES, FIRST, st.integers(0, 10**6), st.data())
def test_rows(sizes: list[int], first: int, before: int, data: st.DataObject) -> None:
    """Rows hold events in their order, few enough each, and know how many bytes are before each of them."""
    entries = [Entry("news", f"me.{number:x}", b"x" * size, BOUNDS) for number, size in enumerate(sizes)]
    expected = [Kept(first + at, entry.request, 1.5, entry.fields) for at, entry in enumerate(entries)]
    on_the_wire = [
        len(b"%bid: \n\n" % each.fields) + len(f"{each.request}-{each.position}") for each in expected
    ]
    rows = list(chunks(entries, first, 1.5, before))
    found: list[Kept] = []
    for last, time, start, end, requests, lengths, fields in rows:
        kept = events(0, last, time, requests, lengths, fields)
        assert len(kept) <= MOST_EVENTS
        assert len(fields) <= MOST_BYTES or len(kept) == 1
        after = data.draw(st.integers(kept[0].position - 1, last))
        assert events(after, last, time, requests, lengths, fields) == kept[after - kept[0].position + 1 :]
        bytes_before = [before + sum(on_the_wire[: each.position - first]) for each in kept]
        assert (start, end) == (bytes_before[0], before + sum(on_the_wire[: last - first + 1]))
        least = data.draw(st.integers(start - 1, end + 1))
        within = [each.position for each, size in zip(kept, bytes_before, strict=True) if size >= least]
        assert first_within(last, start, requests, lengths, least) == (within[0] if within else last + 1)
        found += kept
    assert found == expected


def test_those_published_together_share_a_row() -> None:
    """Events that fit take one row, so that SQLite has as little to do as for one."""
    assert (
        len(list(chunks([Entry("news", f"me.{n:x}", b"x" * 100, BOUNDS) for n in range(250)], 1, 0, 0))) == 1
    )
