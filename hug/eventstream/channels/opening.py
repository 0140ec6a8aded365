"""Where readers begin of channels that are kept elsewhere: that has to be asked for, and may take a while."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final, Protocol, TypeAlias

from hug.eventstream.brokers import Topic
from hug.eventstream.channels.answers import answer
from hug.eventstream.history.beginning import Asked, Place
from hug.eventstream.loop.open_streams import streams_of
from hug.exceptions import BrokerError, Unreachable

OPEN_PATIENCE: Final = 2.0
"""Seconds that a new reader waits for its broker before its stream opens all the same."""

PAUSE: Final = 0.1
"""Seconds after which a broker that could not answer is asked again."""


class Followed(Protocol):
    """A channel that has readers.

    Attributes:
        topic: Where its events are put in order.
        ready: What is done once they are there as far as they have come; None if they are.
    """

    topic: Topic
    ready: Future[None] | None

    def follow(self) -> None:
        """Have it followed, should it not be."""


Answer: TypeAlias = Place | Future[Place] | None
"""Where a reader begins in a channel, or what will be that; None while it cannot be asked for."""


def at_once(channels: Sequence[Followed], wanted: Sequence[Asked]) -> list[Answer]:
    """Ask where a reader begins in each channel."""
    return [_at_once(channel, each) for channel, each in zip(channels, wanted, strict=True)]


def _at_once(channel: Followed, wanted: Asked) -> Answer:
    ready = channel.ready
    if ready is not None and not (ready.done() and ready.exception() is None):
        return None
    return channel.topic.locate(wanted)


def known(answers: Sequence[Answer]) -> list[Place] | None:
    """Return the places, if all are known."""
    places = [each for each in answers if isinstance(each, Place)]
    return places if len(places) == len(answers) else None


def forget(answers: Sequence[Answer]) -> None:
    """Ask no more: the reader is gone."""
    for each in answers:
        if isinstance(each, Future):
            each.cancel()


async def locate(
    channels: Sequence[Followed], wanted: Sequence[Asked], answers: Sequence[Answer]
) -> list[Place]:
    """Return where a reader begins in each channel, however long that takes."""
    return [
        each if isinstance(each, Place) else await _locate(channel, asked, each)
        for channel, asked, each in zip(channels, wanted, answers, strict=True)
    ]


async def _locate(channel: Followed, wanted: Asked, given: Answer) -> Place:
    place = given
    while True:
        try:
            if place is None:
                if channel.ready is not None:
                    await answer(channel.ready)
                place = channel.topic.locate(wanted)
            return await answer(place) if isinstance(place, Future) else place
        except asyncio.CancelledError:
            if place is not given:
                forget([place])
            raise
        except (BrokerError, Unreachable):
            await asyncio.sleep(PAUSE)
            channel.follow()
            place = None


async def locate_soon(
    channels: Sequence[Followed], wanted: Sequence[Asked], answers: Sequence[Answer]
) -> Sequence[Answer]:
    """Do as `locate`, for no longer than `OPEN_PATIENCE`, nor than the process goes on; then give it up."""
    streams = streams_of(asyncio.get_running_loop())
    if streams.ending_since is not None:
        return answers
    waiting = _Waiting(asyncio.create_task(locate(channels, wanted, answers)))
    streams.companions.add(waiting)
    try:
        await asyncio.wait({waiting.task}, timeout=OPEN_PATIENCE)
        return answers if not waiting.task.done() or waiting.task.cancelled() else waiting.task.result()
    finally:
        waiting.drain()
        streams.companions.discard(waiting)


class _Waiting:
    """See `hug.eventstream.loop.open_streams.Companion`."""

    def __init__(self, task: "asyncio.Task[list[Place]]") -> None:
        self.task = task

    def drain(self) -> None:
        self.task.cancel()
