"""What a broker is asked, and answers now or later."""

from collections.abc import Generator
from concurrent.futures import Future
from typing import Any, Generic, NoReturn, TypeVar

from hug.eventstream.channels.answers import answer
from hug.eventstream.loop.running_loop import in_loop

T = TypeVar("T")


class Reply(Generic[T]):
    """The answer of a broker: await it, or ask for the `result`, in a thread."""

    __slots__ = ("_answer",)

    def __init__(self, known: T | Future[T]) -> None:
        self._answer: Future[T] = known if isinstance(known, Future) else Future()
        if not isinstance(known, Future):
            self._answer.set_result(known)

    def done(self) -> bool:
        """Whether the answer is there."""
        return self._answer.done()

    def __bool__(self) -> NoReturn:
        raise TypeError("this is a reply, not yet the answer: await it, or in a thread ask for its result()")

    def result(self, timeout: float | None = None) -> T:
        """Wait for the answer and return it. Not for coroutines, which would block their loop.

        Args:
            timeout: Seconds; None means no limit.

        Raises:
            TimeoutError: It has not come in this time.
        """
        return self._answer.result(timeout)

    def __await__(self) -> Generator[Any, None, T]:
        return (yield from answer(self._answer).__await__())

    def __repr__(self) -> str:
        if not self.done():
            return "<Reply, not there yet>"
        try:
            return f"<Reply {self.result()!r}>"
        except Exception as error:
            return f"<Reply, none: {error}>"


def wait_for_id(newest: Future[str]) -> str:
    """Return the id of a channel's newest event once the broker has told it.

    Raises:
        RuntimeError: There is an event loop in this thread, which this would block.
        Unreachable: The broker does not answer.
    """
    if not newest.done() and in_loop():
        raise RuntimeError(
            "the channel's broker has to be asked for its newest id, which would block the event loop: "
            "await channel.newest_id() instead of reading last_id"
        )
    return newest.result()
