"""hug.eventstream.history.replica: a copy of the newest events, positions that mean one event for ever."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hug.eventstream.history.log import LIVE_BYTES, LIVE_EVENTS, Bounds
from hug.eventstream.history.replica import GONE, MOST_BYTES, MOST_EVENTS, Replica, number_in

from .log_model import bytes_held

MANY = 10**9


def make(history: int = MANY, max_bytes: int = MANY, max_age: float | None = None) -> Replica:
    return Replica("life", Bounds(history, max_bytes, max_age), threading.RLock())


def fill(replica: Replica, first: int, last: int, size: int = 0) -> None:
    for number in range(first, last + 1):
        assert replica.extend(number, f"p.{number}-{number}", b"data: %b\n" % (b"x" * size), 0.0)


def everything(replica: Replica, position: int) -> bytes:
    """Return all events behind a position."""
    body = b""
    while position < replica.last:
        piece, position = replica.chunk(position, 100)
        body += piece
    return body


def test_extend() -> None:
    """Events come with ids of their own; one that is known already makes no difference."""
    replica = make()
    replica.restart(0, "life-0", same=False)
    start = replica.last
    assert replica.id(start) == "life-0"
    assert replica.extend(1, "p.1-1", b"data: a\n", 0.0)
    assert not replica.extend(1, "p.1-1", b"data: a\n", 0.0)
    assert replica.extend(2, "q.1-2", b"data: b\n", 0.0)
    assert everything(replica, start) == b"data: a\nid: p.1-1\n\ndata: b\nid: q.1-2\n\n"
    assert [replica.id(start + n) for n in range(3)] == ["life-0", "p.1-1", "q.1-2"]
    assert [replica.position(each) for each in ("life-0", "q.1-2", "p.1-2", "q.1-02", "q.1", "life-0-")] == [
        start, start + 2, None, None, None, None,
    ]  # fmt: skip
    assert [replica.identity(n) for n in (-1, 0, 1, 2, 3)] == [None, "life-0", "p.1-1", "q.1-2", None]


def test_hole() -> None:
    """What comes behind a hole is held alone: nobody can read over the hole as if it were none."""
    replica = make()
    replica.restart(0, "life-0", same=False)
    fill(replica, 1, 3)
    before = replica.last
    fill(replica, 7, 8)
    assert (replica.last, replica.oldest, replica.resumable) == (before + 5, before + 3, before + 3)
    with pytest.raises(LookupError):
        replica.chunk(before, 100)
    assert replica.id(replica.oldest) == f"{GONE}-6"
    assert replica.identity(6) is None
    assert replica.position(f"{GONE}-6") is None
    assert everything(replica, replica.oldest).count(b"data") == 2


def test_another_past() -> None:
    """No position of another past is one that there was before, nor one that was only spoken of."""
    replica = make()
    replica.restart(0, "life-0", same=False)
    fill(replica, 1, 3)
    told = replica.position_of(9)
    replica.restart(2, "p.2-2", same=False)
    assert told < replica.origin < replica.last
    assert replica.number_of(told) < 0
    assert replica.number_of(replica.last) == 2
    assert replica.id(told) == GONE
    assert number_in(GONE) is None, "nobody could take it for a place in the new past"
    fill(replica, 3, 3)
    assert replica.id(replica.last) == "p.3-3"


def test_a_past_that_follows() -> None:
    """A channel begins anew where a reader is that has had all; no position means two things."""
    replica = make()
    replica.restart(0, "life-0", same=False)
    fill(replica, 1, 3)
    replica.extend(4, "p.4-4", b"", 0.0)
    assert replica.closed
    end = replica.last
    replica.renew("0-0")
    assert (replica.origin, replica.last, replica.oldest, replica.closed) == (end, end, end, False)
    assert (replica.id(end), replica.position("0-0"), replica.position("p.3-3")) == ("0-0", end, None)
    fill(replica, 1, 2)
    assert everything(replica, end) == b"data: \nid: p.1-1\n\ndata: \nid: p.2-2\n\n"
    ahead = replica.position_of(7)  # somebody may be there
    replica.renew("0-0")
    assert replica.origin > ahead


def test_what_readers_lack_of_a_past_that_is_over() -> None:
    """Who is connected is given the rest of a past that is over; nobody comes back there."""
    replica = make()
    replica.restart(0, "life-0", same=False)
    replica.held = True
    fill(replica, 1, 4)
    behind, end = replica.position_of(2), replica.last
    replica.renew("0-0")
    assert (replica.origin, replica.resumable, replica.id(behind), replica.id(end)) == (end, end, GONE, "0-0")
    fill(replica, 1, 1)
    rest = b"data: \nid: p.3-3\n\ndata: \nid: p.4-4\n\ndata: \nid: p.1-1\n\n"
    assert everything(replica, behind) == rest
    assert replica.exceeds
    replica.release(replica.last)
    assert (replica.oldest, replica.exceeds) == (end, False)
    assert everything(replica, end) == b"data: \nid: p.1-1\n\n"


def test_the_same_past_does_not_end_earlier() -> None:
    """A past that ends before what is held of it cannot be the same: nothing is changed by the mistake."""
    replica = make()
    replica.restart(0, "life-0", same=False)
    fill(replica, 1, 3)
    with pytest.raises(ValueError, match="end at 2"):
        replica.restart(2, "p.2-2", same=True)
    assert replica.identity(3) == "p.3-3"
    replica.restart(3, "p.3-3", same=True)
    assert replica.oldest == replica.last == replica.position_of(3)


def test_closed() -> None:
    """An event without fields closes the channel: it has an id, and does not count as an event otherwise."""
    replica = make()
    replica.restart(0, "life-0", same=False)
    fill(replica, 1, 1)
    assert not replica.closed
    replica.extend(2, "p.2-2", b"", 0.0)
    assert replica.closed
    assert replica.chunk(replica.position_of(1), 100) == (b"", replica.position_of(2))
    assert replica.id(replica.last) == "p.2-2"
    assert replica.extend(3, "p.3-3", b"data: x\n", 0.0), "what keeps the channel says what there is"
    assert everything(replica, replica.position_of(1)) == b"data: x\nid: p.3-3\n\n"
    assert not replica.closed
    replica.extend(4, "p.4-4", b"", 0.0)
    replica.restart(0, "other-0", same=False)
    assert not replica.closed
    replica.restart(5, "p.5-5", same=False, closed=True)
    assert replica.closed


@pytest.mark.parametrize(("count", "size"), [(3 * MOST_EVENTS, 0), (40, 500_000)])
@pytest.mark.parametrize("held", [False, True])
def test_bounds(count: int, size: int, held: bool) -> None:
    """However much a channel keeps, a copy has the newest part only, ids included."""
    replica = make()
    assert replica.bounds == Bounds(MANY, MANY)
    replica.restart(0, "life-0", same=False)
    replica.held = held
    fill(replica, 1, count, size)
    assert replica.last - replica.oldest <= max(MOST_EVENTS, LIVE_EVENTS)
    assert bytes_held(replica) < max(MOST_BYTES, LIVE_BYTES) + 600_000
    assert len(replica._ids[1]) < 2 * MOST_EVENTS
    assert replica.identity(count) == f"p.{count}-{count}"


@pytest.mark.parametrize("held", [False, True])
def test_smaller_bounds(held: bool) -> None:
    """A channel that keeps less than that is copied as far, but for what readers have yet to be given."""
    replica = make(history=10)
    replica.restart(0, "life-0", same=False)
    replica.held = held
    fill(replica, 1, 100)
    assert replica.last - replica.oldest == (100 if held else 10)


NUMBERS = st.integers(0, 30)


class Copying(RuleBasedStateMachine):
    """A channel as a plain list, which is extended, lost and restored, and a copy of it."""

    @initialize(
        history=st.sampled_from([0, 1, 5, MANY]),
        max_bytes=st.sampled_from([1, 60, MANY]),
        held=st.booleans(),
    )
    def begin(self, history: int, max_bytes: int, held: bool) -> None:
        self.replica = make(history, max_bytes)
        self.replica.held = held
        self.made = 0
        self.past: list[str] = []
        """The requests of all events, of which that with number n is at n - 1."""
        self.held_from = 0
        """The number behind which nothing is missing in the copy."""
        self.seen: dict[int, str] = {}
        """What each position has ever meant."""
        self.restore(0)

    def new(self) -> str:
        self.made += 1
        return f"p.{self.made}"

    def life(self, number: int) -> str:
        return f"{self.past[number - 1] if number else 'life'}-{number}"

    def give(self, number: int) -> bool:
        body = b"data: %b\n" % self.past[number - 1].encode()
        return self.replica.extend(number, self.life(number), body, 0.0)

    @rule(count=st.sampled_from([1, 1, 2, 70]))
    def extend(self, count: int) -> None:
        for _ in range(count):
            self.past.append(self.new())
            assert self.give(len(self.past))

    @rule(count=st.sampled_from([1, 2, 70]))
    def miss(self, count: int) -> None:
        self.past += [self.new() for _ in range(count + 1)]
        assert self.give(len(self.past))
        self.held_from = len(self.past) - 1

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        if self.past:
            number = data.draw(st.integers(1, len(self.past)))
            assert not self.give(number)

    @rule(number=NUMBERS)
    def restore(self, number: int) -> None:
        """The channel comes back with less than it had, and perhaps with something else."""
        self.past = self.past[:number]
        self.held_from = len(self.past)
        highest = self.replica.last
        self.replica.restart(len(self.past), self.life(len(self.past)), same=False)
        assert self.replica.origin > highest

    @rule(count=st.integers(0, 3))
    def rejoin(self, count: int) -> None:
        self.past += [self.new() for _ in range(count)]
        self.held_from = len(self.past)
        self.replica.restart(len(self.past), self.life(len(self.past)), same=True)

    @rule(back=st.integers(0, 100))
    def release(self, back: int) -> None:
        self.replica.release(max(0, self.replica.last - back))

    @rule(held=st.booleans())
    def hold(self, held: bool) -> None:
        self.replica.held = held

    @invariant()
    def holds_the_newest(self) -> None:
        replica = self.replica
        assert replica.number_of(replica.last) == len(self.past)
        oldest = replica.number_of(replica.oldest)
        assert self.held_from <= oldest <= replica.number_of(replica.resumable) <= len(self.past)
        expected = b"".join(
            b"data: %b\nid: %b\n\n" % (self.past[n - 1].encode(), self.life(n).encode())
            for n in range(oldest + 1, len(self.past) + 1)
        )
        assert everything(replica, replica.oldest) == expected
        if self.held_from == oldest == 0:
            assert replica.id(replica.origin) == "life-0"

    @invariant()
    def positions_mean_one_event(self) -> None:
        replica = self.replica
        for number in range(replica.number_of(replica.oldest) + 1, len(self.past) + 1):
            position, event_id = replica.position_of(number), self.life(number)
            assert replica.identity(number) == event_id == replica.id(position)
            assert replica.position(event_id) == position
            assert self.seen.setdefault(position, event_id) == event_id
        for position in range(replica.origin - 3, replica.oldest):
            number = replica.number_of(position)
            expected = {GONE} if number < 0 else {f"{GONE}-{number}", self.life(number)}
            assert replica.id(position) in expected


@pytest.mark.slow
class TestCopying(Copying.TestCase):
    settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(st.text(alphabet="ab.-_019", max_size=12))
def test_number_in(event_id: str) -> None:
    """A number is read in the one way in which it is written, behind something."""
    number = number_in(event_id)
    assert number is None or event_id.removesuffix(f"-{number}") not in {event_id, ""}
