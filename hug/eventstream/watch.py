"""Notice that a client has left, while something else goes on."""

import asyncio
from collections.abc import Callable, Generator
from typing import Any, Protocol

from hug.eventstream.connection import Message, Receive


class Watch(Protocol):
    """A look-out for the end of a connection."""

    def close(self) -> None:
        """Look no longer."""


def watch(receive: Receive, gone: Callable[[], None]) -> Watch:
    """Call ``gone``, once, when ``receive`` tells that the client has left.

    That takes a task for each stream, about 1 KiB. uvicorn's own ``receive`` needs none: it only waits for an
    event, so that its coroutine can be stepped from the callbacks of what it waits for. One that comes
    from a middleware must run in a task, because it may hold a cancel scope, which is bound to one.
    """
    server = type(getattr(receive, "__self__", None)).__module__
    if server.startswith("uvicorn.protocols.http."):
        return _StepWatch(receive, gone)
    return _TaskWatch(receive, gone)


class _TaskWatch:
    __slots__ = ("_gone", "_task")

    def __init__(self, receive: Receive, gone: Callable[[], None]) -> None:
        self._gone = gone
        self._task = asyncio.get_running_loop().create_task(self._look(receive))

    async def _look(self, receive: Receive) -> None:
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._gone()  # a receive that fails tells the same

    def close(self) -> None:
        self._gone = _nothing
        self._task.cancel()


class _StepWatch:
    __slots__ = ("_gone", "_receive", "_steps", "_waiting_for")

    def __init__(self, receive: Receive, gone: Callable[[], None]) -> None:
        self._receive = receive
        self._gone = gone
        self._steps: Generator[Any, Any, Message] = receive().__await__()
        self._step()

    def _step(self, _: object = None) -> None:
        """Go on to the next thing ``receive`` waits for, and come back when that is over."""
        while True:
            try:
                waiting_for = next(self._steps)
            except StopIteration as stop:
                if stop.value["type"] == "http.disconnect":
                    self._gone()
                    return
                self._steps = self._receive().__await__()
            else:
                self._waiting_for: asyncio.Future[Any] = waiting_for
                waiting_for.add_done_callback(self._step)
                return

    def close(self) -> None:
        self._gone = _nothing
        self._waiting_for.remove_done_callback(self._step)
        self._steps.close()


def _nothing() -> None:
    pass
