"""`@hug.sse(..., shared=True)`: one source for all readers of a route."""

import asyncio
import itertools
import logging
import math
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import hug
from hug.eventstream.sources.limits import threads
from hug.test.asgi_client import StreamCut

from ..waiting import eventually, until
from .stalling import Client, connected, run

LINGER = 0.7
"""Seconds, more than a busy machine lets pass between two lines."""


class Source:
    """Makes sources that count, and notes what becomes of them.

    Attributes:
        most: How many ticks one makes, and then waits until it may make more: a reader that is away for long
            on a busy machine may not come back to more than the channel keeps.
        began: How many have begun.
        ended: How many have run their ``finally``.
    """

    def __init__(self) -> None:
        self.most = math.inf
        self.began = 0
        self.ended = 0
        self.gate = threading.Event()

    async def ticks(self) -> AsyncIterator[int]:
        self.began += 1
        try:
            for n in itertools.count():
                while n >= self.most:  # noqa: ASYNC110  # whichever loop it runs on
                    await asyncio.sleep(0.001)
                yield n
                await asyncio.sleep(0.001)
        finally:
            await asyncio.sleep(0)
            self.ended += 1

    def gated(self) -> Iterator[int]:
        """Blocks its thread until the gate opens, each time."""
        self.began += 1
        try:
            for n in itertools.count():
                yield n
                self.gate.wait()
        finally:
            self.ended += 1


@pytest.fixture
def source() -> Source:
    return Source()


def test_one_run_for_all_readers(api: Any, source: Source) -> None:
    """The source begins with the first reader, runs once for all, and is closed when the last has left."""

    @hug.sse("/ticks", shared=True, api=api)
    async def ticks() -> Any:
        return source.ticks()

    assert source.began == 0
    with hug.test.sse(api, "/ticks") as first:
        assert [message.data for message in first.take(3)] == ["0", "1", "2"]
        with hug.test.sse(api, "/ticks") as second:
            late = second.take(3)
            assert {message.id: message.data for message in late}.items() <= {
                message.id: message.data for message in first.take(int(late[-1].data))
            }.items()
        assert (source.began, source.ended) == (1, 0)
    assert (source.began, source.ended) == (1, 1)


@pytest.mark.parametrize("how", ["generator", "async generator", "def", "async def", "events", "list"])
def test_handlers(api: Any, how: str) -> None:
    """A handler may be a generator of either kind, or return any source; its end ends the stream cleanly."""

    def generator() -> Any:
        yield from "ab"

    async def async_generator() -> Any:
        for letter in "ab":
            yield letter

    async def coroutine() -> Any:
        return async_generator()

    handler: Any = {
        "generator": generator,
        "async generator": async_generator,
        "def": lambda: iter(["a", "b"]),
        "async def": coroutine,
        "events": lambda: hug.sse.events(generator(), retry=5),
        "list": lambda: ["a", None, "b"],
    }[how]
    hug.sse("/letters", shared=True, api=api)(handler)
    for _ in range(2):  # the second reader comes after the end, and gets a run of its own
        with hug.test.sse(api, "/letters") as stream:
            assert [message.data for message in stream] == ["a", "b"]
            assert stream.retry == (5 if how == "events" else None)


def test_sync_generator_takes_one_thread(api: Any, source: Source) -> None:
    """Any number of viewers of a sync generator cost one thread, which is given back at the end."""

    @hug.sse("/gated", shared=True, api=api)
    def gated() -> Any:
        return source.gated()

    before = threads.running

    async def view() -> None:
        async with hug.test.sse(api, "/gated") as first:
            assert (await anext(first)).data == "0"
            others = [hug.test.sse(api, "/gated") for _ in range(50)]
            streams = [await each.__aenter__() for each in others]
            assert threads.running == before + 1
            source.gate.set()
            for stream in streams:
                assert int((await anext(stream)).data) > 0
            for each in others:
                await each.__aexit__()

    asyncio.run(view())
    until(lambda: threads.running == before, "the thread's end")
    assert (source.began, source.ended) == (1, 1)


