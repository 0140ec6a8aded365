"""How streams are served unless they say otherwise."""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

from hug.eventstream.wire.event import check_retry
from hug.sentinels import Default

Heartbeat: TypeAlias = float | Default | None
Retry: TypeAlias = int | Default | None


@dataclass(slots=True)
class Settings:
    """How an API streams; each value may be assigned at any time and holds for streams opened later.

    Attributes:
        heartbeat: Seconds without traffic after which a comment is sent; None switches heartbeats off.
        retry: Milliseconds that a client shall wait before it reconnects, told at the start of each stream;
            None leaves it to the client (browsers wait 3 to 5 seconds).
        drain_retry: Seconds, from and to: clients of a process that ends are told to come back after a time
            drawn at random between these, so that they do not all come at once.
        cleanup_timeout: Seconds that a source gets for its cleanup; it is logged when it takes longer.
        write_timeout: Seconds after which a client that reads nothing is cut off.
        guard: Whether streams open with a guard against torn events: True and False for all clients; None:
            for browsers, as `hug.eventstream.wire.client` tells them from others.
    """

    heartbeat: float | None = 15.0
    retry: int | None = None
    drain_retry: tuple[float, float] = (1.0, 5.0)
    cleanup_timeout: float = 10.0
    write_timeout: float = 30.0
    guard: bool | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "heartbeat":
            check_heartbeat(value)
        elif name == "retry":
            if value is not None:
                check_retry(value)
        elif name == "drain_retry":
            low, high = value
            if not 0 <= low <= high < math.inf:
                raise ValueError(
                    f"drain_retry must be two numbers of seconds, the smaller first, not {value!r}"
                )
        elif name == "guard":
            if value is not None and not isinstance(value, bool):
                raise ValueError(f"guard must be True, False or None, not {value!r}")
        elif not _positive(value):
            raise ValueError(f"{name} must be a number of seconds above 0, not {value!r}")
        object.__setattr__(self, name, value)


def check_heartbeat(value: object) -> None:
    """Raise `ValueError` unless ``value`` is a number of seconds above 0, or None."""
    if value is not None and not _positive(value):
        raise ValueError(
            f"heartbeat must be a number of seconds above 0, or None for none at all, not {value!r}"
        )


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
