"""Coroutines that wait for nothing, run to their end where there is no event loop."""

from __future__ import annotations

from typing import Any

from hug.exceptions import HugError


class Suspended(HugError, RuntimeError):
    """A coroutine that runs in a thread, where there is no event loop, tried to wait."""


def finish(coroutine: Any) -> Any:
    """Run ``coroutine``, which never waits for anything, to its end; return what it returns.

    Raises:
        Suspended: It did wait.
    """
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise Suspended(
        "this runs in a thread, where nothing can be awaited: hand the awaitable to the event loop"
    )
