"""hug.server.head_limits: which heads are refused, whatever of them has come."""

import h11
from hypothesis import given
from hypothesis import strategies as st

from hug.server.head_limits import END, Refusal, refusal

LINE, FIELDS, HEAD = 40, 4, 90

lines = st.lists(st.integers(0, 50), min_size=1, max_size=7)


def refused(head: bytes) -> Refusal | None:
    return refusal(head, LINE, FIELDS, HEAD)


def head_of(lengths: list[int]) -> bytes:
    return b"\r\n".join(b"x" * length for length in lengths) + END


@given(lines)
def test_whole(lengths: list[int]) -> None:
    """A head is refused if a line of it, the number of its fields or its size is too large; else never."""
    head = head_of(lengths)
    first, *fields = lengths
    found = refused(head)
    if first > LINE:
        assert found is not None
        assert found.status == 414
    elif max(fields, default=0) > LINE or len(fields) > FIELDS or len(head) > HEAD:
        assert found is not None
        assert found.status == 431
    else:
        assert found is None


@given(lines, st.integers(0, 400))
def test_part(lengths: list[int], cut: int) -> None:
    """What is refused when part of it has come would be refused as a whole, and with the same status."""
    head = head_of(lengths)
    if (early := refused(head[:cut])) is not None:
        late = refused(head)
        assert late is not None
        assert late.status == early.status


def test_response() -> None:
    """A refusal is a response that another parser reads whole, and after which the connection ends."""
    found = refused(b"x" * 100)
    assert found is not None
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    client.receive_data(found.response([(b"server", b"uvicorn")]))
    response, body, end = client.next_event(), client.next_event(), client.next_event()
    assert isinstance(response, h11.Response)
    assert isinstance(body, h11.Data)
    assert isinstance(end, h11.EndOfMessage)
    assert (response.status_code, bytes(body.data)) == (414, found.reason.encode())
    assert (b"server", b"uvicorn") in list(response.headers)
    assert (b"connection", b"close") in list(response.headers)
