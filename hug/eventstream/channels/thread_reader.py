"""One who reads a channel in a thread, without an event loop: an audience of its own."""

from collections.abc import Callable
from typing import Any, Final, Protocol

from hug.eventstream.history.log import Log


class Origin(Protocol):
    """The channel.

    Attributes:
        log: Its events.
    """

    log: Log

    def forsake(self, audience: "Apart") -> None:
        """Forget an audience that has no readers."""


class Apart:
    """See `hug.eventstream.channels.audience.Audience`; it is its own `hug.eventstream.loop.pump.Pump`, too.

    Attributes:
        pump: This: nobody else serves the reader.
        queued: Never, so that it is told each time.
        crowded: Never: who is slow delays nobody.
        readers: 1, or 0 once it has left.
        served: Its position.
    """

    __slots__ = ("_channel", "_end", "_origin", "_tell", "awaited", "pump", "readers", "served")

    queued = False
    crowded: Final = False
    closed: Final = False
    complete: Final = True
    """What it has not read is behind `served`, and kept for it as for those that keep up."""

    def __init__(self, origin: Origin, channel: object, tell: Callable[[], None]) -> None:
        """Make an audience of one.

        Args:
            origin: What works behind the channel.
            channel: The channel, which is to live as long as this.
            tell: Called when there is something to be read; from any thread.
        """
        self.pump = self
        self.readers = 1
        self.served = origin.log.last
        self.awaited = False
        self._origin = origin
        self._channel = channel
        self._tell = tell
        self._end: Callable[[BaseException | None], None] | None = None

    def slowest(self) -> int:
        """See there."""
        return self.served

    def wake(self, audience: object) -> None:  # noqa: ARG002  # the only one
        """Tell the reader that the log has grown."""
        self._tell()

    def serve(self) -> None:
        """See `hug.eventstream.loop.pump.Pumped`: it serves itself."""

    def hurry(self) -> None:
        """Nobody waits for the reader."""

    def call(self, function: Callable[..., None], *arguments: Any) -> None:
        """Call a function: any thread will do."""
        function(*arguments)

    def rebound(self) -> None:
        """The channel keeps more from now on, or less."""

    def ends_with(self, end: Callable[[BaseException | None], None]) -> None:
        """Have ``end`` called when the channel's readers are to end."""
        self._end = end

    def finish(self, error: BaseException | None) -> None:
        """End the reader, when it has everything; raise ``error`` in it, if any."""
        if self._end is not None:
            self._end(error)

    def leave(self) -> None:
        """The reader reads no more."""
        self.readers = 0
        self._origin.forsake(self)
