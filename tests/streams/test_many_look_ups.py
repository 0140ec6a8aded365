"""Thousands of clients that come at once with ids of long ago cost the engine a few questions."""

import time
from concurrent.futures import Future

import pytest

from hug.eventstream.brokers import older_events
from hug.eventstream.brokers.remote_topic import RemoteTopic
from hug.eventstream.history.beginning import Place

from ..waiting import until
from .engine_in_memory import Server
from .test_remote import BOUNDS, Processes, event, processes, server  # noqa: F401


def followed(processes: Processes, events: int) -> tuple[RemoteTopic, list[str]]:  # noqa: F811
    """Return a channel as a process sees it that has nothing of its events in memory, and their ids."""
    publisher = processes.topic()
    ids = [each.result(10) for each in [publisher.append(event(number)) for number in range(events)]]
    topic = processes.topic()
    ready = topic.follow()
    assert ready is not None
    ready.result(10)
    return topic, ids


def look_up(topic: RemoteTopic, after: str) -> Future[Place]:
    found = topic.locate(after)
    assert isinstance(found, Future)
    return found


@pytest.mark.slow
def test_ids_that_nobody_knows(processes: Processes, server: Server) -> None:  # noqa: F811
    """However many they are, it is asked once or twice where the channel begins."""
    topic, _ = followed(processes, 10)
    server.calls.clear()
    server.delay = 0.05
    strange = [
        "of.another-7",
        "of.another-0",
        "of.another-12345",
        "nothing",
        *(f"x.{n}-{n}" for n in range(11, 2000)),
    ]
    found = [look_up(topic, after) for after in strange]
    assert {each.result(20).lost for each in found} == {None}
    assert server.calls["ends"] <= 200
    assert server.calls["read"] <= 200


@pytest.mark.slow
def test_ids_of_long_ago(processes: Processes, server: Server) -> None:  # noqa: F811
    """Events around them are read in pages that all share, and each client goes on behind its own."""
    topic, ids = followed(processes, 3000)
    server.calls.clear()
    found = [look_up(topic, after) for after in ids[:-1]]
    first = found[0].result(20).position
    assert [each.result(20).position for each in found] == list(range(first, first + len(found)))
    assert {each.result().lost for each in found} == {0}
    # 12 pages, and again where this thread was so slow in asking that others had been answered already.
    assert server.calls["read"] <= 300
    assert server.calls["ends"] <= 300


@pytest.mark.slow
def test_few_at_the_same_time(processes: Processes, server: Server) -> None:  # noqa: F811
    """However much is asked, few questions are with the engine at once, so that others are answered soon."""
    publisher = processes.broker()
    names = [f"channel {number}" for number in range(3 * older_events.AT_ONCE)]
    topics = [publisher.topic(name, BOUNDS, lambda: None) for name in names]
    for topic in topics:
        topic.append(event(1)).result(10)
        ready = topic.follow()
        if ready is not None:
            ready.result(10)
    server.delay = 0.2
    began = time.monotonic()
    found = [look_up(topic, "of.another-99") for topic in topics]
    for each in found:
        each.result(20)
    assert time.monotonic() - began >= 3 * server.delay


def test_clients_that_are_gone(processes: Processes, server: Server) -> None:  # noqa: F811
    """Nobody is asked for a client that has left meanwhile."""
    topic, _ = followed(processes, 10)
    server.calls.clear()
    server.hangs = True
    asked = look_up(topic, "of.another-99")
    until(lambda: server.calls["ends"] == 1)
    gone = [look_up(topic, f"of.another-{number}") for number in range(100, 200)]
    follower = topic._follower
    assert follower is not None
    until(lambda: len(follower.tasks) > 100)
    for each in [asked, *gone]:
        each.cancel()
    until(lambda: len(follower.tasks) <= 1)
