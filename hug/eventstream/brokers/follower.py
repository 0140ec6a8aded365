"""Keeping up with a channel that others publish on, too: it has a replica, and that is kept true."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import Any, Final, TypeVar

from hug.eventstream.brokers.ids import BEFORE_ALL, beginning_id, behind_id, id_of, new_life, newest_id
from hug.eventstream.brokers.link import ANSWER, Link
from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.brokers.pending_event import Shared
from hug.eventstream.engines.engine import Deleted, Ends, Kept
from hug.eventstream.history.beginning import Place
from hug.eventstream.history.replica import MOST_EVENTS, Replica

READ_EVENTS: Final = 256
READ_BYTES: Final = 256 * 1024
"""Most events, and their bytes, that are read at once."""

_MISSED: Final = "-"
"""The life of a channel of which nothing was known when it was deleted: no other has it."""

_PASTS: Final = 16
"""Pasts of a channel that are remembered, for readers that were in them; those of older ones get all."""

_Answer = TypeVar("_Answer")


class _Again(Exception):
    """An answer is about another life of the channel than what was told before it came."""


class Follower:
    """Keeps the replica of one channel true.

    All is done on the engine's event loop, but for what says otherwise.

    Attributes:
        name: The channel's.
        log: Its replica.
        before: The id of readers that were there before the channel existed, as it is now or will be.
        ready: Done when it is up to date for the first time.
        wanted: Whether there are readers; under the lock.
        life: Of the channel; empty if it is not known to exist.
        link: The connection over which the replica is up to date; None while it is compared.
        ahead: Seconds that the engine's clock is ahead of ours.
        queued: Whether it is about to be compared.
        timer: What ends it when nobody has read the channel for a while.
        tasks: What is asked for its readers.
    """

    __slots__ = (
        "_absent", "_begun", "_deletions", "_doubted", "_grown", "_known", "_lived", "_lock", "_newest",
        "_over", "_parted", "_pasts", "_waiting",
        "ahead", "before", "life", "link", "log", "name", "queued", "ready", "tasks", "timer", "wanted",
    )  # fmt: skip

    before: str
    life: str
    _known: bool
    _lived: bool
    _over: deque[str]
    _parted: int
    _pasts: deque[tuple[int, int]]

    def __init__(
        self, name: str, log: Replica, grown: Callable[[], None], before: "Follower | None" = None
    ) -> None:
        """Make one; ``before`` is the one that was there before, in a thread that has ended."""
        self.name = name
        self.log = log
        self.ready: Future[None] = Shared()
        self.wanted = True
        self.life = before.life if before is not None else ""
        self.before = before.before if before is not None else BEFORE_ALL
        self._pasts = before._pasts if before is not None else deque(maxlen=_PASTS)
        # Lives that have ended here, whatever is still told of them.
        self._over = before._over if before is not None else deque(maxlen=_PASTS)
        # The number of the newest event that was there when others behind it were lost; -1: none was.
        self._parted = before._parted if before is not None else -1
        # The connection over which it is known that the channel does not exist: all that begins is told of
        # over that, in its order. What came and went while it was lost nobody can know.
        self._absent: Link | None = None
        self._lived = before is not None and before._lived  # whether it has ever existed, as far as is known
        self.link: Link | None = None
        self.queued = False
        self.timer: asyncio.TimerHandle | None = None
        self.tasks: set[asyncio.Task[Any]] = set()
        self._grown = grown
        self._known = before is not None and before._known  # whether the replica is one of something
        self._lock = asyncio.Lock()
        self._doubted = False  # whether the past may be another one since it was compared
        self._newest = 0  # number of the newest event that was heard of
        self._deletions = 0  # that were told of
        self.ahead = 0.0  # of the engine's clock
        self._begun: asyncio.Event = asyncio.Event()  # whether anything was told of what is there now
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def number(self) -> int:
        """That of the newest event in the replica."""
        return self.log.number_of(self.log.last)

    @property
    def had_another(self) -> bool:
        """Whether the channel has been another one before, as far as this process has seen."""
        return bool(self._over)

    def heard(self, link: Link, life: str, events: Sequence[Kept]) -> bool:
        """Take events; return whether the replica is true. Else it is to be compared."""
        log = self.log
        if life in self._over:
            return True
        with LOCK:
            if self._absent is link:
                self._begin(life)
                self._trust(link)
            live = self.link is link
            ours = self.number
            if life != self.life:
                self._doubted, events = True, ()
            for event in events:
                number = event.position
                if number == ours + 1 and live:
                    self._extend(event)
                    ours += 1
                elif number > ours:
                    self._newest = max(self._newest, number)
                elif log.identity(number) != id_of(event):
                    self._doubted = True  # there was another event with this number
        if not live:
            return True  # it is being compared
        self._grown()
        return not self._doubted and self._newest <= ours

    def deleted(self, link: Link, gone: Deleted) -> bool:
        """Begin anew, for the channel was deleted, if all of it was here: who has had that has lost nothing.

        Return whether that is so, or the life was over before. Else the replica is to be compared.
        """
        if gone.life in self._over:
            return True
        with LOCK:
            self._deletions += 1
            self._over.append(gone.life)
            newest = self.log.identity(gone.last) if gone.last == self.number else None
            complete = gone.life == self.life and newest == f"{gone.request}-{gone.last}"
            if complete:
                self._pasts.append((self.log.origin, 0))
                self._parted = -1
                self.before = behind_id(gone.life)
                self.log.renew(self.before)
                self.life, self._absent = "", link
                self._trust(link)
            elif not self.life:
                self._begin(_MISSED)
        self._grown()
        return complete

    def missed(self) -> None:
        """Know that something was not told of the channel."""
        if self._absent is not None and self._lived:
            self._begin(_MISSED)
        self._absent = None

    def begins(self, position: int) -> int:
        """Return the number behind which a reader goes on that is at a position of this past, or another."""
        number = self.log.number_of(position)
        if number >= 0:
            return number
        begins = self.number
        for origin, common in reversed(self._pasts):
            begins = min(begins, common)
            if position >= origin:
                return min(begins, position - origin)
        return 0

    def place(self, position: int) -> Place:
        """Return where a reader goes on that has had what is before a position, and nothing else.

        When the channel's newest events were lost, and others have come since, who was away has missed those.
        """
        return Place(position, None if self.log.number_of(position) <= self._parted else 0)

    def doubt(self) -> None:
        """Take the replica for untrue until it is compared."""
        self._doubted = True
        self.link = None

    def _trust(self, link: Link) -> None:
        """Take the replica for true: of all that there was, it has been told in its order."""
        self._doubted, self._newest, self.link = False, 0, link

    async def current(self) -> Link:
        """Wait until the replica is true, and return the connection that it is so by."""
        while (link := self.link) is None or link.over.done():
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            await waiting
        return link

    async def update(self, link: Link) -> None:
        """Make the replica true, unless the channel is left meanwhile: then it is forgotten.

        Raises:
            Unreachable: The connection is lost.
        """
        ready = self.ready
        async with self._lock:
            self.link = None
            while self.link is not link and self.ready is ready:
                self._doubted, self._newest = False, 0
                try:
                    ends = await self._ask(link, link.engine.ends(self.name))
                    self.ahead = ends.now - monotonic()
                    if ends.life and self._absent is link:
                        await self._told(link)
                        continue
                    if self.link is not link:
                        await self._compare(link, ends)
                except _Again:
                    continue
                if not self._doubted and self._newest <= self.number:
                    self.link = link
            if self.ready is not ready:  # nobody tells of it any more
                self.forget()
                return
        self._grown()
        if not ready.done():
            ready.set_result(None)
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)

    def forget(self) -> None:
        """Let go of the events: nobody reads them."""
        self.link = self._absent = None
        with LOCK:
            log = self.log
            log.restart(self.number, log.id(log.last), same=True, closed=log.closed)

    def _extend(self, event: Kept) -> None:
        now = min(monotonic(), event.time - self.ahead)
        self.log.extend(event.position, id_of(event), event.fields, now)

    # The past

    async def _compare(self, link: Link, ends: Ends) -> None:
        """Compare the replica with what the engine has, and read what it lacks."""
        newest = newest_id(ends)
        if not self._known:
            self._known = True
            self.log.restart(ends.last, newest, same=True, closed=ends.closed)
            self._is_now(ends.life, link)
            return
        if self._absent is link:
            return  # nor was anything told of it
        ours = self.number
        if ends.life != self.life if self.life else self._lived:
            self._begin_another(0, ends)
        elif ends.last < ours or (ends.last == ours > 0 and self.log.identity(ours) not in (newest, None)):
            await self._part(link, ends)
        self._is_now(ends.life, link)
        if ends.life in self._over:  # the engine has come back with it
            self._over.remove(ends.life)
        while (ours := self.number) < ends.last:
            await self._read_on(link, ends, ours)

    def _is_now(self, life: str, link: Link) -> None:
        if life:
            self._begin(life)
        else:
            self.life, self._absent = "", link

    def _begin(self, life: str) -> None:
        self.life, self._absent, self._lived = life, None, True
        self._begun.set()

    async def _told(self, link: Link) -> None:
        """Wait until it is told of what has begun: what the engine has may be a later life than the next."""
        self._begun.clear()
        told: asyncio.Future[Any] = asyncio.ensure_future(self._begun.wait())
        over: asyncio.Future[Any] = link.over
        try:
            await asyncio.wait([told, over], timeout=ANSWER, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
        if not self._begun.is_set():
            self._absent = None

    async def _read_on(self, link: Link, ends: Ends, ours: int) -> None:
        """Read some of what the engine has behind our newest event; of much, the newest."""
        identity = self.log.identity(ours) if ours else None
        # With our own newest event, to see whether it is there still.
        events = await self._read(link, ends, ours if identity is None else ours - 1)
        if identity is not None and events and events[0].position == ours:
            if id_of(events[0]) != identity:
                await self._part(link, ends)
                return
            events = events[1:] or await self._read(link, ends, ours)
        if ends.last - ours > MOST_EVENTS:
            events = await self._read(link, ends, ends.last - MOST_EVENTS)
        with LOCK:
            for event in events:
                self._extend(event)
            if self.number <= ours:  # all that was there is gone
                self.log.restart(ends.last, newest_id(ends), same=True, closed=ends.closed)
        self._grown()

    async def _part(self, link: Link, ends: Ends) -> None:
        """Find where the engine's past and ours part, and begin there."""
        common = 0
        after = max(0, self.log.number_of(self.log.oldest) - 1)
        going_on = True
        while going_on and after < ends.last:
            events = await self._read(link, ends, after)
            going_on = False
            for event in events:
                going_on = self.log.identity(event.position) == id_of(event)
                if not going_on:
                    break
                common = after = event.position
        self._begin_another(common, ends)

    def _begin_another(self, common: int, ends: Ends) -> None:
        """Begin another past, which is the same up to the event with this number."""
        # Who comes back with an id from before any other life may have missed that: this one is no other's.
        before = "" if ends.life else f"{new_life()}-0"
        event_id = (self.log.identity(common) if common else None) or before or beginning_id(ends)
        closed = ends.closed and common == ends.last
        with LOCK:
            self.before = before
            self._pasts.append((self.log.origin, common))
            self._parted = -1 if self.life and self.life != ends.life else common
            if self.life not in ("", ends.life):
                self._over.append(self.life)
            self.log.restart(common, event_id, same=False, closed=closed)
        self._grown()

    async def _read(self, link: Link, ends: Ends, after: int) -> Sequence[Kept]:
        return await self._ask(link, link.engine.read(self.name, ends.life, after, READ_EVENTS, READ_BYTES))

    async def _ask(self, link: Link, question: Awaitable[_Answer]) -> _Answer:
        """Ask the engine; raise `_Again` if it was told meanwhile that the channel was deleted."""
        deletions = self._deletions
        answer = await link.call(question)
        if self._deletions != deletions:
            raise _Again
        return answer
