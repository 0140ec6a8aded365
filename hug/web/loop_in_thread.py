"""An event loop in a thread of its own, for sync code that has to reach async code."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar, cast

from hug.exceptions import ENDING

P = ParamSpec("P")
T = TypeVar("T")


async def outcome(value: Awaitable[Any]) -> tuple[Any, BaseException | None]:
    """Return what ``value`` gives, and what it raises if that is one of `ENDING`: for a task of its own."""
    try:
        return await value, None
    except ENDING as error:
        return None, error


def at_end(function: Callable[[], object]) -> None:
    """Have ``function`` called when the program ends, while threads can be used and, but for 3.12, started.

    For `atexit` it is too late: executors take nothing any more, and since 3.12 Python starts no threads
    then. What `concurrent.futures` itself uses has no public name.
    """
    getattr(threading, "_register_atexit", atexit.register)(function)


class Portal:
    """A private event loop in a daemon thread; started by the first call, it lives as long as the process.

    It may be called from anywhere, also from code that runs in another event loop, which then waits.
    """

    def __init__(self, name: str = "hug-portal") -> None:
        self._name = name
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, running."""
        if self._process != os.getpid():
            self._begin()  # forked off: the thread there was is its parent's
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True)
                self._thread.start()
            return self._loop

    def call(self, function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function`` on the loop and return what it returns, or raise what it raises.

        The variables of the caller's context are visible to it. An interrupted wait cancels it.

        Raises:
            RuntimeError: Called on the portal's own loop, where the wait could never end.
        """
        loop = self.loop
        if threading.current_thread() is self._thread:
            raise RuntimeError(
                "sync call on the portal's own event loop would wait for itself: await instead"
            )
        future = asyncio.run_coroutine_threadsafe(outcome(function(*args, **kwargs)), loop)
        try:
            result, error = future.result()
        except BaseException:
            future.cancel()
            raise
        if error is not None:
            raise error
        return cast("T", result)
