"""All channels of others that a process keeps up with."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Protocol

from hug.eventstream.brokers.follower import Follower
from hug.eventstream.brokers.link import Failed, Link
from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.brokers.pending_event import Shared
from hug.eventstream.engines.engine import Deleted, Kept
from hug.exceptions import BrokerError, Unreachable

LINGER: Final = 10.0
"""Seconds for which a channel is followed when its last reader has left: others often come at once."""

AT_ONCE: Final = 32
"""Channels whose ends are asked for at the same time."""

REFUSED: Final = 30.0
"""Seconds after which a channel is tried again that the engine refuses to tell of."""

logger = logging.getLogger("hug")


class Worker(Protocol):
    """The thread that followers work in.

    Attributes:
        link: See `hug.eventstream.brokers.engine_thread.EngineThread`.
    """

    link: Link | None

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> object:
        """See there."""

    def call(self, function: Callable[[], object]) -> None:
        """See there."""


class Followers:
    """All channels that a process follows, by their names.

    Attributes:
        count: How many.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._by_name: dict[str, list[Follower]] = {}
        self._followed: set[str] = set()  # over the connection that there is
        self._leaving: set[str] = set()  # the engine is yet to answer that it follows them no more
        self._queue: deque[Follower] = deque()
        self._working = 0

    @property
    def count(self) -> int:
        """How many channels are followed."""
        return len(self._by_name)

    def begin(self, follower: Follower) -> None:
        """Follow a channel."""
        if follower.timer is not None:
            follower.timer.cancel()
            follower.timer = None
        others = self._by_name.setdefault(follower.name, [])
        if follower not in others:
            others.append(follower)
            self.refresh(follower)

    def leave(self, follower: Follower) -> None:
        """Follow a channel no more, in a while, if nobody reads it by then."""
        if follower.timer is None:
            follower.timer = asyncio.get_running_loop().call_later(LINGER, self._leave, follower)

    def _leave(self, follower: Follower) -> None:
        follower.timer = None
        with LOCK:
            if follower.wanted:
                return
            follower.ready = Shared()
        others = self._by_name.get(follower.name, [])
        if follower not in others:
            return
        others.remove(follower)
        for task in tuple(follower.tasks):
            task.cancel()
        follower.forget()
        if not others:
            del self._by_name[follower.name]
            self._worker.spawn(self._unfollow(follower.name))

    async def _unfollow(self, name: str) -> None:
        link = self._worker.link
        if link is None or name not in self._followed or name in self._by_name:
            return
        self._followed.discard(name)
        self._leaving.add(name)
        try:
            await link.call(link.engine.unfollow(name))
        except (Unreachable, BrokerError):
            pass
        finally:
            self._leaving.discard(name)
        for follower in self._by_name.get(name, ()):  # a reader has come meanwhile
            self.refresh(follower)

    def end(self) -> None:
        """Follow nothing any more."""
        for others in self._by_name.values():
            for follower in others:
                for task in tuple(follower.tasks):
                    task.cancel()

    def heard(self, link: Link, channel: str, life: str, events: Sequence[Kept]) -> None:
        """See `hug.eventstream.brokers.link.Listener`."""
        for follower in self._by_name.get(channel, ()):
            if not follower.heard(link, life, events):
                self.refresh(follower)

    def changed(self, link: Link, channel: str, deleted: Deleted | None) -> None:
        """See there."""
        for follower in self._by_name.get(channel, ()):
            if deleted is None:
                follower.missed()
                self.refresh(follower)
            elif not follower.deleted(link, deleted):
                self.refresh(follower)

    def linked(self) -> None:
        """Follow all channels over a new connection."""
        self._followed.clear()
        for others in self._by_name.values():
            for follower in others:
                self.refresh(follower)

    def put_off(self, follower: Follower, error: BrokerError | Failed) -> None:
        """Compare a replica later: the engine refuses to tell of this channel, or fails on it alone."""
        logger.error(
            "channel %r cannot be read, which is tried again each %g s: %s", follower.name, REFUSED, error
        )
        follower.doubt()
        asyncio.get_running_loop().call_later(REFUSED, self._try_again, follower)

    def _try_again(self, follower: Follower) -> None:
        if follower in self._by_name.get(follower.name, ()):
            self.refresh(follower)

    def refresh(self, follower: Follower) -> None:
        """Have a replica compared with what the engine has."""
        follower.doubt()
        if not follower.queued:
            follower.queued = True
            self._queue.append(follower)
        self._go()

    def _go(self) -> None:
        link = self._worker.link
        if self._queue and self._working < AT_ONCE and link is not None:
            self._working += 1
            self._worker.spawn(self._work(link))

    async def _work(self, link: Link) -> None:
        try:
            while self._queue and self._worker.link is link:
                follower = self._queue.popleft()
                follower.queued = False
                if (
                    follower in self._by_name.get(follower.name, ())
                    and follower.name not in self._leaving  # else it comes again
                ):
                    try:
                        if follower.name not in self._followed:
                            await link.call(link.engine.follow(follower.name))
                            self._followed.add(follower.name)
                        await follower.update(link)
                    except (BrokerError, Failed) as error:
                        self.put_off(follower, error)
        except Unreachable:
            pass  # all of them come again with the next connection
        finally:
            self._working -= 1
            self._go()
