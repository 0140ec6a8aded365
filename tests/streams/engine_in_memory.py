"""An engine for tests, in this process: brokers share it as those of several processes, and it fails at will.

What holds on real engines is shown with these. Here faults come between any two steps, and by the hundred.
"""

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hug.eventstream.brokers.remote import RemoteBroker
from hug.eventstream.engines.engine import Deleted, Ends, Entry, Hearer, Kept
from hug.exceptions import BrokerError, ChannelClosed, LeaseLost, Refused, Unreachable

_lives = itertools.count(1)


@dataclass
class Run:
    """One channel."""

    life: str = field(default_factory=lambda: f"life{next(_lives)}")
    events: list[Kept] = field(default_factory=list)
    last: int = 0
    request: str = ""
    closed: bool = False
    known: dict[str, int] = field(default_factory=dict)

    def copy(self) -> "Run":
        return Run(self.life, self.events.copy(), self.last, self.request, self.closed, self.known.copy())

    @property
    def ids(self) -> list[str]:
        return [f"{event.request}-{event.position}" for event in self.events]


class Server:
    """What the engines lead to.

    Attributes:
        up: Whether it can be reached.
        delay: Seconds that each answer takes.
        way: Seconds that an answer about a channel's ends is on its way, while other things happen.
        hangs: Whether it accepts questions and never answers.
        refuses: Why it lets nobody in, if it does not.
        full: Whether it refuses events.
        loses: Of so many coming appends the answer is lost, after they were taken.
        deaf: So many coming events are not told to those who follow.
        holds: Whether what is told to them waits on its way; see `let_through`.
        breaks: What the next question fails with.
        locked: Channels that cannot be written to for now.
        forbidden: Channels that we may not use.
        poison: It fails on events with this in them.
        ahead: Seconds that its clock is ahead.
        calls: How often each method was called.
        ever: All events that it has taken, in whatever past.
    """

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.up = True
        self.delay = self.way = 0.0
        self.hangs = False
        self.refuses = ""
        self.full = False
        self.loses = 0
        self.deaf = 0
        self.holds = False
        self.breaks: list[Exception] = []
        self.locked: set[str] = set()
        self.forbidden: set[str] = set()
        self.poison = b""
        self.ahead = 1e6
        self.calls: Counter[str] = Counter()
        self.ever: Counter[str] = Counter()
        self.batches: list[int] = []
        self.connections: set[InMemory] = set()
        self.leases: dict[str, tuple[str, int, float]] = {}
        self.lock = threading.RLock()
        self._saved: dict[str, Run] = {}
        self._numbers = itertools.count(1)

    def broker(self, patience: float = 10.0) -> RemoteBroker:
        """Return a broker of its own, as in another process."""
        return RemoteBroker("test://", "machine", lambda: InMemory(self), patience=patience)

    def run(self, name: str = "news") -> Run:
        with self.lock:
            return self.runs.get(name) or Run("")

    # Faults

    def cut(self) -> None:
        """End all connections."""
        with self.lock:
            for connection in list(self.connections):
                connection.break_off()

    def stop(self) -> None:
        with self.lock:
            self.up = False
            self.cut()

    def start(self) -> None:
        self.up = True

    def save(self) -> None:
        with self.lock:
            self._saved = {name: run.copy() for name, run in self.runs.items()}

    def restore(self) -> None:
        """Be as at the last `save`; that comes with the end of all connections."""
        with self.lock:
            self.cut()
            self.runs = {name: run.copy() for name, run in self._saved.items()}

    def let_through(self, most: int | None = None) -> None:
        """Let what was held arrive, or so much of it, in its order."""
        with self.lock:
            self.holds = most is not None
            for connection in self.connections:
                connection.let_through(most)

    def wipe(self) -> None:
        """Forget everything, and tell nobody."""
        with self.lock:
            self.runs.clear()

    # What engines ask

    def append(self, entry: Entry) -> int | Exception:
        run = self.runs.get(entry.channel)
        if entry.channel in self.locked:
            return Unreachable(f"{entry.channel} is locked")
        if run is not None and entry.request in run.known:
            return run.known[entry.request]
        if self.full:
            return Refused("the memory is full")
        if run is not None and run.closed:
            return ChannelClosed("closed")
        if entry.lease is not None and entry.lease[1] < self.leases.get(entry.lease[0], ("", 0, 0.0))[1]:
            return LeaseLost("somebody else has it")
        if run is None:
            run = self.runs[entry.channel] = Run()
        run.last += 1
        run.request = entry.request
        run.closed = not entry.fields
        run.known[entry.request] = run.last
        self.ever[entry.request] += 1
        kept = Kept(run.last, entry.request, time.time() + self.ahead, entry.fields)
        run.events.append(kept)
        del run.events[: max(0, len(run.events) - entry.bounds.history)]
        if self.deaf:
            self.deaf -= 1
        else:
            for connection in self.connections:
                connection.tell_of_events(entry.channel, run.life, kept)
        return run.last

    def delete(self, channel: str) -> None:
        run = self.runs.pop(channel, None)
        for connection in self.connections if run is not None else ():
            connection.tell(channel, Deleted(run.life, run.last, run.request))

    def lease(self, name: str, holder: str, seconds: float) -> int | None:
        has, number, until = self.leases.get(name, ("", 0, 0.0))
        if has and has != holder and until > time.time():
            return None
        if has != holder or until <= time.time():
            number = next(self._numbers)
        self.leases[name] = (holder, number, time.time() + seconds)
        return number


