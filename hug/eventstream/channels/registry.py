"""The channels of a broker, by name: made on first use, forgotten when nobody can miss them."""

import contextlib
import logging
import os
import time
import weakref
from collections import deque
from collections.abc import Iterator
from concurrent.futures import wait
from functools import lru_cache
from typing import Final

from hug.eventstream.brokers import Broker
from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.channels.channel import Channel, fanout_of
from hug.eventstream.channels.fanout import Fanout
from hug.eventstream.channels.options import NONE, Given, check, options
from hug.eventstream.channels.reply import Reply
from hug.eventstream.history.log import Log
from hug.eventstream.history.track import OnGap
from hug.exceptions import ChannelNameError
from hug.sentinels import DEFAULT, Default
from hug.source_locations import outer_place

LONGEST_NAME: Final = 255

MOST: Final = 100_000
"""Channels of a broker that are kept for their history alone, where that is in this process."""

CLOSED: Final = 300.0
"""Seconds for which a channel that was closed is known at least: its readers come back to be told so."""

_LOOKS: Final = 2
"""Channels looked at, for each new one, whether they can be forgotten: more than come, so none pile up."""

_CHANCES: Final = 8
"""Channels looked at for one that has been idle, before one is forgotten that has not."""

logger = logging.getLogger("hug")


