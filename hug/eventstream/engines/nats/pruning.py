"""What nobody needs any more on NATS: streams of which nothing is left, bytes past a channel's bounds.

JetStream drops events past their age by itself, and keeps an empty stream for ever. It cannot delete one on
condition that nothing has come into it. So it is shut first, deleted then, and whoever publishes meanwhile
waits for it to be gone.
"""

import contextlib
import secrets
import time
from collections.abc import Sequence
from typing import Final

from hug.eventstream.engines.nats.answers import Said
from hug.eventstream.engines.nats.channels import LEFT_ALONE, Streams
from hug.eventstream.engines.nats.connection import Connection
from hug.eventstream.engines.nats.following import Followers
from hug.eventstream.engines.nats.leases import Leases
from hug.eventstream.engines.nats.streams import Known, Place, Stream, seconds_of, stream_of
from hug.exceptions import Unreachable

_DELETED_WITHIN: Final = LEFT_ALONE / 2
"""Seconds in which a stream that takes no more is deleted; else it takes events again."""


_LEASE: Final = "\0prune"
"""No other lease has this name, in which each character is printable."""

FORGOTTEN: Final = 3600.0
"""Seconds after its newest event for which a channel is known at least."""

_TURN: Final = 30.0
"""Seconds for which one process may prune, at each step."""


class Pruning:
    """Looks after the streams of one prefix."""

    def __init__(
        self,
        connection: Connection,
        streams: Streams,
        leases: Leases,
        followers: Followers,
        prefix: str,
    ) -> None:
        """Work by way of a connection."""
        self._connection = connection
        self._streams = streams
        self._prefix = prefix
        self._leases = leases
        self._followers = followers
        self._holder = secrets.token_hex(8)

    async def prune(self) -> None:
        """Delete the streams of channels of which nothing is left, and bound those that have no room.

        One process does it at a time: two that delete the same stream could delete the next one of its name.
        """
        if not await self._may_go_on():
            return
        try:
            offset, total = 0, 1
            while offset < total:
                wanted = {"subject": f"{self._prefix}.to.*.closing", "offset": offset}
                try:
                    answer = await self._connection.ask("STREAM.LIST", wanted)
                except Said as error:
                    raise self._streams.unreachable(error) from error
                streams = answer.get("streams") or ()
                offset, total = offset + max(len(streams), 1), answer["total"]
                await self._look_after([stream_of(each) for each in streams])
        finally:
            with contextlib.suppress(Unreachable):
                await self._leases.release(_LEASE, self._holder)

    async def _may_go_on(self) -> bool:
        return await self._leases.lease(_LEASE, self._holder, _TURN) is not None

    async def _look_after(self, streams: Sequence[Stream]) -> None:
        past: dict[str, tuple[Stream, Known]] = {}
        for stream in streams:
            known = stream.known
            if known is None or self._streams.place(known.channel).stream != stream.config["name"]:
                continue
            if self._is_past(stream, known):
                past[known.channel] = stream, known
            else:
                await self._streams.limit(stream)
        if past:
            followed = await self._followers.of(list(past))
            for channel, (stream, known) in past.items():
                if channel not in followed:
                    await self._leave(self._streams.place(channel), known, stream.last)

    def _is_past(self, stream: Stream, known: Known) -> bool:
        newest = stream.state["last_ts"] if stream.last else stream.created
        age = self._leases.now() - seconds_of(newest)
        return known.max_age is not None and age > max(known.max_age, FORGOTTEN)

    async def _leave(self, at: Place, known: Known, last: int) -> None:
        """Delete a stream, unless something is published meanwhile."""
        if not await self._may_go_on():
            return
        began = time.monotonic()
        stream = await self._streams.still(at, known)
        if stream is None:
            return
        if stream.last == last and time.monotonic() - began < _DELETED_WITHIN:
            self._streams.forget(known.channel)
            await self._streams.delete(at)
        else:
            await self._streams.shut(at, known)
