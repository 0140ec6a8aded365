"""One who reads a channel by himself: a position, moved by nobody else, and a signal that there is more."""

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, Final

from hug.eventstream.brokers import Page
from hug.eventstream.channels.audience import Audience
from hug.eventstream.channels.gap_counts import GAPS
from hug.eventstream.channels.opening import PAUSE
from hug.eventstream.channels.selection import Selection
from hug.eventstream.channels.thread_reader import Apart
from hug.eventstream.history.beginning import Asked, Place, asked
from hug.eventstream.history.cursor import Cursor, Older
from hug.eventstream.history.log import Log
from hug.eventstream.history.older_pages import Pages
from hug.eventstream.history.replica import GONE
from hug.eventstream.history.view import View
from hug.eventstream.sources.feed import WRITE_SIZE
from hug.eventstream.wire.client import Guard
from hug.exceptions import BrokerError, Gap, Unreachable

_NOTHING: Final = b""


class Reading:
    """Is looked into, by `read`, in one thread, and waits for a signal when there is nothing.

    On an event loop it is among the groups of the channel's audience there, see
    `hug.eventstream.channels.group.Listeners`; in a thread it has an audience for itself.

    Attributes:
        view: What it sees.
        readers: 1, or 0 once it has left.
        begins: The id that it begins behind; empty while that is not known.
        over: Once nothing more will come: why, in a tuple; None if the channel was closed.
        pause: Seconds after which to look again if no signal has come.
    """

    def __init__(
        self, selection: Selection, last_event_id: str, since: Asked, tell: Callable[[], None]
    ) -> None:
        """Begin to read a channel, on the running event loop or, if there is none, in this thread.

        Args:
            selection: What of it.
            last_event_id: Behind this event; empty to begin where ``since`` says.
            since: See `Asked`; no id.
            tell: Called, from any thread, when it is worth looking again.
        """
        fanout = self._fanout = selection.fanout
        self.view = View([fanout.track(selection.predicates)], Guard.BLOCK)
        self.view.key = self
        self.readers = 1
        self.begins = ""
        self.over: tuple[BaseException | None] | None = None
        self.pause = math.inf
        self._tell = tell
        self._wanted = asked(last_event_id, since, 1)[0]
        self._is_new = not last_event_id and since is None
        self._is_late = False
        self._cursor: Cursor | None = None
        # What a broker is to answer: any of it; where this begins; events that are not in memory.
        self._waiting: Future[Any] | None = None
        self._place: Place | Future[Place] | None = None
        self._page: Future[Page] | None = None
        self._ending: tuple[BaseException | None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._audience: Audience | Apart
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._audience = fanout.apart(selection.channel, tell)
            self._audience.ends_with(self.finish)
        else:
            self._audience = fanout.audience(self._loop, selection.channel)
            self._audience.count(self, 1)

    # See `Listeners`

    @property
    def complete(self) -> bool:
        """See there."""
        return self._cursor is None or not self.view.is_behind(self._cursor)

    def slowest(self, log: Log) -> int | None:  # noqa: ARG002  # it has one
        """See there."""
        return None if self._cursor is None else self._cursor.positions[0]

    def serve(self) -> None:
        """See there."""
        self._tell()

    def finish(self, error: BaseException | None) -> None:
        """See there."""
        self._ending = (error,)
        self._tell()

    def leave(self) -> None:
        """Read no more; from any thread."""
        self.over = self.over or (None,)
        if not self.readers:
            return
        self.readers = 0
        if isinstance(self._place, Future):
            self._place.cancel()
        audience = self._audience
        if isinstance(audience, Apart):
            audience.leave()
        elif self._loop is not None:
            if self._loop is asyncio._get_running_loop():
                self._depart(audience)
            else:
                self._depart_there(self._loop, audience)
        self._tell()

    def leave_later(self) -> None:
        """Do so when this thread is through with what it is in the middle of."""
        if self._loop is None:
            self.leave()
        elif self.readers and isinstance(self._audience, Audience):
            self.readers = 0
            self._depart_there(self._loop, self._audience)

    def _depart_there(self, loop: asyncio.AbstractEventLoop, audience: Audience) -> None:
        try:
            loop.call_soon_threadsafe(self._depart, audience)
        except RuntimeError:  # it is closed: nobody there looks at its readers any more
            audience.count(self, -1)

    def _depart(self, audience: Audience) -> None:
        audience.count(self, -1)
        if audience.readers:
            audience.wake()  # what was kept for it may go

    # Reading

    @property
    def located(self) -> bool:
        """Whether it is known where it begins, or that it does not."""
        return self._cursor is not None or self.over is not None

    def be_late(self) -> None:
        """Begin without knowing where: who is to have what comes from now on may have missed some by then."""
        self._is_late = True

    def read(self) -> bytes | None:
        """Return whole events that are next, empty if there may be more behind some that are not wanted.

        Returns:
            None to wait, for the signal or for `pause` seconds, or if it is `over`.
        """
        if self.over is not None:
            return None
        self.pause = math.inf
        if self._waiting is not None and not self._waiting.done():
            return None
        self._waiting = None
        try:
            cursor = self._cursor
            if cursor is None:
                return self._locate()
            if self._page is not None:
                return self._fetch(self._page, cursor)
            return self._read(cursor)
        except Gap as gap:
            self.over = (gap,)
        except (BrokerError, Unreachable, CancelledError):  # the last by another thread, which has left
            self._place = self._page = None
            self._fanout.follow()
            self.pause = PAUSE
        return None

    def _read(self, cursor: Cursor) -> bytes | None:
        view = self.view
        if view.is_behind(cursor):
            try:
                body = view.read(cursor, WRITE_SIZE)
                if cursor.gaps:
                    GAPS.count(cursor, 1)
            except Older as older:
                ((_, position),) = older.places
                return self._fetch(self._fanout.page(position), cursor)
            if not view.is_behind(cursor):
                self._keep_up(cursor)
            return body
        if view.closed:
            self.over = (None,)
        elif self._ending is not None:
            self.over = self._ending
        return None

    def _keep_up(self, cursor: Cursor) -> None:
        """Have what was kept for this let go of."""
        audience = self._audience
        if isinstance(audience, Apart):
            audience.served = cursor.positions[0]
            if self._fanout.log.exceeds:
                self._fanout.settle()
        elif self._fanout.log.exceeds:
            audience.wake()

    def _fetch(self, page: "Future[Page]", cursor: Cursor) -> bytes | None:
        """Go on with events that are not in memory, once they are there."""
        self._page = page
        if not page.done():
            return self._wait_for(page)
        self._page = None
        start, rows = page.result()
        position = cursor.positions[0]
        if rows or start > position or self._fanout.log.oldest <= position:
            cursor.pages = Pages({0: (start, rows)})
            return _NOTHING
        self.pause = PAUSE
        return None

    def _locate(self) -> bytes | None:
        """Find out where this begins."""
        fanout, place = self._fanout, self._place
        if place is None:
            ready = fanout.ready
            if ready is not None and not ready.done():
                return self._wait_for(ready)
            if ready is not None:
                ready.result()
            place = self._place = fanout.topic.locate(self._wanted)
        if isinstance(place, Future):
            if not place.done():
                return self._wait_for(place)
            place = place.result()
        if self._is_late and self._is_new:
            place = Place(place.position, None)
        cursor, gaps = self.view.begin([self._wanted], [place])
        self._cursor = cursor
        if isinstance(self._audience, Apart):
            self._audience.served = cursor.positions[0]
        if gaps:
            GAPS.count(cursor, 1)
        else:
            event_id = self.view.id(cursor)
            self.begins = str(self._wanted) if GONE in event_id else event_id
        return gaps

    def _wait_for(self, answer: "Future[Any]") -> bytes | None:
        self._waiting = answer
        tell = self._tell
        answer.add_done_callback(lambda _: tell())
        return None
