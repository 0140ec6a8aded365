"""What has to be true of what publishers were told and readers got, whatever has happened between them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hug.eventstream.engines.engine import Kept
from hug.eventstream.history.replica import number_in

from .reading import Gap, Got, Reader

Key = tuple[str, int]
"""Who has published an event, and as his which."""


@dataclass
class Told:
    """What publishers were told of their events.

    Attributes:
        published: When each event was published.
        taken: The ids of those that were taken.
        refused: Those that were not, and why.
        unknown: Those of which nobody knows, and why.
        when: When they were told.
    """

    published: dict[Key, float] = field(default_factory=dict)
    taken: dict[Key, str] = field(default_factory=dict)
    refused: dict[Key, str] = field(default_factory=dict)
    unknown: dict[Key, str] = field(default_factory=dict)
    when: dict[Key, float] = field(default_factory=dict)

    def add(self, by: str, notes: Path) -> None:
        """Add the notes of a publisher: see `publishing.Notes`."""
        for line in notes.read_text().splitlines():
            sign, number, time, *more = line.split(" ", 3)
            key, moment, text = (by, int(number)), float(time), "".join(more)
            if sign == "+":
                self.published[key] = moment
                continue
            {"=": self.taken, "-": self.refused, "?": self.unknown}[sign][key] = text
            self.when[key] = moment

    @property
    def untold(self) -> set[Key]:
        """Those of which nobody was told anything: the publisher has died."""
        return self.published.keys() - self.when.keys()


@dataclass
class Figures:
    """What has come of one fault.

    Attributes:
        published: Events.
        taken: Of them, those that the publisher was told were taken.
        refused: That were not.
        unknown: Of which it was told that nobody knows, or was told nothing, for it was killed.
        forgotten: Taken, and gone with the engine's data.
        delivered: To all readers together.
        repeated: Of these deliveries, those that a reader had before.
        lost: Events that were taken and that a reader did not get, and was not told of.
        gaps: That were told.
        counted: Events that these gaps have counted.
        recovery: Seconds from the engine's return until all readers had something that was published since.
        problems: All that should not be.
    """

    published: int = 0
    taken: int = 0
    refused: int = 0
    unknown: int = 0
    forgotten: int = 0
    delivered: int = 0
    repeated: int = 0
    lost: int = 0
    gaps: int = 0
    counted: int = 0
    recovery: float = 0.0
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Figures") -> None:
        """Add those of another time."""
        for name in ("published", "taken", "refused", "unknown", "forgotten", "delivered", "repeated"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("lost", "gaps", "counted"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.recovery = max(self.recovery, other.recovery)
        self.problems += other.problems


def settle(
    told: Told,
    readers: Mapping[str, Reader],
    kept: Sequence[Kept],
    contents: Mapping[str, Key],
    last_moment: float = float("inf"),
) -> Figures:
    """Return the figures, with all that is wrong.

    Args:
        told: To publishers.
        readers: By what they are called.
        kept: What the engine has in the end.
        contents: What is in the latter, by id.
        last_moment: What was taken after that, and is gone, may have been gone before any reader could hear
            of it: then nobody knows that there was anything, but who has published it.
    """
    figures = Figures(
        published=len(told.published),
        taken=len(told.taken),
        refused=len(told.refused),
        unknown=len(told.unknown) + len(told.untold),
    )
    wrong = figures.problems
    here = [f"{each.request}-{each.position}" for each in kept]
    once = Counter(contents[each] for each in here)
    wrong += [f"{key} is kept {count} times" for key, count in once.items() if count > 1]
    wrong += [
        f"{key} was not taken ({told.refused[key]}), and is kept" for key in once if key in told.refused
    ]
    wrong += [f"{key} is kept, and nobody has published it" for key in once if key not in told.published]
    wrong += _disorder(
        "what is kept", [contents[each] for each in here if contents[each] not in told.unknown]
    )
    gone = {key for key, event_id in told.taken.items() if key not in once}
    figures.forgotten = len(gone)
    meant = {**contents}
    wrong += _meant_twice("a publisher", meant, ((each, key) for key, each in told.taken.items()))
    for name, reader in readers.items():
        wrong += [f"{name}: {each}" for each in reader.problems]
        account = _Account(name, reader, told.unknown.keys())
        wrong += _meant_twice(name, meant, ((each.id, (each.by, each.number)) for each in account.got))
        figures.delivered += len(account.got)
        figures.repeated += account.repeated
        figures.gaps += account.gaps
        figures.counted += account.counted
        wrong += account.problems
        wrong += [
            f"{name} got {key}, which was not taken ({told.refused[key]})"
            for key in account.keys
            if key in told.refused
        ]
        missed = [each for each in here if each not in account.ids and not account.skipped(each)]
        missed += [
            told.taken[key]
            for key in gone - account.keys
            if not account.skipped(told.taken[key]) and account.newest_unknown < told.when[key] < last_moment
        ]
        figures.lost += len(missed)
        if missed:
            wrong.append(f"{name} misses {len(missed)} events, {missed[0]} to {missed[-1]}: {account.story}")
    return figures


def _meant_twice(who: str, meant: dict[str, Key], told: Iterable[tuple[str, Key]]) -> list[str]:
    """Return which ids have stood for other events before; add the others to those that are known."""
    return [
        f"{event_id} is {key} for {who}, and was {before}"
        for event_id, key in told
        if (before := meant.setdefault(event_id, key)) != key
    ][:5]


def _disorder(where: str, keys: Sequence[Key]) -> list[str]:
    """Return what is wrong with the order of events: those of one publisher come as he has numbered them."""
    newest: dict[str, int] = {}
    problems = []
    for by, number in keys:
        if number <= newest.get(by, 0):
            problems.append(f"{where}: {by} {number} behind {newest[by]}")
        newest[by] = max(number, newest.get(by, 0))
    return problems[:5]


class _Account:
    """What one reader got, followed from its beginning to its end."""

    def __init__(self, name: str, reader: Reader, unknown: Collection[Key]) -> None:
        self.got = [each for each in reader.items if isinstance(each, Got)]
        self.ids = {each.id for each in self.got}
        self.keys = {(each.by, each.number) for each in self.got}
        self.repeated = len(self.got) - len(self.keys)
        self.gaps = self.counted = 0
        self.newest_unknown = 0.0  # when the newest gap was told of which nobody knows how many it lost
        self.problems: list[str] = []
        self._name = name
        self._unknown = unknown  # they may still be under way when later ones are taken
        self._items = reader.items
        self._began = reader.began
        self._skipped: list[tuple[int, int]] = []
        self._follow()

    def _follow(self) -> None:
        at = number_in(self._began)
        since: list[Key] = []
        for item in self._items:
            number = number_in(item.id)
            if isinstance(item, Got):
                since.append((item.by, item.number))
                if at is not None and number != at + 1:
                    self.problems.append(f"{self._name}: event {item.id} follows on number {at}")
                at = number
                continue
            self.gaps += 1
            resumed = number_in(item.resumed_at) if item.resumed_at is not None else None
            if item.lost is None:
                self.problems += self._once(since)
                since = []
                self.newest_unknown = item.time
                self._skipped = []  # they were of a past that is no more
                at = None if resumed is None else resumed - 1
            else:
                self.counted += item.lost
                if at is not None:
                    self._skipped.append((at, at + item.lost))
                    at += item.lost
        self.problems += self._once(since)

    def _once(self, keys: list[Key]) -> list[str]:
        twice = [key for key, count in Counter(keys).items() if count > 1]
        problems = [f"{self._name}: {len(twice)} events twice, {twice[0]} among them"] if twice else []
        return problems + _disorder(self._name, [key for key in keys if key not in self._unknown])

    def skipped(self, event_id: str) -> bool:
        """Whether a gap has counted it."""
        number = number_in(event_id) or 0
        began = number_in(self._began) or 0
        return number <= began or any(first < number <= last for first, last in self._skipped)

    @property
    def story(self) -> str:
        """What the reader has had, in short."""
        parts: list[str] = [f"began {self._began}"]
        for item in self._items:
            if isinstance(item, Gap):
                parts.append(f"gap {item.lost} resumed {item.resumed_at} id {item.id} at {item.time:.2f}")
            elif not parts[-1].startswith("to "):
                parts += [f"from {item.id}", f"to {item.id}"]
            else:
                parts[-1] = f"to {item.id}"
        return ", ".join(parts)
