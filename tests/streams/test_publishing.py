"""Channel.publish: what its caller learns, and what it costs memory."""

import asyncio
import concurrent.futures
import gc
import random
import re
import threading
import time
import weakref
from typing import Any

import pytest

import hug
from hug.eventstream.brokers import ids, memory
from hug.eventstream.channels import publication as publication_module
from hug.eventstream.channels import refusal
from hug.eventstream.channels.registry import Channels
from hug.eventstream.history.log import Bounds, Log
from hug.eventstream.loop import open_streams
from hug.eventstream.loop.open_streams import streams_of

from ..history.log_model import bytes_held, size_held
from .stalling import Client, all_is_quiet, assert_run, connected, log_of, own_api, run, until

pytestmark = pytest.mark.usefixtures("no_errors")


def test_publication(api: Any) -> None:
    """The event is taken at once: its id is there, in a thread, in a coroutine and when it is awaited."""
    channel = hug.sse.channel("a", api=api)

    async def publish() -> None:
        publication = channel.publish("two")
        assert publication.done()
        assert await publication == await publication == publication.id == channel.last_id

    publication = channel.publish("one")
    assert publication.done()
    assert publication.id == publication.result() == publication.result(0) == channel.last_id
    assert re.fullmatch(r"[a-z0-9]{12}-1", publication.id)
    assert repr(publication) == f"<Publication {publication.id}>"
    run(publish())
    assert channel.last_id == publication.id.replace("-1", "-2")


def test_end_while_publishing(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that has begun to publish before the process ends is told, though its event was taken."""
    monkeypatch.setattr(
        open_streams, "_streams", weakref.WeakKeyDictionary()
    )  # no loops that other tests have left
    taking, ended = threading.Event(), threading.Event()

    class Slow(memory.MemoryTopic):
        def append(self, body: bytes, *_: Any) -> str:
            taking.set()
            assert ended.wait(10)
            return super().append(body)

    class Broker:
        def topic(self, name: str, bounds: Bounds, grown: Any) -> Slow:
            return Slow(name, bounds, grown)

    channel = Channels(Broker()).get("slow")
    hug.sse("/slow", api=api)(lambda: channel)

    async def main() -> None:
        client = await Client(api, "/slow").open()
        publishing = asyncio.create_task(asyncio.to_thread(channel.publish, "x"))
        await asyncio.to_thread(taking.wait, 10)
        streams_of(asyncio.get_running_loop()).drain()
        await client.end()
        ended.set()
        with pytest.raises(hug.exceptions.PublishRefused, match="channel 'slow': the process is ending"):
            await publishing
        assert client.messages == []
        assert log_of(channel).last == 1

    run(main())


def test_thread_that_publishes_to_the_end(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of the process ends it without a word, where any other error is printed."""
    monkeypatch.setattr(open_streams, "_streams", weakref.WeakKeyDictionary())
    printed: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", lambda failed: printed.append(failed.exc_value))
    refusal._say_nothing.cache_clear()
    channel = hug.sse.channel("a", api=api)
    hug.sse("/a", api=api)(lambda: channel)
    failures = [ValueError("one"), ValueError("two")]

    def fail() -> None:
        raise failures[len(printed)]

    def publish() -> None:
        while True:
            channel.publish("x")

    async def main() -> None:
        client = await Client(api, "/a").open()
        threads = [threading.Thread(target=publish, daemon=True) for _ in range(2)]
        for thread in threads:
            thread.start()
        await client.take(1)
        streams_of(asyncio.get_running_loop()).drain()
        await until(lambda: not any(thread.is_alive() for thread in threads), "the end of the threads")
        await client.end()

    try:
        for _ in range(2):
            failing = threading.Thread(target=fail)
            failing.start()
            failing.join()
            if len(printed) == 1:
                run(main())
    finally:
        refusal._say_nothing.cache_clear()
    assert printed == failures


def test_what_is_published_arrives(api: Any) -> None:
    """`publish` takes the fields of `hug.sse.event`, or what that has made; readers get them as they are."""
    channel = hug.sse.channel("a", api=api)
    hug.sse("/a", api=api)(lambda: hug.sse.events(channel, since="start"))
    first = channel.publish({"n": 1}, event="tick", retry=1500, comment="hello")
    second = channel.publish(hug.sse.event("two\nlines", event="other"))
    third = channel.publish()
    with hug.test.sse(api, "/a") as stream:
        got = [(message.event, message.data, message.id) for message in stream.take(3)]
        body = stream.response.content
        assert stream.retry == 1500
    assert got == [
        ("tick", '{"n":1}', first.id),
        ("other", "two\nlines", second.id),
        ("message", "", third.id),
    ]
    assert b": hello\n" in body


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "message"),
    [
        ((object(),), {}, TypeError, "object"),
        ((float("nan"),), {}, ValueError, "NaN"),
        (("\ud800",), {}, ValueError, "surrogate"),
        (("x",), {"event": "a\nb"}, ValueError, "event must be one line"),
        (("x",), {"retry": -1}, ValueError, "retry must be"),
        (("x",), {"comment": 5}, ValueError, "comment must be text"),
        (("x",), {"id": "7"}, ValueError, "id must be left out"),
        (("x",), {"id": ""}, ValueError, "id must be left out"),
        ((hug.sse.event("x", id=7),), {}, ValueError, "id must be left out"),
        ((hug.sse.event("x"),), {"event": "y"}, TypeError, "or its fields, not both"),
        ((hug.sse.event(object()),), {}, TypeError, "object"),
    ],
)
def test_what_cannot_be_published(
    api: Any, args: Any, kwargs: Any, error: type[Exception], message: str
) -> None:
    """What is no event raises in `publish`, reaches nobody, and leaves no hole in the order of ids."""
    channel = hug.sse.channel("a", api=api)
    hug.sse("/a", api=api)(lambda: channel)
    with hug.test.sse(api, "/a") as stream:
        channel.publish("before")
        with pytest.raises(error, match=message):
            channel.publish(*args, **kwargs)
        channel.publish("after")
        assert [(each.data, each.id) for each in stream.take(2)] == [
            ("before", log_of(channel).id(1)),
            ("after", log_of(channel).id(2)),
        ]
    assert log_of(channel).last == 2


