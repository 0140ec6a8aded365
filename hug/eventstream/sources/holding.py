"""Say which async source holds up its event loop: while it blocks or computes, nothing else is served."""

import logging
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any, Final, Self

HELD: Final = 0.25
"""Seconds from which it is said, once for each source."""

_MOST: Final = 1000

logger = logging.getLogger("hug")

_told: Final[set[str]] = set()


def tell(iterator: Any, seconds: float) -> None:
    """Log that a source has held up its event loop for so long, unless it has been logged before."""
    iterator = getattr(iterator, "watched", iterator)
    name = getattr(iterator, "__qualname__", type(iterator).__qualname__)
    code = getattr(iterator, "ag_code", None)
    if code is not None:
        name = f"{name} ({code.co_filename}:{code.co_firstlineno})"
    if name in _told or len(_told) >= _MOST:
        return
    _told.add(name)
    logger.warning(
        "the source %s held up its event loop for %.2f s, in which nobody else was served: await what "
        "takes time (asyncio.sleep, asyncio.to_thread), or make it a sync generator, which runs in a thread",
        name,
        seconds,
    )


class Watched:
    """An async iterator whose every step is timed, for development.

    Attributes:
        watched: The iterator itself.
    """

    __slots__ = ("watched",)

    def __init__(self, iterator: AsyncIterator[Any]) -> None:
        self.watched: Any = iterator

    def __anext__(self) -> "_Steps":
        return _Steps(self.watched, self.watched.__anext__())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.watched, name)


class _Steps:
    __slots__ = ("_iterator", "_steps")

    def __init__(self, iterator: Any, awaitable: Any) -> None:
        self._iterator = iterator
        self._steps = awaitable.__await__()

    def __await__(self) -> Self:
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return self._timed(next, self._steps)

    def send(self, _: None) -> Any:
        return next(self)

    def throw(self, *error: Any) -> Any:
        return self._timed(self._steps.throw, *error)

    def close(self) -> None:
        self._steps.close()

    def _timed(self, step: Any, *arguments: Any) -> Any:
        began = monotonic()
        try:
            return step(*arguments)
        finally:
            if (seconds := monotonic() - began) > HELD:
                tell(self._iterator, seconds)