class Channels:
    """The channels of a broker, in this process.

    One that nobody holds, that has no readers and no history here, is forgotten. One with a history but no
    ``max_age`` is kept until there are too many, which a reader that comes back later is told as of any gap.
    Where the broker keeps the history, nothing is kept here for it.

    Attributes:
        broker: Where their events are kept.
        most: How many are kept for their history alone. Of more, those are forgotten first that have no
            readers and that nobody has published on for long.
    """

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.most = MOST
        self._known: weakref.WeakValueDictionary[str, Channel] = weakref.WeakValueDictionary()
        self._kept: deque[Channel] = deque()  # in the order in which they are looked at
        self._names: set[str] | None = None  # of all channels, in a block of `replaced`
        self._closed: dict[Channel, float] = {}  # and when they may be forgotten, the next one first
        self._told = False
        # While a thread makes a channel, a finalizer or a signal handler may ask it for the same one: the
        # lock lets it in, and it gets, or leaves here, what both are to have.
        self._making = 0
        self._made: dict[str, Channel] = {}
        _registries.add(self)

    def begin_anew(self) -> None:
        """Give all channels another life: this process was forked off, and its parent goes on with theirs."""
        self.broker.begin_anew()
        for channel in self._all():
            fanout = fanout_of(channel)
            closed = fanout.topic.local and fanout.log.closed
            fanout.begin()
            if closed:
                fanout.log.append(b"", time.monotonic())

    def get(
        self,
        name: str,
        *,
        history: int | Default = DEFAULT,
        max_bytes: int | Default = DEFAULT,
        max_age: float | Default | None = DEFAULT,
        on_gap: OnGap | Default = DEFAULT,
    ) -> Channel:
        """Return the channel of this name.

        Args:
            name: 1 to 255 characters.
            history: Most events that are kept for readers that come back, 0 for none.
            max_bytes: Most bytes of them, as they are on the wire.
            max_age: Seconds after which an event is dropped; None: never.
            on_gap: See `Channel.on_gap`.

        Raises:
            TypeError: The name is no text.
            ChannelNameError: It is too long, empty, or not printable; this is a ValueError, too.
            ValueError: A value is out of range, or other than what the channel was made with.
        """
        given = (history, max_bytes, max_age, on_gap)
        channel = self._known.get(name)
        if channel is None:
            listen_for_forks()
            channel = self._make(self._fanout(name, Given(*given)))
            self._sweep()
            if self._names is not None:
                self._names.add(name)
        if given not in (NONE, fanout_of(channel).options.given):
            self._choose(channel, Given(*given))
        return channel

    def known(self, name: object) -> Channel | None:
        """Return the channel of this name if there is one in this process."""
        self._sweep()
        return self._known.get(name) if isinstance(name, str) else None

    def exists(self, name: str) -> Reply[bool]:
        """Return whether there is a channel of this name; see `hug.eventstream.channels.directory`."""
        if self.known(name) is not None:
            return Reply(True)
        if not isinstance(name, str) or not is_name(name):
            return Reply(False)
        return Reply(self.broker.exists(name))

    def get_known(self, name: str) -> Channel | None:
        """Do so, and forget none meanwhile."""
        return self._known.get(name)

    def _fanout(self, name: str, given: Given) -> Fanout:
        if not isinstance(name, str):
            raise TypeError(f"a channel's name is text, not {type(name).__name__}")
        if not is_name(name):
            raise ChannelNameError(name, LONGEST_NAME)
        return Fanout(name, options(given, None if given == NONE else outer_place()), self)

    def _choose(self, channel: Channel, given: Given) -> None:
        """Give a channel options that it was not made with.

        Raises:
            ValueError: It was given others before.
        """
        check(given)
        fanout = fanout_of(channel)
        with LOCK:
            has = fanout.options
            index = has.conflict(given)
            if index is None:
                if has.lacks(given):
                    fanout.choose(has.with_more(given, outer_place()))
                return
        option = given._fields[index]
        file, line = outer_place()
        before, line_before = has.places[index] or ("", 0)
        raise ValueError(
            f"channel {channel.name!r} cannot have {option}={given[index]!r}, given at {file}:{line}: it has "
            f"{option}={has.given[index]!r}, given at {before}:{line_before}. Give the same "
            "everywhere, or in one place alone"
        )

    def _make(self, fanout: Fanout) -> Channel:
        """Return the channel of this name that another thread may have made meanwhile, or make it."""
        name = fanout.name
        made = Channel(fanout)
        with LOCK:
            self._making += 1
            try:
                known = self._known.get(name)
                if known is None:
                    known = self._known[name] = self._made.setdefault(name, made)
                return known
            finally:
                self._making -= 1
                if not self._making:
                    self._made.clear()

    def keep_closed(self, name: str) -> None:
        """See `hug.eventstream.channels.fanout.Keeper`."""
        channel = self._known.get(name)
        if channel is not None:
            self._closed.setdefault(channel, time.monotonic() + CLOSED)
            if len(self._closed) > self.most:
                self._closed.pop(next(iter(self._closed)), None)

    def forget(self, name: str) -> None:
        """See `hug.eventstream.channels.fanout.Keeper`."""
        channel = self._known.get(name)
        if channel is not None:
            self._closed.pop(channel, None)

    def keep(self, name: str) -> None:
        """See `hug.eventstream.channels.fanout.Keeper`."""
        channel = self._known.get(name)
        if channel is not None:
            fanout = fanout_of(channel)
            fanout.kept = fanout.log.last
            self._kept.append(channel)
            if len(self._kept) > self.most:
                self._make_room()

    def forget_idle(self) -> None:
        """Let go at once of channels whose events are all past their age."""
        for _ in range(len(self._kept)):
            self._look()
        for _ in range(len(self._closed)):
            self._look_at_closed()

    def __iter__(self) -> Iterator[Channel]:
        self.forget_idle()
        yield from self._all()

    def __len__(self) -> int:
        self.forget_idle()
        return len(self._known)

    @contextlib.contextmanager
    def replaced(self, broker: Broker, timeout: float) -> Iterator[None]:
        """Have another broker for a while, on which all channels begin anew; then go back, to each as it was.

        Streams that read the channels meanwhile end, and the channels are deleted there.

        Args:
            broker: The other one.
            timeout: Seconds that this may take.
        """
        with LOCK:
            before = self.broker, self._kept, self._closed, self._names, self.most, self._told
            self.broker, self._kept, self._closed, self._told = broker, deque(), {}, False
            self._names = None if broker.reach == "process" else set(self._known)
            lives = {channel: fanout_of(channel).set_aside() for channel in self._all()}
        try:
            yield
        finally:
            self._delete_all(timeout)
            with LOCK:
                self.broker, self._kept, self._closed, self._names, self.most, self._told = before
                for channel in self._all():
                    if channel in lives:
                        lives[channel]()
                    else:
                        # Made meanwhile, and held by a module, say, that was imported meanwhile.
                        fanout = fanout_of(channel)
                        fanout.set_aside()
                        fanout.options = fanout.options.from_nowhere()

    def _delete_all(self, timeout: float) -> None:
        """Delete all channels of a block of `replaced`, if they are elsewhere and can be reached."""
        if self._names and self.broker.health().connected:
            bounds = options(NONE, None).bounds
            deleting = [self.broker.topic(name, bounds, _nothing).delete() for name in self._names]
            wait([each for each in deleting if each is not None], timeout)

    def now(self) -> list[Channel]:
        """Return those that there are, also such as are about to be forgotten."""
        return self._all()

    def _all(self) -> list[Channel]:
        # Not list(values()): another thread may add one meanwhile, and only this step is never interrupted.
        return [channel for reference in self._known.valuerefs() if (channel := reference()) is not None]

    def _sweep(self) -> None:
        for _ in range(_LOOKS):
            self._look()
            if self._closed:
                self._look_at_closed()

    def _look_at_closed(self) -> None:
        """Look at the channel that was closed first, whether it can be forgotten."""
        with contextlib.suppress(StopIteration, RuntimeError):  # another thread has changed it meanwhile
            channel, until = next(iter(self._closed.items()))
            if until <= time.monotonic():
                self._closed.pop(channel, None)

    def _look(self) -> None:
        """Look at the channel that was looked at longest ago."""
        taken = self._take()
        if taken is not None:
            channel, log, kept = taken
            log.expire(time.monotonic())
            if log.resumable < log.last:
                self._keep_on(channel, kept)

    def _make_room(self) -> None:
        """Forget one: the first that is idle, if there is one among the next few."""
        for chance in range(1, _CHANCES + 1):
            taken = self._take()
            if taken is None:
                return
            channel, log, kept = taken
            idle = log.last == kept or chance == _CHANCES
            if idle and not fanout_of(channel).audiences:
                break
            self._keep_on(channel, log.last)
        if not self._told:
            self._told = True
            logger.warning(
                "there are more than %d channels with a history, and the oldest are forgotten: give them a "
                "max_age, or allow more with hug.API(...).channels.most",
                self.most,
            )

    def _take(self) -> tuple[Channel, Log, int] | None:
        """Keep the channel no more that was looked at longest ago; return it, and what it was kept with."""
        try:
            channel = self._kept.popleft()
        except IndexError:
            return None
        fanout = fanout_of(channel)
        kept, fanout.kept = fanout.kept, 0  # before we look: one that publishes from here on is kept again
        return channel, fanout.log, kept

    def _keep_on(self, channel: Channel, kept: int) -> None:
        fanout_of(channel).kept = kept
        self._kept.append(channel)


def is_name(name: str) -> bool:
    """Whether a channel can have this name."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable()


_registries: weakref.WeakSet[Channels] = weakref.WeakSet()


@lru_cache(maxsize=1)
def listen_for_forks() -> None:
    """Have channels begin anew in every process that is forked off; once, when there is a first channel."""
    os.register_at_fork(before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=_begin_anew)


def _begin_anew() -> None:
    LOCK.release()
    for channels in list(_registries):
        channels.begin_anew()


def _nothing() -> None:
    pass