def test_threads_ask_for_the_end_while_loops_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that publish ask whether the process ends while other threads begin event loops, and may."""
    monkeypatch.setattr(open_streams, "_streams", weakref.WeakKeyDictionary())
    begun: list[asyncio.AbstractEventLoop] = []

    async def end() -> None:
        streams_of(asyncio.get_running_loop()).drain()

    def begin() -> None:
        for _ in range(1000):
            begun.append(asyncio.BaseEventLoop())
            streams_of(begun[-1])

    run(end())
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        beginning = threads.submit(begin)
        while not beginning.done():
            open_streams.ending()
    for loop in begun:
        loop.close()


def test_closed_loops_are_forgotten() -> None:
    """What each `publish` has to ask does not grow with the event loops that there have been."""

    async def stream() -> None:
        streams_of(asyncio.get_running_loop())

    for _ in range(20):
        run(stream())
    assert sum(loop.is_closed() for loop in open_streams.loops()) <= 1


def test_since_an_id(api: Any) -> None:
    """A stream may begin where an application remembers that its client is."""
    channel = hug.sse.channel("a", api=api)
    since = [channel.last_id]
    hug.sse("/a", api=api)(lambda: hug.sse.events(channel, since=since[0]))
    for n in range(5):
        if n == 3:
            since.append(channel.last_id)
        channel.publish(n)
    with hug.test.sse(api, "/a") as stream:
        assert [message.data for message in stream.take(5)] == list("01234")
    since.pop(0)
    with hug.test.sse(api, "/a") as stream:
        assert [message.data for message in stream.take(2)] == list("34")


@pytest.mark.slow
def test_all_who_wait_go_on(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publishers whom readers cannot keep pace with wait, in threads and coroutines, and all go on again."""
    # Who is forgotten does not go on by himself.
    monkeypatch.setattr(publication_module, "ROOM_TIMEOUT", 1000.0)
    channel = hug.sse.channel("a", history=0, api=api)
    hug.sse("/a", api=api)(lambda: channel)
    each = 3000

    def in_a_thread() -> None:
        for n in range(each):
            channel.publish(n)

    async def in_a_coroutine() -> None:
        for n in range(each):
            await channel.publish(n)

    async def main() -> None:
        async with connected(api, "/a") as client:
            publishers = [asyncio.create_task(asyncio.to_thread(in_a_thread)) for _ in range(3)]
            publishers += [asyncio.create_task(in_a_coroutine()) for _ in range(3)]
            await until(lambda: all(each.done() for each in publishers), "the end of all publishers")
            assert_run(await client.take(6 * each), 1, 6 * each)

    run(main())