@pytest.mark.slow
def test_linger(api: Any, source: Source) -> None:
    """The source outlives its last reader by ``linger``; who comes within that time finds it running."""

    @hug.sse("/ticks", shared=True, linger=LINGER, api=api)
    def ticks() -> Any:
        return source.ticks()

    source.most = 2
    with hug.test.sse(api, "/ticks") as stream:
        stream.take(2)
        stream.disconnect()
        assert source.ended == 0
        stream.reconnect()
        source.most = math.inf
        # At a millisecond each, more than fit into the time that it lingers.
        count = int(2000 * LINGER)
        assert [int(message.data) for message in stream.take(count)] == list(range(2, 2 + count))
    assert (source.began, source.ended) == (1, 0)
    until(lambda: source.ended == 1, "the end of the source")


def test_resume(api: Any, source: Source) -> None:
    """A reader that comes back while others are there gets exactly what it has missed."""

    @hug.sse("/ticks", shared=True, api=api)
    def ticks() -> Any:
        return source.ticks()

    source.most = 0
    with hug.test.sse(api, "/ticks") as other, hug.test.sse(api, "/ticks") as stream:
        source.most = 50
        last = stream.take(2)[-1]
        stream.disconnect()
        other.take(20)
        stream.reconnect()
        source.most = math.inf
        assert [int(message.data) for message in stream.take(30)] == [
            int(last.data) + n for n in range(1, 31)
        ]


