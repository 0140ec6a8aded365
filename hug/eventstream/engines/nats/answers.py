"""What is asked of NATS, and what JetStream says to it; its errors, their numbers, what to do about them.

Source: https://github.com/nats-io/nats-server/blob/main/server/errors.json
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
from nats.aio.msg import Msg

from hug.eventstream.engines.nats.streams import header_of

NO_STREAM: Final = 10059
NO_MESSAGE: Final = 10037
OTHER_CONFIGURATION: Final = 10058
NOT_RESERVED: Final = 10047
OTHER_LAST_SEQUENCE: Final = 10071
OTHER_LAST_REQUEST: Final = 10070

LIMIT_NEEDED: Final = 10113
NOT_MADE: Final = 10049
TOO_MANY_STREAMS: Final = 10027
OTHERS_SUBJECTS: Final = 10065
_FULL: Final = frozenset({10002, 10023, 10028})

NOT_FOR_LONG: Final = frozenset({10004, 10005, 10008, 10009, 10039, 10076})
"""Of these: no leader, no quorum, servers that begin. They pass, or connecting again says why not."""

NO_JETSTREAM: Final = 10039
"""JetStream's own number for an account that it is not enabled for."""


def is_status(message: Msg) -> bool:
    """Whether a message is the server's own: nobody listens, nothing is left."""
    return message.headers is not None and "Status" in message.headers


class Question(NamedTuple):
    """What is sent to the server, which answers it."""

    subject: str
    body: bytes = b""
    headers: dict[str, str] | None = None


class Problem(msgspec.Struct, frozen=True):
    """Why JetStream does not do what it was asked for; its numbers are listed in its `errors.json`."""

    code: int = 0
    err_code: int = 0
    description: str = ""


class Said(Exception):
    """JetStream has answered with an error."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.description} ({problem.err_code})")
        self.number = problem.err_code
        self.description = problem.description


class Taken(msgspec.Struct, frozen=True):
    """What JetStream answers to what is published."""

    seq: int = 0
    error: Problem | None = None


def explained(error: Said) -> str:
    """Return why the server does not take something, and what to do about it."""
    text = error.description
    if error.number == NOT_RESERVED:
        return f"{text}: give JetStream more room (max_file_store, max_memory_store)"
    if error.number == TOO_MANY_STREAMS:
        return f"{text}: a channel is a stream, let the account have more of them (max_streams)"
    if error.number == OTHERS_SUBJECTS:
        return f"{text}: use another prefix for hug's channels"
    if error.number in _FULL or "maximum" in text or "insufficient" in text:
        return f"{text}: JetStream is full, give it more room or let channels keep less"
    return text


def request_of(message: Mapping[str, Any]) -> str:
    """Return the request of an event that JetStream has given as JSON."""
    return header_of(msgspec.convert(message.get("hdrs", ""), bytes, strict=False), "Nats-Msg-Id")
