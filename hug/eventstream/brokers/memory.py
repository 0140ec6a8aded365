"""The broker for one process: a channel's log is all there is of it."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic

from hug.eventstream.brokers import Health, Page, Reach
from hug.eventstream.brokers.counter import Counts
from hug.eventstream.brokers.ids import new_life
from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.brokers.pending_event import Taken
from hug.eventstream.history.beginning import Place, place
from hug.eventstream.history.log import Bounds, Log
from hug.exceptions import ChannelClosed


class MemoryTopic:
    """See `hug.eventstream.brokers.Topic`."""

    local = True

    __slots__ = ("_counts", "_grown", "_name", "_taken", "log")

    def __init__(
        self, name: str, bounds: Bounds, grown: Callable[[], None], counts: Counts | None = None
    ) -> None:
        self.log = Log(new_life(), bounds, LOCK)
        self._name = name
        self._grown = grown
        self._counts = counts = counts or Counts()
        self._taken = counts.published.add

    def append(
        self,
        fields: bytes,
        lease: tuple[str, int] | None = None,  # noqa: ARG002
        kind: type[Taken] = Taken,  # noqa: ARG002
    ) -> str | Future[str]:
        """See `hug.eventstream.brokers.Topic.append`; whoever asks for a lease in one process has it."""
        event_id = self.log.append(fields, monotonic())
        if not event_id:
            return self._append_later(fields)
        self._taken()
        return event_id

    def _append_later(self, fields: bytes) -> Future[str]:
        if self.log.closed:
            raise self._closed()
        taken = _TakenLater()

        def told(event_id: str) -> None:
            if not event_id:
                taken.set_exception(self._closed())
                return
            self._taken()
            self._grown()
            taken.set_result(event_id)

        self.log.append_later(fields, monotonic(), told)
        return taken

    def room(self) -> None:
        """See `hug.eventstream.brokers.Topic.room`."""

    def _closed(self) -> ChannelClosed:
        self._counts.refused.add()
        return ChannelClosed(f"channel {self._name!r} is closed")

    def follow(self) -> None:
        """See `hug.eventstream.brokers.Topic.follow`."""

    def unfollow(self) -> None:
        """See `hug.eventstream.brokers.Topic.unfollow`."""

    def locate(self, after: str | int | None) -> Place:
        """See `hug.eventstream.brokers.Topic.locate`."""
        self.log.expire(monotonic())
        return Place(*place(self.log, after))

    def page(self, position: int) -> Future[Page]:
        """See `hug.eventstream.brokers.Topic.page`."""
        raise NotImplementedError("all that a channel in memory has is in its log")

    def rebound(self, bounds: Bounds) -> None:
        """See `hug.eventstream.brokers.Topic.rebound`."""
        self.log.rebound(bounds, monotonic())

    def delete(self) -> None:
        """See `hug.eventstream.brokers.Topic.delete`."""
        self.log.forget(new_life())
        self._grown()

    def newest(self) -> str:
        """See `hug.eventstream.brokers.Topic.newest`."""
        return self.log.id(self.log.last)


class _TakenLater(Future[str]):
    """The id of an event that a finalizer or a signal handler publishes while its thread does so, too."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def result(self, timeout: float | None = None) -> str:
        """See `Future.result`; in this thread waiting for it would take for ever."""
        if not self.done() and threading.get_ident() == self._thread:
            raise TimeoutError("the event is taken when what it was published in the middle of goes on")
        return super().result(timeout)


class MemoryBroker:
    """See `hug.eventstream.brokers.Broker`."""

    url = "memory:"
    reach: Reach = "process"
    wait = 0.0

    def __init__(self) -> None:
        self._counts = Counts()

    def topic(self, name: str, bounds: Bounds, grown: Callable[[], None]) -> MemoryTopic:
        """See `hug.eventstream.brokers.Broker.topic`."""
        return MemoryTopic(name, bounds, grown, self._counts)

    def exists(self, name: str) -> bool:  # noqa: ARG002
        """See `hug.eventstream.brokers.Broker.exists`; who has made the channels knows them."""
        return False

    def lease(self, name: str, holder: str, seconds: float) -> int:  # noqa: ARG002
        """See `hug.eventstream.brokers.Broker.lease`: nobody else could have it."""
        return 1

    def release(self, name: str, holder: str) -> None:
        """See `hug.eventstream.brokers.Broker.release`."""

    def connect(self, timeout: float) -> None:
        """See `hug.eventstream.brokers.Broker.connect`."""

    def close(self, timeout: float) -> None:
        """See `hug.eventstream.brokers.Broker.close`."""

    def begin_anew(self) -> None:
        """See `hug.eventstream.brokers.Broker.begin_anew`."""
        self._counts = Counts()

    def health(self) -> Health:
        """See `hug.eventstream.brokers.Broker.health`."""
        counts = self._counts
        published, refused = counts.published.value, counts.refused.value
        return Health(self.url, self.reach, True, 0.0, "", 0, 0, published=published, refused=refused)
