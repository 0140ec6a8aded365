"""What another thread does between any two lines of one, as the lock of all channels lets it."""

import random
from collections.abc import Callable, Iterator
from itertools import count
from types import ModuleType

import pytest

from hug.eventstream.brokers.lock import LOCK, held_here
from hug.eventstream.history import replica as replica_module
from hug.eventstream.history.log import Bounds
from hug.eventstream.history.replica import Replica

from ..between_lines import BetweenLines
from ..waiting import until
from .engine_in_memory import Server

BOUNDS = Bounds(1000, 1 << 24)


def at_each_line(module: ModuleType, step: Callable[[], object]) -> Iterator[BetweenLines]:
    """Have another thread's step come once in each block: before its first line of a module, its second ..."""
    for line in count():
        lines, steps = count(), iter([step])

        def look(line: int = line, lines: Iterator[int] = lines, steps: Iterator[object] = steps) -> None:
            if next(lines) >= line and not held_here() and next(steps, None):
                step()

        yield BetweenLines({module.__file__}, 1, random.Random(1), look)
        if next(steps, None):
            return  # there are no more lines


@pytest.mark.parametrize("follows", [True, False])
def test_place_of_an_id(*, follows: bool) -> None:
    """An id is in the past that it is of, or unknown, whenever that past ends: it is never beyond the end."""
    replica = Replica("life", BOUNDS, LOCK)

    def begin_another() -> None:
        if follows:
            replica.renew("next.0-0")
        else:
            replica.restart(0, "next-0", same=False)

    for moment in at_each_line(replica_module, begin_another):
        replica.restart(0, "life-0", same=False)
        for number in range(1, 6):
            replica.extend(number, f"me.{number}-{number}", b"data: x\n", 0.0)
        place = replica.position("me.3-3")
        with moment:
            assert replica.position("me.3-3") in (place, None)


def test_newest_id() -> None:
    """The newest id of a channel that is deleted meanwhile is the one before, or the one after."""
    broker = Server().broker()
    try:
        topic = broker.topic("news", BOUNDS, lambda: None)
        topic.follow()
        until(lambda: topic.follows)
        log = topic.log
        assert isinstance(log, Replica)
        for moment in at_each_line(replica_module, lambda: log.restart(0, "next-0", same=False)):
            log.restart(0, "life-0", same=False)
            with moment:
                assert topic.newest() in ("life-0", "next-0")
    finally:
        broker.close(1)
