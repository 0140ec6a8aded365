"""Coroutines, one step at a time: what finishes at once costs no task and no turn of the event loop."""

from collections.abc import Awaitable, Generator, Iterator
from types import CoroutineType
from typing import Any, Final, Generic, Self, TypeVar

T = TypeVar("T")

_TAKEN: Final = object()


def first_step(awaitable: Awaitable[None]) -> "Rest[None] | None":
    """Run ``awaitable`` up to its first wait, inside the running task.

    Returns:
        None when it finished in that step, as an ASGI server's ``send`` does unless its client is slow;
        else the rest, for a task to await.
    """
    try:
        if isinstance(awaitable, CoroutineType):  # has no need of an iterator of its own for its first step
            waiting_for = awaitable.send(None)
            return Rest(awaitable.__await__(), waiting_for)
        steps = awaitable.__await__()
        return Rest(steps, next(steps))
    except StopIteration:
        return None


class Rest(Generic[T]):
    """What is left of an awaitable after its first step: awaited, it waits for that step, then for the rest.

    A generator could do this with ``yield`` and ``yield from``, but a cancellation during the first wait
    would not reach the coroutine, and each idle stream would keep a frame more in memory.
    """

    __slots__ = ("_steps", "_waiting_for")

    def __init__(self, steps: Generator[Any, Any, T] | Iterator[Any], waiting_for: Any) -> None:
        """Take over ``steps``, the first of which yielded ``waiting_for``."""
        self._steps: Any = steps
        self._waiting_for = waiting_for

    def __await__(self) -> Self:
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        waiting_for = self._waiting_for
        if waiting_for is _TAKEN:
            return next(self._steps)
        self._waiting_for = _TAKEN
        return waiting_for

    def send(self, _: None) -> Any:
        """Go on; event loops have nothing to send."""
        return next(self)

    def throw(self, *error: Any) -> Any:
        """Raise an error, such as a cancellation, where the coroutine waits."""
        self._waiting_for = _TAKEN
        if not hasattr(self._steps, "throw"):  # a server's own awaitable, written in another language
            raise error[0] if len(error) == 1 else error[1]
        return self._steps.throw(*error)

    def close(self) -> None:
        """End the coroutine."""
        if hasattr(self._steps, "close"):
            self._steps.close()
