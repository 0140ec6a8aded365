"""Readers that are at events which are not in memory: what they need is fetched, a few pages at a time."""

import asyncio
import contextvars
import logging
import weakref
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final, Generic, Protocol, TypeAlias, TypeVar

from hug.eventstream.brokers import Page
from hug.eventstream.channels.answers import answer
from hug.eventstream.channels.opening import PAUSE
from hug.eventstream.history.cursor import Cursor
from hug.eventstream.history.older_pages import Pages
from hug.exceptions import BrokerError, Unreachable

AT_ONCE: Final = 8
"""Pages that an event loop waits for, or has readers for who have yet to be given them; others come later."""

Places: TypeAlias = tuple[tuple[int, int], ...]
"""Tracks, and for each the position behind which its events are needed."""

Reader = TypeVar("Reader")

logger = logging.getLogger("hug")


class Shelf(Protocol):
    """Has the events of a channel that are not in memory."""

    @property
    def oldest(self) -> int:
        """The position behind which all are in memory."""

    def follow(self) -> None:
        """Have the channel followed, should it not be: else there are no pages."""

    def page(self, position: int) -> Future[Page]:
        """See `hug.eventstream.brokers.Topic.page`."""


class Served(Protocol[Reader]):
    """The group that the readers are of."""

    def fetched(self, readers: dict[Reader, Cursor]) -> None:
        """Serve these readers again: each cursor has the pages that it needs."""

    def failed(self, readers: Sequence[Reader]) -> None:
        """End these, as a broken connection does: their pages cannot be had, as has been logged."""


class Fetching(Generic[Reader]):
    """Fetches pages for the readers of one group; those at the same place share them.

    A task is there for each of these places, and ends when all its readers are past it, or gone.
    """

    __slots__ = ("_context", "_served", "_shelves", "_wants")

    def __init__(
        self, shelves: Sequence[Shelf], served: Served[Reader], context: contextvars.Context
    ) -> None:
        """Begin with no reader.

        Args:
            shelves: By track.
            served: The group.
            context: What tasks run in.
        """
        self._shelves = shelves
        self._served = served
        self._context = context
        self._wants: dict[Places, _Want[Reader]] = {}

    @property
    def readers(self) -> list[Reader]:
        """Those that wait."""
        return [reader for want in self._wants.values() for reader in want.readers]

    @property
    def cursors(self) -> list[Cursor]:
        """Where they are; may be asked for in any thread."""
        return [cursor for want in list(self._wants.values()) for cursor in list(want.readers.values())]

    def add(self, reader: Reader, cursor: Cursor, places: Places) -> None:
        """Have a reader served from its cursor on, once there is what it needs."""
        want = self._wants.get(places)
        if want is None or want.over:
            want = self._wants[places] = _Want()
            loop = asyncio.get_running_loop()
            want.task = loop.create_task(self._fetch(places, want), context=self._context)
        pages = None if want.pages is None else want.pages()
        if pages is not None:
            cursor.pages = pages
            self._served.fetched({reader: cursor})
        else:
            want.readers[reader] = cursor

    def discard(self, reader: Reader) -> bool:
        """Forget a reader; return whether it was here."""
        for places, want in self._wants.items():
            if reader in want.readers:
                del want.readers[reader]
                if not want.readers and want.task is not None:
                    want.task.cancel()
                    del self._wants[places]  # at once: one that comes now needs another
                return True
        return False

    async def _fetch(self, places: Places, want: "_Want[Reader]") -> None:
        try:
            async with _slots():
                past = asyncio.Event()
                self._hand_out(want, await self._pages(places), past)
                await past.wait()
        except Exception:
            logger.exception("older events of a channel could not be fetched: this is a defect of hug")
            self._served.failed(list(want.readers))
        finally:
            if self._wants.get(places) is want:
                del self._wants[places]

    def _hand_out(self, want: "_Want[Reader]", pages: Pages, past: asyncio.Event) -> None:
        # Nothing but the cursors holds the pages from here on, so that we hear when the last is past them.
        want.pages = weakref.ref(pages, lambda _: past.set())
        readers, want.readers = want.readers, {}
        for cursor in readers.values():
            cursor.pages = pages
        self._served.fetched(readers)

    async def _pages(self, places: Places) -> Pages:
        while True:
            try:
                asked = [(index, self._shelves[index].page(position)) for index, position in places]
                runs = {index: await answer(page) for index, page in asked}
            except (BrokerError, Unreachable):
                for index, _ in places:
                    self._shelves[index].follow()
            else:
                if any(self._get_on(index, position, runs[index]) for index, position in places):
                    return Pages(runs)
            await asyncio.sleep(PAUSE)

    def _get_on(self, index: int, position: int, page: Page) -> bool:
        return bool(page.rows) or page.start > position or self._shelves[index].oldest <= position


class _Want(Generic[Reader]):
    """Readers at the same place.

    Attributes:
        readers: Those that wait.
        pages: What they wait for, while it is there and anybody reads it.
        task: What fetches it.
    """

    __slots__ = ("pages", "readers", "task")

    @property
    def over(self) -> bool:
        """Whether all are past the pages, and the task is about to end: it serves nobody any more."""
        return self.pages is not None and self.pages() is None

    def __init__(self) -> None:
        self.readers: dict[Reader, Cursor] = {}
        self.pages: weakref.ref[Pages] | None = None
        self.task: asyncio.Task[None] | None = None


def _slots() -> asyncio.Semaphore:
    loop = asyncio.get_running_loop()
    slots = _all_slots.get(loop)
    if slots is None:
        slots = _all_slots[loop] = asyncio.Semaphore(AT_ONCE)
    return slots


_all_slots: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
    weakref.WeakKeyDictionary()
)
