"""Events for tests of engines, and short ways to append and read them."""

import itertools
import secrets
from collections.abc import Sequence

from hug.eventstream.engines.engine import Engine, Entry, Kept
from hug.eventstream.history.log import Bounds

MUCH = Bounds(history=10_000, max_bytes=64 * 1024 * 1024)
EVERYTHING = 1_000_000

_publisher = secrets.token_hex(4)
_requests = itertools.count()


def request() -> str:
    """Return what no other event has."""
    return f"{_publisher}.{next(_requests)}"


def entry(
    channel: str = "news",
    text: str = "",
    *,
    bounds: Bounds = MUCH,
    lease: tuple[str, int] | None = None,
    fields: bytes | None = None,
    again: str | None = None,
) -> Entry:
    """Return an event that was not appended yet, or with the request of one that was."""
    if fields is None:
        fields = f"data: {text}\n".encode()
    return Entry(channel, again or request(), fields, bounds, lease)


def entries(count: int, channel: str = "news", bounds: Bounds = MUCH) -> list[Entry]:
    return [entry(channel, str(number), bounds=bounds) for number in range(count)]


async def put(engine: Engine, *several: Entry) -> list[int]:
    """Append events that will be taken, and return their positions."""
    answers = list(await engine.append(several))
    assert len(answers) == len(several)
    positions = [answer for answer in answers if isinstance(answer, int)]
    assert positions == answers, answers
    return positions


async def kept(
    engine: Engine, channel: str = "news", after: int = 0, most: int = EVERYTHING, size: int = 1 << 30
) -> Sequence[Kept]:
    return await engine.read(channel, (await engine.ends(channel)).life, after, most, size)


def requests(events: Sequence[Kept] | Sequence[Entry]) -> list[str]:
    return [event.request for event in events]


def assert_same(told: Sequence[Kept], kept: Sequence[Kept]) -> None:
    """Check that what was told is what is kept; an engine may have to guess the time of what it tells."""
    assert [event.position for event in told] == [event.position for event in kept]
    assert [(event.request, event.fields) for event in told] == [
        (event.request, event.fields) for event in kept
    ]
    assert all(abs(one.time - other.time) < 30 for one, other in zip(told, kept, strict=True))
