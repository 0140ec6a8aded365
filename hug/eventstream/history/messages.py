"""Events as a client receives them, for filters: each is decoded once for all of these. No I/O, no clock."""

from typing import Final

from hug.eventstream.history.bounds import JOINED_BYTES
from hug.eventstream.wire.decode import Decoder, Message

_MOST: Final = 1000


class Messages:
    """Some events of a log, decoded: so many, and of so many bytes, that those of one pass are among them."""

    __slots__ = ("_by_position", "_bytes")

    def __init__(self) -> None:
        self._by_position: dict[int, Message] = {}
        self._bytes = 0

    def message(self, position: int, frame: bytes) -> Message:
        """Return the event before ``position``, whose bytes are ``frame``."""
        message = self._by_position.get(position)
        if message is None:
            message = Decoder(limit=len(frame)).feed(frame)[0]
            self._bytes += len(frame)
            if len(self._by_position) >= _MOST or self._bytes > JOINED_BYTES:
                self._by_position, self._bytes = {}, len(frame)
            self._by_position[position] = message
        return message
