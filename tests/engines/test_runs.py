"""Requests as runs: what is written down is what was there, and short."""

from hypothesis import given
from hypothesis import strategies as st

from hug.eventstream.engines.request_runs import numbered, read, runs, written

REQUESTS = st.lists(
    st.sampled_from(
        [f"{publisher}.{number:x}" for publisher in ("a", "b.c", "a.1") for number in range(20)]
        + ["a", "a.", "a.01", "a.A", "a..1", ".1", "1", "a.1.0", "a.fffffffffffffff", "a.1000000000000000"]
    ),
    unique=True,
    min_size=1,
)


@given(REQUESTS)
def test_written_and_read(requests: list[str]) -> None:
    """What was written is read, whatever it is made of; and runs have all requests, in their order."""
    assert read(written(requests)) == requests
    assert [request for run in runs(requests) for request in run.requests] == requests


def test_a_batch_is_short() -> None:
    """The requests of a batch take a word, however many they are."""
    batch = numbered("publisher", 250, 500)
    assert written(batch) == "publisher.fa*500"
    assert [(run.publisher, run.low, len(run.requests)) for run in runs(batch)] == [("publisher", 250, 500)]
    assert written([*batch[:2], "other", *batch[2:4]]) == "publisher.fa*2 other publisher.fc*2"
