"""How events are gathered into writes, as an ASGI middleware between hug and the server sees it."""

from collections.abc import Callable

from .serving import Server

Key = Callable[[], str]


def writes(server: Server, path: str, key: str) -> list[int]:
    """Read a whole stream; return the sizes of its body messages between the opening and the end."""
    with server.stream(f"{path}key={key}") as stream:
        stream.rest()
    opening, *sizes, end = server.get(f"/writes?key={key}")
    assert opening > 0
    assert end == 0
    return sizes


def test_ready(counted: Server, key: Key) -> None:
    """A hundred items that are ready leave in one write."""
    assert writes(counted, "/ready?", key()) == [100 * len(b"data: \n\n" + b"x" * 10)]


def test_bounded(counted: Server, key: Key) -> None:
    """Large ones leave once they fill 64 KiB: a write holds that and less than one item more."""
    item = 1000 + len(b"data: \n\n")
    sizes = writes(counted, "/ready?count=200&size=1000&", key())
    assert sum(sizes) == 200 * item
    assert max(sizes) < 65536 + item
    assert len(sizes) >= 4


def test_before_a_wait(counted: Server, key: Key) -> None:
    """Items leave before their source is waited for."""
    assert writes(counted, "/then_waits?", key()) == [
        len(b"data: one\n\ndata: two\n\n"),
        len(b"data: three\n\n"),
    ]
