"""Wait for conditions, for no longer than a failing test may take."""

import asyncio
import http.client
import time
from collections.abc import Callable, Generator
from typing import Final, TypeVar

Result = TypeVar("Result")

PATIENCE: Final = 60.0
"""Seconds after which what has not come will not come, on a machine that others keep busy, too."""

PAUSE: Final = 0.002
"""Seconds between two looks."""

UNREACHABLE: Final = (OSError, http.client.HTTPException)
"""What asking a server raises that does not listen yet, or is about to go."""


def until(answer: Callable[[], Result], what: str = "", *, within: float = PATIENCE) -> Result:
    """Return what ``answer`` gives once that is true, and the server that it asks, if any, can be reached.

    Args:
        answer: What to ask, again and again.
        what: What is waited for, for the message.
        within: Seconds after which this fails.
    """
    looks = _looks(answer, what, within)
    while True:
        try:
            next(looks)
        except StopIteration as found:
            return found.value
        time.sleep(PAUSE)


async def eventually(answer: Callable[[], Result], what: str = "", *, within: float = PATIENCE) -> Result:
    """Do as `until` does, and let the others on the event loop work meanwhile."""
    looks = _looks(answer, what, within)
    while True:
        try:
            next(looks)
        except StopIteration as found:
            return found.value
        await asyncio.sleep(PAUSE / 4)


def _looks(answer: Callable[[], Result], what: str, within: float) -> Generator[None, None, Result]:
    deadline = time.monotonic() + within
    while True:
        problem: object
        try:
            if result := answer():
                return result
            problem = result
        except UNREACHABLE as error:
            problem = error
        assert time.monotonic() < deadline, f"{what or 'it'}: not within {within:g} s, but {problem!r}"
        yield
