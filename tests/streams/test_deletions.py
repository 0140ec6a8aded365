"""Channels that are deleted again and again, while what is told of that is on its way."""

import itertools
import os
import random
from collections.abc import Iterator
from typing import cast

import pytest

from hug.eventstream.brokers import follower, followers
from hug.eventstream.brokers.remote_topic import RemoteTopic
from hug.eventstream.engines.engine import Entry
from hug.eventstream.history.log import Bounds
from hug.eventstream.history.replica import GONE, Replica

from ..waiting import until
from .engine_in_memory import Server
from .listening_to_topics import Listener
from .test_remote_at_random import in_a_hurry

DOES = [
    "publish", "publish", "delete", "hold", "let through", "let some through", "doubt", "deaf", "cut", "read",
    "come back", "catch up", "catch up, delete", "leave", "slow",
]  # fmt: skip
FIRST, RUNS = int(os.environ.get("HUG_RANDOM_FIRST", "0")), int(os.environ.get("HUG_RANDOM_RUNS", "40"))
STEPS = 60


class Lives:
    """One channel of several processes, with whatever life it has.

    Attributes:
        order: The ids of all events that there have ever been.
    """

    def __init__(self, bounds: Bounds, processes: int = 1, held: bool = True) -> None:
        self.bounds = bounds
        self.server = Server()
        self.brokers = [self.server.broker() for _ in range(processes)]
        self.topics: list[RemoteTopic] = [
            broker.topic("news", bounds, lambda: None) for broker in self.brokers
        ]
        for topic in self.topics:
            topic.log.held = held
        self.order: list[str] = []
        self._numbers = itertools.count(1)

    def publish(self, events: int = 1) -> None:
        for _ in range(events):
            number = next(self._numbers)
            with self.server.lock:
                answer = self.server.append(Entry("news", f"x.{number}", b"data: %d\n" % number, self.bounds))
            self.order.append(f"x.{number}-{answer}")

    def listener(self) -> Listener:
        """Return one in the first process that has had two events."""
        listener = Listener(self.topics[0], list)
        self.publish(2)
        listener.read_until(self.order[-1])
        return listener

    def delete(self) -> None:
        with self.server.lock:
            self.server.delete("news")

    def doubt(self, topic: RemoteTopic) -> None:
        """Have a replica compared, though nothing has happened."""
        thread, ours = topic.thread, topic._follower
        assert thread is not None
        assert ours is not None
        thread.call(lambda: thread.followers.refresh(ours))

    def catch_up(self, listeners: list[Listener]) -> None:
        """Let everything arrive, and have all of it read."""
        self.server.deaf = 0
        self.server.let_through()
        self.publish()
        for listener in listeners:
            listener.read_until(self.order[-1])

    def close(self) -> None:
        for broker in self.brokers:
            broker.close(1)

    def check(self, got: list[str | tuple[int | None, int]]) -> None:
        """Nothing came twice, or out of order, and nothing is missing where no gap is."""
        before, gap = -1, True
        for each in got:
            if isinstance(each, tuple):
                gap = True
                continue
            place = self.order.index(each)
            assert place > before, (each, got)
            assert gap or place == before + 1, (each, got, self.order)
            before, gap = place, False
        assert got[-1] == self.order[-1]


@pytest.fixture
def lives() -> Iterator[Lives]:
    made = Lives(Bounds(1000, 1 << 24))
    with in_a_hurry():
        yield made
        made.close()


def test_compared_before_it_was_told(lives: Lives) -> None:
    """What the engine has may be a later life than the next one: its reader is told of that, too."""
    listener = lives.listener()
    lives.delete()
    until(lambda: listener.log.number_of(listener.log.last) == 0)
    lives.server.holds = True
    lives.publish(2)
    lives.delete()
    lives.publish(2)
    asked = lives.server.calls["ends"]
    lives.doubt(lives.topics[0])
    until(lambda: lives.server.calls["ends"] > asked)
    lives.server.let_through()
    listener.read_until(lives.order[-1])
    assert listener.got == lives.order


