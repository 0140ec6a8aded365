"""Channels of several processes, at random: who publishes, reads and fails when is drawn.

Whatever happens: all readers see one order; none sees an event twice, or misses one without being told; what
publishing has reported is true.
"""

import itertools
import logging
import os
import random
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from hug.eventstream.brokers import engine_thread
from hug.eventstream.history.log import Bounds
from hug.exceptions import FateUnknown, NotTaken

from ..waiting import until
from .engine_in_memory import Server
from .listening_to_topics import Listener

FIRST, RUNS = int(os.environ.get("HUG_RANDOM_FIRST", "0")), int(os.environ.get("HUG_RANDOM_RUNS", "25"))
STEPS = 40


@contextmanager
def in_a_hurry() -> Iterator[None]:
    """Have brokers try again at once, and say nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_thread, "FIRST_PAUSE", 0.001)
        patch.setattr(engine_thread, "LONGEST_PAUSE", 0.01)
        patch.setattr(logging.getLogger("hug"), "disabled", True)
        yield


class Processes:
    """Three processes on one engine, one channel, and any number of readers."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.server = Server()
        self.server.save()
        self.brokers = [self.server.broker(patience=0.3) for _ in range(3)]
        bounds = Bounds(chance.choice([1, 5, 100, 3000]), 1 << 24)
        self.topics = [broker.topic("news", bounds, lambda: None) for broker in self.brokers]
        self.published: list[Future[str]] = []
        self.listeners: list[Listener] = []
        self.numbers = itertools.count()
        self.done: list[str] = [str(bounds)]

    def step(self) -> None:
        """Do something."""
        does = self.chance.choices([function for function, _ in STEPS_THERE_ARE], STEP_WEIGHTS)[0]
        self.done.append(does.__name__)
        does(self)

    def publish(self) -> None:
        topic = self.chance.choice(self.topics)
        for _ in range(self.chance.choice([1, 1, 3, 20, 300, 1500])):
            self.published.append(topic.append(b"data: %d\n" % next(self.numbers)))

    def listen(self) -> None:
        if self.server.up:
            after = self.chance.choice([None, "start", 3])
            topic = self.chance.choice(self.topics)
            self.listeners.append(Listener(topic, lambda: self.server.run().ids, after))

    def read(self) -> None:
        if self.listeners and self.server.up:
            self.chance.choice(self.listeners).read()

    def lose_answers(self) -> None:
        self.server.loses = self.chance.randint(1, 3)

    def tell_not(self) -> None:
        self.server.deaf = self.chance.randint(1, 5)

    def cut(self) -> None:
        self.server.cut()

    def stop(self) -> None:
        self.server.stop()

    def start(self) -> None:
        self.server.start()

    def save(self) -> None:
        self.server.save()

    def restore(self) -> None:
        self.server.restore()

    def wipe(self) -> None:
        self.server.wipe()
        if self.chance.random() < 0.5:
            self.server.cut()

    def fill(self) -> None:
        self.server.full = not self.server.full

    def wait(self) -> None:
        until(lambda: all(each.done() for each in self.published), "the fate of what was published")

    def settle(self) -> None:
        """Let everything be well again, and see what has come of it."""
        server = self.server
        server.start()
        with server.lock:
            server.full, server.loses, server.deaf = False, 0, 0
        self.wait()
        last = self.topics[0].append(b"data: the last\n").result(10)
        for listener in self.listeners:
            listener.read_until(last)
            listener.check(server.run().ids)
        for each in self.published:
            error = each.exception()
            assert error is None or isinstance(error, NotTaken | FateUnknown)
        taken = {each.result().rpartition("-")[0] for each in self.published if each.exception() is None}
        assert taken <= server.ever.keys()
        failed = [each for each in self.published if isinstance(each.exception(), NotTaken)]
        assert not [each for each in failed if each.request in server.run().known]

    def close(self) -> None:
        for broker in self.brokers:
            broker.close(1)


STEPS_THERE_ARE = [
    (Processes.publish, 10), (Processes.listen, 4), (Processes.read, 4), (Processes.lose_answers, 2),
    (Processes.tell_not, 2), (Processes.cut, 2), (Processes.stop, 1), (Processes.start, 2),
    (Processes.save, 2), (Processes.restore, 1), (Processes.wipe, 0.5), (Processes.fill, 1),
    (Processes.wait, 2),
]  # fmt: skip
STEP_WEIGHTS = [weight for _, weight in STEPS_THERE_ARE]


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [int(x) for x in os.environ["SEEDS"].split(",")] if "SEEDS" in os.environ else range(RUNS)
)
def test_at_random(seed: int) -> None:
    """Readers and publishers are told the truth, whatever fails in between."""
    with in_a_hurry():
        processes = Processes(random.Random(seed))
        try:
            for _ in range(STEPS):
                processes.step()
            processes.settle()
        finally:
            print(*processes.done)
            processes.close()
