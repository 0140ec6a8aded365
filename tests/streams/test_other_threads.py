"""What another thread does between any two lines of one, as the lock of all channels lets it."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from itertools import count
from types import ModuleType
from typing import Any

import pytest

import hug
from hug.eventstream.brokers import engine_thread
from hug.eventstream.brokers.lock import LOCK, held_here
from hug.eventstream.channels import fanout as fanout_module
from hug.eventstream.channels.channel import fanout_of
from hug.eventstream.channels.subscribing import Messages
from hug.eventstream.history import replica as replica_module
from hug.eventstream.history.log import Bounds
from hug.eventstream.history.replica import Replica
from hug.exceptions import Unreachable

from ..between_lines import BetweenLines
from ..waiting import until
from .engine_in_memory import Server

BOUNDS = Bounds(1000, 1 << 24)


def at_each_line(module: ModuleType, step: Callable[[], object]) -> Iterator[BetweenLines]:
    """Have another thread's step come once in each block: before its first line of a module, its second."""
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


@pytest.mark.usefixtures("no_errors")
def test_last_reader_leaves(api: Any) -> None:
    """Who begins to read while the last reader leaves gets all that is published from then on."""
    readers: list[Messages] = []
    published: list[str] = []

    def come() -> None:
        readers[0].__enter__()
        published.extend([channel.publish(each).id for each in "abc"])

    for number, moment in enumerate(at_each_line(fanout_module, come)):
        channel = hug.sse.channel(f"news {number}", history=0, api=api)
        readers[:], published[:] = [channel.subscribe()], []
        with channel.subscribe() as first, moment:
            first.close()
        if published:
            with readers[0] as messages:
                assert [getattr(messages.next_message(0), "id", "") for _ in published] == published
            assert fanout_of(channel).idle()


def test_broker_is_closed() -> None:
    """Who asks a broker that is being closed, or has been, learns that there is no answer."""
    broker = Server().broker()
    topic = broker.topic("news", BOUNDS, lambda: None)
    topic.follow()
    until(lambda: topic.follows)
    thread = broker.thread
    asked: list[Future[Any]] = []

    def ask() -> None:
        asked.extend([thread.ask(lambda link: link.call(link.engine.ends("news"))), topic.page(0)])
        asked.append(connected := Future())
        thread.connect(60, connected)

    with BetweenLines({engine_thread.__file__}, 1, random.Random(1), ask):
        broker.close(1)
    ask()
    for answer in asked:
        assert answer.exception(10) is None or isinstance(answer.exception(), Unreachable)
    assert isinstance(asked[-1].exception(), Unreachable)


@pytest.mark.parametrize("published", [True, False])
def test_nothing_begins_for_readers_that_have_left(api: Any, *, published: bool) -> None:
    """A reader that leaves begins no task, whatever comes: its event loop may be about to end."""
    channel = hug.sse.channel("news", history=0, api=api)

    async def leave() -> None:
        async with channel.subscribe():
            if published:
                publish = threading.Thread(target=channel.publish, args=("x",))
                publish.start()
                publish.join()
        for _ in range(3):
            assert asyncio.all_tasks() == {asyncio.current_task()}
            await asyncio.sleep(0)

    asyncio.run(leave())
    assert fanout_of(channel).idle()
