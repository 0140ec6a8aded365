"""Publishing events on NATS: many at once, in the order of each channel, each into its channel's stream."""

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Final

from nats.aio.msg import Msg

from hug.eventstream.engines.engine import Entry
from hug.eventstream.engines.nats.answers import (
    NOT_FOR_LONG,
    OTHER_LAST_REQUEST,
    OTHER_LAST_SEQUENCE,
    Question,
    Said,
    explained,
    is_status,
)
from hug.eventstream.engines.nats.channels import GONE, Closed, Streams
from hug.eventstream.engines.nats.closing import Closing
from hug.eventstream.engines.nats.connection import Connection
from hug.eventstream.engines.nats.leases import Leases
from hug.eventstream.engines.nats.streams import footprint
from hug.eventstream.engines.nats.url import Address
from hug.exceptions import LeaseLost, Refused, Unreachable

_HEADERS: Final = 256
"""More bytes than the headers of an event have; the server's limit is for these, too."""

_AT_ONCE: Final = 64
"""Most streams made at once."""

_PAUSES: Final = (0, GONE, GONE, 0.5, 1.0)
"""Seconds before each attempt to publish where nobody listened: the stream is new, or gone, or moves."""

_BUSY: Final = 50
"""Attempts to append an event for a lease while others append to the same channel."""

_NOT_THE_NEWEST: Final = frozenset({OTHER_LAST_SEQUENCE, OTHER_LAST_REQUEST})

_UNANSWERED: Final = Refused("not published")