@pytest.mark.slow
def test_memory_without_readers(api: Any) -> None:
    """However many events nobody reads, there is no more of them than the history."""
    channel = hug.sse.channel("a", history=10, api=api)
    for n in range(1000):
        channel.publish(n)
    before = size_held(log_of(channel))
    for n in range(200_000):
        channel.publish(n)
    assert size_held(log_of(channel)) < 2 * before
    assert bytes_held(log_of(channel)) < 1000


@pytest.mark.slow
def test_memory_of_a_burst(api: Any) -> None:
    """What a coroutine publishes without awaiting any of it costs no more than what is kept for readers."""
    channel = hug.sse.channel("a", history=10, api=api)
    hug.sse("/a", api=api)(lambda: channel)

    async def main() -> None:
        async with connected(api, "/a") as client:
            for n in range(5000):
                channel.publish(n)
            gc.collect()
            kinds = [type(each) for each in gc.get_objects()]
            assert kinds.count(concurrent.futures.Future) < 100
            assert size_held(log_of(channel)) < 1_000_000
            await until(lambda: client.last_event_id == channel.last_id, "the newest event")

    run(main())


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("how", ["leaves", "catches up"])
@pytest.mark.parametrize("url", ["/a", "/both", "/reversed"])
def test_memory_of_a_slow_reader(api: Any, url: str, how: str, count: int) -> None:
    """What is kept for a reader that is slow is let go of when it has left or caught up; others go on."""
    channels = [hug.sse.channel(name, history=0, api=api) for name in "ab"]
    a, b = channels
    hug.sse("/a", api=api)(lambda: a)
    hug.sse("/both", api=api)(lambda: hug.sse.events(a, b))
    hug.sse("/reversed", api=api)(lambda: hug.sse.events(b, a))

    async def main() -> None:
        slow = await Client(api, url).open()
        async with connected(api, "/both") as quick:
            slow.stall()
            for _ in range(count):
                await b.publish("x" * 100_000)
                await a.publish("x" * 100_000)
            await quick.take(2 * count)
            assert log_of(a).oldest < log_of(a).resumable
            if how == "leaves":
                await slow.leave()
            else:
                slow.flow()
                await slow.take(count if url == "/a" else 2 * count)
            await until(
                lambda: all(bytes_held(log_of(each)) < 1000 for each in channels), "the end of all events"
            )
            if how != "leaves":
                await slow.leave()
        await all_is_quiet(*channels)

    run(main())


def test_clock_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of two lives differ though the clock was set back, or stands still; later times sort later."""
    monkeypatch.setattr(ids.secrets, "choice", random.Random(1).choice)  # a test must not fail by chance
    times = iter([1_700_000_000_000_000_000] * 100 + [1_600_000_000_000_000_000] * 100)
    monkeypatch.setattr(ids.time, "time_ns", lambda: next(times))
    lives = [ids.new_life() for _ in range(200)]
    assert len(set(lives)) == 200
    assert all(re.fullmatch(r"[0-9a-z]{12}", life) for life in lives)
    assert max(lives[100:]) < min(lives[:100])
    for life in lives[:100]:
        log = Log(life, Bounds(10, 10**6), threading.Lock())
        log.append(b"data: \n\n", 0.0)
        assert [log.position(f"{other}-1") for other in lives if other != life] == [None] * 199


def test_life_of_two_channels_of_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """An id from before the clock was set back is a gap in the next process, never a position."""
    before = hug.sse.channel("a", api=own_api()).publish("old").id
    back = time.time_ns() - 86_400 * 10**9
    monkeypatch.setattr(ids.time, "time_ns", lambda: back)
    api = own_api()
    channel = hug.sse.channel("a", api=api)
    channel.publish("new")
    hug.sse("/a", api=api)(lambda: channel)
    with hug.test.sse(api, "/a", last_event_id=before) as stream:
        gap, message = stream.take(2)
    assert gap.json() == {"channel": "a", "lost": None, "resumed_at": message.id}
    assert message.data == "new"
