"""The end of a process: open streams must not keep a server from stopping.

ASGI servers wait for open responses before they tell the application that they stop (uvicorn for ever, in its
defaults), so the news has to come from elsewhere: the signal itself, which we hear beside the server.
"""

import asyncio
import contextlib
import contextvars
import logging
import signal
import threading
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, Protocol

from hug.eventstream.loop.heart import Beating, Heart
from hug.eventstream.loop.pump import Pump

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

FLUSH_LIMIT: Final = 0.3
"""Seconds that events published before the end get to reach their readers."""

logger = logging.getLogger("hug")


class Stream(Beating, Protocol):
    """An open stream."""

    @property
    def lagging(self) -> asyncio.Task[None] | None:
        """The write to wait for before it can be given all that was published before the end."""

    def drain(self) -> None:
        """End soon and cleanly; called on the stream's own event loop."""


class OpenStreams:
    """The open streams of one event loop.

    Attributes:
        opened: Whether there has been a stream.
        draining: Whether the process is about to end, so that a new stream must end at once.
        heart: The timer they share, which is also the list of them.
        pump: What brings to them what is published on channels.
        context: What callbacks run in that need no context: a copy for each would cost memory.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.opened = False
        self.draining = False
        self.heart: Heart[Stream] = Heart(loop)
        self.context = contextvars.Context()
        self.pump = Pump(loop, self.context)
        self._round: asyncio.Task[None] | None = None

    def drain(self) -> None:
        """End all streams, and every one that is opened from now on."""
        self.draining = True
        _drained[:] = [True]
        if self.heart.streams:
            logger.info("ending %d open event stream(s)", len(self.heart.streams))
            self._round = self._loop.create_task(self._drain())

    async def _drain(self) -> None:
        # In a task, because a server's or a middleware's send may ask which one it runs in.
        until = self._loop.time() + FLUSH_LIMIT
        await self.pump.flush(FLUSH_LIMIT)
        streams = list(self.heart.streams.values())
        while streams:
            lagging = {stream: write for stream in streams if (write := stream.lagging) is not None}
            left = until - self._loop.time()
            for stream in streams:
                if stream not in lagging or left <= 0:
                    stream.drain()
            if not lagging or left <= 0:
                break
            await asyncio.wait(set(lagging.values()), timeout=left)
            await self.pump.flush(left)
            streams = list(lagging)

    def drain_from_anywhere(self) -> None:
        """Do so from a signal handler or another thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed, and its streams with it
            self._loop.call_soon_threadsafe(self.drain)


_streams: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, OpenStreams] = weakref.WeakKeyDictionary()
_drained: list[bool] = []  # not empty once any has been
_previous: dict[int, Callable[[int, FrameType | None], Any]] = {}


def ending() -> bool:
    """Whether this process is about to end: all its event loops that have streams do."""
    if not _drained:
        return False
    running = [streams.draining for loop, streams in list(_streams.items()) if not loop.is_closed()]
    return bool(running) and all(running)


def expect_streams(loop: asyncio.AbstractEventLoop) -> OpenStreams:
    """Hear from now on when this process is told to end; return the streams of ``loop``, if only to be.

    To be called when a server starts: the first stream may open after the signal, while there still is one.
    """
    streams = _streams.get(loop)
    if streams is None:
        streams = _streams[loop] = OpenStreams(loop)
    listen()
    return streams


def streams_of(loop: asyncio.AbstractEventLoop) -> OpenStreams:
    """Return the streams of ``loop``, one of which is about to open."""
    streams = expect_streams(loop)
    if not streams.opened:
        streams.opened = True
        _listen_to_hypercorn(loop, streams)
    return streams


def listen() -> None:
    """Hear SIGTERM and SIGINT, before the handlers that are there and without taking anything from them.

    Nothing happens outside the main thread, where Python allows no handlers, nor for a signal that is not
    handled at all: nobody would wait for the streams. Event loops that were told of a signal by
    `loop.add_signal_handler` still are, since they hear it through a file descriptor. A server that starts
    later puts its own handlers in place of ours, so this is called again for each stream.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in SIGNALS:
        handler = signal.getsignal(number)
        if callable(handler) and handler is not _on_signal:
            _previous[number] = handler
            signal.signal(number, _on_signal)


def _on_signal(number: int, frame: FrameType | None) -> None:
    for streams in list(_streams.values()):
        streams.drain_from_anywhere()
    _previous[number](number, frame)


def _listen_to_hypercorn(loop: asyncio.AbstractEventLoop, streams: OpenStreams) -> None:
    """Notice that hypercorn ends this worker, which gets no signal: a task of its polls an event.

    Should that task be called otherwise one day, streams end when hypercorn cancels them, after its graceful
    timeout.
    """
    for task in asyncio.all_tasks(loop):
        if getattr(task.get_coro(), "__qualname__", "") == "raise_shutdown":
            task.add_done_callback(lambda _: streams.drain())
