"""Readers of logs, alone, filtered and merged: each gets what it must, whatever happens to the logs."""

import contextlib
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from hug.eventstream.history.cursor import Cursor
from hug.eventstream.history.gap import GAP_EVENT
from hug.eventstream.history.log import LIVE_BYTES, LIVE_EVENTS, Bounds, Log
from hug.eventstream.history.track import OnGap, Track
from hug.eventstream.history.view import View
from hug.eventstream.wire.client import Guard
from hug.eventstream.wire.decode import Decoder, Message
from hug.eventstream.wire.encode import fields
from hug.eventstream.wire.event import TORN_EVENT, event
from hug.exceptions import Gap

from .log_model import LARGE, LogModel, bytes_held

LIVES = {"a": "mwsd1x2a8k3q", "b": "mwsd1x2a0000"}


class Every:
    """A filter for every so manyth event; its events are named by channel and number, such as ``a12``.

    It fails on half of those that it does not want, which is to make no difference.
    """

    def __init__(self, step: int) -> None:
        self.step = step

    def wants(self, number: int) -> bool:
        return number % self.step == 0

    def __call__(self, message: Message) -> bool:
        number = int(message.event[1:])
        if number % 2 and not self.wants(number):
            raise LookupError(number)
        return self.wants(number)


ALL, THIRD, RARE = Every(1), Every(3), Every(500)

Parts = tuple[tuple[str, Every], ...]
VIEWS: dict[str, Parts] = {
    "a": (("a", ALL),),
    "b": (("b", ALL),),
    "some of a": (("a", THIRD),),
    "hardly any of a": (("a", RARE),),
    "a and b": (("a", ALL), ("b", ALL)),
    "b and some of a": (("b", ALL), ("a", THIRD)),
    "hardly any of both": (("a", RARE), ("b", RARE)),
}

LATER = st.sampled_from([0.0, 1.5, 3.0])

Positions = list[int]


class Client:
    """A reader, and what its client has received.

    Attributes:
        parts: The channels it reads and which of their events it wants.
        cursor: Where the view has it.
        decoder: Knows the id that the client would resume from.
    """

    def __init__(self, parts: Parts, view: View, cursor: Cursor, decoder: Decoder) -> None:
        self.parts = parts
        self.view = view
        self.cursor = cursor
        self.decoder = decoder


