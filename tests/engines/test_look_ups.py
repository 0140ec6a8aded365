"""What else brokers are asked, on every engine: whether a channel exists, and thousands of ids at once."""

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from hug.eventstream.brokers import Broker
from hug.eventstream.brokers.url import broker
from hug.eventstream.history.beginning import Place
from hug.eventstream.history.log import Bounds

from ..waiting import Stopwatch

CLIENTS = 3000
BOUNDS = Bounds(5000, 1 << 24)


@pytest.fixture
def shared(engine_url: str, prefix: str) -> Iterator[Broker]:
    made = broker(f"{engine_url}{'&' if '?' in engine_url else '?'}prefix={prefix}")
    yield made
    made.close(5)


def test_publishing_goes_on(shared: Broker) -> None:
    """Events are taken while it is looked up where the clients begin, and the connection is kept."""
    topic = shared.topic("news", BOUNDS, lambda: None)
    for each in [topic.append(b"data: %d\n" % number) for number in range(3000)]:
        assert isinstance(each, Future)
        each.result(30)
    ready = topic.follow()
    if ready is not None:
        ready.result(10)
    asked = [topic.locate(f"of.another-{number % 3000 + 1}") for number in range(CLIENTS)]
    slowest = 0.0
    for number in range(20):
        watch = Stopwatch()
        taken = topic.append(b"data: %d\n" % number)
        assert isinstance(taken, Future)
        taken.result(30)
        slowest = max(slowest, watch.seconds)
    for place in asked:
        found = place.result(60) if isinstance(place, Future) else place
        assert isinstance(found, Place)
        assert found.lost is None
    assert slowest < 1.5
    assert shared.health().reconnects == 0


def test_channels_that_begin(shared: Broker) -> None:
    """A channel exists once this process has published on it, though its first event is still under way."""
    for number in range(20):
        name = f"game {number}"
        shared.topic(name, BOUNDS, lambda: None).append(b"data: begun\n")
        assert shared.exists(name).result(20)
    assert not shared.exists("another").result(20)