def test_compared_when_it_is_never_told(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    """A life of which nothing is told in time may not be the next one: a gap, for which nobody waits long."""
    monkeypatch.setattr(follower, "ANSWER", 0.05)
    listener = lives.listener()
    lives.delete()
    until(lambda: listener.log.number_of(listener.log.last) == 0)
    lives.server.deaf = 2
    lives.publish(2)
    lives.doubt(lives.topics[0])
    listener.read_until(lives.order[-1])
    assert listener.got == [*lives.order[:2], (None, 0), *lives.order[2:]]


def test_told_of_older_lives(lives: Lives) -> None:
    """Who has gone on to a life that the engine has, and is told of those before it, sees nothing twice."""
    listener = lives.listener()
    lives.server.holds = True
    lives.delete()
    lives.publish(2)
    lives.delete()
    lives.publish(2)
    lives.doubt(lives.topics[0])
    listener.read_until(lives.order[-1])
    lives.server.let_through()
    lives.publish(1)
    listener.read_until(lives.order[-1])
    assert listener.got == [*lives.order[:2], (None, 0), *lives.order[4:]]


def test_coming_back_from_another_process() -> None:
    """An id of a life that its new process was not told of yet is not looked for in the one before."""
    lives = Lives(Bounds(1000, 1 << 24), processes=2)
    with in_a_hurry():
        try:
            other = Listener(lives.topics[1], list)
            lives.publish(5)
            other.read_until(lives.order[-1])
            lives.server.holds = True
            lives.delete()
            lives.publish(3)
            listener = Listener(lives.topics[1], list, after=lives.order[-2])
            assert listener.number == 2
            lives.publish(1)
            lives.server.let_through()
            listener.read_until(lives.order[-1])
            assert listener.got == lives.order[-2:]
        finally:
            lives.close()


def newest_number(topic: RemoteTopic) -> int:
    """Return the number of the newest event that a process has of the channel as it is."""
    replica = cast("Replica", topic.log)
    return replica.number_of(replica.last)


def has_had(listener: Listener) -> str:
    """Return the id that a reader comes back with: that of where it is, be it behind no event yet."""
    here = listener.log.id(listener.position)
    return here if GONE not in here else "".join(listener.ids[-1:])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(FIRST, FIRST + RUNS))
def test_at_random(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is told late, lost or asked in between: no jump is silent, nothing comes twice."""
    chance = random.Random(seed)
    monkeypatch.setattr(follower, "ANSWER", chance.choice([0.005, 0.05]))
    monkeypatch.setattr(followers, "LINGER", chance.choice([0.0, 0.002, 10.0]))
    lives = Lives(Bounds(chance.choice([1, 3, 1000]), 1 << 24), processes=2, held=chance.random() < 0.7)
    server = lives.server
    done = []
    with in_a_hurry():
        try:
            readers = [[Listener(topic, list)] for topic in lives.topics * 2]
            for _ in range(STEPS):
                does = chance.choice(DOES)
                done.append(does)
                listeners = chance.choice(readers)
                match does:
                    case "publish":
                        lives.publish(chance.choice([1, 1, 2, 5]))
                    case "delete":
                        lives.delete()
                    case "hold":
                        server.holds = True
                    case "let through":
                        server.let_through()
                    case "let some through":
                        server.let_through(chance.randint(1, 3))
                    case "doubt":
                        lives.doubt(chance.choice(lives.topics))
                    case "deaf":
                        server.deaf = chance.randint(1, 3)
                    case "cut" if chance.random() < 0.5:
                        server.cut()
                    case "read":
                        listeners[-1].read()
                    case "come back" if after := has_had(listeners[-1]):
                        listeners.append(Listener(chance.choice(lives.topics), list, after=after))
                    case "leave":
                        topic = chance.choice(lives.topics)
                        left = [(each, has_had(each[-1])) for each in readers if each[-1].topic is topic]
                        topic.unfollow()
                        chance.choice([lives.publish, lives.delete, lambda: None])()
                        for each, after in left:
                            each.append(Listener(topic, list, after=after or None))
                            if not after:
                                each[-1].got.append((None, 0))
                    case "slow":
                        server.delay = chance.choice([0.0, 0.003])
                    case "catch up" | "catch up, delete":
                        lives.catch_up([listeners[-1] for listeners in readers])
                        if "delete" in does:
                            lives.delete()
                            until(
                                lambda: (
                                    not any(newest_number(topic) for topic in lives.topics if topic.wanted)
                                )
                            )
            lives.catch_up([listeners[-1] for listeners in readers])
            for listeners in readers:
                lives.check([each for listener in listeners for each in listener.got])
        finally:
            print(*done)
            lives.close()
