"""Read an ASGI application's event streams in the process that runs it: no server, no socket, for tests."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from hug.asgi_types import Application
from hug.asgi_types import Message as ASGIMessage
from hug.eventstream.wire.decode import Decoder, Message
from hug.eventstream.wire.event import TORN_EVENT
from hug.exceptions import HugError

WINDOW: Final = 64 * 1024
"""Bytes that an application may send ahead of its reader, as with the buffers of a real connection."""


class StreamTimeout(HugError, TimeoutError):
    """What was waited for did not come in time; the message says what came instead."""


class StreamCut(HugError, ConnectionError):
    """The stream ended without the end of its response: its source failed, and the log says how."""


class NotAStream(HugError, ValueError):
    """The response is no event stream, so that there are no messages to read."""


class StreamClient:
    """One request to an application, and the messages of its answer.

    Attributes:
        status: The status of the response; 0 before it has come.
        headers: The headers of the response: names in lower case, and values.
        body: The body, if it is no event stream; else the last `WINDOW` bytes of it.
        decoder: What turns the body into messages; it knows the retry time.
    """

    def __init__(self, application: Application, scope: ASGIMessage, body: bytes, timeout: float) -> None:
        """Prepare a request.

        Args:
            application: The application.
            scope: The ASGI scope of the request.
            body: The request's body.
            timeout: Seconds that each wait may take.
        """
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()
        self._application = application
        self._scope = scope
        self._request: list[ASGIMessage] = [{"type": "http.request", "body": body, "more_body": False}]
        self._timeout = timeout
        sent = dict(scope["headers"]).get(b"last-event-id", b"")
        self.decoder = Decoder(sent.decode(errors="replace"))
        self._messages: deque[Message] = deque()
        self._read_id = self.decoder.last_event_id
        self._received = 0
        self._unread = 0
        self._finished = False
        self._left = asyncio.Event()
        self._change = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    @property
    def last_event_id(self) -> str:
        """The id of the last message that was read; messages that wait to be read do not count yet."""
        return self._read_id if self._messages else self.decoder.last_event_id

    async def open(self) -> None:
        """Send the request and wait for the head of the response; raise what the application raises before.

        Raises:
            StreamTimeout: It has not begun to answer in time; it is cancelled.
        """
        self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            await self._wait(lambda: self.status != 0, "the head of the response")
        except StreamTimeout:
            await self._cancel(self._task)
            raise
        if self.status == 0:
            await self._task
            raise StreamCut("the application returned without an answer")

    async def read(self) -> Message | None:
        """Return the next message, None when the stream has ended.

        Raises:
            NotAStream: The response is something else; an empty one (204) just ends.
            StreamCut: The source failed.
            StreamTimeout: No message came in time.
        """
        if self.status != 204 and not dict(self.headers).get("content-type", "").startswith(
            "text/event-stream"
        ):
            await self._wait(lambda: self._finished, "the end of the response")
            raise NotAStream(f"the answer is {self.status} and no event stream: {bytes(self.body)!r}")
        await self._wait(lambda: bool(self._messages) or self._finished, "a message")
        if self._messages:
            message = self._messages.popleft()
            self._unread -= _size(message)
            self._read_id = message.id
            return message
        if not self._finished and not self._left.is_set():
            raise StreamCut(f"the stream was cut off: see the log. {self._so_far()}")
        return None

    async def leave(self) -> None:
        """Close the connection, as a client does that goes away, and wait until the application has noticed.

        Raises:
            StreamTimeout: The application goes on; it is cancelled.
        """
        self._left.set()
        async with self._change:
            self._change.notify_all()
        task = self._task
        if task is None:
            return
        await asyncio.wait({task}, timeout=self._timeout)
        if not task.done():
            await self._cancel(task)
            raise StreamTimeout(f"the stream went on for {self._timeout:g} s after its client had left")
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error

    async def _cancel(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.wait({task}, timeout=self._timeout)

    async def _run(self) -> None:
        try:
            await self._application(self._scope, self._receive, self._send)
        finally:
            async with self._change:
                self._change.notify_all()

    async def _receive(self) -> ASGIMessage:
        if self._request:
            return self._request.pop()
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: ASGIMessage) -> None:
        async with self._change:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in message["headers"]]
            else:
                await self._change.wait_for(lambda: self._unread < WINDOW or self._left.is_set())
                self._take(message.get("body", b""))
                self._finished = not message.get("more_body", False)
            self._change.notify_all()

    def _take(self, chunk: bytes) -> None:
        if self._left.is_set():
            return
        self.body = (self.body + chunk)[-WINDOW:]
        # As a page, which listens for no such event.
        messages = [each for each in self.decoder.feed(chunk) if each.event != TORN_EVENT]
        self._messages.extend(messages)
        self._received += len(messages)
        self._unread += sum(map(_size, messages))

    async def _wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until ``condition`` holds, or never can because the application has returned."""
        task: Any = self._task
        try:
            async with asyncio.timeout(self._timeout), self._change:
                self._change.notify_all()  # what has been read has made room
                await self._change.wait_for(lambda: condition() or task.done())
        except TimeoutError:
            raise StreamTimeout(f"{what} did not come within {self._timeout:g} s. {self._so_far()}") from None

    def _so_far(self) -> str:
        tail = bytes(self.body[-400:])
        came = f"status {self.status or 'none'}, {self._received} message(s)"
        return f"Came so far: {came}; the last bytes are {tail!r}"


def _size(message: Message) -> int:
    return 64 + len(message.data)
