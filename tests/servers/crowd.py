"""Many readers of channels at the same time, in one thread, and what has to be true of what they receive."""

import re
import selectors
import socket
import time
import zlib
from collections.abc import Callable, Iterable
from typing import Any, Self, cast

from hug.eventstream.wire.decode import Message

from .client import PATIENCE, Client

_AT_ONCE = 1 << 18
_BEGINS = re.compile(rb"\nid: ([^\n]*)\n")


class Reader(Client):
    """A client that takes what has come, be it a part of a chunk only.

    Attributes:
        path: What it has asked for.
        began: The id that its stream began with.
        first: The same, of the first stream; `Crowd.again` opens others.
        weighs: Whether it only weighs what comes, which is quick, and decodes nothing.
        size: Bytes of its body so far.
        checksum: Of these bytes.
        ended: Whether its stream has ended, as HTTP ends a response.
        torn_off: Whether its connection has ended without that.
    """

    def __init__(
        self,
        port: int,
        path: str,
        *,
        last_event_id: str = "",
        weighs: bool = False,
        buffer: int | None = None,
    ) -> None:
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        super().__init__(port, path, headers=headers, buffer=buffer)
        self.path = path
        self.first = self.began = ""
        self.weighs = False
        self.size = 0
        self.checksum = 0
        self.ended = False
        self.torn_off = False
        self._opening = b""
        self._left = 0  # bytes of the chunk that has begun
        try:
            self._begin()
        except BaseException:
            self.leave()
            raise
        self.weighs = weighs

    def _begin(self) -> None:
        """Read the head and the first bytes, which say where the stream begins."""
        self.head()
        assert self.status == 200, self.rest()
        self._unframe(self._received)
        while not (found := _BEGINS.search(self._opening)):
            assert not self.over, "the stream ended before it had begun"
            self.take()
        self.first = self.began = found[1].decode()

    @property
    def last_id(self) -> str:
        """The id that it would resume from."""
        return self.decoder.last_event_id or self.began

    @property
    def over(self) -> bool:
        """Whether nothing more can come."""
        return self.ended or self.torn_off

    def fileno(self) -> int:
        """See `selectors`."""
        return self._socket.fileno()

    def take(self, most: int = _AT_ONCE) -> None:
        """Take what has come, ``most`` bytes of it; wait if that is nothing."""
        try:
            data = self._socket.recv(most)
        except ConnectionError:
            data = b""
        if data:
            self._unframe(self._received + data)
        else:
            self.torn_off = not self.ended

    def hang_up(self) -> float:
        """End the connection with FIN, which closing it does not do if there is something left to read."""
        now = time.monotonic()
        self._socket.shutdown(socket.SHUT_WR)
        return now

    def _unframe(self, data: bytes) -> None:
        start = 0
        while True:
            if self._left:
                piece = data[start : start + self._left]
                if not piece:
                    break
                self._left -= len(piece)
                start += len(piece)
                self._put(piece)
            else:
                end = data.find(b"\r\n", start)
                if end < 0:
                    break
                if end > start:  # else it is the line end after a chunk
                    self._left = int(data[start:end], 16)
                    self.ended = not self._left
                start = end + 2
        self._received = data[start:]

    def _put(self, piece: bytes) -> None:
        self.size += len(piece)
        self.checksum = zlib.crc32(piece, self.checksum)
        if not self.began:
            self._opening += piece
        if not self.weighs:
            self.messages += self.decoder.feed(piece)


class Crowd:
    """Readers of one server that read whenever there is something to read.

    Attributes:
        readers: Those that do.
    """

    def __init__(self, port: int) -> None:
        self.readers: list[Reader] = []
        self._port = port
        self._all: list[Reader] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for reader in self._all:
            reader.leave()

    def open(self, path: str, count: int = 1, *, reads: bool = True, **options: Any) -> list[Reader]:
        """Open streams; see `Reader` for the options. Those that do not read do so after `go_on`."""
        opened = []
        for _ in range(count):
            opened.append(Reader(self._port, path, **options))
            self._all.append(opened[-1])
        if reads:
            self.readers += opened
        return opened

    def go_on(self, readers: Iterable[Reader]) -> None:
        """Have these read that did not."""
        self.readers += readers

    def leave(self, reader: Reader, leave: Callable[[Reader], float]) -> None:
        """Have a reader leave, in the middle of whatever comes."""
        leave(reader)
        self.readers.remove(reader)

    def again(self, reader: Reader, leave: Callable[[Reader], float]) -> Reader:
        """Have it leave so and come back for the rest."""
        self.leave(reader, leave)
        (another,) = self.open(reader.path, last_event_id=reader.last_id)
        another.messages[:0] = reader.messages
        another.first = reader.first
        return another

    def read(self, until: Callable[[], bool], *, within: float = PATIENCE) -> None:
        """Have all read until that is true."""
        deadline = time.monotonic() + within
        while not until():
            assert time.monotonic() < deadline, f"not within {within} s: {self._places()}"
            self.read_once()

    def read_once(self) -> None:
        """Have those read for whom something has come; wait for that, but not for long."""
        with selectors.DefaultSelector() as selector:
            for reader in self.readers:
                if not reader.over:
                    selector.register(reader, selectors.EVENT_READ)
            for key, _ in selector.select(0.1):
                cast("Reader", key.fileobj).take()

    def read_more(self, reader: Reader, size: int) -> None:
        """Have all read until one has received so many bytes more."""
        size += reader.size
        self.read(lambda: reader.size >= size)

    def read_to(self, last_id: str, *, among: Iterable[Reader] | None = None) -> None:
        """Have all read until each, or each ``among`` these, has received that event."""
        waited_for = list(self.readers if among is None else among)
        self.read(lambda: all(reader.last_id == last_id for reader in waited_for))

    def _places(self) -> list[tuple[str, int, bool]]:
        return [(reader.last_id, reader.size, reader.over) for reader in self.readers]


def places(last_id: str) -> list[tuple[str, int]]:
    """Return the positions that an id stands for: one in each channel, with the life of the channel."""
    return [(life, int(number)) for life, _, number in (part.rpartition("-") for part in last_id.split(":"))]


def place(last_id: str) -> int:
    """Return the position that the id of one channel stands for."""
    ((_, position),) = places(last_id)
    return position


def accounted(messages: Iterable[Message], after: str) -> list[Message]:
    """Return the events in ``messages``: each behind ``after`` once and in order, or a gap counts it."""
    at = places(after)
    events = []
    for message in messages:
        now = places(message.id)
        lost = message.json()["lost"] if message.event == "gap" else 0
        ((index, step),) = [
            (index, new[1] - old[1])
            for index, (old, new) in enumerate(zip(at, now, strict=True))
            if new != old
        ]
        life, position = now[index]
        assert life == at[index][0], "another life of the channel"
        if message.event == "gap":
            assert step == lost > 0
            assert message.json()["resumed_at"] in (f"{life}-{position + 1}", None)
        else:
            assert step == 1, f"{step} events after {at}"
            events.append(message)
        at = now
    return events


def complete(messages: list[Message], after: str) -> list[Message]:
    """Return ``messages``: each event behind ``after`` once and in order, and no gap."""
    assert accounted(messages, after) == messages, "events are lost"
    return messages


def contents(messages: Iterable[Message]) -> dict[str, tuple[str, int]]:
    """Return by whom the events were published, and as his which, by id."""
    return {message.id: ((data := message.json())["by"], data["number"]) for message in messages}
