"""What a broker answers from a thread of its own, awaited on an event loop.

However many wait, come and go, an answer knows of their event loop only: an engine may be away for hours. An
event loop is woken once for all the answers that have come meanwhile.
"""

import asyncio
import contextlib
import weakref
from collections import deque
from concurrent.futures import Future
from functools import partial
from typing import Any, Final, TypeVar

T = TypeVar("T")


async def answer(future: "Future[T]") -> T:
    """Wait for a future that others wait for, too: to cancel the wait does not cancel it."""
    if not future.done():
        loop = asyncio.get_running_loop()
        awaited = _awaited.get(loop)
        if awaited is None:
            awaited = _awaited[loop] = _Awaited(loop)
        await awaited.wait(future)
    return future.result()


class _Awaited:
    """What is awaited on one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._tell = partial(_tell, weakref.ref(self))
        self._waiting: dict[Future[Any], set[asyncio.Future[None]]] = {}
        self._told: deque[Future[Any]] = deque()
        self._woken = False

    def __len__(self) -> int:
        return len(self._waiting)

    async def wait(self, future: "Future[Any]") -> None:
        here = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(future)
        if waiting is None:
            waiting = self._waiting[future] = {here}
            future.add_done_callback(self._tell)
        else:
            waiting.add(here)
        try:
            await here
        finally:
            waiting.discard(here)

    def told(self, future: "Future[Any]") -> None:
        """An answer has come; in any thread."""
        self._told.append(future)
        if not self._woken:
            self._woken = True
            loop = self._loop()
            if loop is not None:
                with contextlib.suppress(RuntimeError):  # it is closed, and nobody waits there any more
                    loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._woken = False  # before we look: what comes from here on wakes us again
        while self._told:
            for here in self._waiting.pop(self._told.popleft(), ()):
                if not here.done():
                    here.set_result(None)


def _tell(reference: "weakref.ref[_Awaited]", future: "Future[Any]") -> None:
    awaited = reference()
    if awaited is not None:
        awaited.told(future)


_awaited: Final[weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Awaited]] = weakref.WeakKeyDictionary()
