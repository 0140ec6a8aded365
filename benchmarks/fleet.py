"""Thousands of readers of event streams in one process: what they got, in which order, how soon.

Only so much is read of an event as can be checked quickly, its number and the time it was published. Readers
that were sent the same bytes share the work; what is left is a system call for each read, which makes for
some 200 000 reads a second, of one event or of hundreds.
"""

from __future__ import annotations

import gc
import os
import re
import select
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Self

from apps.fanout_work import NUMBERS
from client import HEAD_END, TIMEOUT, read_until, request

BATCH = 100
"""Readers that come at the same time."""

PORTS = 15_000
"""Readers from one address; by default it has some 28 000 ports."""

RESET = struct.pack("ii", 1, 0)
"""Makes closing a connection its end, so that it does not occupy its port any longer."""

READ = 1 << 16
"""Bytes to read at once."""

SAMPLES = 8
"""Most events of one read whose latency is taken; the others count like their neighbours."""

GRAIN = 20_000
"""Nanoseconds that latencies are told apart by."""

_EVENT = re.compile(rb"\ndata: (\d+) (\d+) ")


class Piece(NamedTuple):
    """What a read brought.

    Attributes:
        numbers: The events' numbers, one after the other as they came.
        whole: Whether they are consecutive.
        sent: When some of the events were published, in nanoseconds, evenly spaced among them.
        weight: How many events each of these stands for.
        rest: The last bytes, if an event may begin there.
    """

    numbers: Sequence[int]
    whole: bool
    sent: Sequence[int]
    weight: int
    rest: bytes


def parse(data: bytes) -> Piece:
    """Return the events in some bytes of a stream, which may be cut anywhere."""
    if data.endswith(b"\n"):
        rest = b"\n"
    else:
        line = data.rfind(b"\n")
        rest = b"" if line < 0 or _EVENT.match(data, line) else data[line:]
    found = _EVENT.findall(data)
    numbers = [int(number) for number, _ in found]
    whole = not numbers or numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    weight = -(-len(numbers) // SAMPLES) or 1
    return Piece(numbers, whole, [int(sent) for _, sent in found[::weight]], weight, rest)


class Fleet:
    """Readers, spread evenly over some servers; use it as a context manager.

    Attributes:
        delivered: Events that came.
        gaps: Events that were skipped.
        dups: Events that came again, or after later ones.
        closed: Readers whose stream the server has ended.
        finished: Readers that have the last event that `read` waits for, and have not been closed.
        reads: Reads that brought something.
        busy: Nanoseconds for which this process had something to do.
    """

    def __init__(self, *addresses: tuple[str, int]) -> None:
        self._addresses = addresses
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._next: dict[int, int] = {}
        self._rests: dict[int, bytes] = {}
        self._latencies: Counter[int] = Counter()
        self._end = 0
        self._known = parse(b"")
        self._known_data = b""
        self.closed = 0
        self.forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets.values():
            each.close()
        self._poll.close()

    def __len__(self) -> int:
        return len(self._sockets)

    def forget(self) -> None:
        """Count from 0 again, except the readers that are closed."""
        self.delivered = self.gaps = self.dups = self.finished = self.reads = self.busy = 0
        self._latencies.clear()

    def open(self, channels: Sequence[int]) -> None:
        """Add a reader of each of these channels."""
        for start in range(0, len(channels), BATCH):
            batch = [(self._dial(), channel) for channel in channels[start : start + BATCH]]
            for each, channel in batch:
                each.sendall(request(f"/events?number={channel}", "text/event-stream"))
                self._next[each.fileno()] = channel * NUMBERS
            for each, _ in batch:
                descriptor = each.fileno()
                rest = read_until(each, HEAD_END).partition(HEAD_END)[2]
                self._rests[descriptor] = b"\n" + rest[-100:]  # a first comment, perhaps cut
                each.setblocking(False)
                self._poll.register(descriptor, select.EPOLLIN)

    def _dial(self) -> socket.socket:
        connection = socket.socket()
        number = len(self._sockets)
        try:
            connection.settimeout(TIMEOUT)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            if number >= PORTS:
                connection.bind((f"127.0.0.{1 + number // PORTS}", 0))
            connection.connect(self._addresses[number % len(self._addresses)])
        except BaseException:
            connection.close()
            raise
        self._sockets[connection.fileno()] = connection
        return connection

    def read(self, end: int, deadline: float, between: Callable[[], object] | None = None) -> float:
        """Read until all have the event before number ``end`` of their channel, or are closed.

        Args:
            end: Behind the number of the last event.
            deadline: When to give up, in seconds of `time.monotonic`.
            between: Called whenever there is nothing to read.

        Returns:
            When the last event came, in the same seconds.
        """
        self._end = end
        poll, clock = self._poll.poll, time.monotonic_ns
        last = now = clock()
        gc.disable()
        try:
            while self.finished + self.closed < len(self._sockets) and now < deadline * 1e9:
                # Never sleep: the server would pay for waking this process.
                if ready := poll(0):
                    began = clock()
                    self._take(ready)
                    last = now = clock()
                    self.busy += now - began
                else:
                    now = clock()
                if between is not None:
                    between()
        finally:
            gc.enable()
        return last / 1e9

    def _take(self, ready: Sequence[tuple[int, int]]) -> None:
        rests, following, latencies, read, clock = (
            self._rests,
            self._next,
            self._latencies,
            os.read,
            time.monotonic_ns,
        )
        for descriptor, _ in ready:
            try:
                data = read(descriptor, READ)
            except BlockingIOError:
                continue
            except ConnectionResetError:
                data = b""
            now = clock()
            if not data:
                self._close(descriptor)
                continue
            self.reads += 1
            data = rests[descriptor] + data
            if data == self._known_data:
                piece = self._known
            else:
                piece = self._known = parse(data)
                self._known_data = data
            numbers, whole, times, weight, rests[descriptor] = piece
            if not numbers:
                continue
            before = following[descriptor]
            if whole and numbers[0] == before:
                after = following[descriptor] = numbers[-1] + 1
            else:
                after = self._compare(descriptor, numbers)
            self.delivered += len(numbers)
            if after != before and after % NUMBERS == self._end:
                self.finished += 1
            for sent in times:
                latencies[(now - sent) // GRAIN] += weight

    def _compare(self, descriptor: int, numbers: Sequence[int]) -> int:
        """Count what is missing or comes twice; return the number of the event to come next."""
        following = self._next[descriptor]
        for number in numbers:
            if number < following:
                self.dups += 1
            else:
                self.gaps += number - following
                following = number + 1
        self._next[descriptor] = following
        return following

    def _close(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)
        if self._next[descriptor] % NUMBERS != self._end:
            self.closed += 1

    def latencies(self, *shares: float) -> Iterator[float]:
        """Yield the time, in ms, within which each of these shares of the deliveries came."""
        total = self._latencies.total()
        ordered = sorted(self._latencies.items())
        for share in shares:
            seen = 0
            for grain, count in ordered:
                seen += count
                if seen >= share * total:
                    yield (grain + 0.5) * GRAIN / 1e6
                    break
            else:
                yield 0.0
