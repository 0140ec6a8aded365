"""Errors hug raises on purpose: one root, one class for each decision a caller can take."""

from __future__ import annotations

from typing import Any, Final

ENDING: Final = (SystemExit, KeyboardInterrupt)
"""What ends an event loop, and so a server, when it is raised out of a task."""


class HugError(Exception):
    """Root of the errors hug raises on purpose; a bug of ours is never one of these."""


class InvalidTypeData(HugError):
    """A value does not fit its type.

    Args:
        message: What is wrong, for people.
        reasons: What the client gets to see as the error of this field; any value that can be output, such as
            the messages of a schema keyed by field. Without reasons the message is shown.
    """

    def __init__(self, message: str, reasons: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.reasons = reasons


class StoreKeyNotFound(HugError):
    """A store holds no value for this key."""


class SessionNotFound(StoreKeyNotFound):
    """A session store holds no session with this id."""


class BodyUnreadable(HugError, ValueError):
    """A request's body is not what its content type says. The client can mend it, so it gets a 400."""


class ChannelNameError(HugError, ValueError):
    """No channel can have this name: it is empty, too long, or has characters that are not printable."""

    def __init__(self, name: str, longest: int) -> None:
        shown = name if len(name) <= longest else name[:longest] + "..."
        super().__init__(f"a channel's name has 1 to {longest} printable characters, not {shown!r}")
        self.name = name


class Gap(HugError, LookupError):
    """Events that a reader has not seen are gone, and its channel disconnects such readers.

    Attributes:
        channel: The channel's name.
        lost: How many; None if nobody knows.
    """

    def __init__(self, channel: str, lost: int | None) -> None:
        many = "an unknown number of" if lost is None else lost
        super().__init__(f"channel {channel!r} cannot resume a reader: {many} events are gone")
        self.channel = channel
        self.lost = lost


class PublishRefused(HugError, RuntimeError):
    """The process is ending: the event would reach nobody."""

    def __init__(self, channel: str) -> None:
        super().__init__(
            f"cannot publish on channel {channel!r}: the process is ending and its readers have been told to "
            "come back. Publish in the next one, or keep the event elsewhere"
        )
        self.channel = channel


class BrokerError(HugError, RuntimeError):
    """A broker cannot be used as it is given: its URL is wrong, a package is missing, a password is."""


class MissingPackage(HugError, ImportError):
    """What was asked for needs a package that is not installed; the message says which extra brings it."""


class Unreachable(HugError, ConnectionError):
    """A broker's engine does not answer. What it was asked for may have been done, or not."""


class NotTaken(HugError, RuntimeError):
    """An event was not taken by its channel's broker, for certain."""


class Refused(NotTaken):
    """The engine has refused an event: its memory is full, say."""


class ChannelClosed(NotTaken):
    """The channel has been closed."""


class LeaseLost(NotTaken):
    """Whoever publishes for a lease has lost it: somebody else has it by now."""


class FateUnknown(HugError, RuntimeError):
    """Nobody knows whether an event was taken: it was sent, and the broker did not answer in time."""
