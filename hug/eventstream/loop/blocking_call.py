"""Calls that block, for which an event loop waits while it goes on, also when the program is about to end."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

Values = ParamSpec("Values")
Result = TypeVar("Result")


async def blocking(function: Callable[Values, Result], *args: Values.args, **kwargs: Values.kwargs) -> Result:
    """Return what a function returns, called in a daemon thread of its own, or raise what it raises.

    The executor of `asyncio.to_thread` takes nothing any more once Python has begun to end, which is when
    servers of WSGI have applications end.
    """
    answer: Future[Result] = Future()

    def call() -> None:
        try:
            answer.set_result(function(*args, **kwargs))
        except BaseException as error:  # raised again where it is waited for
            answer.set_exception(error)

    try:
        threading.Thread(target=call, daemon=True).start()
    except RuntimeError:  # Python 3.12 starts none once it has begun to end; nobody else is on the loop then
        call()
    return await asyncio.wrap_future(answer)
