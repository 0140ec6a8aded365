"""Who follows which channels on NATS: asked of all processes, before channels are deleted that are idle."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from nats.aio.msg import Msg

from hug.eventstream.engines.nats.connection import Connection

_ANSWERING: Final = 0.5
"""Seconds that the processes have to answer; one that is slower than that may lose a channel that is idle."""


class Followers:
    """Asks the processes that are connected which channels they follow, and answers for this one."""

    def __init__(self, connection: Connection, prefix: str, follows: Callable[[str], bool]) -> None:
        """Work by way of a connection.

        Args:
            connection: It need not be open yet.
            prefix: Of all names. What is asked and answered goes over subjects below those of events, which
                every user may have: no channel's name has a plain ``=`` in a subject.
            follows: Whether a channel is followed by this process.
        """
        self._connection = connection
        self._follows = follows
        self._questions = f"{prefix}.live.=.followed"
        self._answers = f"{prefix}.live.=.follows"

    async def listen(self) -> None:
        """Answer from now on."""
        await self._connection.subscribe(self._questions, self._asked)

    async def _asked(self, message: Msg) -> None:
        try:
            channels = msgspec.json.decode(message.data, type=list[str])
        except msgspec.DecodeError:
            return
        if ours := [channel for channel in channels if self._follows(channel)]:
            await self._connection.tell(self._answers, msgspec.json.encode(ours))

    async def of(self, channels: Sequence[str]) -> set[str]:
        """Return those that somebody follows."""
        followed: set[str] = set()

        async def heard(message: Msg) -> None:
            followed.update(msgspec.json.decode(message.data, type=list[str]))

        answers = await self._connection.subscribe(self._answers, heard)
        try:
            await self._connection.tell(self._questions, msgspec.json.encode(channels))
            await asyncio.sleep(_ANSWERING)
        finally:
            await self._connection.unsubscribe(answers)
        return followed
