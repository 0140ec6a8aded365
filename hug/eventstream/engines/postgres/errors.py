"""What PostgreSQL's refusals mean for hug."""

import re
from typing import Final

import psycopg

from hug.exceptions import BrokerError, Unreachable

BUSY: Final = frozenset({"55P03", "40P01", "57014", "40001"})
"""Nothing was done: somebody else has a lock, or was let go first in a deadlock; or it took too long."""

_REFUSED: Final = ("22", "23", "53", "54")
"""Classes of refusals that are about the event: its data, or no room for it."""

NO_ROOM: Final = "53"
"""That which holds for all events alike: the disk or the memory is full."""

_FOR_GOOD: Final = ("28", "3D", "3F", "42", "0A")

_PASSING: Final = frozenset({"53300", "25006"})  # too many connections; read-only, as a standby is

_BY_A_SERVER: Final = re.compile(r"failed: [^\s:]+:  ")  # FATAL:, in whatever language

_TEXTS_FOR_GOOD: Final = (
    "authentication failed",
    "no password supplied",
    "does not exist",
    "no pg_hba.conf entry",
    "permission denied",
    "not permitted to log in",
    "does not support SSL",
    "certificate",
    "private key",
)
_TEXTS_PASSING: Final = (
    "refused", "timeout", "timed out", "starting up", "shutting down", "recovery", "too many", "unexpectedly",
    "read-only", "reach", "resolve", "reset",
)  # fmt: skip
"""libpq gives no code for what goes wrong while it connects; for a text in another language see `unread`."""

_ADVICE: Final = {
    "password authentication failed": "The user or the password of the URL is wrong",
    "no password supplied": "Put the password into the URL: postgresql://user:password@host/database",
}

ASKS: Final = "28P01"
"""Stands for a server that is there, and asks for a password: what it has refused it does for good."""


def for_good(error: psycopg.Error, state: str | None = None) -> bool:
    """Return whether trying again is in vain until somebody changes something.

    Args:
        error: What has gone wrong.
        state: Its code, if it has none of its own.
    """
    state = error.sqlstate or state
    if state is not None:
        return state.startswith(_FOR_GOOD) and state not in _PASSING
    if isinstance(error, psycopg.ProgrammingError):  # the URL
        return True
    text = str(error)
    return any(each in text for each in _TEXTS_FOR_GOOD) and not any(each in text for each in _TEXTS_PASSING)


def unread(error: psycopg.Error) -> bool:
    """Return whether a server has refused in words that we do not know: in another language."""
    text = str(error)
    known = any(each in text for each in _TEXTS_FOR_GOOD + _TEXTS_PASSING)
    return error.sqlstate is None and not known and _BY_A_SERVER.search(text) is not None


def of_the_event(error: psycopg.Error) -> bool:
    """Return whether the server has refused an event, not to work."""
    state = error.sqlstate or ""
    return state.startswith(_REFUSED) and state not in _PASSING


def said(error: BaseException | None) -> str:
    """Return in a line what an error says, without what psycopg puts before it."""
    if error is None or not str(error).strip():
        return "the connection is closed"
    text = str(error).strip().splitlines()[0]
    return text.removeprefix("connection failed: ").removeprefix("connection is bad: ")


def unreachable(error: BaseException | None) -> Unreachable:
    """Return what is raised when a connection is lost."""
    if isinstance(error, Unreachable):
        return error
    return Unreachable(f"PostgreSQL does not answer: {said(error)}")


def refused(
    error: psycopg.Error, shown: str, secret: str, state: str | None = None
) -> BrokerError | Unreachable:
    """Return what is raised when connecting fails.

    Args:
        error: Why.
        shown: The URL without its password.
        secret: The password, which is left out of the message should it be there.
        state: See `for_good`.
    """
    text = said(error)
    if secret:
        text = text.replace(secret, "***")
    if for_good(error, state):
        advice = next((f". {advice}" for words, advice in _ADVICE.items() if words in text), "")
        return BrokerError(f"cannot use {shown}: {text}{advice}")
    return Unreachable(text)
