"""The live feed of PostgreSQL: which channels have grown is notified, and their events are then read."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from hug.eventstream.engines.engine import Deleted, Hearer
from hug.eventstream.engines.postgres.connection import Link
from hug.eventstream.engines.postgres.newer_events import FEW, Grown, NewerEvents

_AT_ONCE: Final = 100
"""Most channels whose events are read together."""

_LOOKS: Final = 50
_PAUSE: Final = 0.02
"""So often, and seconds between, is a channel looked at that is another one than was told of: the notice of
that is no answer, and may come behind one. Then it counts as lost."""


_NONE: Final = Grown(0, "", 0, [])
"""There is no such channel."""


class _Gone(NamedTuple):
    """A channel that was deleted: its number among all channels of all times, and what it was."""

    id: int
    deleted: Deleted


@dataclass(slots=True)
class _Followed:
    """A channel that is followed.

    Attributes:
        told: The position up to which it was told of; None: it is not known yet where it begins.
        last: That of the newest event that there is, as far as is known.
        id: Tells it from others that had its name, and is greater than theirs, unless several wanted to make
            it at the same moment; 0: there was none.
        over: Whether it was told that this one is deleted.
        since: The id of the first that it was told of, or of one of which it was not told what became of it:
            what is told of those before is too late.
        deleted: How often it was deleted, which is still to be told.
        looked: How often another one was there, and it was not told what became of this one.
        waiting: Those who want to know when it is followed.
    """

    told: int | None = None
    last: int = 0
    id: int = 0
    over: bool = True
    since: int = 0
    deleted: list[_Gone] = field(default_factory=list)
    looked: int = 0
    waiting: list[asyncio.Future[None]] = field(default_factory=list)


class Feed:
    """Tells of the events of all channels that are followed."""

    def __init__(self, hearer: Hearer, names: dict[str, str]) -> None:
        """Prepare.

        Args:
            hearer: Whom to tell.
            names: Those of the tables.
        """
        self._hearer = hearer
        self._newer = NewerEvents(names)
        self._followed: dict[str, _Followed] = {}
        self._by_key: dict[str, str] = {}
        self._grown: set[str] = set()
        self._wake = asyncio.Event()

    @property
    def followed(self) -> list[str]:
        """The names of the channels that are followed."""
        return list(self._followed)

    def notified(self, payload: str) -> None:
        """Take a notification: a word a channel, its key and its last position.

        If the channel was deleted that is 0, and its number, its life, and the position and the request of
        its newest event follow.
        """
        for word in payload.split():
            key, _, last = word.partition(":")
            last, *gone = last.split(":")
            name = self._by_key.get(key)
            if name is None or not last.isdecimal():
                continue
            followed = self._followed[name]
            if last == "0":
                if len(gone) == 4 and gone[0].isdecimal() and gone[2].isdecimal():
                    number, life, last, request = gone
                    followed.deleted.append(_Gone(int(number), Deleted(life, int(last), request)))
            else:
                if followed.told is not None and int(last) <= followed.told:
                    continue
                followed.last = int(last)
            self._look_at(name)

    async def follow(self, name: str) -> None:
        """Follow a channel; return when all that comes from then on will be told."""
        followed = self._followed.setdefault(name, _Followed())
        if followed.told is not None:
            return
        self._by_key[key(name)] = name
        known: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        followed.waiting.append(known)
        self._look_at(name)
        await known

    def unfollow(self, name: str) -> None:
        """Follow it no more."""
        if (followed := self._followed.pop(name, None)) is not None:
            del self._by_key[key(name)]
            self._grown.discard(name)
            _resolve(followed.waiting, None)

    def fail(self, error: Exception) -> None:
        """Let those fail who wait for a channel to be followed: the connection is lost."""
        for followed in self._followed.values():
            _resolve(followed.waiting, error)

    async def run(self, link: Link) -> None:
        """Read what is new, for as long as the connection lasts; raise when it is lost."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._grown:
                names = [self._grown.pop() for _ in range(min(_AT_ONCE, len(self._grown)))]
                await self._read(link, names)

    def _look_at(self, name: str) -> None:
        self._grown.add(name)
        self._wake.set()

    async def _read(self, link: Link, names: Sequence[str]) -> None:
        for name in names:
            each = self._followed.get(name)
            while each is not None and each.deleted:
                await self._bury(link, name, each, each.deleted.pop(0))
        wanted = {name: followed for name in names if (followed := self._followed.get(name)) is not None}
        found = await self._look(link, wanted) if wanted else {}
        for name, followed in wanted.items():
            if self._followed.get(name) is followed:
                self._take(name, followed, found.get(name, _NONE))

    async def _look(self, link: Link, wanted: Mapping[str, _Followed]) -> Mapping[str, Grown]:
        if len(wanted) == 1:  # as nearly always
            ((name, followed),) = wanted.items()
            if followed.told is not None and followed.last - followed.told <= FEW:
                return await self._newer.of_one(link, name, followed.told)
        return await self._newer.of_all(link, {name: each.told for name, each in wanted.items()})

    async def _bury(self, link: Link, name: str, followed: _Followed, gone: _Gone) -> None:
        """Tell of a channel that was deleted, and of what is left of it before."""
        if followed.told is None or gone.id < followed.since:
            return
        if gone.id > followed.id:
            followed.id, followed.told, followed.over = gone.id, 0, False
        if gone.id == followed.id and not followed.over:
            while followed.told < gone.deleted.last:
                left = await self._newer.of_deleted(link, gone.id, followed.told)
                if not left or self._followed.get(name) is not followed:
                    break
                followed.told = left[-1].position
                self._hearer.heard(name, gone.deleted.life, left)
            followed.told, followed.over, followed.looked = 0, True, 0
        if self._followed.get(name) is followed:
            self._hearer.changed(name, gone.deleted)

    def _take(self, name: str, followed: _Followed, grown: Grown) -> None:
        """Tell of what was read of a channel."""
        number, life, last, events = grown
        followed.last = last
        if followed.told is None:
            followed.told, followed.id, followed.since, followed.over = last, number, number, not number
            _resolve(followed.waiting, None)
            return
        if followed.deleted:  # that comes first, and what is left of it
            self._look_at(name)
            return
        if followed.over and number not in (0, followed.id):  # mostly a greater one; see `_Followed`
            followed.id, followed.told, followed.over = number, 0, False
        if number != followed.id:
            if followed.over:
                return
            # It is another one by now; the notification of that is here, or on its way, or lost.
            if followed.looked < _LOOKS:
                followed.looked += 1
                asyncio.get_running_loop().call_later(_PAUSE, self._look_at, name)
                return
            followed.told, followed.id, followed.looked = 0, max(number, followed.id), 0
            followed.since, followed.over = followed.id, not number
            self._hearer.changed(name)
            self._look_at(name)
        elif events:
            followed.told = events[-1].position
            self._hearer.heard(name, life, events)
            if last > followed.told:
                self._look_at(name)
        elif last > followed.told:  # all that came is gone
            followed.told = last
            self._hearer.changed(name)


def key(name: str) -> str:
    """Return what stands for a channel's name in notifications, which cannot be long."""
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:16]


def _resolve(waiting: list[asyncio.Future[None]], error: Exception | None) -> None:
    for each in waiting:
        if each.done():
            continue
        if error is None:
            each.set_result(None)
        else:
            each.set_exception(error)
    waiting.clear()
