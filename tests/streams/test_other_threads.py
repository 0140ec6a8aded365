"""What another thread does between any two lines of one, as the lock of all channels lets it."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from itertools import count
from types import ModuleType
from typing import Any
from unittest.mock import Mock

import pytest

import hug
from hug.eventstream.brokers import engine_thread
from hug.eventstream.brokers.lock import LOCK, held_here
from hug.eventstream.channels import audience as audience_module
from hug.eventstream.channels import fanout as fanout_module
from hug.eventstream.channels import group as group_module
from hug.eventstream.channels.audience import Audience
from hug.eventstream.channels.channel import fanout_of
from hug.eventstream.channels.group import Group
from hug.eventstream.channels.subscribing import Messages
from hug.eventstream.history import replica as replica_module
from hug.eventstream.history.cursor import Cursor
from hug.eventstream.history.log import Bounds, Log
from hug.eventstream.history.replica import Replica
from hug.eventstream.history.track import Track
from hug.eventstream.history.view import View
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


class Listening:
    """Readers that are served together, and do not keep up, or do."""

    def __init__(self, audience: Audience, *, complete: bool) -> None:
        self.audience = audience
        self.complete = complete
        self.readers = 0
        self.view: Any = self
        self.key = self

    def count(self, change: int) -> None:
        self.readers += change
        self.audience.count(self, change)  # type: ignore[arg-type]


@pytest.mark.parametrize("comes", [True, False])
def test_others_come_and_go(api: Any, *, comes: bool) -> None:
    """That some do not keep up is known in all threads, while others come and go."""
    pump: Any = None
    fanout = fanout_of(hug.sse.channel("news", api=api))
    others: list[Listening] = []
    for moment in at_each_line(audience_module, lambda: others[-1].count(1 if comes else -1)):
        audience = Audience(fanout, pump, None)
        Listening(audience, complete=False).count(1)
        others.append(Listening(audience, complete=True))
        if not comes:
            others[-1].count(1)
        with moment:
            assert not audience.complete


def test_behind_and_stuck() -> None:
    """That a reader does not keep up is known in all threads, while it goes from one place to another."""
    log = Log("life", Bounds(100, 1 << 24), LOCK)
    for _ in range(20):
        log.append(b"data: %b\n" % (b"x" * 50_000), 0.0)
    server, reader, pump = Mock(), Mock(), Mock()
    server.pending = None
    server.write = lambda _: Mock()  # it is taken later
    reader.connection, reader.ending = server, None
    group = Group(View([Track("news", log, lambda: "event")]), pump, ())
    group.join(reader, Cursor([0]), None)
    seen: list[bool] = []
    with BetweenLines({group_module.__file__}, 1, random.Random(1), lambda: seen.append(group.complete)):
        for _ in range(5):
            group.catch_up()
            group.moved(reader, gone=False)
    assert len(seen) > 50
    assert not any(seen)
    group.leave(reader)
    assert group.complete
