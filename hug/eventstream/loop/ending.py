"""How we hear that a process ends: open streams must not keep its server from stopping.

ASGI servers wait for open responses before they tell the application that they stop (uvicorn for ever, in its
defaults), so the news has to come from elsewhere. A signal we hear beside the server. An end that a server
begins itself, after so many requests say, it tells what it has of each connection, and we are among those.
"""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from hug.eventstream.loop.open_streams import Listener, OpenStreams, loops, streams_of

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

LOOK: Final = 0.25
"""Seconds between two looks at a server that does not tell."""

_LISTEN_AGAIN: Final = 0.1
"""Seconds for which nobody is expected to have taken a signal from us: to look takes as long as to answer."""

_previous: dict[int, Callable[[int, FrameType | None], Any]] = {}


def begin(loop: asyncio.AbstractEventLoop) -> None:
    """End the streams of ``loop``, and every one that opens from now on: its server is ending.

    For whoever hears of the end; from any thread, a signal handler included, and as often as it likes.
    """
    streams = streams_of(loop)
    with contextlib.suppress(RuntimeError):  # the loop is closed, and its streams with it
        loop.call_soon_threadsafe(streams.drain)


async def finish() -> None:
    """End the streams of the running event loop, which will be stopped, and return when they have."""
    await streams_of(asyncio.get_running_loop()).drained()


def expect_streams(loop: asyncio.AbstractEventLoop) -> None:
    """Hear from now on when this process is told to end: a server has started on ``loop``.

    The first stream may open after the signal, while there still is one.
    """
    streams_of(loop).revive()
    listen()


def stream_opens(loop: asyncio.AbstractEventLoop) -> OpenStreams:
    """Return the streams of ``loop``, of which there will be one more, and hear from now on of their end."""
    streams = streams_of(loop)
    now = loop.time()
    if now >= streams.listen_at:
        streams.listen_at = now + _LISTEN_AGAIN
        listen()
    if not streams.searched:
        streams.hear(_find_listeners(loop))
    return streams


def listen() -> None:
    """Hear SIGTERM and SIGINT, before the handlers that are there and without taking anything from them.

    Nothing happens outside the main thread, where Python allows no handlers, nor for a signal that is not
    handled at all: nobody would wait for the streams. Event loops that were told of a signal by
    `loop.add_signal_handler` still are, since they hear it through a file descriptor. A server that starts
    later puts its own handlers in place of ours, so this is called again as long as streams open.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in SIGNALS:
        handler = signal.getsignal(number)
        if callable(handler) and handler is not _on_signal:
            _previous[number] = handler
            signal.signal(number, _on_signal)


def _on_signal(number: int, frame: FrameType | None) -> None:
    for loop in loops():
        begin(loop)
    _previous[number](number, frame)


def _find_listeners(loop: asyncio.AbstractEventLoop) -> dict[int, Listener]:
    """Have the streams of ``loop`` end when its server does without a signal, if it is one that we know.

    What it tells us is found through its tasks, since a middleware may stand between it and us. Should these
    be called otherwise one day, streams end when the server cancels them, after its graceful time-out.
    """
    listeners: dict[int, Listener] = {}
    for task in asyncio.all_tasks(loop):
        coroutine: Any = task.get_coro()
        name = getattr(coroutine, "__qualname__", "")
        frame = getattr(coroutine, "cr_frame", None)
        if name == "raise_shutdown":  # hypercorn's, which polls an event or waits for its limit of requests
            task.add_done_callback(lambda _: begin(loop))
        elif name.endswith("RequestResponseCycle.run_asgi") and frame is not None:  # uvicorn's, of a request
            cycle = frame.f_locals.get("self")
            protocol = getattr(getattr(cycle, "on_response", None), "__self__", None)
            connections = getattr(protocol, "connections", None)
            if isinstance(connections, set):
                listeners[id(connections)] = _Connection(loop, connections)
        elif (server := _server_of(coroutine)) is not None:
            listeners[id(server)] = _Closed(loop, server)
        elif name.startswith("ASGIProtocol.") and frame is not None:  # gunicorn's, of a connection
            worker = getattr(frame.f_locals.get("self"), "worker", None)
            if isinstance(getattr(worker, "alive", None), bool):
                listeners[id(worker)] = _Look(loop, worker)
    return listeners


def _server_of(coroutine: Any) -> Any:
    """Return the uvicorn server that ``coroutine`` runs, or waits for, if it does."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None)
        if getattr(coroutine, "__qualname__", "") == "Server.serve" and frame is not None:
            server = frame.f_locals.get("self")
            return server if isinstance(getattr(server, "servers", None), list) else None
        coroutine = getattr(coroutine, "cr_await", None)
    return None


class _Closed:
    """Looks whether uvicorn's server has begun to end before the first stream was there, and told nobody."""

    def __init__(self, loop: asyncio.AbstractEventLoop, server: Any) -> None:
        self._loop = loop
        self._server = server

    def listen(self) -> None:
        """See `Listener`."""
        listening = self._server.servers
        if listening and not any(each.is_serving() for each in listening):
            begin(self._loop)

    def ignore(self) -> None:
        """See `Listener`."""


class _Connection:
    """Stands among the connections of uvicorn's server, which shuts them all down when it ends.

    It does so while streams are open only, since the server waits until the set is empty. There it counts,
    where uvicorn looks at its ``limit_concurrency``.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, connections: set[Any]) -> None:
        self._loop = loop
        self._connections = connections

    def listen(self) -> None:
        """See `Listener`."""
        self._connections.add(self)

    def ignore(self) -> None:
        """See `Listener`."""
        self._connections.discard(self)

    def shutdown(self) -> None:
        """See uvicorn's protocols."""
        self._connections.discard(self)
        begin(self._loop)


class _Look:
    """Looks again and again whether a worker of gunicorn's own kind is to end, since that tells nobody."""

    def __init__(self, loop: asyncio.AbstractEventLoop, worker: Any) -> None:
        self._loop = loop
        self._worker = worker
        self._timer: asyncio.TimerHandle | None = None

    def listen(self) -> None:
        """See `Listener`."""
        if self._worker.alive:
            self._timer = self._loop.call_later(LOOK, self.listen)
        else:
            begin(self._loop)

    def ignore(self) -> None:
        """See `Listener`."""
        if self._timer is not None:
            self._timer.cancel()
