"""Answers that a thread owes: who waits for one gets it, or is told that it will not come."""

import contextlib
from concurrent.futures import Future
from typing import Any

from hug.exceptions import Unreachable


class OwedAnswers:
    """Those that are still to be given, by a thread that may end before, or may have ended."""

    def __init__(self, why: str) -> None:
        """Owe none; ``why`` is what those are told that will not get theirs."""
        self._why = why
        self._answers: set[Future[Any]] = set()
        self._over = False

    # Each step is one that no other thread comes between.

    def add(self, answer: Future[Any]) -> None:
        """Owe one, until it is done; from any thread."""
        self._answers.add(answer)
        answer.add_done_callback(self._answers.discard)
        if self._over:
            self.end()

    def end(self) -> None:
        """Give no more answers: fail those that are owed, and whatever comes from now on."""
        self._over = True
        while self._answers:
            with contextlib.suppress(KeyError):  # another thread has taken the last one
                fail(self._answers.pop(), Unreachable(self._why))


def fail(future: Future[Any], error: BaseException) -> None:
    """Answer with an error, unless nobody waits any more."""
    if future.set_running_or_notify_cancel():
        future.set_exception(error)
