"""Comments in silence: they keep proxies from closing a stream and tell us of clients that are gone."""

from .client import Client
from .serving import Server

HEARTBEAT = b":\n"


def heartbeats(stream: Client) -> int:
    """Return how many comments of ours have come on a stream whose events contain no empty comment."""
    _opening, _, body = stream.body.partition(b"\n\n")
    return body.split(b"\n").count(b":")


def beats(server: Server, count: int) -> None:
    """Wait as long as ``count`` heartbeats, 50 ms apart, take on another stream."""
    with server.stream("/silent?heartbeat=0.05") as clock:
        while heartbeats(clock) < count:
            clock.chunk()


def test_silence(server: Server) -> None:
    """A silent stream sends a comment, alone in its write; it dispatches nothing."""
    stream = server.stream("/silent?heartbeat=0.05")
    stream.message()
    assert [stream.chunk() for _ in range(3)] == [HEARTBEAT] * 3
    assert not stream.messages


def test_traffic(uvicorn: Server) -> None:
    """One with traffic sends none: an event every 20 ms leaves no silence of 300 ms."""
    stream = uvicorn.stream("/busy?heartbeat=0.3")
    first = last = float(stream.message().data)
    while last < first + 0.8:
        now = float(stream.message().data)
        if now - last > 0.2:  # the machine itself has stalled: there was silence
            first, stream.body = now, b"\n\n"
        last = now
    assert heartbeats(stream) == 0


def test_never_inside_an_event(server: Server) -> None:
    """A comment never lands in an event, even if that is larger than what the server takes at once."""
    stream = server.stream("/large?heartbeat=0.02")
    events = 0
    while events < 20:
        assert stream.message().data == "x" * 300_000
        events += 1


def test_none(server: Server) -> None:
    """A stream whose heartbeat is None sends none while another sends four."""
    stream = server.stream("/silent")
    stream.message()
    beats(server, 4)
    assert not stream.pause(0.01)
