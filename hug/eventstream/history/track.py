"""One channel's part in a view: which of its events are passed on, and what is told if some are lost.

Wire layer: no I/O, no clock.
"""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, TypeAlias

from hug.eventstream.history.log import Log
from hug.eventstream.history.replica import Replica
from hug.eventstream.wire.decode import Message

_SOON: Final = 4096
"""Most events of a closed channel that are looked at for one that is wanted before others get a turn."""

_ID: Final = b"id: "

Predicate: TypeAlias = Callable[[Message], object]
OnGap: TypeAlias = Literal["event", "disconnect"]


class Track(NamedTuple):
    """One channel's part in a view.

    Attributes:
        name: The channel's name.
        log: Its events.
        on_gap: Tells what happens to a reader that has fallen out of the log: that may be chosen late.
        predicates: Which events to pass on: those for which all are true.
        failed: To be called with a predicate, an event that it has raised an error for, and that. The event
            counts as one that is not wanted: else its reader would meet it again whenever it comes back.
    """

    name: str
    log: Log
    on_gap: Callable[[], OnGap]
    predicates: tuple[Predicate, ...] = ()
    failed: Callable[[Predicate, Message, BaseException], object] = lambda *_: None

    @property
    def is_copy(self) -> bool:
        """Whether the channel is kept elsewhere, and older events may be had from there."""
        return isinstance(self.log, Replica)

    @property
    def keeps(self) -> bool:
        """Whether anybody can tell that a reader which was away has missed nothing."""
        return self.is_copy or self.log.bounds.history > 0

    def wants(self, message: Message) -> bool:
        """Return whether an event is to be passed on."""
        for predicate in self.predicates:
            try:
                if not predicate(message):
                    return False
            except KeyboardInterrupt:  # a signal's, and by chance in here
                raise
            except BaseException as error:  # also sys.exit(), which would end the server
                self.failed(predicate, message, error)
                return False
        return True

    def has_more(self, position: int) -> bool:
        """Return whether there is anything for a reader behind a position, as far as is soon seen."""
        try:
            rows = list(self.log.after(position, _SOON)) if position < self.log.last - 1 else []
        except LookupError:
            return True
        frames = [(at, frame) for _, at, frame in rows if frame and not frame.startswith(_ID)]
        wanted = (not self.predicates or self.wants(self.log.message(*each)) for each in frames)
        return any(wanted) or len(rows) == _SOON
