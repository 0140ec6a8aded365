"""One who reads a topic as readers of a channel do, for tests: position by position, page by page."""

from collections import Counter
from collections.abc import Callable
from typing import cast

from hug.eventstream.brokers import Page
from hug.eventstream.brokers.remote_topic import RemoteTopic
from hug.eventstream.history.beginning import Place
from hug.eventstream.history.replica import Replica

from ..waiting import until


class Listener:
    """Reads a topic from now on, or from after an id.

    Attributes:
        had: What was there already when it came.
        number: That of the event that it begins behind.
        got: Ids of events, and gaps: how many are lost, or None, and the number of the event that it goes on
            behind.
    """

    def __init__(
        self, topic: RemoteTopic, kept: Callable[[], list[str]], after: str | int | None = None
    ) -> None:
        self.topic = topic
        self.got: list[str | tuple[int | None, int]] = []
        self.log = cast("Replica", topic.log)
        ready = topic.follow()
        if ready is not None:
            ready.result(10)
        place = topic.locate(after)
        if not isinstance(place, Place):
            place = place.result(10)
        self.position = place.position
        self.number = self.log.number_of(self.position)
        if place.lost != 0:
            self.got.append((place.lost, self.number))
        self.had = {each for each in kept() if int(each.rpartition("-")[2]) <= self.number}

    def read(self) -> None:
        """Read what there is, in pages what is older than what is at hand."""
        while self.position < self.log.last:
            try:
                rows = list(self.log.after(self.position, 100))
            except LookupError:
                page: Page = self.topic.page(self.position).result(10)
                if self.position < self.log.origin:
                    if page.start < self.log.origin:
                        continue  # it has changed meanwhile
                    self.got.append((None, self.log.number_of(page.start)))
                elif page.start > self.position:
                    self.got.append((page.start - self.position, self.log.number_of(page.start)))
                self.position = page.start
                rows = list(page.rows)
            for _, position, frame in rows:
                assert position == self.position + 1
                self.position = position
                self.got.append(frame.rpartition(b"id: ")[2].strip().decode())

    def read_until(self, newest: str) -> None:
        """Read until it has the event with this id."""

        def has() -> bool:
            self.read()
            return self.position == self.log.last and self.log.id(self.position) == newest

        until(has, f"event {newest}, not {self.summary}")

    @property
    def summary(self) -> str:
        """What it has had, in a line."""
        log = self.log
        where = f"at {self.position} of {log.oldest} to {log.last} from {log.origin}, {log.id(log.last)}"
        gaps = [
            f"{self.got[index - 1 : index]}{each}{self.got[index + 1 : index + 2]}"
            for index, each in enumerate(self.got)
            if isinstance(each, tuple)
        ]
        return (
            f"began at {self.number}, {where}, {len(self.got)} got, {self.got[:1]}, {gaps}, {self.got[-1:]}"
        )

    @property
    def ids(self) -> list[str]:
        return [each for each in self.got if isinstance(each, str)]

    def check(self, kept: list[str]) -> None:
        """It has had all that is kept now, or was told that some is lost, and nothing twice."""
        since: Counter[str] = Counter()
        number = self.number
        lost: set[int] = set()
        for each in self.got:
            if isinstance(each, tuple):
                count, behind = each
                if count is None:
                    since.clear()
                    lost.clear()
                else:
                    lost.update(range(number + 1, number + count + 1))
                    assert behind == number + count, (self.got, each)
                number = behind
            else:
                number += 1
                assert int(each.rpartition("-")[2]) == number, (self.got, each)
                since[each] += 1
        assert not since or max(since.values()) == 1, self.got
        missed = [each for each in kept if each not in self.had and each not in self.ids]
        assert all(int(each.rpartition("-")[2]) in lost for each in missed), (
            len(missed),
            missed[:5],
            self.summary,
        )
