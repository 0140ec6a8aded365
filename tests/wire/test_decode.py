"""hug.eventstream.wire.decode: a stream as a browser reads it, by the vectors of web-platform-tests."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hug.eventstream.wire.decode import Decoder, EventTooLarge, Message
from hug.eventstream.wire.last_event_id import MAX_ID, LastEventIdError, last_event_id

VECTORS: list[tuple[str, bytes, list[tuple[str, str]]]] = [
    (
        "event-data",
        b"data:msg\ndata: msg\n\ndata:\n\ndata:end\n\n",
        [("message", "msg\nmsg"), ("message", ""), ("message", "end")],
    ),
    (
        "format-bom",
        "\ufeffdata:1\n\n\ufeffdata:2\n\ndata:3\n\n".encode(),
        [("message", "1"), ("message", "3")],
    ),
    (
        "format-bom-2",
        "\ufeff\ufeffdata:1\n\ndata:2\n\ndata:3\n\n".encode(),
        [("message", "2"), ("message", "3")],
    ),
    (
        "format-comments",
        b"data:1\n:\0\n:\ndata:2\n:"
        + b"x" * 2048
        + b"\ndata:3\n:data:fail\n:"
        + b"x" * 2048
        + b"\ndata:4\n\n",
        [("message", "1\n2\n3\n4")],
    ),
    (
        "format-data-before-final-empty-line",
        b"retry:1000\ndata:test1\n\nid:test\ndata:test2\n",
        [("message", "test1")],
    ),
    (
        "format-field-data",
        b"data:\n\ndata\ndata\n\ndata:test\n\n",
        [("message", ""), ("message", "\n"), ("message", "test")],
    ),
    ("format-field-event", b"event:test\ndata:x\n\ndata:x\n\n", [("test", "x"), ("message", "x")]),
    ("format-field-event-empty", b"event: \ndata:data\n\n", [("message", "data")]),
    (
        "format-field-parsing",
        (
            b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\n"
            b"data:3\rdata:\r\n data:32\ndata:4\n\n"
        ),
        [("message", "\0\n 2\n1\n3\n\n4")],
    ),
    (
        "format-field-unknown",
        b"data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n",
        [("message", "test\n\ntest")],
    ),
    ("format-leading-space", b"data:\ttest\rdata: \ndata:test\n\n", [("message", "\ttest\n\ntest")]),
    ("format-newlines", b"data:test\r\ndata\ndata:test\r\n\r", [("message", "test\n\ntest")]),
    ("format-null-character", b"data:\0\n\n\n\n", [("message", "\0")]),
    ("format-utf-8", "data:ok…\n\n".encode(), [("message", "ok…")]),
    ("invalid UTF-8", b"data:a\xffb\n\n", [("message", "a\ufffdb")]),
    ("an event without data", b"event:x\nid:1\n\ndata:y\n\n", [("message", "y")]),
    (
        "U+2028 and U+0085 are no line ends",
        "data:a\u2028b\u0085c\vd\n\n".encode(),
        [("message", "a\u2028b\u0085c\vd")],
    ),
]


@pytest.mark.parametrize(("name", "body", "expected"), VECTORS, ids=[vector[0] for vector in VECTORS])
def test_vector(name: str, body: bytes, expected: list[tuple[str, str]]) -> None:
    """Each stream gives just the messages a browser must dispatch."""
    assert [(each.event, each.data) for each in Decoder().feed(body)] == expected


@pytest.mark.parametrize(("name", "body", "expected"), VECTORS, ids=[vector[0] for vector in VECTORS])
def test_vector_byte_by_byte(name: str, body: bytes, expected: list[tuple[str, str]]) -> None:
    """Where chunks are cut makes no difference, be it in a character or a CRLF."""
    decoder = Decoder()
    messages = [each for byte in body for each in decoder.feed(bytes([byte]))]
    assert [(each.event, each.data) for each in messages] == expected


PIECES = st.sampled_from(
    [
        b"data",
        b"id",
        b"event",
        b"retry",
        b":",
        b" ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\0",
        b"\xef\xbb\xbf",
        "…é".encode(),
        b"\xff",
        b"1",
        b"x",
    ]
)


@pytest.mark.slow
@given(st.lists(PIECES).map(b"".join), st.data())
def test_chunks_do_not_matter(body: bytes, data: Any) -> None:
    """Any bytes, cut anywhere, give the same messages, id and retry time as in one piece."""
    whole, cut = Decoder(), Decoder()
    places = sorted(data.draw(st.lists(st.integers(0, len(body)))))
    chunks = [body[start:end] for start, end in zip([0, *places], [*places, len(body)], strict=True)]
    messages = [message for chunk in chunks for message in cut.feed(chunk)]
    assert messages == whole.feed(body)
    assert (cut.last_event_id, cut.retry) == (whole.last_event_id, whole.retry)


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (b"id:1\ndata:a\n\ndata:b\n\nid\ndata:c\n\n", ["1", "1", ""]),
        (b"id:1\ndata:a\n\nid:\ndata:b\n\n", ["1", ""]),
        ("id:…\ndata:a\n\n".encode(), ["…"]),
        (b"id:x\ndata:a\n\nid:\0y\ndata:b\n\nid:y\0\ndata:c\n\nid:\0\ndata:d\n\n", ["x", "x", "x", "x"]),
        (b"id:1\n\ndata:a\n\n", ["1"]),
    ],
)
def test_ids(body: bytes, ids: list[str]) -> None:
    """An id stays until the next; an empty one resets it; one with NUL does not count; it needs no data."""
    assert [message.id for message in Decoder().feed(body)] == ids


def test_unfinished_event_leaves_no_id() -> None:
    """What a torn connection has begun counts for nothing."""
    decoder = Decoder()
    decoder.feed(b"id:1\ndata:a\n\nid:2\ndata:b\n")
    assert decoder.last_event_id == "1"


@pytest.mark.parametrize(
    ("body", "retry"),
    [
        (b"retry:03000\n\n", 3000),
        (b"retry:" + b"0" * 5000 + b"3000\n\n", 3000),
        (b"retry:3000\nretry:" + b"9" * 5000 + b"\n\n", 3000),
        (b"retry:3000\nretry:1000x\n\n", 3000),
        (b"retry:3000\nretry\n\n", 3000),
        (b"retry:-5\n\n", None),
        (b"retry: 1.5\n\n", None),
        ("retry:٣\n\n".encode(), None),
        (b"retry:7", None),
        (b"retry:7\n", 7),
    ],
)
def test_retry(body: bytes, retry: int | None) -> None:
    """Only ASCII digits are a reconnection time."""
    decoder = Decoder()
    decoder.feed(body)
    assert decoder.retry == retry


def test_limit() -> None:
    """An event without an end does not fill memory; heartbeats without an end do not count."""
    decoder = Decoder(limit=100)
    for _ in range(1000):
        decoder.feed(b":\n")
        decoder.feed(b": x\n\n")
    for _ in range(100):
        decoder.feed(b"data:x\n")
    with pytest.raises(EventTooLarge, match="100"):
        decoder.feed(b"data:x\n")
    with pytest.raises(EventTooLarge):
        Decoder(limit=100).feed(b"x" * 101)


def test_message_reads_json() -> None:
    """`json` gives the value that was sent."""
    assert Message("message", '{"n": 1}').json() == {"n": 1}


def test_last_event_id_is_utf_8() -> None:
    """The header is UTF-8, not Latin-1 as other headers are; without it the id is empty."""
    assert last_event_id([(b"accept", b"x"), (b"last-event-id", "7…".encode())]) == "7…"
    assert last_event_id([(b"accept", b"x")]) == ""


@pytest.mark.parametrize("value", [b"\xff", b"a\0b", b"a\nb", b"x" * (MAX_ID + 1)])
def test_last_event_id_that_cannot_be(value: bytes) -> None:
    """What no browser sends is refused, by name."""
    with pytest.raises(LastEventIdError, match="Last-Event-ID"):
        last_event_id([(b"last-event-id", value)])
