"""The channels of an API, by name: made on first use, forgotten when nobody can miss them."""

import logging
import os
import time
import weakref
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from hug.eventstream.brokers import Broker
from hug.eventstream.brokers.lock import LOCK
from hug.eventstream.channels.channel import Channel, fanout_of
from hug.eventstream.channels.fanout import Fanout
from hug.eventstream.history.log import Bounds, Log
from hug.eventstream.history.view import OnGap
from hug.exceptions import ChannelNameError
from hug.sentinels import DEFAULT, Default

HISTORY: Final = 100
MAX_AGE: Final = 300.0
MAX_BYTES: Final = 16 * 1024 * 1024
"""What a channel keeps by default: enough for clients that lose their connection for a while."""

LONGEST_NAME: Final = 255

MOST: Final = 100_000
"""Channels that an API keeps for their history alone."""

_LOOKS: Final = 2
"""Channels looked at, for each new one, whether they can be forgotten: more than come, so none pile up."""

_CHANCES: Final = 8
"""Channels looked at for one that has been idle, before one is forgotten that has not."""

logger = logging.getLogger("hug")


class Channels:
    """The channels of an API.

    One that nobody holds, that has no readers and no history, is forgotten. One with a history but no
    ``max_age`` is kept until there are too many, which a reader that comes back later is told as of any gap.

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
        self._told = False
        # While a thread makes a channel, a finalizer or a signal handler may ask it for the same one: the
        # lock lets it in, and it gets, or leaves here, what both are to have.
        self._making = 0
        self._made: dict[str, Channel] = {}
        _registries.add(self)

    def begin_anew(self) -> None:
        """Give all channels another life: this process was forked off, and its parent goes on with theirs."""
        for channel in self._all():
            fanout_of(channel).begin()

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
        channel = self._known.get(name)
        if channel is None:
            _listen_for_forks()
            channel = self._make(_fanout(name, history, max_bytes, max_age, on_gap, self))
            self._sweep()
        else:
            _compare(channel, history=history, max_bytes=max_bytes, max_age=max_age, on_gap=on_gap)
        return channel

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

    def __iter__(self) -> Iterator[Channel]:
        self.forget_idle()
        yield from self._all()

    def __len__(self) -> int:
        self.forget_idle()
        return len(self._known)

    def _all(self) -> list[Channel]:
        # Not list(values()): another thread may add one meanwhile, and only this step is never interrupted.
        return [channel for reference in self._known.valuerefs() if (channel := reference()) is not None]

    def _sweep(self) -> None:
        for _ in range(_LOOKS):
            self._look()

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


def _fanout(name: str, history: Any, max_bytes: Any, max_age: Any, on_gap: Any, keeper: Channels) -> Fanout:
    if not isinstance(name, str):
        raise TypeError(f"a channel's name is text, not {type(name).__name__}")
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise ChannelNameError(name, LONGEST_NAME)
    if isinstance(max_age, Default):
        # Who asks for a history of his own wants it the day after, too.
        max_age = MAX_AGE if isinstance(history, Default) else None
    if isinstance(history, Default):
        history = HISTORY
    if isinstance(max_bytes, Default):
        max_bytes = MAX_BYTES
    if isinstance(on_gap, Default):
        on_gap = "event"
    if not _whole(history) or history < 0:
        raise ValueError(f"history must be a number of events, 0 or more, not {history!r}")
    if not _whole(max_bytes) or max_bytes < 1:
        raise ValueError(f"max_bytes must be a number of bytes, 1 or more, not {max_bytes!r}")
    if max_age is not None and (
        isinstance(max_age, bool) or not isinstance(max_age, int | float) or not max_age > 0
    ):
        raise ValueError(
            f"max_age must be a number of seconds above 0, or None for no limit, not {max_age!r}"
        )
    if on_gap not in ("event", "disconnect"):
        raise ValueError(f"on_gap must be 'event' or 'disconnect', not {on_gap!r}")
    return Fanout(name, _bounds(history, max_bytes, max_age), on_gap, keeper)


# Channels by the thousand have the same ones, which are then found in the processor's cache.
_bounds = lru_cache(maxsize=100)(Bounds)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _compare(channel: Channel, **options: Any) -> None:
    has = {
        "history": channel.bounds.history,
        "max_bytes": channel.bounds.max_bytes,
        "max_age": channel.bounds.max_age,
        "on_gap": channel.on_gap,
    }
    for option, value in options.items():
        if not isinstance(value, Default) and (value != has[option] or isinstance(value, bool)):
            raise ValueError(
                f"channel {channel.name!r} has {option}={has[option]!r} already, not {value!r}: "
                "give options where it is used first, and nowhere else"
            )


_registries: weakref.WeakSet[Channels] = weakref.WeakSet()


@lru_cache(maxsize=1)
def _listen_for_forks() -> None:
    """Have channels begin anew in every process that is forked off; once, when there is a first channel."""
    os.register_at_fork(before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=_begin_anew)


def _begin_anew() -> None:
    LOCK.release()
    for channels in list(_registries):
        channels.begin_anew()
