"""Wait for conditions, for no longer than a failing test may take."""

import asyncio
import contextlib
import http.client
import math
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final, TypeVar

Result = TypeVar("Result")

PATIENCE: Final = 30.0
"""Seconds after which what has not come will not come."""

PAUSE: Final = 0.002
"""Seconds between two looks, at first."""

LONGEST_PAUSE: Final = 0.02
"""Seconds between two looks at most."""

SHARE: Final = 20
"""One in so many seconds of waiting may pass between two looks: each look at a server is work for it, too."""

BUSY: Final = 4
"""Seconds on a machine that others keep busy that count as one at least."""

ATTEMPTS: Final = 20
"""Attempts at being quick, of which one has to succeed."""

UNREACHABLE: Final = (OSError, http.client.HTTPException)
"""What asking a server raises that does not listen yet, or is about to go."""


def until(answer: Callable[[], Result], what: str = "", *, within: float = PATIENCE) -> Result:
    """Return what ``answer`` gives once that is true, and the server that it asks, if any, can be reached.

    Args:
        answer: What to ask, again and again.
        what: What is waited for, for the message.
        within: Seconds after which this fails, as a `Stopwatch` counts them.
    """
    looks = _looks(answer, what, within)
    began = time.monotonic()
    while True:
        try:
            next(looks)
        except StopIteration as found:
            return found.value
        time.sleep(min(max(PAUSE, (time.monotonic() - began) / SHARE), LONGEST_PAUSE))


async def eventually(answer: Callable[[], Result], what: str = "", *, within: float = PATIENCE) -> Result:
    """Do as `until` does, and let the others on the event loop work meanwhile."""
    looks = _looks(answer, what, within)
    while True:
        try:
            next(looks)
        except StopIteration as found:
            return found.value
        await asyncio.sleep(PAUSE / 4)


class Stopwatch:
    """Counts the seconds from now on that something would take if nobody else used this machine.

    Those do not count in which some process waited for a processor or a disk, as those of other tests do; but
    one in `BUSY` does in any case. Where the system does not tell, which Linux does, all of them count.

    Source: https://docs.kernel.org/accounting/psi.html
    """

    def __init__(self) -> None:
        self._began, self._waited = time.monotonic(), _waited()

    @property
    def seconds(self) -> float:
        passed = time.monotonic() - self._began
        return max(passed / BUSY, passed - (_waited() - self._waited))

    def over(self, seconds: float) -> bool:
        """Return whether that many have passed."""
        return time.monotonic() - self._began >= seconds and self.seconds >= seconds


def quickest(measure: Callable[[], float], enough: float) -> float:
    """Return the least that ``measure`` gives in some attempts, or the first that is less than ``enough``.

    On a machine that others keep busy anything may take long now and then; what always does is found.
    """
    best = math.inf
    for _ in range(ATTEMPTS):
        if (best := min(best, measure())) < enough:
            break
    return best


def _waited() -> float:
    """Return for how many seconds in all some process has waited for a processor or a disk."""
    microseconds = 0
    for name in ("cpu", "io"):
        # There is no such file, or one that cannot be read, where the system does not count that.
        with contextlib.suppress(OSError):
            some = Path("/proc/pressure", name).read_text().splitlines()[0]
            microseconds += int(some.rpartition("total=")[2])
    return microseconds / 1e6


def _looks(answer: Callable[[], Result], what: str, within: float) -> Generator[None, None, Result]:
    watch = None
    while True:
        problem: object
        try:
            if result := answer():
                return result
            problem = result
        except UNREACHABLE as error:
            problem = error
        watch = watch or Stopwatch()
        assert not watch.over(within), f"{what or 'it'}: not within {within:g} s, but {problem!r}"
        yield
