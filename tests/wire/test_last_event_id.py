"""hug.eventstream.wire.last_event_id: which id a request resumes from, and the ids of merged channels."""

import contextlib
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hug.eventstream.wire.last_event_id import (
    MAX_ID,
    PARAMETERS,
    LastEventIdError,
    join,
    last_event_id,
    split,
)

ID = "mwsd1x2a8k3q-17"
HEADER = [(b"accept", b"text/event-stream"), (b"last-event-id", b"from-header")]

# What is told apart in queries and in ids; plain st.binary() hardly ever draws any of it.
QUERIES = st.lists(
    st.sampled_from(
        [
            b"last_event_id", b"lastEventId", b"=", b"&", b";", b"?", b"+", b"%", b"%00", b"%0A", b"%0d",
            b"%ff", b"%C3%A9", b"%ED%A0%80", b"%zz", b"\xff", "é".encode(), b"\0", b"\n", b"x",
            ID.encode(), b":", b"x" * MAX_ID,
        ]
    )
    | st.binary(max_size=3),
    max_size=8,
).map(b"".join)  # fmt: skip
IDS = st.text(st.sampled_from([*"abcz019._-"]), min_size=1)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ""),
        (f"last_event_id={ID}", ID),
        (f"room=1&last_event_id={ID}&x=2", ID),
        (f"last_event_id={ID}:{ID}", f"{ID}:{ID}"),
        (f"last_event_id={quote(f'{ID}:{ID}', safe='')}", f"{ID}:{ID}"),
        (f"last_event_id={ID}&last_event_id=second", ID),
        (f"last_event_id=&last_event_id={ID}", ID),
        ("last_event_id=", ""),
        ("last_event_id", ""),
        ("last_event_ids=x&xlast_event_id=y&LAST_EVENT_ID=z", ""),
        ("x=last_event_id", ""),
        ("last_event_id=a+b%20c", "a b c"),
        ("last_event_id=%C3%A9%E2%80%A6", "é…"),
        ("last_event_id=%F0%9F%98%80", "😀"),
        ("last_event_id=a%26b%3Dc%25", "a&b=c%"),
        ("last_event_id=a=b", "a=b"),
        (f"lastEventId={ID}", ID),
        (f"last_event_id=older&lastEventId={ID}", ID),
        (f"last_event_id={ID}&lastEventId=", ID),
    ],
)
def test_query(query: str, expected: str) -> None:
    """A client that cannot send headers puts its id into the query, as a page's URLSearchParams writes it."""
    assert last_event_id([], query.encode()) == expected


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=500))
@example("+ &=%;:é…😀")
def test_query_as_written(event_id: str) -> None:
    """Any id that can be one comes out of the query as it went in, whoever has encoded it."""
    for name in PARAMETERS:
        for query in (urlencode({"a": 1, name: event_id}), f"{name}={quote(event_id, safe='')}"):
            assert last_event_id([], query.encode()) == event_id
        assert last_event_id([], f"{name}={quote_plus(event_id)}&z".encode()) == event_id


def test_header_before_query() -> None:
    """A browser repeats its URL at each reconnect; the header alone knows how far it has come since."""
    query = f"last_event_id={ID}".encode()
    assert last_event_id(HEADER, query) == "from-header"
    assert last_event_id(HEADER[:1], query) == ID
    assert last_event_id([(b"last-event-id", b"")], query) == ID
    assert last_event_id([*HEADER, (b"last-event-id", b"second")]) == "from-header"


@given(QUERIES, st.none() | st.binary(max_size=5) | QUERIES)
@example(b"last_event_id=%ED%A0%80", None)
@example(b"last_event_id=%FF", None)
@example(b"last_event_id=%0A", None)
def test_hostile(query: bytes, header: bytes | None) -> None:
    """Whatever is sent is an id that can be written out again as one line, or is refused."""
    headers = [] if header is None else [(b"last-event-id", header)]
    with contextlib.suppress(LastEventIdError):
        event_id = last_event_id(headers, query)
        assert len(event_id.encode()) <= MAX_ID
        assert not {"\0", "\r", "\n"} & set(event_id)


@pytest.mark.parametrize("value", ["%FF", "%ED%A0%80", "a%00", "a%0Ab", "a%0Db", "x" * (MAX_ID + 1), "%C3"])
def test_query_that_cannot_be(value: str) -> None:
    """What could not be in the header is refused in the query, too, also percent-encoded."""
    with pytest.raises(LastEventIdError, match="Last-Event-ID"):
        last_event_id([], f"a=b&last_event_id={value}".encode())


def test_longest() -> None:
    """The limit counts the bytes of the id, not those of the query it is written in."""
    longest = "%41" * MAX_ID
    assert last_event_id([], f"last_event_id={longest}&{'x' * MAX_ID}".encode()) == "A" * MAX_ID
    assert last_event_id([(b"last-event-id", b"x" * MAX_ID)]) == "x" * MAX_ID


@given(st.lists(IDS, min_size=1))
def test_join_and_split(ids: list[str]) -> None:
    """The id of a merged stream gives back those of its channels, in their order."""
    assert list(split(join(ids), len(ids))) == ids


@given(st.text(st.sampled_from([*"ab:-1"])), st.integers(1, 5))
def test_split_anything(event_id: str, count: int) -> None:
    """Any id gives as many as the stream has channels: its own, or empty ones, which no event has."""
    ids = list(split(event_id, count))
    assert len(ids) == count
    assert join(ids) == event_id or ids == [""] * count
    assert join(ids) == event_id or event_id.count(":") != count - 1
