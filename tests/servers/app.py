"""The program under test. It is served as a user's would be; what its sources do, they note for the test."""

import asyncio
import contextlib
import os
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import hug
from hug.eventstream.loop.open_streams import OpenStreams, streams_of
from hug.eventstream.sources.limits import limits

LINE = "x" * 1000

notes: dict[str, dict[str, float]] = defaultdict(dict)
"""What happened when, by the key of the request, in the time of `time.monotonic`."""

gates: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

writes: dict[str, list[int]] = defaultdict(list)
"""Sizes of the body messages that went to the server, by key; see `counted`."""

api = hug.API(__name__)
api.http.body_timeout = 0.5
api.http.max_body = 1000
api.sse.cleanup_timeout = float(os.environ.get("CLEANUP_TIMEOUT", "10"))
api.sse.write_timeout = float(os.environ.get("WRITE_TIMEOUT", "30"))
limits.sync_sources = int(os.environ.get("THREADS", "2000"))


def note(key: str, what: str) -> None:
    notes[key][what] = time.monotonic()


def streams() -> OpenStreams:
    return streams_of(asyncio.get_running_loop())


def process() -> dict[str, int]:
    """Return bytes of memory and the number of open sockets, as Linux counts them."""
    itself = Path("/proc/self")
    sockets = 0
    for descriptor in (itself / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that lists them
            sockets += str(descriptor.readlink()).startswith("socket:")
    pages = int((itself / "statm").read_text().split()[1])
    return {"memory": pages * os.sysconf("SC_PAGE_SIZE"), "sockets": sockets}


# What the tests ask


@hug.get("/notes")
async def read_notes(key: hug.types.text):
    return notes[key]


@hug.get("/writes")
async def read_writes(key: hug.types.text):
    return writes[key]


@hug.get("/open")
async def open_gate(key: hug.types.text):
    gates[key].set()


@hug.get("/answer")
def answer():
    """A plain endpoint, which runs in a thread as most do."""
    return "answer"


@hug.sse("/opens_late")
async def opens_late():
    """Opens only when the server may have begun to end."""
    await asyncio.sleep(1)
    return only_heartbeats()


async def only_heartbeats():
    while True:
        yield None
        await asyncio.sleep(0.1)


@hug.get("/status")
async def status():
    return {
        "streams": streams().count,
        "idle": streams().idle(),
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
        "process": os.getpid(),
        **process(),
    }


# Sources that end only when they are ended


@hug.sse("/idle")
async def idle(key: hug.types.text = "") -> AsyncIterator[Any]:
    try:
        yield "first"
        await asyncio.Event().wait()
    finally:
        note(key, "ended")


@hug.sse("/endless")
async def endless(key: hug.types.text = "") -> AsyncIterator[Any]:
    notes[key]["sent"] = 0
    try:
        while True:
            yield LINE
            notes[key]["sent"] += len(LINE)
    finally:
        note(key, "ended")


@hug.sse("/ticking")
def ticking(key: hug.types.text = "") -> Iterator[Any]:
    try:
        while True:
            yield "tick"
            time.sleep(0.01)
    finally:
        note(key, "ended")


@hug.sse("/endless_thread")
def endless_thread(key: hug.types.text = "") -> Iterator[Any]:
    notes[key]["sent"] = 0
    try:
        while True:
            yield LINE
            notes[key]["sent"] += len(LINE)
    finally:
        note(key, "ended")


@hug.sse("/blocked")
def blocked() -> Iterator[Any]:
    yield "first"
    time.sleep(60)


@hug.sse("/reluctant")
async def reluctant() -> AsyncIterator[Any]:
    """Takes its time for cleanup."""
    try:
        yield "first"
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(60)


@hug.sse("/lagging")
async def lagging(key: hug.types.text) -> AsyncIterator[Any]:
    """Sends until the server takes no more, then has nothing to say while the last of it is on its way."""
    sent = 0
    while not streams().held_up:
        yield LINE * 50
        sent += 1
        await asyncio.sleep(0.001)
    notes[key]["sent"] = sent
    await asyncio.Event().wait()


@hug.sse("/swallowing")
async def swallowing(key: hug.types.text = "") -> AsyncIterator[Any]:
    """Ends as if by itself when it is cancelled."""
    yield "first"
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    note(key, "ended")


@hug.sse("/last_word")
async def last_word(key: hug.types.text = "") -> AsyncIterator[Any]:
    """Yields where nobody can hear it."""
    try:
        yield "first"
        await asyncio.Event().wait()
    finally:
        note(key, "ended")
        yield "last"


@hug.sse("/stubborn")
async def stubborn(key: hug.types.text = "") -> AsyncIterator[Any]:
    """Yields again when it is closed, which Python forbids."""
    try:
        yield "first"
        await asyncio.Event().wait()
    finally:
        note(key, "ended")
        with contextlib.suppress(GeneratorExit):
            yield "last"
        yield "very last"


@hug.sse("/steady")
async def steady(key: hug.types.text = "") -> AsyncIterator[Any]:
    """Is always in the middle of a wait when it is written to."""
    try:
        while True:
            yield "tick"
            await asyncio.sleep(0.02)
    finally:
        note(key, "ended")


async def deaf() -> AsyncIterator[Any]:
    """Goes on whatever happens, as a bare except in a loop does."""
    items: asyncio.Queue[str] = asyncio.Queue()
    items.put_nowait("first")
    while True:
        try:
            yield await items.get()
        except:  # noqa: E722
            continue


hug.sse("/deaf")(deaf)
hug.sse("/deaf_shared", shared=True)(deaf)


# Sources that are never started


class Source:
    """A source that notes its end, even if it was never asked for an item."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        note(self.key, "started")
        time.sleep(0.01)
        return "item"

    def close(self) -> None:
        note(self.key, "ended")


class AsyncSource:
    """A source on the event loop that notes its end; its cleanup has to wait."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        note(self.key, "started")
        await asyncio.sleep(0.01)
        return "item"

    async def aclose(self) -> None:
        await asyncio.sleep(0.01)
        note(self.key, "ended")


SOURCES = {"sync": Source, "async": AsyncSource}


@hug.sse("/late")
async def late(key: hug.types.text, kind: hug.types.text = "async"):
    """Answers when the gate opens; the client may have left by then."""
    note(key, "called")
    await gates[key].wait()
    note(key, "answered")
    return SOURCES[kind](key)


@hug.sse("/slow")
async def slow(key: hug.types.text = "slow"):
    """Answers after a while; the process may have been told to end by then."""
    note(key, "called")
    await asyncio.sleep(0.3)
    return AsyncSource("slow")


@hug.sse("/refused")
def refused(key: hug.types.text, kind: hug.types.text):
    return SOURCES[kind](key)


@hug.response_middleware()
async def refuse(request: Any, response: Any, resource: Any) -> None:
    if request.path == "/refused":
        raise hug.HTTPForbidden(title="refused", description="after the handler had answered")


# Sources that fail


@hug.sse("/no_such_job")
async def no_such_job() -> AsyncIterator[Any]:
    raise hug.HTTPNotFound(title="no such job")
    yield


@hug.sse("/fails")
async def fails(after: hug.types.number) -> AsyncIterator[Any]:
    for number in range(after):
        yield number
    raise RuntimeError("this source is broken")


@hug.sse("/fails_thread")
def fails_thread(after: hug.types.number) -> Iterator[Any]:
    yield from range(after)
    raise RuntimeError("this source is broken")


@hug.sse("/odd_item")
async def odd_item() -> AsyncIterator[Any]:
    for item in (0, object()):
        yield item


@hug.sse("/odd_item_thread")
def odd_item_thread() -> Iterator[Any]:
    yield from (0, object())


@hug.sse("/no_source")
def no_source():
    return 42


@hug.get("/broken/{kind}")
def broken(kind):
    raise RuntimeError(f"this handler is broken: {kind}")


@hug.post("/broken/{kind}", parse_body=False)
async def broken_unread(kind):
    raise RuntimeError(f"this handler is broken: {kind}")


# Requests


@hug.sse("/echo", accept=("POST",))
def echo(text: hug.types.text) -> Iterator[Any]:
    yield text


@hug.sse("/resumed")
def resumed(hug_last_event_id: Any = None) -> Iterator[Any]:
    yield {"after": hug_last_event_id}


@hug.sse("/called")
def called(key: hug.types.text):
    note(key, "called")
    return ["item"]


@hug.sse("/nothing")
def nothing():
    """Has nothing to say, now or ever."""


def denied(request: Any, response: Any) -> str:
    response.status = hug.HTTP_403
    return "no entry"


@hug.sse("/denied", requires=denied)
def never_reached() -> Iterator[Any]:
    yield "secret"


@hug.sse("/waiting")
async def waiting(key: hug.types.text) -> AsyncIterator[Any]:
    await gates[key].wait()
    yield "let through"


# Heartbeats


async def silent() -> AsyncIterator[Any]:
    yield "first"
    await asyncio.Event().wait()


async def busy() -> AsyncIterator[Any]:
    while True:
        yield time.monotonic()
        await asyncio.sleep(0.02)


async def large() -> AsyncIterator[Any]:
    while True:
        yield LINE * 300
        await asyncio.sleep(0.001)


BEATING = {"/silent": silent, "/busy": busy, "/large": large}


@hug.sse(tuple(BEATING))
def beating(request: Any, heartbeat: float | None = None):
    return hug.sse.events(BEATING[request.path](), heartbeat=heartbeat)


# Writes


@hug.sse("/ready")
async def ready(count: hug.types.number = 100, size: hug.types.number = 10) -> AsyncIterator[Any]:
    for _ in range(count):
        yield "x" * size


@hug.sse("/burst")
async def burst(key: hug.types.text) -> AsyncIterator[Any]:
    """Ends while much of what it has sent is still to be read."""
    sent = 0
    while not streams().held_up:
        yield LINE * 50
        sent += 1
        await asyncio.sleep(0.001)
    notes[key]["sent"] = sent


@hug.sse("/then_waits")
async def then_waits() -> AsyncIterator[Any]:
    yield "one"
    yield "two"
    await asyncio.sleep(0.05)
    yield "three"


async def large_event(size: int) -> AsyncIterator[Any]:
    yield "x" * size
    await asyncio.Event().wait()


@hug.sse("/large_event")
def answer_large_event(size: hug.types.number):
    return hug.sse.events(large_event(size), heartbeat=0.1)


async def counted(scope: Any, receive: Any, send: Any) -> None:
    """The application behind a middleware that counts what is written."""
    sizes = writes[scope.get("query_string", b"").decode().rpartition("key=")[2]]

    async def counting(message: Any) -> None:
        if message["type"] == "http.response.body":
            sizes.append(len(message.get("body", b"")))
        await send(message)

    await __hug_asgi__(scope, receive, counting)  # noqa: F821  # hug puts it into the module
