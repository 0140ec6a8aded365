"""Threads for blocking code that the event loop waits for."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """At most ``limit`` threads, started when needed and then kept. What gets none at once waits its turn.

    Where no thread can be started at all it is called here.

    They are daemon threads, unlike those of `concurrent.futures`, which Python joins when it ends: a handler
    that blocks must not keep a process alive that has been told to stop.
    """

    def __init__(self, limit: int, name: str = "hug") -> None:
        self.limit = limit
        self._name = name
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = threading.Lock()
        self._started = 0
        self._spare = 0  # threads that wait for a job, less jobs that wait for a thread

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``function`` returns, or raise what it raises, in a thread with this context.

        What it sets of context variables is set here afterwards, as if it had been called here. A cancelled
        wait gives up the answer; the call itself is not made if it has not begun.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        context = contextvars.copy_context()

        def job() -> None:
            if answer.cancelled():
                return
            try:
                result = context.run(function, *args, **kwargs)
            except StopIteration as error:
                # A future refuses it: it would end the coroutine that waits.
                _deliver(loop, answer, answer.set_exception, _caused(error))
            except BaseException as error:  # raised again where it is waited for
                _deliver(loop, answer, answer.set_exception, error)
            else:
                _deliver(loop, answer, answer.set_result, result)

        self._submit(job)
        try:
            return await answer
        finally:
            if not answer.cancelled():  # else it may still run
                _take_over(context)

    def _submit(self, job: Callable[[], None]) -> None:
        if self._process != os.getpid():
            self._begin()  # forked off: the threads there were are its parent's
        with self._lock:
            if self._spare > 0 or self._started >= self.limit or not self._start():
                self._spare -= 1
            self._jobs.put(job)
        if not self._started:
            self._jobs.get()()

    def _start(self) -> bool:
        """Start one more thread, if there can be more: Python 3.12 starts none once it has begun to end."""
        try:
            threading.Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()
        except RuntimeError:
            return False
        self._started += 1
        return True

    def _work(self) -> None:
        while True:
            self._jobs.get()()
            with self._lock:
                self._spare += 1


def _take_over(context: contextvars.Context) -> None:
    """Set each context variable that is another one in ``context``."""
    for variable, value in context.items():
        if variable.get(context) is not value:  # a default that is no value of any variable
            variable.set(value)


def _caused(error: StopIteration) -> RuntimeError:
    wrapped = RuntimeError("a function run in a thread raised StopIteration")
    wrapped.__cause__ = error
    return wrapped


def _deliver(
    loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Any], settle: Callable[[Any], None], value: Any
) -> None:
    def settle_unless_cancelled() -> None:
        if not answer.done():
            settle(value)

    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(settle_unless_cancelled)


handlers: Final = Threads(64)
"""Threads of all sync handlers of this process. ``handlers.limit`` may be raised at any time."""

helpers: Final = Threads(64, "hug-helper")
"""Those of all else that may block: middleware, what async handlers require, files.

Handlers that block do not keep requests waiting that need none of them.
"""
