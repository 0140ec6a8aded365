"""What is streamed, and so is no value that could be written. Wire layer: pure."""

from typing import NoReturn


class NoValue:
    """Base of what a handler returns to have it streamed; to write it, as a value, is a mistake."""

    __slots__ = ()

    def __native_types__(self) -> NoReturn:
        """Say so where hug's JSON asks for a value."""
        raise TypeError(
            f"{type(self).__name__} stands for a stream of events and is no value: return it from a function "
            "with @hug.sse, do not yield it there, and do not return it elsewhere. Several channels are one "
            "stream as hug.sse.events(a, b)"
        )
