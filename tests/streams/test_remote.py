"""The broker for several processes: what it promises to who publishes and who reads, on an engine that fails.

What holds on real engines is in tests/engines; here is what depends on a certain moment.
"""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from hug.eventstream.brokers import (
    engine_thread,
    follower,
    followers,
    ids,
    link,
    lock,
    outbox,
    pending_event,
    remote,
    remote_topic,
    unawaited_failures,
)
from hug.eventstream.brokers.remote import RemoteBroker
from hug.eventstream.brokers.remote_topic import RemoteTopic
from hug.eventstream.engines.engine import Deleted, Ends, Entry, Kept
from hug.eventstream.history.beginning import Place
from hug.eventstream.history.log import Bounds
from hug.exceptions import BrokerError, ChannelClosed, FateUnknown, LeaseLost, NotTaken, Refused, Unreachable

from ..between_lines import BetweenLines
from ..waiting import until
from .engine_in_memory import Server
from .listening_to_topics import Listener

BOUNDS = Bounds(1000, 1 << 24)


class Processes:
    """Brokers on one engine, as of several processes."""

    def __init__(self) -> None:
        self.server = Server()
        self.brokers: list[RemoteBroker] = []

    def broker(self, patience: float = 10.0) -> RemoteBroker:
        made = self.server.broker(patience)
        self.brokers.append(made)
        return made

    def topic(
        self, name: str = "news", patience: float = 10.0, grown: Callable[[], None] = lambda: None
    ) -> RemoteTopic:
        return self.broker(patience).topic(name, BOUNDS, grown)

    def listener(self, name: str = "news", after: Any = None) -> Listener:
        return Listener(self.topic(name), lambda: self.server.run(name).ids, after)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    """None yet; those that a test makes end with it."""
    monkeypatch.setattr(engine_thread, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(engine_thread, "LONGEST_PAUSE", 0.02)
    made = Processes()
    yield made
    made.server.hangs = False
    for broker in made.brokers:
        broker.close(0.5)
    until(lambda: not made.server.connections, "the end of all connections")


@pytest.fixture
def server(processes: Processes) -> Server:
    return processes.server


def event(number: int) -> bytes:
    return b"data: %d\n" % number


@contextlib.contextmanager
def busy(broker: RemoteBroker) -> Iterator[None]:
    """Hold up the thread of a broker: what happens meanwhile it learns of at once, when it goes on."""
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        over.wait(60)

    broker.thread.call(hold)
    assert held.wait(60)
    try:
        yield
    finally:
        over.set()


# Publishing


def test_burst(processes: Processes, server: Server) -> None:
    """Many events at once are few questions to the engine, and keep their order."""
    channel = processes.topic()
    channel.append(event(0)).result(20)
    with busy(processes.brokers[0]):
        published = [channel.append(event(number)) for number in range(1, 401)]
    positions = [int(each.result(20).rpartition("-")[2]) for each in published]
    assert positions == list(range(2, 402))
    assert [each.fields for each in server.run().events] == [event(number) for number in range(401)]
    assert server.calls["append"] <= 1 + 3


def test_ids(processes: Processes) -> None:
    """Ids are short, and of characters that every client sends back."""
    event_id = processes.topic().append(b"data: x\n").result(20)
    assert len(event_id) <= 64
    assert set(event_id) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")


def test_lost_answers(processes: Processes, server: Server) -> None:
    """An event whose answer was lost is asked for again, and taken once."""
    channel = processes.topic()
    server.loses = 3
    published = [channel.append(event(number)) for number in range(10)]
    assert [int(each.result(20).rpartition("-")[2]) for each in published] == list(range(1, 11))
    assert set(server.ever.values()) == {1}
    assert server.calls["connect"] == 4


def test_patience_with_an_absent_engine(processes: Processes, server: Server) -> None:
    """What was never sent has not been taken, for certain; it is told when patience is over."""
    server.stop()
    failing = processes.topic(patience=0.2).append(event(1))
    with pytest.raises(NotTaken, match=r"has not answered for 0\.2 s"):
        failing.result(20)
    server.start()
    until(lambda: processes.brokers[0].health().connected)
    assert not server.ever
    assert processes.brokers[0].health().waiting == 0


@pytest.mark.slow
def test_patience_with_a_silent_engine(processes: Processes, server: Server) -> None:
    """What was sent may have been taken: nobody knows, and that is said."""
    channel = processes.topic(patience=0.3)
    processes.brokers[0].connect(5).result(20)
    server.hangs = True
    failing = channel.append(event(1))
    with pytest.raises(FateUnknown, match="only if it may come twice"):
        failing.result(20)


def test_refused(processes: Processes, server: Server) -> None:
    """An engine that refuses an event says why to the one who asks."""
    channel = processes.topic()
    server.full = True
    with pytest.raises(Refused, match="full"):
        channel.append(event(1)).result(20)
    server.full = False
    channel.append(event(2)).result(20)


def test_closed(processes: Processes) -> None:
    """A channel that was closed takes nothing, and who reads it knows so without asking."""
    one, other = processes.topic(), processes.topic()
    one.append(b"").result(20)
    with pytest.raises(ChannelClosed):
        other.append(event(1)).result(20)
    ready = other.follow()
    assert ready is not None
    ready.result(20)
    assert other.log.closed
    with pytest.raises(ChannelClosed, match="news"):
        other.append(event(1))


def test_closed_while_read(processes: Processes) -> None:
    """Readers learn of the end of a channel as of its events."""
    listener = processes.listener()
    last = processes.topic().append(b"").result(20)
    listener.read_until(last)
    assert listener.log.closed


def test_full_outbox(processes: Processes, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more waits for an engine than is allowed; who would publish more is told, or waits for room."""
    monkeypatch.setattr(outbox, "MOST_EVENTS", 100)
    server.stop()
    channel = processes.topic()
    published = [channel.append(event(number)) for number in range(50)]
    assert channel.room() is None
    published += [channel.append(event(number)) for number in range(50, 100)]
    room = channel.room()
    assert room is not None
    with pytest.raises(NotTaken, match=r"100 events, .* bytes, wait for test:// already"):
        channel.append(event(100))
    assert not room.done()
    server.start()
    room.result(20)
    assert [int(each.result(20).rpartition("-")[2]) for each in published] == list(range(1, 101))
    until(lambda: processes.brokers[0].health().waiting == 0)
    assert processes.brokers[0].thread.outbox.bytes == 0


def test_outbox_is_bounded_by_bytes(
    processes: Processes, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same by bytes; a single event may have more."""
    monkeypatch.setattr(outbox, "MOST_BYTES", 1000)
    server.stop()
    channel = processes.topic()
    large = channel.append(b"x" * 5000)
    with pytest.raises(NotTaken, match="5000 bytes"):
        channel.append(b"x")
    server.start()
    large.result(20)


def test_lease(processes: Processes, server: Server) -> None:
    """Who publishes for a lease that somebody else has by now is refused."""
    first, second = processes.broker(), processes.broker()
    number = first.lease("run", "one", 60).result(20)
    assert number is not None
    channel = first.topic("news", BOUNDS, lambda: None)
    channel.append(event(1), ("run", number)).result(20)
    assert first.lease("run", "one", 0.05).result(20) == number
    later = until(lambda: second.lease("run", "other", 60).result(20))
    assert later > number
    assert first.lease("run", "one", 5).result(20) is None
    with pytest.raises(LeaseLost):
        channel.append(event(2), ("run", number)).result(20)
    second.release("run", "other").result(20)
    assert first.lease("run", "one", 5).result(20)


def test_any_thread_and_loop(processes: Processes, server: Server) -> None:
    """Threads and coroutines of two event loops publish at the same time; each learns of its own events."""
    channel = processes.topic()

    def in_a_thread() -> None:
        for number in range(100):
            channel.append(event(number)).result(10)

    def on_a_loop() -> None:
        async def main() -> None:
            published = [asyncio.wrap_future(channel.append(event(number))) for number in range(100)]
            assert len(set(await asyncio.gather(*published))) == 100

        asyncio.run(main())

    threads = [threading.Thread(target=each) for each in (in_a_thread, on_a_loop, in_a_thread, on_a_loop)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert server.run().last == 400


@pytest.mark.parametrize("one_in", [1, 3, 10])
def test_between_any_two_lines(processes: Processes, server: Server, one_in: int) -> None:
    """Finalizers and signal handlers publish between any two lines of a thread that does so, too."""
    files = {
        each.__file__ for each in (remote, remote_topic, outbox, pending_event, engine_thread, lock, ids)
    }
    numbers = iter(range(300))
    published: list[Future[str]] = []
    channel = processes.topic()

    def publish() -> None:
        for number in numbers:
            published.append(channel.append(event(number)))
            break

    with BetweenLines(files, one_in, random.Random(one_in), publish):
        for _ in range(50):
            publish()
    assert len({each.result(10) for each in published}) == len(published) == server.run().last
    assert len(server.connections) == 1
    until(lambda: processes.brokers[0].health().waiting == 0)
    assert processes.brokers[0].thread.outbox.bytes == 0


def test_answer_that_cannot_come(processes: Processes) -> None:
    """Who asks for the id where the answer cannot come through is told so, and does not wait for ever."""
    broker = processes.broker()
    channel = broker.topic("news", BOUNDS, lambda: None)
    broker.connect(5).result(20)
    answers: list[str] = []

    def ask() -> None:
        try:
            channel.append(event(1)).result()
        except TimeoutError as error:
            answers.append(str(error))

    with lock.LOCK:
        ask()
    broker.thread.call(ask)
    until(lambda: len(answers) == 2)
    assert all("goes on" in each for each in answers)


# Failures that nobody asks about


def test_failure_that_nobody_asks_about(
    processes: Processes, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged: the first at once, and others together."""
    server.full = True
    channel = processes.topic()
    for number in range(10):
        channel.append(event(number))
    until(lambda: [each for each in caplog.records if "full" in each.getMessage()], "the first")
    until(lambda: processes.brokers[0].thread.outbox._unheard._more == 9)
    gc.collect()
    assert len([each for each in caplog.records if "full" in each.getMessage()]) == 1
    processes.brokers[0].close(1)
    assert "9 more events" in caplog.text


def test_failure_that_somebody_asks_about(
    processes: Processes, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """It is not logged, whoever asks in whatever way."""
    server.full = True
    channel = processes.topic()
    with pytest.raises(Refused):
        channel.append(event(1)).result(20)
    assert isinstance(channel.append(event(1)).exception(5), Refused)

    async def main() -> None:
        with pytest.raises(Refused):
            await asyncio.wrap_future(channel.append(event(1)))

    asyncio.run(main())
    gc.collect()
    assert "full" not in caplog.text


# The connection


def test_nothing_before_it_is_needed(processes: Processes, server: Server) -> None:
    """A broker does not connect, and has no thread, before somebody publishes or reads."""
    before = threading.active_count()
    broker = processes.broker()
    broker.topic("news", BOUNDS, lambda: None)
    assert not broker.health().connected
    assert broker.health().since == 0
    assert threading.active_count() == before
    assert not server.calls


def test_connect(processes: Processes, server: Server) -> None:
    """Whoever wants to know at the start whether an engine is there can wait for it, so long."""
    server.stop()
    broker = processes.broker()
    with pytest.raises(Unreachable, match="test:// cannot be reached: nobody is there"):
        broker.connect(0.1).result(20)
    waiting = broker.connect(10)
    server.start()
    waiting.result(20)
    assert broker.health().connected
    broker.connect(0).result(20)


def test_refusal_at_the_start(processes: Processes, server: Server) -> None:
    """An engine that refuses us is an error at once, and not one to wait for."""
    server.refuses = "test:// refuses our password"
    with pytest.raises(BrokerError, match="refuses our password"):
        processes.broker().connect(10).result(20)


def test_refusal_later(
    processes: Processes, server: Server, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that refuses us when we come back is logged once; who publishes is told why, at once."""
    monkeypatch.setattr(engine_thread, "REFUSED_PAUSE", 0.02)
    channel = processes.topic()
    channel.append(event(1)).result(20)
    server.refuses = "the password has changed"
    server.cut()
    until(lambda: "password" in processes.brokers[0].health().error)
    before = time.monotonic()
    with pytest.raises(NotTaken, match="the password has changed"):
        channel.append(event(2)).result(20)
    assert time.monotonic() - before < 5
    attempts = server.calls["connect"]
    time.sleep(0.1)  # some more attempts
    assert server.calls["connect"] == attempts
    assert len([each for each in caplog.records if "password" in each.getMessage()]) == 1
    server.refuses = ""
    until(lambda: processes.brokers[0].health().connected)
    channel.append(event(3)).result(20)


def test_hanging_engine(
    processes: Processes, server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A question that gets no answer is given up, and asked again on another connection."""
    channel = processes.topic()
    channel.append(event(1)).result(20)
    monkeypatch.setattr(link, "ANSWER", 0.1)
    server.hangs = True
    published = channel.append(event(2))
    until(lambda: "no answer within 0.1 s" in caplog.text)
    server.hangs = False
    published.result(20)
    assert server.calls["connect"] > 1


def test_engine_that_fails_at_once(processes: Processes, server: Server) -> None:
    """An engine that fails without waiting for anything leaves the others in the thread their turns."""
    channel = processes.topic()
    channel.append(event(1)).result(20)
    thread = processes.brokers[0].thread
    lost = thread.link
    assert lost is not None

    async def fail(_: object) -> Any:
        raise Unreachable("at once")

    lost.engine.append = fail  # type: ignore[method-assign]
    assert channel.append(event(2)).result(20).endswith("-2")
    assert thread.link is not lost


def test_engine_with_a_bug(processes: Processes, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """An engine that raises what it must not is logged with the traceback, and connected anew."""
    channel = processes.topic()
    server.breaks = [ZeroDivisionError("a bug"), KeyError("another"), AttributeError("a third")]
    channel.append(event(1)).result(20)
    logged = [each.exc_info for each in caplog.records if each.exc_info]
    assert [each[0] for each in logged] == [ZeroDivisionError, KeyError, AttributeError]


def test_health(processes: Processes, server: Server) -> None:
    """It is known whether the engine can be reached, since when, why not, and what waits for it."""
    broker = processes.broker()
    channel = broker.topic("news", BOUNDS, lambda: None)
    ready = channel.follow()
    assert ready is not None
    ready.result(20)
    health = broker.health()
    assert (health.connected, health.error, health.followed, health.waiting) == (True, "", 1, 0)
    server.stop()
    until(lambda: not broker.health().connected)
    published = channel.append(event(1))
    health = broker.health()
    assert health.waiting == 1
    assert health.error
    assert 0 <= health.since < 15
    server.start()
    published.result(20)


def test_prune(processes: Processes, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is past its age is pruned now and then, while there is a connection."""
    monkeypatch.setattr(engine_thread, "PRUNE", 0.01)
    processes.broker().connect(5).result(20)
    until(lambda: server.calls["prune"] > 3)


def test_close_and_again(processes: Processes, server: Server) -> None:
    """Closing brings away what waits, and readers go on when the broker is needed again."""
    listener = processes.listener()
    reading = processes.brokers[0]
    broker = processes.broker()
    channel = broker.topic("news", BOUNDS, lambda: None)
    published = [channel.append(event(number)) for number in range(100)]
    broker.close(5)
    assert all(each.done() for each in published)
    listener.read_until(published[-1].result(0))
    reading.close(5)
    assert not server.connections
    channel.append(event(1)).result(20)
    last = listener.topic.append(event(2)).result(20)
    listener.read_until(last)
    listener.check(server.run().ids)
    assert len(listener.ids) == 102


def test_close_without_an_engine(
    processes: Processes, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be brought away fails, and is logged; closing takes no longer than it may."""
    server.stop()
    channel = processes.topic()
    published = [channel.append(event(number)) for number in range(3)]
    before = time.monotonic()
    processes.brokers[0].close(0.2)
    assert time.monotonic() - before < 5
    for each in published:
        with pytest.raises(NotTaken, match="closed"):
            each.result(0)
    assert "3 events were still waiting for test://" in caplog.text


def test_fork(processes: Processes, server: Server) -> None:
    """A process that is forked off has a thread and a publisher of its own; the parent's goes on."""
    channel = processes.topic()
    first = channel.append(event(1)).result(20)
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()

    def child() -> None:
        # The engine is a copy here, too: what counts is that there is an answer.
        there.send((channel.append(event(2)).result(10), processes.brokers[0].health().connected))
        os._exit(0)

    process = context.Process(target=child, daemon=True)
    process.start()
    assert here.poll(20)
    event_id, connected = here.recv()
    process.join(10)
    assert connected
    assert event_id.partition(".")[0] != first.partition(".")[0]
    assert channel.append(event(3)).result(20).endswith("-2")


# Reading


def test_delivery(processes: Processes, server: Server) -> None:
    """What one process publishes is in the logs of all that follow, which are told."""
    grown = threading.Event()
    channel = processes.topic(grown=grown.set)
    listener = Listener(channel, list)
    grown.clear()
    publisher = processes.topic()
    last = [publisher.append(event(number)) for number in range(20)][-1].result(20)
    assert grown.wait(5)
    listener.read_until(last)
    assert listener.ids == server.run().ids


def test_events_that_were_not_told(processes: Processes, server: Server) -> None:
    """The live feed of an engine may skip some: they are read from its log."""
    listener = processes.listener()
    channel = processes.topic()
    server.deaf = 3
    last = [channel.append(event(number)) for number in range(5)][-1].result(20)
    listener.read_until(last)
    assert listener.got == server.run().ids


def test_wiped_without_a_word(processes: Processes, server: Server) -> None:
    """An engine that forgets everything is noticed with the next event: a gap, then all of the new past."""
    listener = processes.listener()
    channel = processes.topic()
    listener.read_until([channel.append(event(number)) for number in range(5)][-1].result(20))
    server.wipe()
    listener.read_until(channel.append(event(6)).result(20))
    assert listener.got[5] == (None, 0)
    assert listener.got[6:] == server.run().ids


def test_younger_engine(processes: Processes, server: Server) -> None:
    """One that was restored is noticed, also when a publisher that knew nothing came first."""
    listener = processes.listener()
    channel = processes.topic()
    listener.read_until([channel.append(event(number)) for number in range(5)][-1].result(20))
    server.save()
    listener.read_until([channel.append(event(number)) for number in range(5)][-1].result(20))
    with server.lock:
        server.restore()
        published = [channel.append(event(number)) for number in range(8)]
    listener.read_until(published[-1].result(20))
    assert listener.got[10] == (None, 5)
    assert listener.got[11:] == server.run().ids[5:]


def test_away_while_events_were_lost(processes: Processes, server: Server) -> None:
    """Who was away while the engine lost events, and has none of them, is told that there were some."""
    publisher, channel = processes.topic(), processes.topic()
    listener = Listener(channel, list)
    ids = [publisher.append(event(number)).result(20) for number in range(5)]
    server.save()
    ids += [publisher.append(event(number)).result(20) for number in range(5)]
    listener.read_until(ids[-1])
    with server.lock:
        server.restore()
    since = [publisher.append(event(number)).result(20) for number in range(3)]
    listener.read_until(since[-1])

    def place(after: str) -> Place:
        found = channel.locate(after)
        return found if isinstance(found, Place) else found.result(20)

    assert [place(after).lost for after in (*ids[:5], *since)] == [None] * 5 + [0] * 3
    assert place(ids[7]).lost is None


@pytest.mark.slow
def test_away_for_long(processes: Processes, server: Server) -> None:
    """Who missed more than a process holds reads it in pages, exactly."""
    listener = processes.listener()
    server.run()
    broker = processes.broker()
    channel = broker.topic("news", Bounds(5000, 1 << 24), lambda: None)
    listener.read_until(channel.append(event(0)).result(20))
    reading = processes.brokers[0].thread
    reading.call(lambda: time.sleep(0.3))  # it is busy, and the engine drops what it should be told
    time.sleep(0.05)
    server.deaf = 3000
    last = [channel.append(event(number)) for number in range(3001)][-1].result(10)
    listener.read_until(last)
    assert listener.got == server.run().ids
    assert server.calls["read"] < 60


def test_follow_while_the_engine_is_away(processes: Processes, server: Server) -> None:
    """Following, places and pages wait for an engine that is away; readers that leave are let go."""
    processes.topic().append(event(1)).result(20)
    server.stop()
    channel = processes.topic()
    ready = channel.follow()
    place = channel.locate("start")
    assert ready is not None
    assert isinstance(place, Future)
    assert not ready.done()
    server.start()
    ready.result(20)
    assert place.result(20)[:2] == (0, 0)


def test_leaving(processes: Processes, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel that nobody reads is followed no more after a while, and whoever waits for it is told."""
    monkeypatch.setattr(followers, "LINGER", 0.05)
    channel = processes.topic()
    listener = Listener(channel, list)
    listener.read_until(processes.topic().append(event(1)).result(20))
    with busy(processes.brokers[0]):
        channel.unfollow()
        assert channel.follow() is None  # somebody came at once
    time.sleep(0.1)
    assert processes.brokers[0].health().followed == 1
    server.stop()
    until(lambda: not processes.brokers[0].health().connected)
    page = channel.page(0)
    channel.unfollow()
    with pytest.raises(Unreachable, match="not followed any more"):
        page.result(20)
    server.start()
    until(lambda: processes.brokers[0].health().followed == 0)
    assert channel.log.oldest == channel.log.last


@pytest.mark.slow
@pytest.mark.parametrize("absent", [False, True])
def test_leaving_while_it_is_compared(
    processes: Processes, server: Server, monkeypatch: pytest.MonkeyPatch, absent: bool
) -> None:
    """A channel that is left while it is compared is not taken for one that is followed."""
    monkeypatch.setattr(followers, "LINGER", 0.0)
    publisher, channel = processes.topic(), processes.topic()
    broker = processes.brokers[-1]
    listener = Listener(channel, list)
    listener.read_until(publisher.append(event(1)).result(20))
    if absent:
        publisher.delete().result(20)
        until(lambda: listener.log.number_of(listener.log.last) == 0)
    server.way = 0.3
    doubt(server)
    channel.unfollow()
    until(lambda: broker.health().followed == 0)
    until(lambda: not broker.thread.followers._working, "it has been compared")
    assert not channel.follows
    for number in (2, 3):  # of which it is not told
        publisher.delete().result(20)
        last = publisher.append(event(number)).result(20)
    ready = channel.follow()
    assert ready is not None
    ready.result(20)
    listener.read_until(last)
    assert listener.got[1:] == [(None, 0), last]


def test_coming_back(processes: Processes, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel that is read again after a while is as true as before."""
    monkeypatch.setattr(followers, "LINGER", 0.01)
    channel, publisher = processes.topic(), processes.topic()
    listener = Listener(channel, list)
    for number in range(5):
        channel.unfollow()
        until(lambda: processes.brokers[0].health().followed == 0)
        last = publisher.append(event(number)).result(20)
        ready = channel.follow()
        assert ready is not None
        ready.result(20)
        listener.read_until(last)
    assert listener.got == server.run().ids


def test_coming_back_while_it_is_left(
    processes: Processes, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes while the engine is told that a channel is followed no more is told of it all the same."""
    monkeypatch.setattr(followers, "LINGER", 0.0)
    channel, publisher = processes.topic(), processes.topic()
    listener = Listener(channel, list)
    server.delay = 0.2
    channel.unfollow()
    until(lambda: server.calls["unfollow"] == 1)
    server.delay = 0.0
    ready = channel.follow()
    assert ready is not None
    ready.result(20)
    until(lambda: server.calls["unfollowed"] == 1)
    listener.read_until(publisher.append(event(1)).result(20))


def test_two_topics_of_a_name(processes: Processes, server: Server) -> None:
    """Two topics of the same channel in one process share what is told of it; one may go."""
    broker = processes.broker()
    topics = [broker.topic("news", BOUNDS, lambda: None) for _ in range(2)]
    listeners = [Listener(each, list) for each in topics]
    assert server.calls["follow"] == 1
    last = processes.topic().append(event(1)).result(20)
    for each in listeners:
        each.read_until(last)
    topics[0].unfollow()
    listeners[1].read_until(processes.topic().append(event(2)).result(20))


def test_pages_are_shared(processes: Processes, server: Server) -> None:
    """A crowd that comes back at once asks the engine for each page once."""
    channel = processes.topic()
    ids = [each.result(20) for each in [channel.append(event(number)) for number in range(500)]]
    reading = processes.topic()
    crowd = [Listener(reading, list, ids[99]) for _ in range(20)]
    for each in crowd:
        each.read_until(ids[-1])
        assert each.got == ids[100:]
    assert server.calls["read"] <= 4


def test_places(processes: Processes, server: Server) -> None:
    """Where a reader begins: by id, by number, at the start; and what is no id of this channel is a gap."""
    publisher = processes.broker().topic("news", Bounds(100, 1 << 24), lambda: None)
    ids = [each.result(20) for each in [publisher.append(event(number)) for number in range(150)]]
    channel = processes.topic()
    ready = channel.follow()
    assert ready is not None
    ready.result(20)

    def place(after: Any) -> Place:
        found = channel.locate(after)
        return found if isinstance(found, Place) else found.result(20)

    assert place(None) == Place(150)
    assert place(10) == Place(140, 0, ids[139])
    assert place(1000) == place("start") == Place(50)
    assert place(ids[149]) == Place(150)
    assert place(ids[100]) == Place(101)
    assert place(ids[49]) == Place(50)
    assert place(ids[9]) == Place(10)  # from where a page tells of the loss
    page = channel.page(10).result(20)
    assert (page.start, len(page.rows)) == (50, 100)
    assert place(f"{server.run().life}-0") == place("0-0") == Place(0)
    for forged in ("", "x", "x-101", "x-0", "x-151", "x-999999999999", f"{ids[100]}-101", "gone-120"):
        assert place(forged) == Place(50, None), forged


def test_place_at_the_beginning(processes: Processes, server: Server) -> None:
    """Who begins before the first event has an id of that, to come back with: nothing is lost then."""
    processes.topic().append(event(0)).result(20)
    channel = processes.topic()
    ready = channel.follow()
    assert ready is not None
    ready.result(20)
    for after in ("start", 5):
        found = channel.locate(after)
        place = found if isinstance(found, Place) else found.result(20)
        assert place == Place(0, 0, f"{server.run().life}-0")
        assert place.event_id is not None
        again = channel.locate(place.event_id)
        assert (again if isinstance(again, Place) else again.result(20)) == Place(0)


def test_place_of_an_event_that_was_taken_out(processes: Processes, server: Server) -> None:
    """Who asks for so many of the newest begins there, be the event before them deleted by other means."""
    publisher = processes.topic()
    for number in range(10):
        publisher.append(event(number)).result(20)
    with server.lock:
        del server.runs["news"].events[4]
    channel = processes.topic()
    ready = channel.follow()
    assert ready is not None
    ready.result(20)
    found = channel.locate(5)
    assert (found if isinstance(found, Place) else found.result(5)) == Place(5)


def test_id_that_is_newer_than_the_log(
    processes: Processes, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that comes from another process may be ahead of this one: that is caught up with first."""
    monkeypatch.setattr(follower, "ANSWER", 0.1)
    channel, publisher = processes.topic(), processes.topic()
    ready = channel.follow()
    assert ready is not None
    ready.result(20)
    server.deaf = 3
    ids = [publisher.append(event(number)).result(20) for number in range(3)]
    place = channel.locate(ids[-1])
    assert isinstance(place, Future)
    assert place.result(20) == Place(3)


def test_id_that_another_event_gets_just_now(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id of another past is not taken for the event with its number that comes while it is looked for."""
    channel, publisher = processes.topic(), processes.topic()
    ready = channel.follow()
    assert ready is not None
    ready.result(20)
    for number in range(3):
        publisher.append(event(number)).result(20)
    link = processes.brokers[0].thread.link
    assert link is not None
    ends = link.engine.ends

    async def ends_later(name: str) -> Ends:
        publisher.append(event(3)).result(20)
        return await ends(name)

    monkeypatch.setattr(link.engine, "ends", ends_later)
    place = channel.locate("of.another-4")
    assert isinstance(place, Future)
    assert place.result(20)[:2] == (0, None)


def test_clocks(processes: Processes, server: Server) -> None:
    """However wrong the clocks are, the age of an event is counted right."""
    for ahead in (-3600.0, 3600.0):
        server.ahead = ahead
        channel = processes.broker().topic("news", Bounds(100, 1 << 24, 5), lambda: None)
        listener = Listener(channel, list)
        listener.read_until(processes.topic().append(event(1)).result(20))
        channel.log.expire(time.monotonic())
        assert channel.log.last - channel.log.resumable == 1
        channel.log.expire(time.monotonic() + 6)
        assert channel.log.last == channel.log.resumable


@pytest.mark.slow
def test_many_channels(processes: Processes, server: Server) -> None:
    """A process can follow very many channels, also after it has lost the connection."""
    broker = processes.broker()
    topics = [broker.topic(f"room {number}", BOUNDS, lambda: None) for number in range(5000)]
    for each in [channel.follow() for channel in topics]:
        assert each is None or each.result(20) is None
    server.cut()
    publisher = processes.topic("room 4999")
    publisher.append(event(1)).result(20)
    until(lambda: topics[-1].log.last == 1)
    until(lambda: all(each.follows for each in topics))
    assert broker.health().followed == 5000


def test_delete(processes: Processes, server: Server) -> None:
    """A channel that was deleted has no past; its readers go on with what is published then."""
    broker = processes.broker()
    channel = broker.topic("news", BOUNDS, lambda: None)
    listener = processes.listener()
    listener.read_until(channel.append(event(1)).result(20))
    assert broker.exists("news").result(20)
    channel.delete().result(20)
    assert not broker.exists("news").result(20)
    assert channel.newest().result(20) == "0-0"
    last = channel.append(event(2)).result(20)
    assert last.endswith("-1")
    listener.read_until(last)
    assert listener.ids[-1] == last


@pytest.mark.slow
def test_delete_what_is_locked(processes: Processes, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who deletes a channel that is locked waits for that, as long as patience lasts; nobody else does."""
    monkeypatch.setattr(link, "ANSWER", 0.1)
    broker = processes.broker(patience=1.0)
    channel = broker.topic("news", BOUNDS, lambda: None)
    channel.append(event(1)).result(5)
    connections = set(server.connections)
    server.locked.add("news")
    deleting = channel.delete()
    began = time.monotonic()
    until(lambda: time.monotonic() > began + 0.3)
    broker.topic("other", BOUNDS, lambda: None).append(event(1)).result(5)
    server.locked.clear()
    deleting.result(5)
    assert server.run().life == ""
    server.locked.add("news")
    with pytest.raises(Unreachable):
        channel.delete().result(5)
    assert server.connections == connections


@pytest.mark.parametrize("closed", [False, True])
def test_delete_with_nothing_lost(processes: Processes, closed: bool) -> None:
    """A reader that has had all of a channel that is deleted goes on without a gap, as often as that is."""
    channel = processes.topic()
    listener = processes.listener()
    expected: list[str] = []
    for number in range(0, 9, 3):
        expected += [channel.append(event(each)).result(20) for each in range(number, number + 3)]
        listener.read_until(expected[-1])
        if closed:
            channel.append(b"").result(20)
            until(lambda: listener.log.closed)
            listener.read()
            listener.got.remove("")
        channel.delete().result(20)
        until(lambda: listener.log.number_of(listener.log.last) == 0)
        assert listener.topic.locate(None) == Place(listener.log.last)
    assert listener.got == expected
    late = processes.listener(after="start")
    late.read_until(channel.append(event(9)).result(20))
    assert len(late.got) == 1


def test_delete_with_something_lost(processes: Processes, server: Server) -> None:
    """Who lacks an event of a channel that is deleted, or of the one that came and was deleted, has a gap."""
    channel = processes.topic()
    behind = processes.listener()
    listener = processes.listener()
    listener.read_until(channel.append(event(1)).result(20))
    channel.delete().result(20)
    new = channel.append(event(2)).result(20)
    listener.read_until(new)
    until(lambda: behind.log.id(behind.log.last) == new, "its process has heard of all that")
    behind.read_until(new)
    assert behind.got == [(None, 0), new]
    assert listener.ids == listener.got
    server.deaf = 1  # the next event is told to nobody
    channel.append(event(3)).result(20)
    channel.delete().result(20)
    new = channel.append(event(4)).result(20)
    listener.read_until(new)
    assert listener.got[-2:] == [(None, 0), new]
    channel.delete().result(20)
    until(lambda: listener.log.number_of(listener.log.last) == 0)
    server.deaf = 1  # now of a channel that the listeners know nothing of
    channel.append(event(5)).result(20)
    channel.delete().result(20)
    new = channel.append(event(6)).result(20)
    listener.read_until(new)
    assert listener.got[-2:] == [(None, 0), new]


def test_delete_after_another_past(processes: Processes, server: Server) -> None:
    """Who is behind since before the engine came back without its newest events gets all of what is new."""
    channel = processes.topic()
    holding_little = processes.broker().topic("news", Bounds(1, 1 << 24), lambda: None)
    behind, listener = Listener(holding_little, list), processes.listener()
    behind.read_until(channel.append(event(1)).result(20))
    server.save()
    lost = channel.append(event(2)).result(20)
    listener.read_until(lost)
    server.restore()
    listener.read_until(channel.append(event(3)).result(20))
    channel.delete().result(20)
    new = [channel.append(event(number)).result(20) for number in (4, 5, 6)]
    until(lambda: behind.log.id(behind.log.last) == new[-1], "its process has heard of all that")
    for each in (behind, listener):
        each.read_until(new[-1])
    assert [each for each in behind.got[1:] if each != lost] == [
        (None, 0),
        *new,
    ]  # it may still have had that
    assert listener.got[-3:] == new
    assert listener.topic.locate(new[0]) == Place(listener.position - 2, 0)


def doubt(server: Server) -> None:
    """Have all replicas compared; return when the engine's answers are on their way."""
    asked = server.calls["ends"]
    with server.lock:
        for connection in server.connections:
            connection.tell("news", None)
    until(lambda: server.calls["ends"] > asked)


@pytest.mark.slow
def test_delete_while_it_is_compared(processes: Processes, server: Server) -> None:
    """A deletion that is told while the engine's answer is on its way is no gap, and it is not forgotten."""
    channel = processes.topic()
    listener = processes.listener()
    expected = [channel.append(event(1)).result(5)]
    listener.read_until(expected[0])
    server.way = 0.3
    doubt(server)
    channel.delete().result(5)
    expected.append(channel.append(event(2)).result(5))
    listener.read_until(expected[-1])
    assert listener.got == expected
    server.deaf = 1
    doubt(server)
    channel.append(event(3)).result(5)
    channel.delete().result(5)
    new = channel.append(event(4)).result(5)
    listener.read_until(new)
    assert listener.got == [*expected, (None, 0), new]


def test_coming_back_from_before_all_that_was_missed(processes: Processes, server: Server) -> None:
    """Who came while there was no channel, and comes back when one more has been deleted, has a gap."""
    channel = processes.topic()
    listener = processes.listener()
    for fresh in (True, False):
        before = listener.log.id(listener.log.last)
        assert (before == ids.BEFORE_ALL) is fresh
        # Who does not know of the deletion cannot tell that nothing came since.
        assert processes.listener(after=before).got == ([] if fresh else [(None, 0)])
        missed = channel.append(event(1)).result(5)
        listener.read_until(missed)
        assert Listener(listener.topic, list, after=before).position == listener.position - 1
        channel.delete().result(5)
        until(lambda: listener.log.number_of(listener.log.last) == 0)
        assert Listener(listener.topic, list, after=before).got == [(None, 0)]
        new = channel.append(event(2)).result(5)
        listener.read_until(new)
        back = Listener(listener.topic, list, after=before)
        back.read_until(new)
        assert back.got == [(None, 0), new]
        channel.delete().result(5)
        until(lambda: listener.log.number_of(listener.log.last) == 0)
    server.deaf = 1  # of the next nobody knows, but that it was deleted
    channel.append(event(3)).result(5)
    before = listener.log.id(listener.log.last)
    channel.delete().result(5)
    until(lambda: listener.log.id(listener.log.last) != before)
    assert Listener(listener.topic, list, after=before).got == [(None, 0)]


def test_deleted_again_while_nobody_was_told(processes: Processes, server: Server) -> None:
    """What came and was deleted while the connection was lost, behind a deletion that was told, is a gap."""
    channel = processes.topic()
    listener = processes.listener()
    first = channel.append(event(1)).result(5)
    listener.read_until(first)
    channel.delete().result(5)
    until(lambda: listener.log.number_of(listener.log.last) == 0)
    with server.lock:
        server.cut()
        server.append(Entry("news", "x.1", event(2), BOUNDS))
        server.delete("news")
        server.append(Entry("news", "x.2", event(3), BOUNDS))
    listener.read_until("x.2-1")
    assert listener.got == [first, (None, 0), "x.2-1"]


def test_told_late(processes: Processes, server: Server) -> None:
    """Events that are told late, of a life that is over, are not taken for those of the next one."""
    channel = processes.topic()
    listener = processes.listener()
    first = channel.append(event(1)).result(5)
    listener.read_until(first)
    life = server.run().life
    server.wipe()  # and the notice of that is still on its way
    second = channel.append(event(2)).result(5)
    listener.read_until(second)
    with server.lock:
        late = Kept(2, "x.1", time.time(), event(3))
        for connection in server.connections:
            connection.tell_of_events("news", life, late)
            connection.tell("news", Deleted(life, 2, "x.1"))
    third = channel.append(event(4)).result(5)
    listener.read_until(third)
    assert listener.got == [first, (None, 0), second, third]
    channel.delete().result(5)
    until(lambda: listener.log.number_of(listener.log.last) == 0)
    with server.lock:
        for connection in server.connections:
            connection.tell_of_events("news", life, Kept(1, "x.0", time.time(), event(0)))
    fourth = channel.append(event(5)).result(5)
    listener.read_until(fourth)
    assert listener.got == [first, (None, 0), second, third, fourth]


def test_newest(processes: Processes) -> None:
    """The id of the newest event is known, with readers and without."""
    channel = processes.topic()
    event_id = channel.append(event(1)).result(20)
    newest = channel.newest()
    assert isinstance(newest, Future)
    assert newest.result(20) == event_id
    listener = Listener(channel, list)
    assert listener.topic.newest() == event_id


def test_unheard_has_a_limit(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many events fail, there is a line each few seconds."""
    now = 100.0
    monkeypatch.setattr(unawaited_failures, "monotonic", lambda: now)
    told = unawaited_failures.Unheard()
    for now in (100.0, 101.0, 104.0, 105.5, 106.0):
        told.tell(NotTaken(f"at {now}"))
    told.flush()
    assert [each.getMessage() for each in caplog.records] == [
        "at 100.0", "at 105.5 (and 2 more events since the last such line)",
    ]  # fmt: skip
    now = 120.0
    told.flush()
    assert "1 more event" in caplog.records[-1].getMessage()
