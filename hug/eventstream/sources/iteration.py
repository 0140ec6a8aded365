"""An async iterable whose items are asked for by hand, and which ends although it may not want to."""

import asyncio
import sys
from collections.abc import AsyncIterable
from types import AsyncGeneratorType
from typing import Any, ClassVar, Self

from hug.eventstream.connection.stepping import Rest, T
from hug.eventstream.sources.holding import Watched
from hug.eventstream.sources.kept_alive import keep
from hug.eventstream.sources.listening import running


class Iteration:
    """Goes through an async iterable in the running task, and closes it in the end.

    Attributes:
        timed: Whether each step of every source is timed, for development: see `holding`.
        abandoned: Whether the source has been given up, so that no cancellation is passed on to it.
    """

    timed: ClassVar[bool] = False

    __slots__ = ("_interrupted", "_iterator", "_task", "abandoned")

    def __init__(self, source: AsyncIterable[Any]) -> None:
        self._iterator: Any = source  # until it begins: to make an iterator of it is a step of the source
        self._interrupted: Step[Any] | None = None
        self._task: asyncio.Task[Any] | None = None
        self.abandoned = False

    @property
    def unheard(self) -> bool:
        """See `Listened`: who ends a source cancels its task."""
        task = self._task
        return task is None or task.cancelling() > 0

    def begin(self) -> Any:
        """Return the steps to the first item.

        A generator is not made known to the event loop, as it would be by default: the loop would keep a
        note of each, to close it at its own end, and here it is closed in any case.
        """
        self._task = asyncio.current_task()
        running.set(self)
        iterator = aiter(self._iterator)
        self._iterator = Watched(iterator) if Iteration.timed else iterator
        if not isinstance(getattr(self._iterator, "watched", self._iterator), AsyncGeneratorType):
            return self._iterator.__anext__().__await__()
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(None, None)
        try:
            return self._iterator.__anext__().__await__()  # nothing of the generator runs in here
        finally:
            sys.set_asyncgen_hooks(*hooks)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        steps = self.begin() if self._task is None else self._iterator.__anext__().__await__()
        try:
            waiting_for = next(steps)
        except StopIteration as stop:
            return stop.value
        return await Step(self, steps, waiting_for)

    def interrupted(self, step: "Step[Any]") -> None:
        """Tell that the source is in the middle of a step which nobody is going to await."""
        self._interrupted = step

    def abandon(self) -> None:
        """Give up a source that does not end: the next cancellation does not reach it."""
        self.abandoned = True

    async def close(self) -> None:
        """Have the source clean up, wherever it is; raise what it raises."""
        try:
            step, self._interrupted = self._interrupted, None
            if step is not None:
                await self._cancel(step)
            aclose = getattr(self._iterator, "aclose", None)
            if aclose is not None and not self.abandoned:
                await self._rest(aclose().__await__())
        finally:
            if self._task is not None:
                self._task = None
                running.set(None)

    async def _cancel(self, step: "Step[Any]") -> None:
        """Have a step end that has begun."""
        if self._task is not None:
            self._task.cancel()
        try:
            await step
        except StopAsyncIteration:
            pass
        except asyncio.CancelledError:
            if self.abandoned:
                raise

    async def _rest(self, steps: Any) -> None:
        try:
            waiting_for = next(steps)
        except StopIteration:
            return
        await Step(self, steps, waiting_for)


class Step(Rest[T]):
    """The rest of a step of a source."""

    __slots__ = ("_iteration",)

    def __init__(self, iteration: Iteration, steps: Any, waiting_for: Any) -> None:
        """Take over ``steps``, the first of which yielded ``waiting_for``."""
        super().__init__(steps, waiting_for)
        self._iteration = iteration

    def throw(self, *error: Any) -> Any:
        """Raise an error where the source waits, or, once that is abandoned, where somebody waits for it."""
        if self._iteration.abandoned:
            keep((self._iteration, self._steps))
            raise error[0] if len(error) == 1 else error[1]
        return super().throw(*error)
