"""Channels at random, end to end: whatever happens, each reader misses nothing that it is not told of.

On any broker, which makes a test of it. Where channels are kept elsewhere nobody but that place can tell when
an event is let go of, so there a gap must say exactly what is lost, and must be of events that are gone.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

import hug
from hug.eventstream.brokers import Broker
from hug.eventstream.brokers.memory import MemoryBroker
from hug.eventstream.brokers.remote import RemoteBroker
from hug.eventstream.channels.channel import Channel, fanout_of
from hug.eventstream.history.replica import GONE, number_in
from hug.eventstream.wire.decode import Message

from .elsewhere import Elsewhere
from .stalling import Client, all_is_quiet, log_of, own_signals, until

AGE = 1000.0
WRITES = st.sampled_from([0, 1, math.inf, math.inf])
MANY = 1300
"""Events, more than the live window holds."""


def third(message: Message) -> bool:
    return int(message.event[1:]) % 3 == 0


URLS: dict[str, tuple[tuple[str, int], ...]] = {
    "/a": (("a", 1),),
    "/third": (("a", 3),),
    "/both": (("a", 1), ("b", 1)),
    "/some": (("b", 1), ("a", 3)),
}
"""What is read: of which channels every so manyth event."""


class Truth:
    """What there is of one channel, whoever keeps it.

    Attributes:
        last: How many events have been published.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.last = 0
        self.local = fanout_of(channel).topic.local

    def place(self, event_id: str) -> int | None:
        """Return the number in the id of an event; None if it is none of the channel's."""
        if self.local:
            return log_of(self.channel).position(event_id)
        number = number_in(event_id)
        return number if number is not None and number <= self.last else None

    async def oldest(self) -> int:
        """Return the number of the event behind which all are there for who comes."""
        topic = fanout_of(self.channel).topic
        broker: Any = getattr(topic, "_broker", None)
        if isinstance(broker, RemoteBroker):
            ends = await asyncio.wrap_future(
                broker.thread.ask(lambda link: link.call(link.engine.ends(self.channel.name)), 10)
            )
            return ends.first - 1
        elsewhere: Any = getattr(topic, "broker", None)
        if isinstance(elsewhere, Elsewhere):
            return elsewhere.pasts[self.channel.name].first - 1
        return log_of(self.channel).resumable


Truths = dict[str, Truth]


class Following:
    """A client, and where it has come: the numbers in the id that it would resume from.

    Attributes:
        places: None where it was, before it connected, is not known.
        gaps: The numbers from which it must go on because what was before is gone, by channel.
        oldest: The numbers from which it may do so, because it has not read for a while.
    """

    def __init__(self, client: Client, url: str, places: list[int | None], gaps: dict[str, int]) -> None:
        self.client = client
        self.came_with = client.last_event_id
        self.url = url
        self.parts = URLS[url.partition("?")[0]]
        self.places = places
        self.gaps = gaps
        self.oldest: dict[str, int] = {}
        self.read = 0
        self.ids: list[str] = []

    def follow(self, channels: Truths) -> None:
        """Check what has come since: each event follows on the one before, or a gap says what is lost."""
        for message in self.client.messages[self.read :]:
            self.read += 1
            self.ids.append(message.id)
            if message.event == "gap":
                self._gap(message, channels)
                continue
            name, number = message.event[0], int(message.event[1:])
            index = [name for name, _ in self.parts].index(name)
            after = positions(message.id, self.parts, channels)
            assert after[index] == number
            assert number % self.parts[index][1] == 0
            assert len(message.data) == int(number % 7 == 0) * 2000
            self._go_on(after, but=(index, number))

    def _go_on(self, after: list[int], but: tuple[int, int] | None = None) -> None:
        for index, (_, step) in enumerate(self.parts):
            before = self.places[index]
            assert before is not None
            assert before <= after[index]
            skipped = [n for n in range(before + 1, after[index] + 1) if n % step == 0 and (index, n) != but]
            assert skipped == [], f"{self.url} jumped from {self.places} to {after}"
        self.places = [*after]

    def _gap(self, message: Message, channels: Truths) -> None:
        data = message.json()
        name = data["channel"]
        index = [name for name, _ in self.parts].index(name)
        before = self.places[index]
        place = self.gaps.pop(name, None)
        if place is None:
            places = places_of(message.id, self.parts, channels)
            unknown = {name for (name, _), each in zip(self.parts, places, strict=True) if each is None}
            assert unknown <= self.gaps.keys(), "an id that forgets a channel of which no gap is told next"
            place = places[index]
            assert place is not None
            assert before is not None
            assert before < place, "a gap where there is none"
            if channels[name].local:
                assert place == self.oldest[name], "a gap where there is none"
            else:
                assert place <= self.oldest[name], "a gap of events that are not gone"
        known = before is not None and self.parts[index][1] == 1
        assert data["lost"] == (place - before if known and before is not None else None)
        assert data["resumed_at"] is None or channels[name].place(data["resumed_at"]) == place + 1
        self.places[index] = place
        if not self.gaps:
            self._go_on(positions(message.id, self.parts, channels))

    def has_all(self, channels: Truths) -> bool:
        """Whether it has every event that it wants, once it has followed."""
        self.follow(channels)
        if self.gaps or not self.client.body:
            return False
        event_id = self.client.last_event_id
        if not event_id and not self.ids:
            told = [place for place in self.places if place is not None]  # nobody knows the id of where it is
        else:
            told = positions(event_id, self.parts, channels)
            self._go_on(told)
        return all(
            not [n for n in range(place + 1, channels[name].last + 1) if n % step == 0]
            for (name, step), place in zip(self.parts, told, strict=True)
        )

    def may_resume_from(self, channels: Truths) -> list[str]:
        """Return ids that it has had: the one it came with alone, until it has heard of what is lost."""
        self.follow(channels)
        now = self.client.last_event_id
        if self.gaps:
            assert now == self.came_with or self.client.body == b""
        return [self.came_with, *self.ids[-3:], now]


