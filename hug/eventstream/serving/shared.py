"""One source for all readers of a route: it runs once, and what it yields goes out through a channel."""

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from hug.eventstream.brokers.ids import new_life
from hug.eventstream.channels.channel import Channel, fanout_of
from hug.eventstream.channels.stream_reader import Subscription
from hug.eventstream.serving.lease import Turn
from hug.eventstream.serving.mixed_stream import Mixture
from hug.eventstream.serving.shared_by_lease import RunInTurn
from hug.eventstream.serving.shared_run import LocalRun, Run
from hug.eventstream.serving.stream import EventStream, events
from hug.eventstream.serving.stream_settings import Settings


class Shared:
    """Has a source run for as long as somebody reads.

    Readers may be on several event loops; the source runs on that of its first reader. When the broker of the
    channel reaches several processes, it runs in one of those that have readers.

    Args:
        make: Returns what a handler answers with; called for the first reader, and again for the first one
            after the source has ended. In several processes each calls it for its own first reader, and again
            when its turn comes later.
        channel: Returns what to publish on; called when there is a first reader.
        linger: Seconds that the source goes on after the last reader has left.
        name: Who made it, for messages to the developer.
        settings: Those of the API.
    """

    def __init__(
        self,
        make: Callable[[], Awaitable[Any]],
        channel: Callable[[], Channel],
        linger: float,
        name: str,
        settings: Settings,
    ) -> None:
        self._make = make
        self._channel = channel
        self._linger = linger
        self._name = name
        self._settings = settings
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._making: concurrent.futures.Future[None] | None = None
        self._holder = (0, "")  # of leases, in the process with this number

    async def join(self) -> EventStream | None:
        """Return the stream for one more reader, None if the handler has none to give.

        Raises:
            TypeError: The handler returned something that is no source, or a channel, which is shared anyway.
        """
        while True:
            with self._lock:
                if self._run is not None and (joined := self._run.join()) is not None:
                    return joined
                others = self._making
                if others is None:
                    making = self._making = concurrent.futures.Future()
            if others is not None:
                await asyncio.shield(asyncio.wrap_future(others))
                continue
            try:
                if not await self._begin():
                    return None
            finally:
                self._making = None
                making.set_result(None)

    async def _begin(self) -> bool:
        """Make a new run, unless the handler has nothing to stream."""
        if self._run is not None:
            await self._run.cleaned_up()
        stream = await self._stream()
        if stream is None:
            return False
        channel = self._channel()
        fanout = fanout_of(channel)
        others = (stream, channel, self._linger, self._name, self._settings)
        if fanout.topic.local:
            self._run = LocalRun(*others)
        else:
            if self._holder[0] != os.getpid():
                self._holder = (os.getpid(), new_life())
            turn = Turn(fanout.broker, fanout.name, self._holder[1])
            self._run = RunInTurn(*others, self._stream, turn)
        return True

    async def _stream(self) -> EventStream | None:
        """Have the handler make a source."""
        answer = await self._make()
        if answer is None:
            return None
        stream = answer if isinstance(answer, EventStream) else events(answer)
        if isinstance(stream.source, Subscription | Mixture):
            raise TypeError(
                f"{self._name} returned a channel, which its readers share anyway: leave shared out"
            )
        return stream