def test_failure(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A source that raises cuts off all its readers, after what came before, and is logged once."""
    gate = threading.Event()

    @hug.sse("/bad", shared=True, api=api)
    def bad() -> Iterator[int]:
        yield 1
        gate.wait()
        yield 2
        raise LookupError("no more")

    with hug.test.sse(api, "/bad") as first, hug.test.sse(api, "/bad") as second:
        assert next(first).data == "1"
        gate.set()
        assert next(first).data == next(second).data == "2"
        for stream in (first, second):
            with pytest.raises(StreamCut):
                next(stream)
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert "bad" in errors[0].getMessage()
    assert errors[0].exc_info
    assert isinstance(errors[0].exc_info[1], LookupError)


def test_event_with_an_id(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    """An event that brings its own id is an error that says so: readers resume by those of the channel."""

    @hug.sse("/own", shared=True, api=api)
    def own() -> Iterator[Any]:
        yield hug.sse.event(1, id="mine")

    with hug.test.sse(api, "/own") as stream, pytest.raises(StreamCut):
        next(stream)
    assert "id must be left out" in caplog.text


@pytest.mark.slow
def test_a_source_that_never_waits(api: Any) -> None:
    """Others get their turn, and a reader gets everything, or is told what it was too slow for."""

    @hug.sse("/fast", shared=True, api=api)
    async def fast() -> AsyncIterator[int]:
        for n in range(1_000_000):  # ends, for the case that nobody gets a turn before
            yield n

    hug.get("/other", api=api)(lambda: "answer")

    async def main() -> None:
        quick = await Client(api, "/fast").open()
        slow = await Client(api, "/fast").open()
        slow.stall()
        await quick.take(20_000)
        await quick.leave()
        other = await Client(api, "/other").open()
        assert other.body == b'"answer"'
        slow.flow()
        await slow.take(len(slow.messages) + 5000)
        await slow.leave()
        for client in (quick, slow):
            expected = int(client.messages[0].data)
            for message in client.messages:
                if message.event == "gap":
                    expected += message.json()["lost"]
                else:
                    assert int(message.data) == expected
                    expected += 1
        assert "gap" in {message.event for message in slow.messages}

    run(main())


@pytest.mark.parametrize("shared", [False, True])
def test_a_source_that_never_waits_nor_says_anything(api: Any, shared: bool) -> None:
    """Others get their turn beside a source of heartbeats alone, also in threads, again and again."""

    @hug.sse("/dull", shared=shared, api=api)
    async def dull() -> AsyncIterator[None]:
        for _ in range(20_000_000):  # ends, for the case that nobody gets a turn before
            yield None

    hug.get("/other", api=api)(lambda: "answer")

    async def main() -> None:
        async with connected(api, "/dull") as client:
            for _ in range(5):
                other = await Client(api, "/other").open()
                assert other.body == b'"answer"'
                assert not client.over

    run(main())


def test_first_readers_at_once(api: Any, source: Source) -> None:
    """A handler that takes its time is called once, however many come meanwhile."""
    calls = 0

    async def main() -> None:
        gate = asyncio.Event()

        called = asyncio.Event()

        @hug.sse("/ticks", shared=True, api=api)
        async def ticks() -> Any:
            nonlocal calls
            calls += 1
            called.set()
            await gate.wait()
            return source.ticks()

        sources = [hug.test.sse(api, "/ticks") for _ in range(5)]
        opening = [asyncio.create_task(each.__aenter__()) for each in sources]
        await called.wait()
        gate.set()
        for stream in await asyncio.gather(*opening):
            await anext(stream)
        for each in sources:
            await each.__aexit__()

    asyncio.run(main())
    assert (calls, source.began, source.ended) == (1, 1, 1)


def test_next_run_waits_for_cleanup(api: Any) -> None:
    """A reader that comes while the source cleans up gets a new one, which begins after that."""
    order: list[str] = []

    async def main() -> None:
        cleaning = asyncio.Event()
        cleaned = asyncio.Event()

        @hug.sse("/slow", shared=True, api=api)
        async def slow() -> AsyncIterator[int]:
            order.append("begin")
            try:
                yield 1
                await asyncio.Event().wait()
            finally:
                cleaning.set()
                await cleaned.wait()
                order.append("end")

        async with hug.test.sse(api, "/slow") as first:
            await anext(first)
            leaving = asyncio.create_task(first.disconnect())
            await cleaning.wait()
            second = hug.test.sse(api, "/slow")
            opening = asyncio.create_task(second.__aenter__())
            for _ in range(100):  # turns of the event loop, more than a request takes
                await asyncio.sleep(0)
            cleaned.set()
            await anext(await opening)
            await leaving
            await second.__aexit__()

    asyncio.run(main())
    assert order == ["begin", "end", "begin", "end"]


def test_nothing_to_stream(api: Any) -> None:
    """None is answered with 204, as without sharing, and asked for again by the next request."""
    answers = iter([None, ["a"]])
    hug.sse("/maybe", shared=True, api=api)(lambda: next(answers))
    assert hug.test.get(api, "/maybe").status == "204 No Content"
    with hug.test.sse(api, "/maybe") as stream:
        assert next(stream).data == "a"


def test_head_runs_nothing(api: Any, source: Source) -> None:
    """HEAD is answered without the handler."""
    hug.sse("/ticks", shared=True, api=api)(source.ticks)
    assert hug.test.head(api, "/ticks").status == "200 OK"
    assert source.began == 0


def test_requirements_count_for_each_reader(api: Any, source: Source) -> None:
    """A request that a requirement turns away does not see the stream that others have."""

    def permitted(request: Any) -> Any:
        return request.get_param("key") == "k" or "no"

    hug.sse("/ticks", shared=True, requires=permitted, api=api)(source.ticks)
    with hug.test.sse(api, "/ticks", key="k") as stream:
        assert next(stream).data == "0"
        assert hug.test.get(api, "/ticks").data == "no"


def test_a_handler_that_fails(api: Any, source: Source) -> None:
    """Its error is that request's; the next one tries again."""
    answers = iter([False, True])

    @hug.sse("/ticks", shared=True, api=api)
    def ticks() -> Any:
        if not next(answers):
            raise OSError("not now")
        return source.ticks()

    with pytest.raises(OSError, match="not now"):
        hug.test.get(api, "/ticks")
    with hug.test.sse(api, "/ticks") as stream:
        assert next(stream).data == "0"


def test_refusals(api: Any) -> None:
    """What cannot be shared is refused when it is declared, and the message says what to do."""

    def takes(number: hug.types.number) -> Any:
        yield number

    def asks(hug_timer: Any) -> Any:
        yield hug_timer

    def takes_any(**names: Any) -> Any:
        yield names

    def nothing() -> Any:
        return []

    for handler, names in ((takes, "number"), (asks, "hug_timer"), (takes_any, r"\*\*")):
        with pytest.raises(TypeError, match=f"no request to take its parameters from .{names}.*leave shared"):
            hug.sse("/x", shared=True, api=api)(handler)
    for linger in (-1, float("inf"), True, "1"):
        with pytest.raises(ValueError, match="linger must be a number of seconds"):
            hug.sse("/x", shared=True, linger=linger, api=api)(nothing)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="linger is for shared=True"):
        hug.sse("/x", linger=1, api=api)(nothing)


