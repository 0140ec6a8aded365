"""What a process asks the engine for, since it holds the newest events only: older ones, and first ones."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from hug.eventstream.brokers import Page, Row
from hug.eventstream.brokers.follower import READ_BYTES, READ_EVENTS, Follower
from hug.eventstream.brokers.followers import Followers
from hug.eventstream.brokers.ids import beginning_id, id_of, newest_id
from hug.eventstream.brokers.link import Failed, Link
from hug.eventstream.brokers.owed_answers import OwedAnswers, fail
from hug.eventstream.engines.engine import Ends, Kept
from hug.eventstream.history.beginning import Place
from hug.eventstream.history.replica import number_in
from hug.exceptions import BrokerError, Unreachable

CACHE_BYTES: Final = 16 * 1024 * 1024
CACHE_SECONDS: Final = 10.0
"""Most bytes of pages that are kept for the next readers that ask, and for how long."""

AT_ONCE: Final = 8
"""Questions that the engine is asked at the same time: what is published has to wait for its answers, too."""

_OVERHEAD: Final = 300  # bytes that an event takes besides

_Answer = TypeVar("_Answer")


class Worker(Protocol):
    """The thread that this works in.

    Attributes:
        followers: See `hug.eventstream.brokers.engine_thread.EngineThread`.
        owed: See there.
    """

    followers: Followers
    owed: OwedAnswers

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """See there."""

    def call(self, function: Callable[[], object]) -> None:
        """See there."""


class _Read(NamedTuple):
    origin: int
    events: Sequence[Kept]
    size: int
    until: float


class OlderEvents:
    """Reads older events for all readers of a process: those that want the same ones share them.

    However many come at once, the engine is asked a few things: once or twice for all of them where a channel
    begins and ends, and for the events around their ids in pages that begin at the same places.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._asking: set[Follower] = set()
        self._wanting: dict[Follower, asyncio.Future[Ends]] = {}
        self._reading: dict[tuple[Follower, int], asyncio.Future[_Read | None]] = {}
        self._cache: OrderedDict[tuple[Follower, int], _Read] = OrderedDict()
        self._size = 0

    # Any thread

    def page(self, follower: Follower, position: int) -> Future[Page]:
        """See `hug.eventstream.brokers.Topic.page`."""
        return self._answer(follower, lambda: self._page(follower, position))

    def locate(self, follower: Follower, after: str | int | None) -> Future[Place]:
        """See `hug.eventstream.brokers.Topic.locate`."""
        return self._answer(follower, lambda: self._locate(follower, after))

    def _answer(
        self, follower: Follower, question: Callable[[], Coroutine[Any, Any, _Answer]]
    ) -> Future[_Answer]:
        answer: Future[_Answer] = Future()
        self._worker.owed.add(answer)

        def begin() -> None:
            if answer.cancelled():
                return
            task = self._worker.spawn(self._give(question, answer))
            follower.tasks.add(task)
            task.add_done_callback(follower.tasks.discard)
            task.add_done_callback(over)
            answer.add_done_callback(
                lambda answer: self._worker.call(task.cancel) if answer.cancelled() else None
            )

        def over(_: object) -> None:
            if not answer.done():  # whatever has ended the task, before it began or later
                fail(answer, Unreachable(f"channel {follower.name!r} is not followed any more"))

        self._worker.call(begin)
        return answer

    # The engine's event loop

    async def _give(
        self, question: Callable[[], Coroutine[Any, Any, _Answer]], answer: Future[_Answer]
    ) -> None:
        result = await question()
        if answer.set_running_or_notify_cancel():
            answer.set_result(result)

    async def _page(self, follower: Follower, position: int) -> Page:
        log = follower.log
        begins = log.position_of(follower.begins(position))
        if position < log.origin and begins >= log.oldest:
            return Page(begins, ())  # of another past: what is in this one is in memory
        read = await self._read(follower, lambda: follower.begins(position))
        events = read.events
        start = log.position_of(events[0].position - 1) if events else log.last
        held = max(log.oldest, log.origin)
        if held < start:  # what the engine has let go of we have still
            return Page(max(held, position), ())
        rows: list[Row] = [
            (event.time - follower.ahead, log.position_of(event.position), _frame(event))
            for event in events
            if log.position_of(event.position) <= log.last
        ]
        return Page(start, rows)

    async def _locate(self, follower: Follower, after: str | int | None) -> Place:
        log = follower.log
        while True:
            link = await follower.current()
            origin = log.origin
            try:
                place = await self._place(follower, link, after)
                if place is not None and log.origin == origin:  # else it may be one of another past
                    return place
            except (BrokerError, Failed) as error:
                self._worker.followers.put_off(follower, error)
            except Unreachable:
                continue

    async def _place(self, follower: Follower, link: Link, after: str | int | None) -> Place | None:
        log = follower.log
        if after is None:
            return Place(log.last)
        if isinstance(after, int) or after == "start":
            ends = await self._ends_now(follower)
            first = _at_first(follower, ends)
            if after == "start" or (position := log.last - int(after) - log.closed) <= first.position:
                return first
            return await self._named(follower, link, position)
        return await self._after(follower, link, after)

    async def _named(self, follower: Follower, link: Link, position: int) -> Place | None:
        """Return a place with the id that its reader can come back with; None if that is to be asked again.

        Until it is given an event of this channel it has none, though those of others in the same stream may
        come, which need one.
        """
        number = follower.log.number_of(position)
        if follower.log.identity(number) is not None:
            return Place(position)
        events = await self._around(follower, number)
        if follower.link is not link:
            return None
        # If it is not there it was taken out of the middle, or trimmed.
        there = bool(events) and events[0].position == number
        return Place(position, 0, id_of(events[0]) if there else None)

    async def _ends_now(self, follower: Follower) -> Ends:
        """Return where the channel begins and ends, in the life that the replica is of."""
        while True:
            ends = await self._ends(follower)
            if ends.life == follower.life:
                return ends
            self._worker.followers.refresh(follower)

    async def _after(self, follower: Follower, link: Link, event_id: str) -> Place | None:
        """Return where a client goes on that has this id; None if that is to be asked again."""
        log = follower.log
        if (position := log.position(event_id)) is not None:
            return follower.place(position)
        number = number_in(event_id)
        if number is None:
            return _at_first(follower, await self._ends_now(follower), None)
        if number == 0:
            # Who has had nothing of this life, or came just before it, begins with the first event.
            if event_id in (follower.before, f"{follower.life}-0"):
                return follower.place(log.origin)
            return _at_first(follower, await self._ends_now(follower), None)
        ends = await self._ends(follower)
        if ends.life != follower.life:
            self._worker.followers.refresh(follower)
            return None
        its_id = newest_id(ends) if number == ends.last else log.identity(number)
        if number > ends.last or its_id not in (None, event_id):
            return _at_first(follower, ends, None)
        events = await self._around(follower, number) if number >= ends.first else ()
        if follower.link is not link:
            return None
        if events and events[0].position == number:
            its_id = id_of(events[0])
            if its_id != event_id:
                return _at_first(follower, await self._ends_now(follower), None)
        elif not events and number >= ends.first:
            there = await self._call(link, link.engine.read(follower.name, ends.life, number - 1, 1, 1))
            if there:
                return None  # a moment ago there was none with this number
        if number > follower.number:  # it was published in another process just now
            self._worker.followers.refresh(follower)
            return None
        position = log.position_of(number)
        if its_id is None and follower.had_another and (number >= ends.first - 1 or position >= log.oldest):
            # All behind it is there, but this event is gone: nobody can tell whether it was of this life.
            return Place(position, None)
        return follower.place(position)

    async def _around(self, follower: Follower, number: int) -> Sequence[Kept]:
        """Return the event with a number and some behind it, or those behind it if it is gone."""
        start = (number - 1) // READ_EVENTS * READ_EVENTS
        read = await self._read(follower, lambda: start)
        if not read.events or read.events[-1].position < number:  # they are large, or were not there yet
            read = await self._read(follower, lambda: number - 1)
        events = [event for event in read.events if event.position >= number]
        if len(events) > 1 and events[0].position == number:
            behind = events[1:]
            self._keep((follower, number), read._replace(events=behind, size=_size(behind)))
        return events

    async def _ends(self, follower: Follower) -> Ends:
        """Ask where a channel begins and ends: who comes while that is asked shares the next answer."""
        ends = self._wanting.get(follower)
        if ends is None:
            ends = self._wanting[follower] = asyncio.get_running_loop().create_future()
            if follower not in self._asking:
                self._asking.add(follower)
                task = self._worker.spawn(self._ask_ends(follower))
                follower.tasks.add(task)
                task.add_done_callback(follower.tasks.discard)
        return await asyncio.shield(ends)

    async def _ask_ends(self, follower: Follower) -> None:
        try:
            while follower in self._wanting:
                link = await follower.current()
                ends = self._wanting.pop(follower)
                try:
                    ends.set_result(await self._call(link, link.engine.ends(follower.name)))
                except (Unreachable, BrokerError) as error:
                    ends.set_exception(error)
                    ends.exception()  # perhaps nobody waits any more
        finally:
            self._asking.discard(follower)
            if follower in self._wanting:
                self._wanting.pop(follower).cancel()

    async def _call(self, link: Link, question: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Ask the engine, when it is our turn."""
        try:
            async with self._slots:
                return await link.call(question)
        finally:
            question.close()

    async def _read(self, follower: Follower, number_wanted: Callable[[], int]) -> _Read:
        """Return events behind a number, of the past that the replica is of now."""
        while True:
            await follower.current()
            number = number_wanted()
            key = (follower, number)
            known = self._cache.get(key)
            if known is not None and known.origin == follower.log.origin and known.until > monotonic():
                return known
            reading = self._reading.get(key)
            if reading is None:
                reading = self._reading[key] = asyncio.get_running_loop().create_future()
                self._worker.spawn(self._fetch(key, reading))
            read = await asyncio.shield(reading)
            if read is not None and read.origin == follower.log.origin:
                return read

    async def _fetch(self, key: tuple[Follower, int], reading: "asyncio.Future[_Read | None]") -> None:
        """Read a page; None if the past is another one by now, or the connection is."""
        follower, number = key
        read = None
        try:
            link = follower.link
            if link is not None:
                log, origin = follower.log, follower.log.origin
                events = await self._call(
                    link, link.engine.read(follower.name, follower.life, number, READ_EVENTS, READ_BYTES)
                )
                if follower.link is link and log.origin == origin:
                    if all(log.identity(each.position) in (None, id_of(each)) for each in events):
                        read = _Read(origin, events, _size(events), monotonic() + CACHE_SECONDS)
                        if events:  # else there may be some the next time
                            self._keep(key, read)
                    else:
                        self._worker.followers.refresh(follower)
        except (BrokerError, Failed) as error:
            self._worker.followers.put_off(follower, error)
        except Unreachable:
            pass
        finally:
            del self._reading[key]
            if not reading.done():
                reading.set_result(read)

    def _keep(self, key: tuple[Follower, int], read: _Read) -> None:
        before = self._cache.pop(key, None)
        if before is not None:
            self._size -= before.size
        self._cache[key] = read
        self._size += read.size
        now = monotonic()
        while self._size > CACHE_BYTES or (self._cache and next(iter(self._cache.values())).until < now):
            _, oldest = self._cache.popitem(last=False)
            self._size -= oldest.size


def _at_first(follower: Follower, ends: Ends, lost: int | None = 0) -> Place:
    """Return the place of a reader that begins with the oldest event that there is."""
    log, first = follower.log, ends.first - 1 if ends.last else 0
    # In the middle the number alone will do for an id, as all behind it is there.
    event_id = beginning_id(ends) if ends.life and not first else None
    return Place(min(log.position_of(first), log.last), lost, event_id)


def _size(events: Sequence[Kept]) -> int:
    return sum([len(event.fields) + _OVERHEAD for event in events])


def _frame(event: Kept) -> bytes:
    return b"%bid: %b\n\n" % (event.fields, id_of(event).encode())
