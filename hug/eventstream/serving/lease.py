"""Whose turn it is, of several processes, to run a source: who has a lease, and publishes with its number."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from time import monotonic
from typing import Any, Final, TypeVar

from hug.eventstream.brokers import Broker
from hug.eventstream.channels.answers import answer
from hug.eventstream.channels.channel import body
from hug.eventstream.channels.fanout import Fanout
from hug.eventstream.channels.publication import Published
from hug.eventstream.loop.running_loop import in_loop
from hug.exceptions import HugError

LASTS: Final = 6.0
"""Seconds that a lease lasts which is not extended: its holder was killed, or sleeps."""

EXTENDED: Final = 2.0
"""Seconds after which it is extended."""

MARGIN: Final = 1.0
"""Seconds before its end when a holder takes it for lost that could not extend it: it has to stop by then."""

GIVING_BACK: Final = 0.5
"""Seconds that giving it back may take. If it fails the lease runs out."""

AHEAD: Final = 100
"""Events that a source may be ahead of the broker's answers."""

ENDED: Final = b": the source has ended\n"
"""The lines of the event by which all processes learn that; clients take it for a comment."""

_Result = TypeVar("_Result")


class Turn:
    """A lease on running one source.

    It is no lock: who has lost it may not know that yet, so events carry its number.
    """

    def __init__(self, broker: Broker, name: str, holder: str) -> None:
        """Ask for nothing yet.

        Args:
            broker: Which gives it.
            name: Of the lease.
            holder: Tells this process from others.
        """
        self.name = name
        self._broker = broker
        self._holder = holder
        self._until = 0.0

    async def ask(self) -> int | None:
        """Return the number of the lease, or None while another process has it.

        Raises:
            HugError: The broker does not answer.
        """
        asked = monotonic()
        number = await _answer(self._broker.lease(self.name, self._holder, LASTS))
        if number is not None:
            self._until = asked + LASTS
        return number

    async def hold(self, number: int) -> str:
        """Extend the lease until it is lost; return why it is."""
        while True:
            await asyncio.sleep(EXTENDED)
            try:
                async with asyncio.timeout(max(self._until - MARGIN - monotonic(), 0)):
                    found = await self.ask()
            except (TimeoutError, HugError) as error:
                if monotonic() >= self._until - MARGIN:
                    why = str(error) or "no answer"
                    return f"its lease could not be extended for {LASTS - MARGIN:g} s: {why}"
            else:
                if found != number:
                    return "another process has its lease"

    async def give_back(self) -> None:
        """Let another process have it at once."""
        try:
            async with asyncio.timeout(GIVING_BACK):
                await _answer(self._broker.release(self.name, self._holder))
        except (TimeoutError, HugError):
            pass  # it runs out


class Leased:
    """Publishes on a channel for as long as this process has a lease.

    Attributes:
        last: The id of the newest event that was taken; empty if none was.
    """

    def __init__(self, fanout: Fanout, lease: tuple[str, int]) -> None:
        self.last = ""
        self._fanout = fanout
        self._topic = fanout.topic
        self._lease = lease
        self._pending: deque[str | Future[str]] = deque()

    def __call__(self, data: Any, /) -> Awaitable[Any]:
        """See `hug.eventstream.sources.publishing.Publish`; raise what became of events before.

        It does not wait for each answer: the source may be `AHEAD`.
        """
        pending, fanout = self._pending, self._fanout
        pending.append(self._topic.append(body(data), self._lease))
        while pending and _done(pending[0]):
            self._take(pending.popleft())
        published = Published(
            pending[0] if len(pending) > AHEAD else "", fanout.wait() if fanout.crowded else None
        )
        if not in_loop():  # but in the thread of a source, which may wait
            published.result()
        return published

    async def all_taken(self) -> None:
        """Wait until the broker has answered for everything; raise the first failure."""
        while self._pending:
            taken = self._pending.popleft()
            if not isinstance(taken, str):
                await answer(taken)
            self._take(taken)

    async def end(self) -> None:
        """Publish that the source has ended, after everything."""
        self._pending.append(self._topic.append(ENDED, self._lease))
        await self.all_taken()

    def dismiss(self) -> None:
        """Do not ask any more: what is refused now is refused for the lease."""
        for taken in self._pending:
            if not isinstance(taken, str):
                taken.add_done_callback(_ignore)
        self._pending.clear()

    def _take(self, taken: str | Future[str]) -> None:
        self.last = taken if isinstance(taken, str) else taken.result()


class Ends:
    """Looks through what comes on a channel for the ends of its source."""

    def __init__(self, fanout: Fanout, look: Callable[[], None]) -> None:
        """Begin with what comes from now on.

        Args:
            fanout: Of the channel.
            look: Is called, from any thread, when there is something to `look` at.
        """
        self._fanout = fanout
        self._position = fanout.log.last
        self._look = look
        fanout.watch = look

    def look(self) -> bool:
        """Return whether the source of this process, or of another, has ended since the last look."""
        log = self._fanout.log
        try:
            rows = list(log.after(max(self._position, log.oldest), log.last + 1))
        except LookupError:  # it was shortened meanwhile
            return False
        if rows:
            self._position = rows[-1][1]
        return any(frame.startswith(_END) for _, _, frame in rows)

    def has(self, event_id: str) -> bool:
        """Whether an event has come."""
        return self._fanout.log.position(event_id) is not None

    def close(self) -> None:
        """Look no more."""
        if self._fanout.watch == self._look:
            self._fanout.watch = None


_END: Final = ENDED + b"id: "


async def _answer(given: Future[_Result] | _Result) -> _Result:
    return await answer(given) if isinstance(given, Future) else given


def _done(taken: str | Future[str]) -> bool:
    return isinstance(taken, str) or taken.done()


def _ignore(taken: Future[str]) -> None:
    taken.exception()
