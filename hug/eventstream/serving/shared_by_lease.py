"""A shared source that runs in one of several processes, and in another when that one stops."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Final

from hug.eventstream.channels.channel import Channel, fanout_of
from hug.eventstream.connection.writer import CutOff
from hug.eventstream.serving.failures import hint
from hug.eventstream.serving.lease import Ends, Leased, Turn
from hug.eventstream.serving.shared_run import Run
from hug.eventstream.serving.source_cleanup import Cleanup
from hug.eventstream.serving.stream import EventStream
from hug.eventstream.serving.stream_settings import Settings
from hug.eventstream.sources.feed import Source
from hug.eventstream.sources.limits import TooManyThreads
from hug.eventstream.sources.publishing import Publishing
from hug.exceptions import ChannelClosed, FateUnknown, HugError, LeaseLost, NotTaken, Refused

_chance = random.Random()  # noqa: S311  # the application's own may be seeded

ASKED: Final = 1.0
"""Seconds, more or less, after which a process that has readers asks again whether it is its turn."""

ARRIVED: Final = 2.0
"""Seconds that the end of a source waits for what it has published to come back from the broker."""

SETTLED: Final = 0.25
"""Seconds for which a lease is kept after the end, so that nobody gets it who has not heard of that yet."""

logger = logging.getLogger("hug")


class RunInTurn(Run):
    """A run on a channel of several processes: those that have readers try for a lease, and one has it.

    It lasts until the readers have left here, or the source has ended by itself, anywhere: then their streams
    end. If the source fails here they are cut off, and the lease is not given back but runs out, so that a
    source which fails at once does so every few seconds, however many processes there are.
    """

    def __init__(
        self,
        stream: EventStream,
        channel: Channel,
        linger: float,
        name: str,
        settings: Settings,
        make: Callable[[], Awaitable[EventStream | None]],
        turn: Turn,
    ) -> None:
        """Do nothing yet.

        Args:
            stream: What the handler has made for the first reader here.
            channel: What is published on.
            linger: See `hug.eventstream.serving.shared.Shared`.
            name: See there.
            settings: See there.
            make: Has the handler make another one; None if it has none.
            turn: Whose turn it is.
        """
        super().__init__(stream, channel, linger, name, settings)
        self._fanout = fanout_of(channel)
        self._make = make
        self._turn = turn
        self._first: Source | None = self._source  # until it is too old
        self._publishing: Publishing | None = None
        self._ends: Ends | None = None
        self._looking = False
        self._grown = asyncio.Event()
        self._ended_anywhere = asyncio.Event()
        self._failed = False

    def _stop(self) -> None:
        if self._task is None:
            self._task = self._loop.create_task(self._go())
        else:
            self._task.cancel()

    def abandon(self) -> None:
        """See `hug.eventstream.serving.source_cleanup.Closing`."""
        if self._publishing is not None:
            self._publishing.abandon()

    async def _go(self) -> None:
        error: BaseException | None = None
        self._ends = Ends(self._fanout, self._look_soon)
        try:
            if not self.over:
                error = await self._take_turns()
        except asyncio.CancelledError:
            pass  # the last reader has left, or the event loop ends
        except Exception:
            error = CutOff()
            logger.exception("the shared source of %s is not run any more here", self._name)
        finally:
            self._finish(error)
            await self._leave_turn()
            self._ends.close()
            self._end()

    async def _leave_turn(self) -> None:
        try:
            await self._let_go_of_first()
            if not self._failed:
                await self._turn.give_back()
        except asyncio.CancelledError:
            pass  # the event loop ends; the lease runs out

    async def _let_go_of_first(self) -> None:
        """Close the source that was made for the first reader, and was not begun."""
        first, self._first = self._first, None
        if first is not None:
            try:
                await Publishing(first, _nowhere).close()
            except Exception:
                logger.exception("the shared source of %s failed in its cleanup", self._name)

    async def _take_turns(self) -> BaseException | None:
        """Run the source whenever it is our turn, until it ends; return what readers' streams end with."""
        while (number := await self._win()) is not None:
            ending = await self._run(number)
            if ending is not None:
                return ending.error
        return None

    async def _win(self) -> int | None:
        """Return the number of our lease as soon as we have it; None when the source has ended elsewhere."""
        while not self._ended_anywhere.is_set():
            try:
                number = await self._turn.ask() if self._readers else None
            except HugError:  # which the broker has logged; it waits, too, until it is there again
                number = None
            if number is not None:
                return None if self._ended_anywhere.is_set() else number
            await self._let_go_of_first()
            try:
                async with asyncio.timeout(ASKED * _chance.uniform(0.8, 1.2)):
                    await self._ended_anywhere.wait()
            except TimeoutError:
                pass
        return None

    async def _run(self, number: int) -> "Ending | None":
        """Run the source while the lease is ours; return None when it is not any more."""
        self._ended_anywhere.clear()
        publish = Leased(self._fanout, (self._turn.name, number))
        running = self._loop.create_task(self._go_through(publish))
        holding = self._loop.create_task(self._turn.hold(number))
        lost = ""
        why = "its last reader has left"
        try:
            await asyncio.wait({running, holding}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                lost = why = holding.result()
                logger.warning("the shared source of %s is stopped here: %s", self._name, why)
        finally:
            if not running.done():
                seconds = self._settings.cleanup_timeout
                running.cancel()
                cleanup = Cleanup(self._streams, running, self, seconds, self._name, why)
                try:
                    await asyncio.wait({running})  # with the lease, so that no other begins before
                finally:
                    cleanup.close()
            holding.cancel()
            if lost:
                publish.dismiss()
        if lost:
            return None
        if running.cancelled():
            logger.error("the shared source of %s cancelled itself; its readers will reconnect", self._name)
            return self._fail()
        return running.result()

    async def _go_through(self, publish: Leased) -> "Ending | None":
        """Publish what the source yields; return None if that is not for us any more."""
        try:
            source, self._first = self._first, None
            if source is None:
                made = await self._make()
                if made is None:
                    return Ending(None)  # as all who come now are told
                source = made.source  # type: ignore[assignment]  # no subscription: see `Shared`
            self._publishing = publishing = Publishing(source, publish)  # type: ignore[arg-type]
            try:
                await publishing.run()
            finally:
                await publishing.close()
            await publish.end()
            await self._arrived(publish.last)
        except LeaseLost as error:
            publish.dismiss()
            logger.warning("the shared source of %s is stopped here: %s", self._name, error)
            return None
        except (Refused, ChannelClosed) as failure:
            return await self._failure(publish, failure)
        except (FateUnknown, NotTaken) as error:
            logger.warning("the shared source of %s is stopped, and begins anew later: %s", self._name, error)
            return None
        except TooManyThreads as refusal:
            return Ending(refusal)
        except (Exception, SystemExit) as failure:  # sys.exit() would end the server
            return await self._failure(publish, failure)
        self._finish(None)
        await asyncio.sleep(SETTLED)
        return Ending(None)

    async def _failure(self, publish: Leased, failure: BaseException) -> "Ending":
        what = "failed in its cleanup" if self.over else f"failed; its readers will reconnect{hint(failure)}"
        logger.error("the shared source of %s %s", self._name, what, exc_info=failure)
        ending = self._fail()
        with contextlib.suppress(HugError):  # one failure is told
            await publish.all_taken()
        await self._arrived(publish.last)
        return ending

    def _fail(self) -> "Ending":
        self._failed = True
        return Ending(CutOff())

    async def _arrived(self, event_id: str) -> None:
        """Wait until an event has come, so that readers get it before their streams end."""
        try:
            async with asyncio.timeout(ARRIVED):
                while event_id and self._ends is not None and not self._ends.has(event_id):
                    self._grown.clear()
                    await self._grown.wait()
        except TimeoutError:
            pass

    def _look_soon(self) -> None:
        if not self._looking:
            self._looking = True
            try:
                self._loop.call_soon_threadsafe(self._look)
            except RuntimeError:  # it is closed
                self._looking = False

    def _look(self) -> None:
        self._looking = False
        self._grown.set()
        if self._ends is not None and self._ends.look():
            self._ended_anywhere.set()


class Ending:
    """How a source has ended.

    Attributes:
        error: What its readers' streams end with.
    """

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


async def _nowhere(_data: object, /) -> None:
    pass
