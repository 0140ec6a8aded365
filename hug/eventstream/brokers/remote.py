"""The broker for several processes, over any engine."""

import contextlib
import math
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from functools import cached_property
from time import monotonic
from typing import Final, cast

from hug.eventstream.brokers import Health, Reach, process_end
from hug.eventstream.brokers.counter import Counts
from hug.eventstream.brokers.engine_thread import EngineThread
from hug.eventstream.brokers.link import Link
from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.brokers.process import this_process
from hug.eventstream.brokers.remote_topic import RemoteTopic
from hug.eventstream.engines.engine import Engine, Removable
from hug.eventstream.history.log import Bounds
from hug.exceptions import BrokerError, Unreachable

PATIENCE: Final = 10.0
"""Seconds after which those who publish are told that the engine has not answered."""


class RemoteBroker:
    """See `hug.eventstream.brokers.Broker`.

    Attributes:
        url: Where, without a password.
        reach: Who shares its channels.
        patience: See `PATIENCE`.
        wait: Seconds that a server waits at its start for an engine that does not answer.
        counts: What has happened, in this process.
    """

    def __init__(
        self,
        url: str,
        reach: Reach,
        make: Callable[[], Engine],
        *,
        patience: float = PATIENCE,
        wait: float = 5.0,
    ) -> None:
        """Make a broker; it does not connect before it is needed.

        Args:
            url: Without a password.
            reach: See there.
            make: Makes an engine, which is not connected.
            patience: See there.
            wait: See there.
        """
        self.url = url
        self.reach = reach
        self.patience = patience
        self.wait = wait
        self._make = make
        self._topics: weakref.WeakValueDictionary[int, RemoteTopic] = weakref.WeakValueDictionary()
        self._asked = 0  # how many wait to be told whether we can connect
        self._threads: dict[int, EngineThread] = {}  # by process; there is one
        self.counts = Counts()
        process_end.prepare()

    @property
    def thread(self) -> EngineThread:
        """The thread at work in this process, which begins when it is needed for the first time."""
        # A finalizer may come in between any two lines, and want one, too: what is there first is it.
        thread = self._threads.get(this_process())
        if thread is None:
            made = EngineThread(self.url, self._make, self.patience, self.counts, lambda: self._asked)
            thread = self._threads.setdefault(this_process(), made)
            if thread is made:
                if process_end.has_ended():
                    made.outbox.await_each()
                process_end.begins(self)
                made.start()
                for reference in self._topics.valuerefs():
                    topic = reference()
                    if (
                        topic is not None and topic.wanted
                    ):  # by readers that were there before the broker was closed
                        topic.follow()
        return thread

    @cached_property
    def unconnected(self) -> object:
        """An engine that is never connected, for what needs no connection of its own."""
        return self._make()

    def topic(self, name: str, bounds: Bounds, grown: Callable[[], None]) -> RemoteTopic:
        """See `hug.eventstream.brokers.Broker.topic`."""
        topic = RemoteTopic(self, name, bounds, grown)
        self._topics[id(topic)] = topic
        return topic

    def exists(self, name: str) -> Future[bool]:
        """See `hug.eventstream.brokers.Broker.exists`."""

        async def ask(link: Link) -> bool:
            await self.thread.outbox.settled(name)
            return bool((await link.call(link.engine.ends(name))).life)

        return self.thread.ask(ask, self.patience)

    def lease(self, name: str, holder: str, seconds: float) -> Future[int | None]:
        """See `hug.eventstream.brokers.Broker.lease`."""
        return self.thread.ask(lambda link: link.call(link.engine.lease(name, holder, seconds)), seconds)

    def release(self, name: str, holder: str) -> Future[None]:
        """See `hug.eventstream.brokers.Broker.release`."""
        return self.thread.ask(lambda link: link.call(link.engine.release(name, holder)), self.patience)

    def connect(self, timeout: float = math.inf) -> Future[None]:
        """See `hug.eventstream.brokers.Broker.connect`."""
        connected: Future[None] = Future()
        if timeout != math.inf:
            with LOCK:
                self._asked += 1
            connected.add_done_callback(self._answered)
        self.thread.connect(timeout, connected)
        return connected

    def _answered(self, _: Future[None]) -> None:
        with LOCK:
            self._asked -= 1

    def remove(self, timeout: float) -> None:
        """Drop what the engine has made for all channels of this prefix, and disconnect: a test is over."""
        thread = self._threads.get(this_process())
        if thread is not None and thread.link is not None and hasattr(thread.link.engine, "remove"):

            async def drop(link: Link) -> None:
                await link.call(cast("Removable", link.engine).remove())

            with contextlib.suppress(Unreachable, BrokerError, TimeoutError):
                thread.ask(drop, timeout).result(timeout)
        self.close(timeout)

    def close(self, timeout: float) -> None:
        """See `hug.eventstream.brokers.Broker.close`."""
        thread = self._threads.pop(this_process(), None)
        process_end.is_over(self)
        if thread is not None:
            thread.close(timeout)

    def await_beginning(self, timeout: float) -> None:
        """See `hug.eventstream.brokers.process_end.AtWork.await_beginning`."""
        self.thread.await_beginning(timeout)

    def begin_anew(self) -> None:
        """See `hug.eventstream.brokers.Broker.begin_anew`."""
        others = [pid for pid in self._threads if pid != this_process()]
        for pid in others:
            # It must not be finalized here: its event loop and connections are shared with the parent.
            _of_parents.append(self._threads.pop(pid))
        if others:
            self._topics = weakref.WeakValueDictionary()
            self.counts = Counts()

    def health(self) -> Health:
        """See `hug.eventstream.brokers.Broker.health`."""
        thread = self._threads.get(this_process())
        counts = self.counts
        return Health(
            self.url,
            self.reach,
            thread is not None and thread.link is not None,
            monotonic() - thread.since if thread is not None and thread.since else 0.0,
            "" if thread is None else thread.error,
            0 if thread is None else thread.outbox.events,
            0 if thread is None else thread.followers.count,
            counts.published.value,
            counts.refused.value,
            counts.unknown.value,
            max(0, counts.connections.value - 1),
        )


_of_parents: Final[list[EngineThread]] = []
