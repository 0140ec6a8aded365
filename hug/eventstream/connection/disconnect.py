"""Notice that a client has left, while something else goes on."""

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias

from hug.asgi_types import Receive

DISCONNECT: Final = "hug.disconnect"
"""Key of an ASGI extension, a `Watcher`: a function of the ``receive`` that the application was called with.

When the client leaves it calls ``client_left()`` of its second argument, until the `Watch` that it returns is
closed. None means that only ``receive`` can tell, because part of the request's body is still to come, or
because it is not the server's own but that of a middleware.
"""


class Watched(Protocol):
    """A stream that wants to know when its client leaves."""

    def client_left(self) -> None:
        """End: nobody reads any more."""


class Watch(Protocol):
    """A look-out for the end of a connection."""

    def close(self) -> None:
        """Look no longer."""


Watcher: TypeAlias = Callable[[Receive, Watched], Watch | None]


def watch(
    receive: Receive,
    stream: Watched,
    context: contextvars.Context,
    extensions: Mapping[str, Any] | None = None,
) -> Watch:
    """Call ``stream.client_left()``, once, when the server or ``receive`` tells that the client has left.

    Waiting for ``receive`` takes a task for each stream, about 1 KiB. uvicorn's own needs none: it only waits
    for an event, so that its coroutine can be stepped from the callbacks of what it waits for. One that comes
    from a middleware must run in a task, because it may hold a cancel scope, which is bound to one.

    Args:
        receive: What the application was called with.
        stream: What to tell.
        context: What callbacks run in.
        extensions: Those of the request's ASGI scope.
    """
    watcher: Watcher | None = (extensions or {}).get(DISCONNECT)
    if watcher is not None and (watching := watcher(receive, stream)) is not None:
        return watching
    server = type(getattr(receive, "__self__", None)).__module__
    if server.startswith("uvicorn.protocols.http."):
        return _StepWatch(receive, stream, context)
    return _TaskWatch(receive, stream)


class _TaskWatch:
    __slots__ = ("_stream", "_task")

    def __init__(self, receive: Receive, stream: Watched) -> None:
        self._stream: Watched | None = stream
        self._task = asyncio.get_running_loop().create_task(self._look(receive))

    async def _look(self, receive: Receive) -> None:
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            if self._stream is not None:
                self._stream.client_left()  # also when receive fails: that tells the same

    def close(self) -> None:
        self._stream = None
        self._task.cancel()


class _StepWatch:
    __slots__ = ("_context", "_receive", "_steps", "_stream", "_waiting_for")

    def __init__(self, receive: Receive, stream: Watched, context: contextvars.Context) -> None:
        self._context = context
        self._receive: Any = receive
        self._stream: Watched | None = stream
        self._steps: Any = self._receive()
        self._waiting_for: asyncio.Future[Any] | None = None
        self._step()

    def _step(self, _: object = None) -> None:
        """Go on to the next thing ``receive`` waits for, and come back when that is over."""
        while self._stream is not None:
            try:
                self._waiting_for = self._steps.send(None)
            except StopIteration as stop:
                if stop.value["type"] == "http.disconnect":
                    self._stream.client_left()
                    return
                self._steps = self._receive()
            else:
                self._waiting_for.add_done_callback(self._step, context=self._context)
                return

    def close(self) -> None:
        self._stream = None
        if self._waiting_for is not None:
            self._waiting_for.remove_done_callback(self._step)
        self._steps.close()
