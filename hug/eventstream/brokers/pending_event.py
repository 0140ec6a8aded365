"""An event on its way to a broker: whoever publishes it waits here for its id."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from concurrent.futures._base import FINISHED, PENDING
from typing import Any, Protocol, TypeVar

from hug.eventstream.brokers.lock import LOCK, held_here
from hug.eventstream.engines.engine import Entry

_Result = TypeVar("_Result")


class Shared(Future[_Result]):
    """A future that several wait for, so that none of them can cancel it."""

    def cancel(self) -> bool:
        """See `Future.cancel`: no."""
        return False


class Answering(Protocol):
    """What brings events away, and answers for them.

    Attributes:
        thread: That in which it does so, and which cannot wait for itself; 0 before it has begun.
    """

    thread: int

    def unheard(self, error: BaseException) -> None:
        """An event has failed, and nobody has asked."""


class _Failure:
    """Tells that an event has failed when nobody can ask any more, unless somebody has asked."""

    __slots__ = ("answering", "asked", "error")

    def __init__(self, answering: Answering, error: BaseException) -> None:
        self.answering = answering
        self.error = error
        self.asked = False

    def __del__(self) -> None:
        if not self.asked:
            self.answering.unheard(self.error)


class Taken(  # type: ignore[misc]  # dataclasses could not be changed if what they extend cannot; structs can
    Shared[str], Entry, frozen=False, gc=True, eq=False, weakref=True, kw_only=True
):
    """An event, and its id once it is taken.

    Few ask before it is, so what a future has to wait with is made when somebody does. It is a dozen objects,
    which take 2 us for each event, and ten times that of the garbage collector where thousands wait. For the
    same reason this is no object beside the event, and has no `__init__` of Python.

    Attributes:
        until: When its fate must be known, in seconds of the monotonic clock.
        answering: What brings it away.
        sent: Whether the engine may have it.
        doubtful: Whether that is so even if it is not taken when it is sent next.
    """

    until: float
    answering: Answering
    sent: bool = False
    doubtful: bool = False
    _state: str = PENDING
    _position: int = 0
    _asked: bool = False
    _waits: threading.Condition | None = None
    _result: str | None = None
    _exception: BaseException | None = None
    _failure: _Failure | None = None  # apart, since a finalizer takes its time for each event

    @property
    def _condition(self) -> threading.Condition:  # type: ignore[override]  # a field of Future's own
        condition = self._waits
        if condition is None:
            made = threading.Condition()
            with LOCK:
                if self._waits is None:
                    self._waiters: list[Any] = []
                    self._done_callbacks: list[Any] = []
                    self._waits = made
                condition = self._waits
        return condition

    def set_result(self, result: str) -> None:
        """See `Future.set_result`."""
        with LOCK:
            if self._waits is None and not self.done():
                self._result, self._state = result, FINISHED
                return
        super().set_result(result)

    def fail(self, error: BaseException) -> None:
        """Answer that the event is not taken, or that nobody knows."""
        self.set_exception(error)
        failure = self._failure = _Failure(self.answering, error)
        if self._asked:
            failure.asked = True

    def done(self) -> bool:
        """See `Future.done`; asked for often, and no lock is needed to look at one field."""
        return self._state == FINISHED

    def result(self, timeout: float | None = None) -> str:
        """See `Future.result`; raise `TimeoutError` where waiting for it would take for ever."""
        if not self._position and self._result is None:
            self._ask()
            if not self.done() and (threading.get_ident() == self.answering.thread or held_here()):
                # A finalizer, or a signal handler, in the middle of what the answer needs to come through.
                raise TimeoutError("the event is taken when what it was published in the middle of goes on")
            super().result(timeout)  # which has nothing to return if `settle` has come between
        return self._result or f"{self.request}-{self._position}"

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """See `Future.exception`."""
        self._ask()
        return super().exception(timeout)

    def add_done_callback(self, fn: Callable[[Future[str]], Any]) -> None:
        """See `Future.add_done_callback`."""
        self._ask()
        super().add_done_callback(fn)

    def _ask(self) -> None:
        """Take note that somebody has asked; `fail` may be at work in another thread."""
        self._asked = True
        if self._failure is not None:
            self._failure.asked = True


def settle(
    events: Sequence[Taken], answers: Sequence[int | Exception]
) -> tuple[int, list[tuple[Taken, Exception]]]:
    """Answer for events that are taken, but for those that have an answer; return how many these are not.

    Most have nobody who waits yet. Their ids are made when somebody asks.

    Args:
        events: The events.
        answers: Their positions. What is none is returned, too, with its event.
    """
    settled = 0
    awaited: list[tuple[Taken, int]] = []
    others: list[tuple[Taken, Exception]] = []
    with LOCK:
        for taken, answer in zip(events, answers, strict=True):
            if not isinstance(answer, int):
                others.append((taken, answer))
            elif taken._state == PENDING:
                settled += 1
                if taken._waits is None:
                    taken._position = answer
                    taken._state = FINISHED
                else:
                    awaited.append((taken, answer))
    for taken, position in awaited:
        try:
            taken.set_result(f"{taken.request}-{position}")
        except InvalidStateError:  # it has been given up just now, in another thread
            settled -= 1
    return settled, others


def settled(events: Sequence[Taken]) -> list[Taken]:
    """Return those whose fate is known."""
    return [taken for taken in events if taken._state == FINISHED]