class Reading(RuleBasedStateMachine):
    """Two logs, any number of readers; what each receives is compared with what it should."""

    ids: Bundle[tuple[str, str]] = Bundle("ids")

    @initialize(
        histories=st.tuples(*[st.sampled_from([0, 1, 2, 7, 100, 3000])] * 2),
        max_bytes=st.sampled_from([200, 4000, 10**8, 10**8]),
        max_age=st.sampled_from([None, 2.0]),
        on_gaps=st.tuples(*[st.sampled_from(["event", "event", "disconnect"])] * 2),
        limit=st.sampled_from([1, 100, 2000, 65536]),
    )
    def begin(
        self, histories: Any, max_bytes: int, max_age: float | None, on_gaps: tuple[OnGap, OnGap], limit: int
    ) -> None:
        self.now = 0.0
        self.limit = limit
        self.clients: list[Client] = []
        self.sizes: dict[str, list[int]] = {"a": [], "b": []}
        bounds = {
            name: Bounds(history, max_bytes, max_age) for name, history in zip(LIVES, histories, strict=True)
        }
        self.logs = {name: Log(LIVES[name], each, contextlib.nullcontext()) for name, each in bounds.items()}
        self.models = {name: LogModel(each) for name, each in bounds.items()}
        tracks = {
            name: {
                wanted: Track(
                    name, self.logs[name], lambda on_gap=on_gap: on_gap, () if wanted is ALL else (wanted,)
                )
                for wanted in (ALL, THIRD, RARE)
            }
            for name, on_gap in zip(LIVES, on_gaps, strict=True)
        }
        self.on_gap = dict(zip(LIVES, on_gaps, strict=True))
        self.views = {
            key: View([tracks[name][wanted] for name, wanted in parts], guard=Guard.EVENT)
            for key, parts in VIEWS.items()
        }

    # What happens to the logs

    @rule(name=st.sampled_from("ab"), sizes=st.lists(st.sampled_from([0, 1, 50, 150, 5000]), min_size=1))
    def publish(self, name: str, sizes: Sequence[int]) -> None:
        log, model = self.logs[name], self.models[name]
        for size in sizes:
            body = fields(event("x" * size, event=f"{name}{log.last + 1}"))
            event_id = log.append(body, self.now)
            assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", event_id)
            self.sizes[name].append(size)
            model.append(len(body) + len(f"id: {event_id}\n\n"), self.now)

    @rule(name=st.sampled_from("ab"))
    def publish_many(self, name: str) -> None:
        self.publish(name, [0] * (LIVE_EVENTS + 20))

    @rule(name=st.sampled_from("ab"))
    def publish_large(self, name: str) -> None:
        self.publish(name, [LARGE] * 3)

    @rule(seconds=st.sampled_from([0.5, 1.5, 100.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(name=st.sampled_from("ab"), held=st.booleans())
    def hold(self, name: str, held: bool) -> None:
        self.logs[name].held = self.models[name].held = held
        if not held:
            self.release(name, 0)  # as when the last reader has left

    @rule(name=st.sampled_from("ab"), lacking=st.sampled_from([0, 0, 1, 500]))
    def release(self, name: str, lacking: int) -> None:
        position = max(0, self.logs[name].last - lacking)
        self.logs[name].release(position)
        self.models[name].release(position)

    @invariant()
    def logs_keep_what_they_must(self) -> None:
        for name, log in self.logs.items():
            model = self.models[name]
            assert (log.last, log.resumable, log.oldest) == (model.last, model.history, model.oldest)

    def teardown(self) -> None:
        if hasattr(self, "logs"):
            for name in LIVES:
                self.publish(name, [0])
                model = self.models[name]
                assert bytes_held(self.logs[name]) <= 2 * model.bytes_behind(model.oldest) + LIVE_BYTES
            for client in self.clients:
                self.read_everything(client)

    # How readers come

    @rule(key=st.sampled_from(sorted(VIEWS)), since=st.sampled_from([None, "start"]), later=LATER)
    def connect(self, key: str, since: str | None, later: float) -> None:
        self.now += later
        cursor, gaps = self.views[key].start("", since, self.now)
        self.expire(key)
        models = [self.models[name] for name, _ in VIEWS[key]]
        assert cursor.positions == [model.history if since else model.last for model in models]
        assert gaps == b""
        self.join(key, cursor, self.views[key].id(cursor), gaps)

    @rule(known=ids, as_since=st.booleans(), later=LATER)
    def resume(self, known: tuple[str, str], as_since: bool, later: float) -> None:
        self.now += later
        key, event_id = known
        self.come_back(key, event_id, self.positions_of(key, event_id), as_since)

    @rule(key=st.sampled_from(sorted(VIEWS)), data=st.data(), as_since=st.booleans())
    def forge(self, key: str, data: st.DataObject, as_since: bool) -> None:
        parts: list[str] = []
        positions: list[int | None] = []
        for name, _ in VIEWS[key]:
            log = self.logs[name]
            position = data.draw(st.integers(0, log.last))
            other = LIVES["b" if name == "a" else "a"]
            forged = [
                f"{LIVES[name]}-{log.last + 1}",
                f"{LIVES[name]}-0{position}",
                f"{other}-{position}",
                "x",
                "",
                "ü ,",
            ]
            own = log.id(position)
            parts.append(data.draw(st.sampled_from([own, own, own, *forged])))
            positions.append(position if parts[-1] == own else None)
        event_id = ":".join(parts)
        if data.draw(st.sampled_from([False, False, False, True])):
            event_id, positions = f"{event_id}:{parts[0]}", [None] * len(positions)
        if event_id:
            self.come_back(key, event_id, positions, as_since)

    def come_back(self, key: str, event_id: str, positions: Sequence[int | None], as_since: bool) -> None:
        self.expire(key)
        places: Positions = []
        lost: list[tuple[int, int | None]] = []
        for index, ((name, _), position) in enumerate(zip(VIEWS[key], positions, strict=True)):
            history = self.models[name].history
            if position is None or position < history or not self.logs[name].bounds.history:
                lost.append((index, None if position is None else history - position))
                position = history
            places.append(position)
        view = self.views[key]
        try:
            cursor, gaps = view.start("" if as_since else event_id, event_id if as_since else None, self.now)
        except Gap as gap:
            self.is_disconnected(key, lost, gap)
            return
        assert cursor.positions == places
        assert not [index for index, _ in lost if self.on_gap[VIEWS[key][index][0]] == "disconnect"]
        self.check_gaps(key, event_id, Decoder(event_id).feed(gaps), lost, places)
        self.join(key, cursor, event_id, gaps)

    def join(self, key: str, cursor: Cursor, event_id: str, gaps: bytes) -> None:
        decoder = Decoder(event_id)
        decoder.feed(gaps)
        self.clients.append(Client(VIEWS[key], self.views[key], cursor, decoder))

    def expire(self, key: str) -> None:
        for name, _ in VIEWS[key]:
            self.models[name].expire(self.now)

    # What readers get

    @precondition(lambda self: self.clients)
    @rule(target=ids, data=st.data())
    def read(self, data: st.DataObject) -> Any:
        client = data.draw(st.sampled_from(self.clients))
        return multiple(*self.read_once(client)[-3:])

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def read_all(self, data: st.DataObject) -> None:
        self.read_everything(data.draw(st.sampled_from(self.clients)))

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def share(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from(self.clients))
        if client.parts in (VIEWS["a"], VIEWS["b"]) and not self.fallen(client):
            own, other = client.cursor.copy(), client.cursor.copy()
            assert client.view.read(own, self.limit) is client.view.read(other, self.limit)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        self.clients.remove(data.draw(st.sampled_from(self.clients)))

    def read_everything(self, client: Client) -> None:
        while client in self.clients and client.view.is_behind(client.cursor):
            before = sum(client.cursor.positions)
            self.read_once(client)
            assert client not in self.clients or sum(client.cursor.positions) > before
        assert client not in self.clients or client.cursor.positions == client.view.ends()

    def read_once(self, client: Client) -> list[tuple[str, str]]:
        """Read and check all that comes; return the name of the view with each id the client has had."""
        key = next(key for key, parts in VIEWS.items() if parts == client.parts)
        before, fallen = client.cursor.positions.copy(), self.fallen(client)
        lost = [(index, self.models[VIEWS[key][index][0]].oldest - before[index]) for index in fallen]
        try:
            body = client.view.read(client.cursor, self.limit)
        except Gap as gap:
            self.clients.remove(client)
            self.is_disconnected(key, lost, gap)
            return []
        held = client.decoder.last_event_id
        messages = [each for each in client.decoder.feed(body) if each.event != TORN_EVENT]
        if lost:
            for index, count in lost:
                before[index] += count
            self.check_gaps(key, held, messages, lost, before)
        else:
            self.check_events(key, client, before, messages)
        told = self.positions_of(key, client.decoder.last_event_id)
        said = self.positions_of(key, messages[-1].id if messages else held)
        assert told == said or sum(told) - sum(said) >= self.patience(client), "an id for no reason"
        self.wants_none(key, told, client.cursor.positions)
        unsaid = sum(client.cursor.positions) - sum(told)
        assert unsaid < self.patience(client)
        return [(key, each) for each in [*(message.id for message in messages), client.decoder.last_event_id]]

    def patience(self, client: Client) -> float:
        """Return after how many events that a filter holds back the client is given an id."""
        histories = [self.logs[name].bounds.history for name, _ in client.parts]
        return max(1, min(each for each in histories if each) // 2) if any(histories) else float("inf")

    def check_events(self, key: str, client: Client, at: Positions, messages: Sequence[Message]) -> None:
        """They are those the client wants of what follows, and each id is the place behind its event."""
        order, size = [], 0
        for message in messages:
            assert message.event != GAP_EVENT
            name, number = message.event[0], int(message.event[1:])
            index = [name for name, _ in client.parts].index(name)
            place = self.positions_of(key, message.id)
            assert place[index] == number
            assert client.parts[index][1].wants(number)
            assert message.data == "x" * self.sizes[name][number - 1]
            assert size < self.limit, "more than was asked for"
            size += self.models[name].sizes[number - 1]
            order.append((self.models[name].times[number - 1], index, number))
            self.wants_none(key, at, [p - (i == index) for i, p in enumerate(place)])
            at = place
        self.wants_none(key, at, client.cursor.positions)
        assert order == sorted(order)
        if client.parts in (VIEWS["a"], VIEWS["b"]):
            assert size <= self.limit or len(messages) == 1

    def check_gaps(
        self,
        key: str,
        event_id: str,
        messages: Sequence[Message],
        lost: Sequence[tuple[int, int | None]],
        places: Positions,
    ) -> None:
        """There is one for each channel that has lost events; it says how many, and where it goes on.

        A client that is cut off before it has got them all is told of the others when it comes back.
        """
        names = []
        for message, (index, count) in zip(messages, lost, strict=True):
            name, wanted = VIEWS[key][index]
            names.append(name)
            log, place = self.logs[name], places[index]
            goes_on = log.id(place + 1) if place < log.last else None
            assert message.event == GAP_EVENT
            assert re.fullmatch(r"[A-Za-z0-9._:-]+", message.id)
            assert message.json() == {
                "channel": name, "lost": count if wanted is ALL else None, "resumed_at": goes_on,
            }  # fmt: skip
        assert not messages or self.positions_of(key, messages[-1].id) == places
        if "disconnect" not in self.on_gap.values():
            for number, held in enumerate(
                [event_id, *(message.id for message in messages[:-1])][: len(lost)]
            ):
                self.expire(key)
                _, again = self.views[key].start(held, None, self.now)
                assert set(names[number:]) <= {message.json()["channel"] for message in Decoder().feed(again)}

    def is_disconnected(self, key: str, lost: Sequence[tuple[int, int | None]], gap: Gap) -> None:
        """The first channel that disconnects has lost events, and the error says how many."""
        index, count = next(each for each in lost if self.on_gap[VIEWS[key][each[0]][0]] == "disconnect")
        assert (gap.channel, gap.lost) == (VIEWS[key][index][0], count)

    def fallen(self, client: Client) -> list[int]:
        positions = client.cursor.positions
        return [
            index
            for index, (name, _) in enumerate(client.parts)
            if positions[index] < self.models[name].oldest
        ]

    def wants_none(self, key: str, begin: Positions, end: Positions) -> None:
        """No event behind one place and up to another is wanted: nothing is lost between them."""
        for (_, wanted), first, last in zip(VIEWS[key], begin, end, strict=True):
            assert first <= last
            assert not [number for number in range(first + 1, last + 1) if wanted.wants(number)]

    def positions_of(self, key: str, event_id: str) -> Positions:
        """Read an id that a reader of this view has received, and no other kind of id."""
        assert re.fullmatch(r"[A-Za-z0-9._:-]+", event_id)
        ids = [each.split("-") for each in event_id.split(":")]
        assert [life for life, _ in ids] == [LIVES[name] for name, _ in VIEWS[key]]
        return [int(position) for _, position in ids]


@pytest.mark.slow
class TestReading(Reading.TestCase):
    settings = settings(max_examples=45, stateful_step_count=30, deadline=None)
