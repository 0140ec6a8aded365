"""The options of a channel: which were given and where, and what holds for those that were not."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from hug.eventstream.history.bounds import Bounds
from hug.eventstream.history.track import OnGap
from hug.sentinels import DEFAULT, Default

HISTORY: Final = 100
MAX_AGE: Final = 300.0
MAX_BYTES: Final = 16 * 1024 * 1024
"""What a channel keeps by default: enough for clients that lose their connection for a while."""

MOST: Final = 10**15
LONGEST: Final = 1e10
"""Most events, or bytes, and seconds that can be asked for: every engine can count to these."""

Place: TypeAlias = tuple[str, int]
"""A file, and a line of it."""


class Given(NamedTuple):
    """Options as somebody gives them; `DEFAULT`: not."""

    history: int | Default = DEFAULT
    max_bytes: int | Default = DEFAULT
    max_age: float | Default | None = DEFAULT
    on_gap: OnGap | Default = DEFAULT


NONE: Final = Given()


@dataclass(frozen=True, slots=True)
class Options:
    """All options of a channel; many channels have the same ones.

    Attributes:
        given: Those that were given.
        places: Where, for each of them; None: not, or that does not matter any more.
        bounds: How many of the channel's events are kept.
        on_gap: See `hug.eventstream.history.view.Track`.
    """

    given: Given
    places: tuple[Place | None, ...]
    bounds: Bounds
    on_gap: OnGap

    def conflict(self, given: Given) -> int | None:
        """Return the index of the first option that was given before, and with another value."""
        for index, (has, value) in enumerate(zip(self.given, given, strict=True)):
            again = not isinstance(value, Default) and self.places[index] is not None
            if again and (value != has or isinstance(value, bool)):
                return index
        return None

    def lacks(self, given: Given) -> bool:
        """Whether some of the ``given`` were not given before."""
        pairs = zip(given, self.places, strict=True)
        return any(place is None and not isinstance(value, Default) for value, place in pairs)

    def with_more(self, given: Given, place: Place) -> "Options":
        """Return these options, and those of the ``given`` that are new."""
        merged: list[Any] = list(self.given)
        places = list(self.places)
        for index, value in enumerate(given):
            if not isinstance(value, Default) and places[index] is None:
                merged[index], places[index] = value, place
        return _options(Given(*merged), tuple(places))

    def from_nowhere(self) -> "Options":
        """Return the same options, as if nobody had given them: whoever gives others now is right."""
        return _options(self.given, (None,) * len(self.places))


def options(given: Given, place: Place | None) -> Options:
    """Return the options of a channel that was made with these, there.

    Raises:
        ValueError: One is out of range.
    """
    check(given)
    return _options(given, tuple([None if isinstance(each, Default) else place for each in given]))


def check(given: Given) -> None:
    """Raise `ValueError` for an option that is out of range."""
    history, max_bytes, max_age, on_gap = given
    if not isinstance(history, Default) and (not _whole(history) or not 0 <= history <= MOST):
        raise ValueError(f"history must be a number of events, 0 to {MOST}, not {history!r}")
    if not isinstance(max_bytes, Default) and (not _whole(max_bytes) or not 1 <= max_bytes <= MOST):
        raise ValueError(f"max_bytes must be a number of bytes, 1 to {MOST}, not {max_bytes!r}")
    if not isinstance(max_age, Default | None) and (
        isinstance(max_age, bool) or not isinstance(max_age, int | float) or not 0 < max_age <= LONGEST
    ):
        raise ValueError(
            f"max_age must be seconds above 0, up to {LONGEST:g}, or None for no limit, not {max_age!r}"
        )
    if not isinstance(on_gap, Default) and on_gap not in ("event", "disconnect"):
        raise ValueError(f"on_gap must be 'event' or 'disconnect', not {on_gap!r}")


# Channels by the thousand have the same ones, which are then found in the processor's cache.
@lru_cache(maxsize=100)
def _options(given: Given, places: tuple[Place | None, ...]) -> Options:
    history, max_bytes, max_age, on_gap = given
    if isinstance(max_age, Default):
        # Who asks for a history of his own wants it the day after, too.
        max_age = MAX_AGE if isinstance(history, Default) else None
    bounds = Bounds(
        HISTORY if isinstance(history, Default) else history,
        MAX_BYTES if isinstance(max_bytes, Default) else max_bytes,
        max_age,
        given=given[:3] != NONE[:3],
    )
    return Options(given, places, bounds, "event" if isinstance(on_gap, Default) else on_gap)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
