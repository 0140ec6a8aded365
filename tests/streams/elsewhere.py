"""Channels that are kept elsewhere; what is there, and when it answers, is up to a test."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from hug.eventstream.brokers import Health, Page
from hug.eventstream.history.beginning import Place
from hug.eventstream.history.log import Bounds
from hug.eventstream.history.replica import Replica, number_in
from hug.eventstream.wire.encode import fields
from hug.eventstream.wire.event import event
from hug.exceptions import Unreachable

T = TypeVar("T")

PAGE = 50
"""Events of a page."""


class Past:
    """What there is of a channel where it is kept.

    Attributes:
        life: Tells it from another one.
        events: All there have ever been: request, fields, time.
        first: The number of the oldest that is kept.
    """

    def __init__(self, life: str) -> None:
        self.life = life
        self.events: list[tuple[str, bytes, float]] = []
        self.first = 1

    @property
    def last(self) -> int:
        return len(self.events)

    @property
    def closed(self) -> bool:
        return bool(self.events) and not self.events[-1][1]

    def id(self, number: int) -> str:
        return f"{self.events[number - 1][0] if number else self.life}-{number}"


class _Answer(Future[T]):
    """An answer that counts itself if nobody waits for it any more."""

    def __init__(self, broker: "Elsewhere") -> None:
        super().__init__()
        self._broker = broker

    def cancel(self) -> bool:
        cancelled = super().cancel()
        self._broker.cancelled += cancelled
        return cancelled


class Elsewhere:
    """See `hug.eventstream.brokers.Broker`. It answers at once, in the thread that asks, unless told not to.

    Attributes:
        late: Whether answers wait for `answer`.
        away: Whether nothing new is heard.
        topics: By name.
        asked: How often what has been asked for.
        cancelled: Answers that nobody waits for any more.
    """

    url = "elsewhere:"
    reach = "network"

    def health(self) -> Health:
        """See `hug.eventstream.brokers.Broker.health`."""
        return Health(self.url, "network", True, 0.0, "", 0, 0)

    def __init__(self) -> None:
        self.late = False
        self.away = False
        self.topics: dict[str, Topic] = {}
        self.pasts: dict[str, Past] = {}
        self.asked: dict[str, int] = {"follow": 0, "unfollow": 0, "locate": 0, "page": 0}
        self.waiting: list[tuple[str, Callable[[], None]]] = []
        self.requests = 0
        self.cancelled = 0

    def topic(self, name: str, bounds: Bounds, grown: Callable[[], None]) -> "Topic":
        self.pasts.setdefault(name, Past("life"))
        topic = self.topics[name] = Topic(self, name, bounds, grown)
        return topic

    def begin_anew(self) -> None:
        pass

    # Controls

    def answer(self, what: str = "", *, failure: BaseException | None = None) -> None:
        """Give all answers that wait, or those of a kind, in a thread of ours; or have them fail."""
        now = [each for each in self.waiting if what in ("", each[0])]
        self.waiting = [each for each in self.waiting if each not in now]

        def give() -> None:
            for _, each in now:
                each(failure) if failure is not None else each()  # type: ignore[call-arg]

        self._in_a_thread(give)

    def waits(self, what: str) -> int:
        return sum(kind == what for kind, _ in self.waiting)

    def publish(self, name: str, count: int = 1, closing: bool = False) -> None:
        """Have another process publish: events ``name1`` and so on."""
        past = self.pasts[name]

        def publish() -> None:
            for _ in range(count):
                number = past.last + 1
                self.keep(name, b"" if closing else fields(event(number, event=f"{name}{number}")))

        self._in_a_thread(publish)

    def keep(self, name: str, body: bytes) -> str:
        self.requests += 1
        past = self.pasts[name]
        past.events.append((f"p.{self.requests}", body, time.monotonic()))
        topic = self.topics.get(name)
        if topic is not None and topic.followed and not self.away:
            topic.catch_up()
        return past.id(past.last)

    def trim(self, name: str, first: int) -> None:
        """Forget the events before this number."""
        self.pasts[name].first = first

    def let_go(self, name: str) -> None:
        """Have this process hold nothing of a channel in memory."""
        topic = self.topics[name]
        log = topic.log
        log.restart(log.number_of(log.last), log.id(log.last), same=True, closed=log.closed)
        topic.grown()

    def restore(self, name: str, number: int, life: str = "") -> None:
        """Lose what came behind this event, and tell this process; or everything, and begin another life."""
        before = self.pasts[name]
        past = self.pasts[name] = Past(life or before.life)
        past.events = [] if life else before.events[:number]
        past.first = 1 if life else min(before.first, number + 1)
        topic = self.topics[name]
        topic.begins = past.last
        topic.log.restart(past.last, past.id(past.last), same=False)
        topic.grown()

    def back(self) -> None:
        """Be there again."""
        self.away = False
        for topic in self.topics.values():
            if topic.followed:
                self._in_a_thread(topic.catch_up)

    def _in_a_thread(self, function: Callable[[], None]) -> None:
        thread = threading.Thread(target=function)
        thread.start()
        thread.join()

    def give(self, what: str, make: Callable[[], T]) -> "Future[T]":
        """Return what will be what ``make`` returns."""
        self.asked[what] += 1
        future: Future[T] = _Answer(self)

        def give(failure: BaseException | None = None) -> None:
            if future.cancelled():
                return
            if failure is not None:
                future.set_exception(failure)
                return
            try:
                result = make()
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        if self.late:
            self.waiting.append((what, give))
        else:
            give()
        return future


class Topic:
    """See `hug.eventstream.brokers.Topic`."""

    local = False

    def __init__(self, broker: Elsewhere, name: str, bounds: Bounds, grown: Callable[[], None]) -> None:
        self.broker = broker
        self.name = name
        self.grown = grown
        self.log = Replica("none", bounds, threading.RLock())
        self.begins = 0
        self.followed = False
        self.ready: Future[None] | None = None

    @property
    def past(self) -> Past:
        return self.broker.pasts[self.name]

    def catch_up(self) -> None:
        past, log = self.past, self.log
        for number in range(log.number_of(log.last) + 1, past.last + 1):
            log.extend(number, past.id(number), past.events[number - 1][1], past.events[number - 1][2])
        self.grown()

    def append(self, body: bytes, *_: object) -> Future[str]:
        taken: Future[str] = Future()
        taken.set_result(self.broker.keep(self.name, body))
        return taken

    def room(self) -> None:
        pass

    def follow(self) -> Future[None] | None:
        if self.followed:
            return None if self.ready is None or self.ready.done() else self.ready
        self.followed = True

        def join() -> None:
            if not self.followed:
                raise Unreachable("not followed any more")
            past, log = self.past, self.log
            log.restart(
                past.last, past.id(past.last), same=log.number_of(log.last) <= past.last, closed=past.closed
            )
            self.grown()

        self.ready = self.broker.give("follow", join)
        return None if self.ready.done() else self.ready

    def unfollow(self) -> None:
        self.broker.asked["unfollow"] += 1
        self.followed = False

    def locate(self, after: str | int | None) -> Any:
        assert self.followed
        future = self.broker.give("locate", lambda: self._place(after))
        return future.result() if future.done() and future.exception() is None else future

    def _place(self, after: str | int | None) -> Place:
        past, log = self.past, self.log
        if after is None:
            return Place(log.last)
        oldest = past.first - 1
        if isinstance(after, int):
            return Place(log.position_of(max(oldest, past.last - after)))
        if after == "start":
            return Place(log.position_of(oldest))
        number = number_in(after)
        if number is None or number > past.last or (number >= past.first and past.id(number) != after):
            return Place(log.position_of(oldest), None)
        if number < oldest:
            return Place(log.position_of(oldest), oldest - number)
        return Place(log.position_of(number))

    def page(self, position: int) -> Future[Page]:
        def page() -> Page:
            if not self.followed:
                raise Unreachable("not followed any more")
            past, log = self.past, self.log
            number = self.begins if position < log.origin else log.number_of(position)
            start = max(number, past.first - 1)
            rows = [
                (past.events[n - 1][2], log.position_of(n), frame(past.id(n), past.events[n - 1][1]))
                for n in range(start + 1, min(start + PAGE, past.last) + 1)
            ]
            return Page(log.position_of(start), rows)

        return self.broker.give("page", page)


def frame(event_id: str, body: bytes) -> bytes:
    return b"%bid: %b\n\n" % (body, event_id.encode())