class Appending:
    """Appends the events of one connection."""

    def __init__(
        self, connection: Connection, streams: Streams, closing: Closing, leases: Leases, address: Address
    ) -> None:
        """Work by way of a connection."""
        self._connection = connection
        self._streams = streams
        self._closing = closing
        self._leases = leases
        self._address = address

    async def append(self, entries: Sequence[Entry]) -> Sequence[int | Exception]:
        """See `Engine`."""
        answers: list[int | Exception] = [_UNANSWERED] * len(entries)
        waiting: dict[str, deque[int]] = {}
        for index, entry in enumerate(entries):
            if len(entry.fields) + _HEADERS > self._connection.largest:
                answers[index] = Refused(
                    f"{self._address.shown}: an event of {len(entry.fields)} bytes is too large: "
                    f"raise the server's max_payload, which is {self._connection.largest}"
                )
            else:
                waiting.setdefault(entry.channel, deque()).append(index)
        while waiting:
            # Usually all that waits; of each channel what can be published in one go.
            plain: list[int] = []
            for channel, queue in list(waiting.items()):
                first = entries[queue[0]]
                if not first.fields:
                    answers[queue.popleft()] = await self._closing.close(first)
                elif first.lease is not None:
                    await self._append_leased(_run(queue, entries, first.lease), entries, answers)
                else:
                    plain += _run(queue, entries, None)
                if not queue:
                    del waiting[channel]
            await self._append_plain(plain, entries, answers)
        return answers

    async def _append_plain(
        self, indexes: Sequence[int], entries: Sequence[Entry], answers: list[int | Exception]
    ) -> None:
        for pause in _PAUSES:
            if not indexes:
                return
            await asyncio.sleep(pause)
            indexes = await self._with_streams(indexes, entries, answers)
            questions = [
                Question(
                    self._streams.place(entries[index].channel).event,
                    entries[index].fields,
                    {"Nats-Msg-Id": entries[index].request},
                )
                for index in indexes
            ]
            left: list[int] = []
            full: set[str] = set()
            for index, message in zip(indexes, await self._connection.ask_all(questions), strict=True):
                answer = None if is_status(message) else self._taken(message)
                if answer is None:
                    self._streams.forget(entries[index].channel)
                    left.append(index)
                else:
                    answers[index] = answer
                    entry = entries[index]
                    if self._streams.publishes(entry.channel, len(entry.fields)):
                        full.add(entry.channel)
            for channel in full:
                await self._streams.look_at_bytes(channel)
            indexes = left
        if indexes:
            raise Unreachable(f"nobody takes events of {entries[indexes[0]].channel!r}")

    def _taken(self, message: Msg) -> int | Exception:
        position = self._streams.position(message.data)
        if isinstance(position, Said):
            if position.number in NOT_FOR_LONG:
                raise self._streams.unreachable(position)
            return Refused(f"{self._address.shown}: {explained(position)}")
        return position

    async def _with_streams(
        self, indexes: Sequence[int], entries: Sequence[Entry], answers: list[int | Exception]
    ) -> Sequence[int]:
        """Make the streams that are not there, and return the events whose channels take some."""
        needs: dict[str, tuple[Entry, int]] = {}
        for index in indexes:
            entry = entries[index]
            largest = len(entry.fields)
            if (need := needs.get(entry.channel)) is not None:
                largest = max(largest, need[1])
                entry = entry if entry.bounds.given else need[0]
            needs[entry.channel] = entry, largest  # the bounds of the newest hold
        calls = []
        for channel, (entry, largest) in needs.items():
            size = footprint(self._streams.place(channel), largest)
            if not self._streams.is_ready(channel, entry.bounds, size):
                calls.append((channel, partial(self._streams.make_ready, channel, entry.bounds, size)))
        failed: dict[str, BaseException] = {}
        for begin in range(0, len(calls), _AT_ONCE):
            some = calls[begin : begin + _AT_ONCE]
            results = await asyncio.gather(*(call() for _, call in some), return_exceptions=True)
            for (channel, _), result in zip(some, results, strict=True):
                if isinstance(result, BaseException):
                    failed[channel] = result
        if not failed:
            return indexes
        for error in failed.values():
            if not isinstance(error, Refused | Closed):
                raise error
        closed = [index for index in indexes if isinstance(failed.get(entries[index].channel), Closed)]
        left = [index for index in indexes if entries[index].channel not in failed]
        for index, answer in zip(
            closed, await self._closing.again([entries[index] for index in closed]), strict=True
        ):
            if answer is None:
                left.append(index)
            else:
                answers[index] = answer
        for index in indexes:
            if isinstance(refused := failed.get(entries[index].channel), Refused):
                answers[index] = refused
        return sorted(left)

    async def _append_leased(
        self, indexes: Sequence[int], entries: Sequence[Entry], answers: list[int | Exception]
    ) -> None:
        """Append events of one channel that are for the same lease."""
        lease = entries[indexes[0]].lease
        assert lease is not None
        at = self._streams.place(entries[indexes[0]].channel)
        left = deque(indexes)
        for _ in range(_BUSY):
            ready = await self._with_streams(left, entries, answers)
            if not ready:
                return
            left = deque(ready)
            stream = await self._streams.find(at)
            if not await self._leases.holds(*lease):
                for index in left:
                    answers[index] = LeaseLost(f"the lease {lease[0]!r} is no longer the one of {lease[1]}")
                return
            if stream is None:
                self._streams.forget(entries[left[0]].channel)
                continue
            # Each is taken only if the one before it is the newest.
            expected = "Nats-Expected-Last-Sequence", str(stream.last)
            questions = []
            for index in left:
                entry = entries[index]
                headers = {"Nats-Msg-Id": entry.request, expected[0]: expected[1]}
                questions.append(Question(at.event, entry.fields, headers))
                expected = "Nats-Expected-Last-Msg-Id", entry.request
            for message in await self._connection.ask_all(questions):
                if is_status(message):
                    self._streams.forget(entries[left[0]].channel)
                    break
                position = self._streams.position(message.data)
                if isinstance(position, Said) and position.number in _NOT_THE_NEWEST:
                    break
                answers[left.popleft()] = self._taken(message)
            if not left:
                return
        raise Unreachable(f"too much is published on {entries[left[0]].channel!r}")


def _run(queue: deque[int], entries: Sequence[Entry], lease: tuple[str, int] | None) -> list[int]:
    """Take from the front of a queue the events that are for the same lease, or for none."""
    run: list[int] = []
    while queue and entries[queue[0]].fields and entries[queue[0]].lease == lease:
        run.append(queue.popleft())
    return run
