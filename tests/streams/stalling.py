"""A client of an ASGI application in the test's own event loop, whose connection stops and breaks at will."""

import asyncio
import contextlib
import math
import re
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, TypeVar

import hug
from hug.eventstream.brokers.memory import MemoryBroker
from hug.eventstream.channels.channel import Channel, fanout_of
from hug.eventstream.history.log import Log
from hug.eventstream.loop.open_streams import streams_of
from hug.eventstream.wire.decode import Decoder, Message
from hug.eventstream.wire.event import TORN_EVENT
from hug.test.requests import request_for
from hug.test.streams import EVENT_SOURCE

from ..waiting import eventually as until

T = TypeVar("T")


@contextlib.contextmanager
def own_signals() -> Iterator[None]:
    """Leave the process's signal handlers as they were: open streams hear signals, too."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    with own_signals():
        return asyncio.run(coroutine)


def own_api() -> hug.API:
    """Make an API, with channels, that no other test has."""
    api = hug.API()
    api.broker = MemoryBroker()
    return api


async def all_is_quiet(*channels: Any) -> None:
    """Wait until no task is left, and check that nothing of any stream or reader is."""
    await until(lambda: len(asyncio.all_tasks()) == 1, "the end of all tasks")
    assert streams_of(asyncio.get_running_loop()).idle()
    for channel in channels:
        assert fanout_of(channel).idle()


def log_of(channel: Channel) -> Log:
    """Return the events of a channel."""
    return fanout_of(channel).log


def serve(api: hug.API, history: int = 100, **options: Any) -> Channel:
    """Make a channel that ``/live`` reads, and ``/start`` from its oldest event on."""
    channel = hug.sse.channel("a", history=history, api=api, **options)

    @hug.sse("/live", api=api)
    async def live() -> Any:
        return channel

    @hug.sse("/start", api=api)
    async def start() -> Any:
        return hug.sse.events(channel, since="start")

    return channel


class Client:
    """One request, and all that came of its answer.

    Attributes:
        status: The status of the response, 0 before it has come.
        body: What came.
        messages: The same, read as a browser reads it.
        decoder: Knows the id that it would resume from.
        finished: Whether the response has its proper end.
        writes: How many of the server's writes it takes from now on, before it reads no more.
        blocked: Whether a write waits for it.
    """

    def __init__(self, api: Any, url: str, last_event_id: str = "", writes: float = math.inf) -> None:
        self._application = hug.API(api).http.server()
        headers = {**EVENT_SOURCE}
        if last_event_id:
            headers["last-event-id"] = last_event_id
        self._scope, _ = request_for("GET", url, "", headers, {})
        self._left = asyncio.Event()
        self._asked = False
        self._task: asyncio.Task[None] | None = None
        self.status = 0
        self.body = b""
        self.messages: list[Message] = []
        self.decoder = Decoder(last_event_id)
        self.finished = False
        self.writes = writes
        self.blocked = False
        self._flowing = asyncio.Event()

    @property
    def stalled(self) -> bool:
        """Whether it reads nothing, so that the server waits."""
        return not self.writes

    def stall(self) -> None:
        """Read nothing more."""
        self.writes = 0

    def flow(self) -> None:
        """Read whatever comes."""
        self.writes = math.inf
        self._flowing.set()

    @property
    def begun(self) -> bool:
        """Whether the request has been sent."""
        return self._task is not None

    @property
    def over(self) -> bool:
        """Whether the application has returned."""
        return self._task is not None and self._task.done()

    @property
    def last_event_id(self) -> str:
        return self.decoder.last_event_id

    @property
    def texts(self) -> list[str]:
        return [message.data for message in self.messages]

    def begin(self) -> None:
        """Send the request."""
        self._task = asyncio.create_task(self._application(self._scope, self._receive, self._send))

    async def open(self) -> "Client":
        """Send the request; return when the stream has begun, as far as that can be seen."""
        self.begin()
        stalled = self.stalled
        await until(lambda: self.over or (self.status > 0 if stalled else self.body != b""), "an answer")
        return self

    async def until(self, condition: Callable[["Client"], bool], what: str) -> None:
        """Wait until ``condition`` holds of it."""
        await until(lambda: condition(self), what)

    async def take(self, count: int) -> list[Message]:
        """Wait for this many messages in all; return them."""
        await until(lambda: self.over or len(self.messages) >= count, f"{count} messages")
        assert len(self.messages) >= count, f"it ended after {self.messages[-3:]}"
        return self.messages

    async def end(self) -> None:
        """Wait until the application has returned; raise what it raises."""
        assert self._task is not None
        await until(self._task.done, "the end of the stream")
        await self._task

    async def leave(self) -> None:
        """Go away, and wait until the application has noticed."""
        self._left.set()
        self.flow()
        await self.end()

    def cancel(self) -> None:
        """Cancel the application, as some servers do."""
        assert self._task is not None
        self._task.cancel()

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        while not self.writes:
            self._flowing.clear()
            self.blocked = True
            await self._flowing.wait()
        self.blocked = False
        self.writes -= 1
        if not self._left.is_set():
            self.body += message.get("body", b"")
            coming = self.decoder.feed(message.get("body", b""))
            self.messages += [each for each in coming if each.event != TORN_EVENT]
            self.finished = not message.get("more_body", False)


@contextlib.asynccontextmanager
async def connected(api: Any, url: str, last_event_id: str = "") -> AsyncIterator[Client]:
    """Connect; leave in the end."""
    client = await Client(api, url, last_event_id).open()
    try:
        yield client
    finally:
        await client.leave()


def number_of(event_id: str) -> int:
    """Return the position in the id of an event of one channel."""
    assert re.fullmatch(r"[a-z0-9]{12}-[0-9]+", event_id), event_id
    return int(event_id.partition("-")[2])


def assert_run(messages: list[Message], first: int, last: int) -> None:
    """Their ids are those from ``first`` to ``last``, without a hole, a repetition or a gap event."""
    assert [message.event for message in messages if message.event == "gap"] == []
    assert [number_of(message.id) for message in messages] == list(range(first, last + 1))
