"""The deletion of a channel on NATS, and a word to those who follow it of what it had."""

import contextlib
from typing import Final

import msgspec

from hug.eventstream.engines.engine import Deleted
from hug.eventstream.engines.nats.answers import request_of
from hug.eventstream.engines.nats.channels import Streams
from hug.eventstream.engines.nats.connection import Connection
from hug.eventstream.engines.nats.leases import Leases
from hug.eventstream.engines.nats.streams import Place
from hug.exceptions import Unreachable

TOLD: Final = "deleted"
"""Ends the subject that is told on, as ``event`` does those of events."""


class Deleting:
    """Deletes channels.

    JetStream deletes a stream with all that comes into it until then, and tells no more than its name. So it
    is shut first, and its newest event told of then, on the way that events take.
    """

    def __init__(self, connection: Connection, streams: Streams, leases: Leases) -> None:
        """Work by way of a connection."""
        self._connection = connection
        self._streams = streams
        self._leases = leases

    async def delete(self, channel: str) -> None:
        """Delete a channel, if there is one."""
        at = self._streams.place(channel)
        self._streams.forget(channel)
        with contextlib.suppress(Unreachable):  # a server that is full has no room for a lease
            async with self._leases.alone(at.stream):
                await self._announce(at)
        await self._streams.delete(at)

    async def _announce(self, at: Place) -> None:
        """Tell those who follow a channel what it has, once nothing more comes into it."""
        stream = await self._streams.find(at)
        if stream is None or stream.known is None or stream.known.leaving:
            return
        life = stream.known.life
        stream = await self._streams.still(at, stream.known)
        newest = None if stream is None else await self._streams.message(at, {"seq": stream.last})
        if stream is not None and newest is not None:
            gone = Deleted(life, stream.last, request_of(newest))
            await self._connection.tell(f"{at.live}{life}.{TOLD}", msgspec.json.encode(gone))


def deleted(data: bytes) -> Deleted | None:
    """Return what was told; None if somebody else has told something."""
    try:
        return msgspec.json.decode(data, type=Deleted)
    except msgspec.DecodeError:
        return None