def test_a_channel_is_shared_anyway(api: Any) -> None:
    """A handler that returns a channel needs no sharing, and is told so."""
    channel = api.channels.get("news")
    hug.sse("/news", shared=True, api=api)(lambda: channel)
    with pytest.raises(TypeError, match="leave shared out"):
        hug.test.get(api, "/news")


def test_exit(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    """`sys.exit()` ends the source, with all its readers, and neither the server nor any other stream."""

    @hug.sse("/exits", shared=True, api=api)
    async def exits() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0)
        sys.exit(4)

    @hug.sse("/exits_thread", shared=True, api=api)
    def exits_thread() -> Iterator[int]:
        yield 1
        sys.exit(4)

    @hug.sse("/exits_alone", api=api)
    async def exits_alone() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0)
        sys.exit(4)

    for url in ("/exits", "/exits_thread", "/exits_alone"):
        with hug.test.sse(api, url) as stream:
            assert next(stream).data == "1"
            with pytest.raises(StreamCut):
                next(stream)
        assert "sys.exit() in a source ends that source" in caplog.text
        caplog.clear()


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_source_that_cancels_itself(api: Any, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """One that raises `asyncio.CancelledError` cuts its readers off, and is logged with its name."""

    async def cancels() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0)
        raise asyncio.CancelledError

    def cancels_in_thread() -> Iterator[int]:
        yield 1
        raise asyncio.CancelledError

    hug.sse("/cancels", shared=True, api=api)(cancels if kind == "async" else cancels_in_thread)
    with hug.test.sse(api, "/cancels") as stream:
        assert next(stream).data == "1"
        with pytest.raises(StreamCut):
            next(stream)
    assert "cancels" in caplog.text
    assert "cancelled itself; its readers will reconnect" in caplog.text


@pytest.mark.parametrize("linger", [0, 0.05])
@pytest.mark.parametrize("kind", ["async", "sync"])
def test_two_event_loops(api: Any, source: Source, kind: str, linger: float) -> None:
    """Readers may be on several event loops; who leaves last, on any, ends the source on its own loop."""
    loops = []

    async def ticks() -> AsyncIterator[int]:
        loops.append(asyncio.get_running_loop())
        async for tick in source.ticks():
            assert asyncio.get_running_loop() is loops[0]
            yield tick

    def ticks_in_thread() -> Iterator[int]:
        source.gate.set()
        for tick in source.gated():
            yield tick
            time.sleep(0.001)

    hug.sse("/ticks", shared=True, linger=linger, api=api)(ticks if kind == "async" else ticks_in_thread)
    joined, left = threading.Event(), threading.Event()

    async def stay() -> None:
        async with hug.test.sse(api, "/ticks") as stream:
            await anext(stream)
            joined.set()
            await asyncio.to_thread(left.wait, 10)

    async def own() -> None:
        async with hug.test.sse(api, "/ticks") as stream:
            await anext(stream)
            other = threading.Thread(target=asyncio.run, args=(stay(),))
            other.start()
            await asyncio.to_thread(joined.wait, 10)
            assert source.began == 1
        assert source.ended == 0
        left.set()
        await asyncio.to_thread(other.join, 10)
        await eventually(lambda: source.ended == 1, "the end of the source")
        assert source.began == 1
        async with hug.test.sse(api, "/ticks") as stream:
            await anext(stream)
        await eventually(lambda: source.ended == 2, "the end of the second run")

    asyncio.run(own())


def test_event_loop_that_is_gone(api: Any) -> None:
    """When the event loop of the source ends, the next reader gets a source of its own."""
    began = []

    @hug.sse("/ticks", shared=True, linger=60, api=api)
    async def ticks() -> AsyncIterator[int]:
        began.append(asyncio.get_running_loop())
        for n in itertools.count():
            yield n
            await asyncio.sleep(0.001)

    async def read() -> None:
        async with hug.test.sse(api, "/ticks") as stream:
            await anext(stream)

    for count in (1, 2):
        asyncio.run(read())
        assert len(set(began)) == len(began) == count