class InMemory:
    """See `hug.eventstream.engines.engine.Engine`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._following: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._hearer: Hearer | None = None
        self._held: list[Callable[[Hearer], None]] = []

    def break_off(self) -> None:
        self._server.connections.discard(self)
        self._soon(lambda hearer: hearer.lost(ConnectionResetError("cut")))

    def tell_of_events(self, channel: str, life: str, *events: Kept) -> None:
        if channel in self._following:
            self._tell(lambda hearer: hearer.heard(channel, life, events))

    def tell(self, channel: str, deleted: Deleted | None) -> None:
        if channel in self._following:
            self._tell(lambda hearer: hearer.changed(channel, deleted))

    def let_through(self, most: int | None) -> None:
        arriving, self._held = self._held[:most], self._held[len(self._held[:most]) :]
        for each in arriving:
            self._soon(each)

    def _tell(self, function: Callable[[Hearer], None]) -> None:
        if self._server.holds or self._held:
            self._held.append(function)
        else:
            self._soon(function)

    def _soon(self, function: Callable[[Hearer], None]) -> None:
        hearer = self._hearer
        if self._loop is not None and hearer is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, hearer)

    async def _ask(self, name: str) -> None:
        server = self._server
        server.calls[name] += 1
        await asyncio.sleep(server.delay)
        if server.hangs:
            await asyncio.sleep(1000)
        if server.breaks:
            raise server.breaks.pop(0)
        if self not in server.connections:
            raise Unreachable("not connected")

    def _allow(self, *channels: str) -> None:
        if forbidden := self._server.forbidden.intersection(channels):
            raise BrokerError(f"no permission to use {', '.join(forbidden)}")

    async def connect(self, hearer: Hearer) -> None:
        server = self._server
        self._loop, self._hearer = asyncio.get_running_loop(), hearer
        if not server.up:
            raise Unreachable("nobody is there")
        if server.refuses:
            raise BrokerError(server.refuses)
        with server.lock:
            server.connections.add(self)
        await self._ask("connect")

    async def close(self) -> None:
        with self._server.lock:
            self._server.connections.discard(self)

    async def append(self, entries: Sequence[Entry]) -> Sequence[int | Exception]:
        await self._ask("append")
        server = self._server
        with server.lock:
            if self not in server.connections:
                raise Unreachable("not connected")
            self._allow(*(entry.channel for entry in entries))
            if server.poison and any(server.poison in entry.fields for entry in entries):
                raise ValueError("that cannot be written")
            answers = [server.append(entry) for entry in entries]
            server.batches.append(len(entries))
            if server.loses:
                server.loses -= 1
                self.break_off()
                raise Unreachable("no answer")
        return answers

    async def follow(self, channel: str) -> None:
        await self._ask("follow")
        self._following.add(channel)

    async def unfollow(self, channel: str) -> None:
        await self._ask("unfollow")
        self._following.discard(channel)
        self._server.calls["unfollowed"] += 1

    async def ends(self, channel: str) -> Ends:
        await self._ask("ends")
        self._allow(channel)
        with self._server.lock:
            run = self._server.run(channel)
            first = run.last - len(run.events) + 1
            now = time.time() + self._server.ahead
            ends = Ends(run.life, first, run.last, run.request, run.closed, now)
        await asyncio.sleep(self._server.way)
        return ends

    async def read(self, channel: str, life: str, after: int, most: int, size: int) -> Sequence[Kept]:
        await self._ask("read")
        self._allow(channel)
        with self._server.lock:
            found: list[Kept] = []
            run = self._server.run(channel)
            for event in run.events if run.life == life else ():
                if event.position > after and len(found) < most and size > 0:
                    found.append(event)
                    size -= len(event.fields)
            return found

    async def delete(self, channel: str) -> None:
        await self._ask("delete")
        while channel in self._server.locked:  # noqa: ASYNC110  # tests change it in other threads
            await asyncio.sleep(0.005)
        with self._server.lock:
            self._server.delete(channel)

    async def lease(self, name: str, holder: str, seconds: float) -> int | None:
        await self._ask("lease")
        with self._server.lock:
            return self._server.lease(name, holder, seconds)

    async def release(self, name: str, holder: str) -> None:
        await self._ask("release")
        with self._server.lock:
            if self._server.leases.get(name, ("", 0, 0.0))[0] == holder:
                self._server.leases[name] = ("", self._server.leases[name][1], 0.0)

    async def prune(self) -> None:
        await self._ask("prune")