def places_of(event_id: str, parts: Sequence[tuple[str, int]], channels: Truths) -> list[int | None]:
    """Read an id; None where it is none of the channel's."""
    ids = event_id.split(":")
    if len(ids) != len(parts):
        return [None] * len(parts)
    return [channels[name].place(each) for (name, _), each in zip(parts, ids, strict=True)]


def positions(event_id: str, parts: Sequence[tuple[str, int]], channels: Truths) -> list[int]:
    """Read the id of an event of these channels."""
    places = places_of(event_id, parts, channels)
    assert None not in places, event_id
    return [place for place in places if place is not None]


class Errors(logging.Handler):
    """Collects what hug logs as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(self.format(record))


class Channels(RuleBasedStateMachine):
    """Two channels, four routes that read them, and any number of clients."""

    def broker(self) -> Broker:
        """Return a broker, which the stack closes."""
        return MemoryBroker()

    @initialize(histories=st.tuples(*[st.sampled_from([0, 1, 10, 100, 2000])] * 2))
    def begin(self, histories: tuple[int, int]) -> None:
        self.signals = own_signals()
        self.signals.__enter__()
        self.runner = asyncio.Runner()
        self.errors = Errors()
        logging.getLogger("hug").addHandler(self.errors)
        self.stack = contextlib.ExitStack()
        self.api = api = hug.API()
        api.broker = self.broker()
        self.channels = {
            name: Truth(hug.sse.channel(name, history=history, max_age=AGE, api=api))
            for name, history in zip("ab", histories, strict=True)
        }
        a, b = (each.channel for each in self.channels.values())
        for url, parts in {
            "/a": (a,), "/third": (a.where(third),), "/both": (a, b), "/some": (b, a.where(third)),
        }.items():  # fmt: skip

            @hug.sse(url, api=api)
            def stream(start: bool = False, parts: Any = parts) -> Any:
                return hug.sse.events(*parts, since="start" if start else None)

        self.following: list[Following] = []
        self.left: list[tuple[str, str]] = []

    def do(self, coroutine: Any) -> None:
        """Do something on the event loop, and wait until every client that reads has all there is."""

        async def to_the_end() -> None:
            await coroutine
            for each in self.following:
                if not each.client.stalled:
                    await until(lambda each=each: each.has_all(self.channels), f"all of {each.url}")

        self.runner.run(to_the_end())
        assert self.errors.messages == []

    # Publishers

    def event(self, name: str) -> dict[str, str]:
        number = self.channels[name].last = self.channels[name].last + 1
        return {"event": f"{name}{number}", "data": "x" * 2000 * (number % 7 == 0)}

    @rule(name=st.sampled_from("ab"), count=st.sampled_from([1, 1, 2, 30, MANY]))
    def publish_on_the_loop(self, name: str, count: int) -> None:
        async def publish() -> None:
            for _ in range(count):
                published = self.channels[name].channel.publish(**self.event(name))
                if self.channels[name].local:
                    await published
            await published
            await self.look()

        self.do(publish())

    @rule(name=st.sampled_from("ab"), count=st.sampled_from([1, 1, 2, 30, MANY]))
    def publish_in_a_thread(self, name: str, count: int) -> None:
        def publish() -> None:
            for _ in range(count):
                published = self.channels[name].channel.publish(**self.event(name))
            published.result(10)

        async def wait() -> None:
            await asyncio.to_thread(publish)
            await self.look()

        self.do(wait())

    async def look(self) -> None:
        """Where channels are kept elsewhere, events may go before a reader has them, and it is told so."""
        for name, each in self.channels.items():
            if not each.local:
                oldest = await each.oldest()
                for following in self.following:
                    following.oldest[name] = oldest

    @precondition(lambda self: self.channels["a"].local)
    @rule(name=st.sampled_from("ab"))
    def grow_old(self, name: str) -> None:
        log_of(self.channels[name].channel).expire(time.monotonic() + 2 * AGE)

    @precondition(lambda self: not self.channels["a"].local)
    @rule(name=st.sampled_from("ab"))
    def let_go(self, name: str) -> None:
        """Have this process forget what it has in memory, as when it has missed much."""
        log: Any = log_of(self.channels[name].channel)
        with log._lock:
            log.restart(log.number_of(log.last), log.id(log.last), same=True, closed=log.closed)

    # Clients

    async def come(self, url: str, last_event_id: str, writes: float) -> None:
        parts = URLS[url.partition("?")[0]]
        truths = [self.channels[name] for name, _ in parts]
        oldest = [await each.oldest() for each in truths]
        if last_event_id:
            places = places_of(last_event_id, parts, self.channels)
        else:
            places = [*oldest] if "start" in url else [each.last for each in truths]
        gaps = {
            each.channel.name: first
            for each, first, place in zip(truths, oldest, places, strict=True)
            if place is None
            or (each.local and last_event_id and (place < first or not each.channel.bounds.history))
        }
        client = Client(self.api, url, last_event_id, writes)
        following = Following(client, url, places, gaps)
        following.oldest = dict(zip([name for name, _ in parts], oldest, strict=True))
        self.following.append(following)
        await client.open()
        assert client.status == 200

    @rule(url=st.sampled_from([*URLS, "/a?start=1", "/some?start=1"]), writes=WRITES)
    def connect(self, url: str, writes: float) -> None:
        self.do(self.come(url, "", writes))

    @precondition(lambda self: self.left)
    @rule(data=st.data(), writes=WRITES)
    def resume(self, data: st.DataObject, writes: float) -> None:
        url, event_id = data.draw(st.sampled_from(self.left))
        self.do(self.come(url, event_id, writes))

    @rule(
        url=st.sampled_from([*URLS]),
        event_id=st.sampled_from(["x", "mwsbyuty49ya-3x", ":", "start"]),
        writes=WRITES,
    )
    def forge(self, url: str, event_id: str, writes: float) -> None:
        self.do(self.come(url, event_id, writes))

    @precondition(lambda self: self.following)
    @rule(data=st.data())
    def stall(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.following)).client.stall()

    @precondition(lambda self: [each for each in self.following if each.client.stalled])
    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        stalled = [each for each in self.following if each.client.stalled]
        following = data.draw(st.sampled_from(stalled))
        self.do(self.let_flow(following))

    async def let_flow(self, following: Following) -> None:
        following.oldest = {
            name: log_of(each.channel).oldest if each.local else await each.oldest()
            for name, each in self.channels.items()
        }
        following.client.flow()

    @precondition(lambda self: self.following)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        following = data.draw(st.sampled_from(self.following))
        self.following.remove(following)
        # The id of a gap may be that of no event that is known: who comes with it may be told once more.
        ids = [each for each in following.may_resume_from(self.channels) if each and f"{GONE}-" not in each]
        self.left += [(following.url, each) for each in ids]
        self.do(following.client.leave())

    def teardown(self) -> None:
        if not hasattr(self, "runner"):
            return
        try:
            for each in self.following:
                self.runner.run(each.client.leave())
            self.runner.run(all_is_quiet(*[each.channel for each in self.channels.values()]))
        finally:
            self.runner.close()
            self.stack.close()
            logging.getLogger("hug").removeHandler(self.errors)
            self.signals.__exit__(None, None, None)
        assert self.errors.messages == []
