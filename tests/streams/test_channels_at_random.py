"""Channels, end to end: whatever happens, each reader misses nothing that it is not told of."""

import asyncio
import logging
import math
import time
from collections.abc import Sequence
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

import hug
from hug.eventstream.channels.channel import Channel
from hug.eventstream.wire.decode import Message

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


class Following:
    """A client, and where it has come: the positions in the id that it would resume from.

    Attributes:
        places: None where it was, before it connected, is not known.
        gaps: The positions from which it must go on because what was before is gone, by channel.
        oldest: The positions from which it may do so, because it has not read for a while.
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

    def follow(self, channels: dict[str, Channel]) -> None:
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

    def _gap(self, message: Message, channels: dict[str, Channel]) -> None:
        data = message.json()
        name = data["channel"]
        index = [name for name, _ in self.parts].index(name)
        before = self.places[index]
        place = self.gaps.pop(name, None)
        if place is None:
            place = positions(message.id, self.parts, channels)[index]
            assert before is not None
            assert before < place == self.oldest[name], "a gap where there is none"
        known = before is not None and self.parts[index][1] == 1
        assert data["lost"] == (place - before if known and before is not None else None)
        assert data["resumed_at"] in {None, log_of(channels[name]).id(place + 1)}
        self.places[index] = place
        if not self.gaps:
            self._go_on(positions(message.id, self.parts, channels))

    def has_all(self, channels: dict[str, Channel]) -> bool:
        """Whether it has every event that it wants, once it has followed."""
        self.follow(channels)
        if self.gaps or not self.client.body:
            return False
        told = positions(self.client.last_event_id, self.parts, channels)
        self._go_on(told)
        return all(
            not [n for n in range(place + 1, log_of(channels[name]).last + 1) if n % step == 0]
            for (name, step), place in zip(self.parts, told, strict=True)
        )

    def may_resume_from(self, channels: dict[str, Channel]) -> list[str]:
        """Return ids that it has had: the one it came with alone, until it has heard of what is lost."""
        self.follow(channels)
        now = self.client.last_event_id
        if self.gaps:
            assert now == self.came_with or self.client.body == b""
        return [self.came_with, *self.ids[-3:], now]


def places_of(
    event_id: str, parts: Sequence[tuple[str, int]], channels: dict[str, Channel]
) -> list[int | None]:
    """Read an id; None where it is none of the channel's."""
    ids = event_id.split(":")
    if len(ids) != len(parts):
        return [None] * len(parts)
    return [log_of(channels[name]).position(each) for (name, _), each in zip(parts, ids, strict=True)]


def positions(event_id: str, parts: Sequence[tuple[str, int]], channels: dict[str, Channel]) -> list[int]:
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

    @initialize(histories=st.tuples(*[st.sampled_from([0, 1, 10, 100, 2000])] * 2))
    def begin(self, histories: tuple[int, int]) -> None:
        self.signals = own_signals()
        self.signals.__enter__()
        self.runner = asyncio.Runner()
        self.errors = Errors()
        logging.getLogger("hug").addHandler(self.errors)
        self.api = api = hug.API()
        self.channels = {
            name: hug.sse.channel(name, history=history, max_age=AGE, api=api)
            for name, history in zip("ab", histories, strict=True)
        }
        a, b = self.channels.values()
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
        number = log_of(self.channels[name]).last + 1
        return {"event": f"{name}{number}", "data": "x" * 2000 * (number % 7 == 0)}

    @rule(name=st.sampled_from("ab"), count=st.sampled_from([1, 1, 2, 30, MANY]))
    def publish_on_the_loop(self, name: str, count: int) -> None:
        async def publish() -> None:
            for _ in range(count):
                await self.channels[name].publish(**self.event(name))

        self.do(publish())

    @rule(name=st.sampled_from("ab"), count=st.sampled_from([1, 1, 2, 30, MANY]))
    def publish_in_a_thread(self, name: str, count: int) -> None:
        def publish() -> None:
            for _ in range(count):
                self.channels[name].publish(**self.event(name))

        self.do(asyncio.to_thread(publish))

    @rule(name=st.sampled_from("ab"))
    def grow_old(self, name: str) -> None:
        log_of(self.channels[name]).expire(time.monotonic() + 2 * AGE)

    # Clients

    async def come(self, url: str, last_event_id: str, writes: float) -> None:
        parts = URLS[url.partition("?")[0]]
        logs = [log_of(self.channels[name]) for name, _ in parts]
        if last_event_id:
            places = places_of(last_event_id, parts, self.channels)
        else:
            places = [log.resumable if "start" in url else log.last for log in logs]
        gaps = {
            name: log.resumable
            for (name, _), log, place in zip(parts, logs, places, strict=True)
            if place is None or (last_event_id and (place < log.resumable or not log.bounds.history))
        }
        client = Client(self.api, url, last_event_id, writes)
        self.following.append(Following(client, url, places, gaps))
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
        following.oldest = {name: log_of(channel).oldest for name, channel in self.channels.items()}
        following.client.flow()

    @precondition(lambda self: self.following)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        following = data.draw(st.sampled_from(self.following))
        self.following.remove(following)
        self.left += [(following.url, each) for each in following.may_resume_from(self.channels) if each]
        self.do(following.client.leave())

    def teardown(self) -> None:
        if not hasattr(self, "runner"):
            return
        try:
            for each in self.following:
                self.runner.run(each.client.leave())
            self.runner.run(all_is_quiet(*self.channels.values()))
        finally:
            self.runner.close()
            logging.getLogger("hug").removeHandler(self.errors)
            self.signals.__exit__(None, None, None)
        assert self.errors.messages == []


class TestChannels(Channels.TestCase):
    settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
