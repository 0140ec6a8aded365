"""The end of a channel on NATS: one event that closes it, and after it no other."""

import asyncio
from collections.abc import Sequence

import msgspec

from hug.eventstream.engines.engine import Entry
from hug.eventstream.engines.nats.answers import (
    OTHER_LAST_SEQUENCE,
    Question,
    Said,
    explained,
    is_status,
    request_of,
)
from hug.eventstream.engines.nats.channels import NEVER, PAUSES, Closed, Streams
from hug.eventstream.engines.nats.connection import Connection
from hug.eventstream.engines.nats.leases import Leases
from hug.eventstream.engines.nats.streams import Known, Place, footprint
from hug.eventstream.engines.nats.url import Address
from hug.exceptions import ChannelClosed, Refused, Unreachable


class Closing:
    """Closes channels, and knows what closed ones say."""

    def __init__(self, connection: Connection, streams: Streams, leases: Leases, address: Address) -> None:
        """Work by way of a connection."""
        self._connection = connection
        self._streams = streams
        self._leases = leases
        self._address = address

    async def again(self, entries: Sequence[Entry]) -> Sequence[int | Exception | None]:
        """Return the positions of events that a closed channel has, `ChannelClosed` for others.

        None: it is closed no more.
        """
        answers = await self._connection.ask_all(
            [
                Question(
                    self._streams.place(entry.channel).closing,
                    b"",
                    {"Nats-Msg-Id": entry.request, "Nats-Expected-Last-Sequence": NEVER},
                )
                for entry in entries
            ]
        )
        results: list[int | Exception | None] = []
        for entry, answer in zip(entries, answers, strict=True):
            position = None if is_status(answer) else self._streams.position(answer.data)
            closed = isinstance(position, Said)
            results.append(ChannelClosed(f"{entry.channel!r} is closed") if closed else position)
        return results

    async def close(self, entry: Entry) -> int | Exception:
        """Close a channel by an event without fields; return its position, or why it is not taken."""
        at = self._streams.place(entry.channel)
        for pause in PAUSES:
            await asyncio.sleep(pause)
            try:
                known = await self._streams.make_ready(entry.channel, entry.bounds, footprint(at, 0))
            except Closed as closed:
                if closed.known.closing != entry.request:
                    (answer,) = await self.again([entry])
                    if answer is None:
                        continue
                    return answer
                known = closed.known
            except Refused as error:
                return error
            else:
                async with self._leases.alone(at.stream):
                    stream = await self._streams.find(at)
                    if stream is None or stream.known is None or stream.known.closing:
                        continue
                    known = msgspec.structs.replace(stream.known, closing=entry.request)
                    if await self._streams.shut(at, known) is None:
                        continue
            self._streams.forget(entry.channel)
            position = await self.last_word(at, known)
            if position is not None:
                return position
        raise Unreachable(f"the stream {at.stream} does not stay as it is made")

    async def last_word(self, at: Place, known: Known) -> int | Exception | None:
        """Append the event that closes a channel, whose stream takes no others; None if that is gone."""
        for pause in PAUSES:
            await asyncio.sleep(pause)
            if (stream := await self._streams.find(at)) is None:
                return None
            if stream.known is None or not stream.known.closing:
                await self._streams.shut(at, known)  # somebody changed the bounds between our two steps
            elif (closing := await self._streams.message(at, {"last_by_subj": at.closing})) is not None:
                if request_of(closing) == known.closing:
                    return int(closing["seq"])
                return ChannelClosed(f"{known.channel!r} is closed")
            else:
                # What was on its way when the stream was shut comes before it; nobody else's closing does.
                headers = {"Nats-Msg-Id": known.closing, "Nats-Expected-Last-Sequence": str(stream.last)}
                (answer,) = await self._connection.ask_all([Question(at.closing, b"", headers)])
                position = None if is_status(answer) else self._streams.position(answer.data)
                if isinstance(position, Said) and position.number != OTHER_LAST_SEQUENCE:
                    return Refused(f"{self._address.shown}: {explained(position)}")
                # Whether it stays shut is looked at once more.
        raise Unreachable(f"the stream {at.stream} does not come to rest")
