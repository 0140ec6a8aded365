"""Events as the arguments of the function that appends them, and its answers."""

from collections.abc import Sequence
from itertools import count
from typing import Final

from hug.eventstream.engines.engine import Entry
from hug.eventstream.engines.postgres.chunks import Chunk, array, chunks
from hug.eventstream.engines.request_runs import Run, numbered, runs
from hug.eventstream.history.bounds import Bounds
from hug.exceptions import ChannelClosed, LeaseLost

_MOST: Final = 2**62

# Numbers as text: for a list psycopg asks each of its items how it is to be sent.
CALL: Final = """
SELECT {append_3}(
    %b::text[], %b::text::bigint[], %b::text::bigint[], %b::text::float8[], %b::text::boolean[],
    %b::text::boolean[], %b::text[],
    %b::text::int[], %b::text::int[], %b::text[], %b::text[], %b::bytea[],
    %b::text[], %b::text::bigint[], %b::text::bigint[], %b::text[], %b::text[],
    %b::text[], %b::text::bigint[])
"""


class Batch:
    """Events that are appended together, each channel's in their order.

    The function takes all that it is given, or says of which events there is something that it does not take
    again, or not at all. It is called until nothing is left, as a rule once.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._answers: dict[str, int | Exception] = {}
        self._by_channel: dict[str, Sequence[Entry]] = {}  # what the function is being given
        self._runs: list[Run] = []  # of that
        self._positions: range | None = None  # of all events, if they are of one channel and one run

    @property
    def left(self) -> bool:
        """Whether there are events that have no answer."""
        if self._positions is not None:
            return False
        return not self._answers or any(entry.request not in self._answers for entry in self._entries)

    @property
    def arguments(self) -> tuple[object, ...]:
        """Those of `CALL`, for the events that are left."""
        given = self._given()
        by_channel = self._by_channel
        names = sorted(by_channel)
        found = self._runs
        of_one_run = len(found) == len(names) == 1
        owners: list[int] = []
        rows: list[Chunk] = []
        for owner, name in enumerate(names, 1):
            rows += chunks(by_channel[name], of_one_run=of_one_run)
            owners += [owner] * (len(rows) - len(owners))
        bounds = [_bounds(by_channel[name]) for name in names]
        return (
            names,
            array([min(each.history, _MOST) for each in bounds]),
            array([min(each.max_bytes, _MOST) for each in bounds]),
            array([each.max_age for each in bounds]),
            array([each.given for each in bounds]),
            array([not by_channel[name][-1].fields for name in names]),
            [by_channel[name][-1].request for name in names],
            array(owners),
            array([row.number for row in rows]),
            [row.requests for row in rows],
            [row.sizes for row in rows],
            [row.fields for row in rows],
            *_runs(found, given, names),
            *_leases(given),
        )

    def _given(self) -> Sequence[Entry]:
        """Return those that are left, each once; what comes after the end of a channel is not its turn."""
        entries = self._entries
        if not self._answers:
            self._runs = runs([entry.request for entry in entries])
            if self._together:
                self._by_channel = {entries[0].channel: entries}
                return entries
        by_channel: dict[str, list[Entry]] = {}
        given: dict[str, Entry] = {}
        for entry in entries:
            request = entry.request
            if request in given or request in self._answers:
                continue
            several = by_channel.get(entry.channel)
            if several is None:
                by_channel[entry.channel] = [entry]
            elif several[-1].fields:
                several.append(entry)
            else:
                continue
            given[request] = entry
        self._by_channel = {**by_channel}
        self._runs = runs(list(given))
        return list(given.values())

    @property
    def _together(self) -> bool:
        """Whether all are of one channel and one run, so that none is there twice, and none is its end."""
        if len(self._runs) > 1 or b"" in [entry.fields for entry in self._entries]:
            return False
        return len({entry.channel for entry in self._entries}) == 1

    def take(self, said: Sequence[str]) -> None:
        """Take what the function has returned: ``taken`` and numbers, or what stands in the way."""
        if said[0] == "taken":
            if not self._answers and next(iter(self._by_channel.values())) is self._entries:
                self._positions = range(int(said[1]) + 1, int(said[1]) + 1 + len(self._entries))
                return
            for name, last in zip(sorted(self._by_channel), map(int, said[1:]), strict=True):
                given = self._by_channel[name]
                self._answers.update(zip([entry.request for entry in given], count(last + 1), strict=False))
            return
        before = len(self._answers)
        problems = [each.partition(" ")[::2] for each in said]
        for what, of in problems:
            if what == "known":
                self._answers |= self._known(*of.split(" "))
        # Not those whose turn is yet to come: they may have been taken before.
        refused: dict[str, int | Exception] = {}
        for what, of in problems:
            if what == "lost":
                number, _, lease = of.partition(" ")
                refused |= {
                    entry.request: LeaseLost(f"somebody else has {lease!r} by now")
                    for several in self._by_channel.values()
                    for entry in several
                    if entry.lease == (lease, int(number))
                }
            elif what == "closed":
                refused |= {
                    entry.request: ChannelClosed(f"channel {of!r} has been closed")
                    for entry in self._by_channel.get(of, ())
                }
        self._answers = refused | self._answers
        if len(self._answers) == before:
            raise RuntimeError(f"what stands in the way of events is about none of them: {said}")

    def _known(self, publisher: str, low: str, high: str, positions: str) -> dict[str, int]:
        """Return the positions of those events that are among the requests of a run."""
        first, *others = map(int, positions[1:-1].split(","))
        if publisher.endswith("!"):
            run = [publisher[:-1]]
        else:
            run = numbered(publisher, int(low), int(high) - int(low) + 1)
        where = [first, *others] if others else range(first, first + len(run))
        known = dict(zip(run, where, strict=True))
        return {entry.request: known[entry.request] for entry in self._entries if entry.request in known}

    @property
    def answers(self) -> Sequence[int | Exception]:
        """What became of each of the entries."""
        if self._positions is not None:
            return self._positions
        return [self._answers[entry.request] for entry in self._entries]


def _bounds(entries: Sequence[Entry]) -> Bounds:
    """Return the bounds that were given last; if none were, those of the first."""
    for entry in reversed(entries):
        if entry.bounds.given:
            return entry.bounds
    return entries[0].bounds


def _runs(found: Sequence[Run], given: Sequence[Entry], names: Sequence[str]) -> tuple[object, ...]:
    places: list[str] = []
    numbers: list[str] = []
    many = dict.fromkeys(names, 0)
    owner = {name: number for number, name in enumerate(names, 1)}
    at = 0
    for run in found:
        several = given[at : at + len(run.requests)]
        at += len(run.requests)
        if len(names) == 1:
            several = several[:1]
            many[names[0]] = at - len(run.requests)
        where: list[tuple[int, int]] = []
        for entry in several:
            many[entry.channel] += 1
            where.append((owner[entry.channel], many[entry.channel]))
        if where[0][0] == where[-1][0] and where[-1][1] - where[0][1] == len(where) - 1:
            del where[1:]  # all of one channel, so the first tells where the others are
        places.append(array([place for place, _ in where]))
        numbers.append(array([number for _, number in where]))
    return (
        [run.publisher for run in found],
        array([run.low for run in found]),
        array([run.low + len(run.requests) - 1 for run in found]),
        places,
        numbers,
    )


def _leases(given: Sequence[Entry]) -> tuple[object, object]:
    leases = sorted({entry.lease for entry in given if entry.lease})
    if not leases:
        return None, None
    return [name for name, _ in leases], array([number for _, number in leases])
