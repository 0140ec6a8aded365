"""Leases on NATS, and its clock: one small stream for both, in which each subject keeps its newest message.

A lease is what the newest message of its subject says; it is replaced on condition that it still is the
newest. The server's clock is what it writes on a message, and ours goes on from there.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec

from hug.eventstream.engines.nats.answers import (
    LIMIT_NEEDED,
    NO_MESSAGE,
    NO_STREAM,
    OTHER_CONFIGURATION,
    OTHER_LAST_SEQUENCE,
    Question,
    Said,
    Taken,
    explained,
    is_status,
)
from hug.eventstream.engines.nats.connection import Connection
from hug.eventstream.engines.nats.streams import own_stream, place, seconds_of
from hug.eventstream.engines.nats.url import Address
from hug.exceptions import BrokerError, Unreachable

_DAY: Final = 86_400

_MOST: Final = 100_000
"""Most leases of a day."""

_ROOM: Final = 32 * 1024 * 1024
"""Bytes of all leases, where a stream must have a limit."""

_ATTEMPTS: Final = 5

_PAUSES: Final = (0, 0.01, 0.05, 0.2, 0.5)
"""Seconds before each attempt to write, while somebody else makes the stream."""

_ALONE: Final = 6.0
"""Seconds after which whoever wanted to be alone with a stream has died."""

_LOOK: Final = 0.02
"""Seconds between two looks whether somebody else still is."""

_PATIENCE: Final = 4.0
"""Seconds for which it is waited for."""


class Lease(msgspec.Struct, frozen=True):
    """What the newest message of a lease says.

    Attributes:
        holder: Who has it; empty if it was given back.
        number: Its number, which grows: a time in milliseconds, or one more than the last.
        seconds: For how long, from the message's time on.
    """

    holder: str
    number: int
    seconds: float


class Leases:
    """The leases of one prefix, and the server's clock."""

    def __init__(self, connection: Connection, prefix: str, address: Address) -> None:
        """Work by way of a connection, which need not be open yet."""
        self._connection = connection
        self._stream = own_stream(prefix)
        self._prefix = prefix
        self._address = address
        self._offset = 0.0

    async def prepare(self) -> None:
        """Have a stream for leases; raise `BrokerError` if the server does not want to."""
        config: dict[str, Any] = {
            "name": self._stream,
            "description": "leases of hug",
            "subjects": [f"{self._prefix}.own.>"],
            "retention": "limits",
            "discard": "old",
            "storage": "file",
            "num_replicas": self._address.replicas,
            "max_consumers": -1,
            "max_msgs": _MOST,
            "max_bytes": -1,
            "max_age": _DAY * 10**9,
            "max_msgs_per_subject": 1,
            "duplicate_window": 10**9,
        }
        try:
            try:
                await self._connection.ask(f"STREAM.CREATE.{self._stream}", config)
            except Said as error:
                if error.number != LIMIT_NEEDED:
                    raise
                config["max_bytes"] = _ROOM
                await self._connection.ask(f"STREAM.CREATE.{self._stream}", config)
        except Said as error:
            if error.number == OTHER_CONFIGURATION:  # by another version, or with other replicas
                return
            raise BrokerError(f"{self._address.shown}: {explained(error)}") from error

    async def remove(self) -> None:
        """Delete the stream; whoever connects next makes it again."""
        try:
            await self._connection.ask(f"STREAM.DELETE.{self._stream}")
        except Said as error:
            if error.number != NO_STREAM:
                raise Unreachable(explained(error)) from error

    # The clock

    def now(self) -> float:
        """The server's clock, in seconds."""
        return asyncio.get_running_loop().time() + self._offset

    async def look_at_the_clock(self) -> None:
        """Compare the server's clock with ours; it is right to half a round trip."""
        subject = f"{self._prefix}.own.clock"
        clock = asyncio.get_running_loop().time
        before = clock()
        await self._put(subject, b"", {})
        # Others write there, too: what is there was written after ours at the earliest.
        message = await self._newest(subject)
        if message is not None:
            self._offset = seconds_of(message["time"]) - (before + clock()) / 2

    # Leases; see `Engine`

    async def lease(self, name: str, holder: str, seconds: float) -> int | None:
        """Give or extend a lease."""
        for _ in range(_ATTEMPTS):
            lease, sequence, time = await self._read(name)
            number = int(self.now() * 1000)
            if lease is not None:
                if lease.holder == holder:
                    number = lease.number
                elif lease.holder and self.now() < time + lease.seconds:
                    return None
                else:
                    number = max(number, lease.number + 1)
            if await self._write(name, Lease(holder, number, seconds), sequence):
                return number
        return None

    async def release(self, name: str, holder: str) -> None:
        """Take a lease back."""
        for _ in range(_ATTEMPTS):
            lease, sequence, _time = await self._read(name)
            if lease is None or lease.holder != holder:
                return
            if await self._write(name, Lease("", lease.number, 0), sequence):
                return

    async def holds(self, name: str, number: int) -> bool:
        """Whether no other number was given since this one."""
        lease, _, _ = await self._read(name)
        return lease is not None and lease.number == number

    @contextlib.asynccontextmanager
    async def alone(self, stream: str) -> AsyncIterator[None]:
        """Be the only one who changes a stream's configuration, for a few questions and answers."""
        name, holder = f"={stream}", secrets.token_hex(8)  # no channel is called so
        until = asyncio.get_running_loop().time() + _PATIENCE
        while await self.lease(name, holder, _ALONE) is None:
            if asyncio.get_running_loop().time() > until:
                raise Unreachable(f"somebody else changes the stream {stream}")
            await asyncio.sleep(_LOOK)
        try:
            yield
        finally:
            await self.release(name, holder)

    async def _read(self, name: str) -> tuple[Lease | None, int, float]:
        """Return a lease, where it is, and since when."""
        message = await self._newest(self._subject(name))
        if message is None:
            return None, 0, 0.0
        body = msgspec.convert(message.get("data", ""), bytes, strict=False)
        return msgspec.json.decode(body, type=Lease), message["seq"], seconds_of(message["time"])

    async def _write(self, name: str, lease: Lease, sequence: int) -> bool:
        """Replace a lease if it is still the one that was read."""
        expected = {"Nats-Expected-Last-Subject-Sequence": str(sequence)}
        return await self._put(self._subject(name), msgspec.json.encode(lease), expected)

    def _subject(self, name: str) -> str:
        return f"{self._prefix}.own.lease.{place('', name).stream[1:]}"

    async def _newest(self, subject: str) -> dict[str, Any] | None:
        try:
            answer = await self._connection.ask(f"STREAM.MSG.GET.{self._stream}", {"last_by_subj": subject})
        except Said as error:
            if error.number == NO_MESSAGE:
                return None
            raise Unreachable(f"{error.description}") from error
        message: dict[str, Any] = answer["message"]
        return message

    async def _put(self, subject: str, body: bytes, headers: dict[str, str]) -> bool:
        for pause in _PAUSES:
            await asyncio.sleep(pause)
            (answer,) = await self._connection.ask_all([Question(subject, body, headers)])
            if not is_status(answer):
                break
        else:
            # Deleted while we are connected: whoever connects next makes it again.
            raise Unreachable(f"the stream {self._stream} is gone")
        taken = msgspec.json.decode(answer.data, type=Taken)
        if taken.error is None:
            return True
        if taken.error.err_code == OTHER_LAST_SEQUENCE:
            return False
        raise Unreachable(f"{explained(Said(taken.error))}")
