"""Whether anybody still listens: what a source asks that would not notice otherwise."""

import contextvars
from typing import Final, Protocol


class Listened(Protocol):
    """What runs a source."""

    @property
    def unheard(self) -> bool:
        """Whether its stream is ending, so that nothing that it yields reaches anybody."""


running: Final[contextvars.ContextVar[Listened | None]] = contextvars.ContextVar("hug.source", default=None)
"""What runs the source in whose context this is read."""


def listening() -> bool:
    """Return whether anybody still listens to the source that asks; True outside of one.

    For a source that blocks, which nothing can interrupt: it should wait for a short time only, ask, and wait
    again. It may be asked in a sync or an async generator, in what they call, and in a thread that
    `asyncio.to_thread` runs for one. An async generator is cancelled when nobody listens any more, and needs
    to ask only if it keeps that to itself.
    """
    source = running.get()
    return source is None or not source.unheard
