"""Coroutines, one step at a time: what finishes at once costs no task and no turn of the event loop."""

import asyncio
import types
from collections.abc import Awaitable, Generator
from typing import Any, TypeVar

T = TypeVar("T")


def begin(awaitable: Awaitable[None]) -> asyncio.Task[None] | None:
    """Run ``awaitable`` up to its first wait, inside the running task.

    Returns:
        None when it finished in that step, as an ASGI server's ``send`` does unless its client is slow;
        else a task that has taken over the rest, for the caller to await.
    """
    steps = awaitable.__await__()
    try:
        waiting_for = next(steps)
    except StopIteration:
        return None
    return asyncio.get_running_loop().create_task(_finish(steps, waiting_for))


async def _finish(steps: Generator[Any, Any, None], waiting_for: Any) -> None:
    await resume(steps, waiting_for)


@types.coroutine
def resume(steps: Generator[Any, Any, T], waiting_for: Any) -> Generator[Any, Any, T]:
    """Wait for what a coroutine's first step yielded, then for all the rest of it; return its result.

    A cancellation that comes during the first wait must reach the coroutine, as ``yield from`` would see to.
    """
    while True:
        try:
            sent = yield waiting_for
        except GeneratorExit:
            steps.close()
            raise
        except BaseException as error:
            if not hasattr(steps, "throw"):  # a server's own awaitable, written in another language
                raise
            try:
                waiting_for = steps.throw(error)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # what the generator returned
        else:
            try:
                waiting_for = steps.send(sent) if sent is not None else next(steps)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # what the generator returned
