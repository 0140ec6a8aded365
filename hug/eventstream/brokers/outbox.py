"""What a process has published and the engine has not answered for yet."""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from itertools import count
from time import monotonic
from typing import Final, TypeAlias

from hug.eventstream.brokers.counter import Counts
from hug.eventstream.brokers.ids import new_life
from hug.eventstream.brokers.link import Failed
from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.brokers.pending_event import Shared, Taken, settle
from hug.eventstream.brokers.unawaited_failures import Unheard
from hug.eventstream.brokers.waiting import Waiting
from hug.eventstream.engines.engine import Entry
from hug.eventstream.history.log import Bounds
from hug.exceptions import BrokerError, FateUnknown, HugError, NotTaken, Unreachable

MOST_EVENTS: Final = 10_000
MOST_BYTES: Final = 16 * 1024 * 1024
"""Most events, and their bytes, that wait for the engine; of more, those who publish are told."""

BATCH_EVENTS: Final = 500
BATCH_BYTES: Final = 1024 * 1024
"""Most events, and their bytes, that go to the engine at once; a single one may be larger."""


Append: TypeAlias = Callable[[Sequence[Entry]], Awaitable[Sequence[int | Exception]]]
"""What brings events to the engine; see `Engine.append`."""


class Outbox:
    """Takes events from any thread, and brings them to the engine: in batches, one after the other.

    A batch that gets no answer is repeated, with the same requests, so that the engine takes each event once.

    Attributes:
        request: Returns what tells an event from every other.
        events: How many wait.
        bytes: How many bytes of them.
        thread: See `hug.eventstream.brokers.pending_event.Answering`.
        lost: How many have failed since the end was said.
    """

    def __init__(
        self, url: str, patience: float, wake: Callable[[], None], counts: Counts | None = None
    ) -> None:
        """Make an empty one.

        Args:
            url: Of the engine, for messages.
            patience: Seconds after which those who publish are told that an event has no answer.
            wake: Is called, from any thread, when there is something to take; see `take`.
            counts: Where it is counted what becomes of events.
        """
        self.events = 0
        self.bytes = 0
        self._url = url
        self._patience = patience
        self._wake = wake
        self._counts = counts or Counts()
        self.thread = 0
        self.lost = 0
        self._unheard = Unheard()
        self.request: Final[Callable[[], str]] = map(f"{new_life()}.%x".__mod__, count(1)).__next__
        self._waiting = Waiting()
        self._put = self._waiting.put
        self._room: Future[None] | None = None
        self._late: Callable[[Taken], object] | None = None  # what is done about an event that comes late
        self._sending = False  # so that it is looked, afterwards, for what has come meanwhile
        # What follows is for the engine's thread alone.
        self._suspects = 0  # how many of the next events have one among them on which the engine fails
        self._failures = 0  # in a row, at most 1
        self._some = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._awaiting: list[asyncio.Future[None]] = []  # that some are settled
        self._refusal = ""
        self._timer: asyncio.TimerHandle | None = None

    # Any thread, in the middle of anything

    def put(
        self,
        channel: str,
        fields: bytes,
        bounds: Bounds,
        lease: tuple[str, int] | None = None,
        kind: type[Taken] = Taken,
    ) -> Taken:
        """Take an event, to be brought to the engine; return one of this kind.

        Raises:
            NotTaken: Too many wait.
        """
        size = len(fields)
        if self.events >= MOST_EVENTS or (self.events and self.bytes + size > MOST_BYTES):
            self._counts.refused.add()
            raise NotTaken(
                f"an event on channel {channel!r} was not taken: {self.events} events, {self.bytes} bytes, "
                f"wait for {self._url} already. Await what publish() returns, so as not to publish faster "
                "than events are taken"
            )
        until = monotonic() + self._patience
        taken = kind(channel, self.request(), fields, bounds, lease, until=until, answering=self)
        with LOCK:
            self.events += 1
            self.bytes += size
        self._put(taken)
        if not self._sending:
            self._wake()
        if self._late is not None:
            self._late(taken)
        return taken

    @property
    def room(self) -> Future[None] | None:
        """What to wait for before more is published; None if there is room enough."""
        if self.events <= MOST_EVENTS // 2 and self.bytes <= MOST_BYTES // 2:
            return None
        made: Future[None] = Shared()
        with LOCK:
            if self._room is None:
                self._room = made
            room = self._room
        self._give_room()  # if there is by now
        return room

    def unheard(self, error: BaseException) -> None:
        """See `hug.eventstream.brokers.pending_event.Answering`."""
        self._unheard.tell(error)

    def end(self, why: str) -> None:
        """Fail what waits, and whatever comes from now on."""
        self._late = lambda _: self.end(why)
        while (taken := self._waiting.pop()) is not None:
            self._forget((taken,))
            self.lost += self._fail(taken, why)
        self._give_room()
        self._unheard.flush(at_once=True)

    def await_each(self) -> None:
        """Have `put` wait until the event is taken, and raise why it is not: nobody would wait at the end."""
        self._late = Taken.result

    # The engine's thread

    def take(self) -> None:
        """Look at what has been put in."""
        if self._waiting:
            if self._refusal:
                self.refuse(self._refusal)
            else:
                self._empty.clear()
                if self._waiting.ready:
                    self._some.set()
                if self._timer is None:
                    self._watch()
        self._give_room()

    def refuse(self, why: str) -> None:
        """Fail what was not sent yet, and what comes, until ``why`` is empty: the engine refuses us."""
        self._refusal = why
        if why:
            for queue in self._waiting.queues():
                for taken in queue:
                    if not taken.sent:
                        self._fail(taken, why)
            self._drop_settled()

    async def send(self, reach: Callable[[], Awaitable[Append]]) -> None:
        """Bring events to the engine, for ever.

        Args:
            reach: Waits until the engine can be reached, and returns how.
        """
        while True:
            await self._some.wait()
            append = await reach()
            self._sending = True
            try:
                with contextlib.suppress(Unreachable):  # what was sent is repeated when there is a connection
                    await self._send(append)
            finally:
                self._sending = False
            self.take()
            # An engine that blocks, as a file does, has let nobody else have a turn: not those who read.
            await asyncio.sleep(0)

    async def _send(self, append: Append) -> None:
        self._drop_settled()
        most = max(1, self._suspects // 2) if self._suspects else BATCH_EVENTS
        batch = self._waiting.next(most, BATCH_BYTES)
        if not batch:
            return
        for taken in batch:
            taken.sent = True
        try:
            answers = await append(batch)
        except (Failed, BrokerError) as error:
            self._isolate(batch, error)
            return
        except Unreachable:
            for taken in batch:
                taken.doubtful = True
            raise
        self._suspects = max(0, self._suspects - len(batch))
        if not self._suspects:
            self._failures = 0
        settled, others = settle(batch, answers)
        self._counts.published.add_many(settled)
        self._waiting.go(
            taken for taken, answer in zip(batch, answers, strict=True) if isinstance(answer, int)
        )
        aside: dict[str, str] = {}
        for taken, answer in others:
            if isinstance(answer, Unreachable):  # that one is tried again
                taken.sent = taken.doubtful
                aside.setdefault(taken.channel, str(answer))
            elif not taken.done():  # else it was given up meanwhile
                self._counts.refused.add()
                taken.fail(answer)
        self._drop_settled()
        for channel, why in aside.items():
            pause = self._waiting.set_aside(channel, why)
            asyncio.get_running_loop().call_later(pause, self._take_back, channel)
        self._look()

    def _take_back(self, channel: str) -> None:
        self._waiting.take_back(channel)
        self._look()

    def _isolate(self, batch: Sequence[Taken], error: Exception) -> None:
        """Look for the event on which the engine fails, so that it holds up no other.

        All of the batch is sent again first. When it fails again half of it is sent, until one event is left.
        """
        failed = isinstance(error, Failed)
        for taken in batch:
            taken.doubtful = taken.doubtful or failed
            taken.sent = taken.doubtful
        if failed and not self._failures:
            self._failures = 1
        elif len(batch) > 1:
            self._suspects = len(batch)
        else:
            self._suspects = 0
            self._fail(batch[0], f"the engine fails on it: {error}" if failed else str(error))
            self._drop_settled()

    async def empty(self) -> None:
        """Wait until nothing waits."""
        self.take()
        await self._empty.wait()

    async def settled(self, channel: str) -> None:
        """Wait until the fate is known of what has been published here on a channel by now."""
        queues = map(reversed, self._waiting.queues())
        newest = [next((taken for taken in queue if taken.channel == channel), None) for queue in queues]
        while not all(taken is None or taken.done() for taken in newest):
            some: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._awaiting.append(some)
            await some

    def _drop_settled(self) -> None:
        """Forget the events whose fate is known."""
        self._forget(self._waiting.drop_settled())
        self._look()
        awaiting, self._awaiting = self._awaiting, []
        for each in awaiting:
            if not each.done():
                each.set_result(None)
        if self._room is not None:
            # Once the next batch has been sent: those who then go on to publish take the interpreter for
            # milliseconds, in which the engine would have nothing to do.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._give_room)

    def _look(self) -> None:
        """Look whether there is something to send."""
        if self._waiting.ready:
            self._some.set()
        else:
            self._some.clear()
        if not self._waiting:
            self._empty.set()

    def _forget(self, settled: Sequence[Taken]) -> None:
        size = sum([len(taken.fields) for taken in settled])
        with LOCK:
            self.events -= len(settled)
            self.bytes -= size

    def _give_room(self) -> None:
        if self._room is not None and self.events <= MOST_EVENTS // 2 and self.bytes <= MOST_BYTES // 2:
            with LOCK:
                room, self._room = self._room, None
            if room is not None:
                room.set_result(None)

    def _watch(self) -> None:
        """Fail what has waited too long; look again when the next one will have."""
        now = monotonic()
        self._timer = None
        due = math.inf
        for queue in self._waiting.queues():
            for taken in queue:
                if taken.until > now:
                    due = min(due, taken.until)
                    break
                why = self._waiting.why(taken.channel)
                self._fail(taken, why or f"{self._url} has not answered for {self._patience:g} s")
        if self._sending:  # what comes meanwhile does not say so
            due = min(due, now + self._patience)
        if due < math.inf:
            self._timer = asyncio.get_running_loop().call_later(due - now + 0.001, self._watch)
        self._drop_settled()
        self._unheard.flush()

    def _fail(self, taken: Taken, why: str) -> bool:
        if taken.done():
            return False
        error: HugError = NotTaken(f"an event on channel {taken.channel!r} was not taken: {why}")
        count = self._counts.refused
        if taken.sent:
            what = f"whether event {taken.request} on channel {taken.channel!r} was taken"
            hint = "Publish it again only if it may come twice"
            error = FateUnknown(f"nobody knows {what}: it was sent, but {why}. {hint}")
            count = self._counts.unknown
        try:
            taken.fail(error)
        except InvalidStateError:  # it has been answered just now, in another thread
            return False
        count.add()
        return True
