"""One broker at work in one process: a thread, its event loop, and the connection that it keeps up."""

import _thread
import asyncio
import logging
import math
import random
import re
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import suppress
from time import monotonic
from typing import Any, Final, TypeVar

from hug.eventstream.brokers.counter import Counts
from hug.eventstream.brokers.followers import Followers
from hug.eventstream.brokers.link import Failed, Link
from hug.eventstream.brokers.older_events import OlderEvents
from hug.eventstream.brokers.outbox import Append, Outbox
from hug.eventstream.brokers.owed_answers import OwedAnswers, fail
from hug.eventstream.brokers.thread_loop import new_loop
from hug.eventstream.engines.engine import Deleted, Engine, Entry, Kept
from hug.exceptions import BrokerError, NotTaken, Unreachable

_chance = random.Random()  # noqa: S311  # the application's own may be seeded

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0
"""Seconds between two attempts to connect: they double, and are made a little shorter by chance."""

REFUSED_PAUSE: Final = 30.0
"""Seconds until the next attempt when the engine has refused us, because of a password, say."""

LASTING: Final = 10.0
"""Seconds after which a connection was good enough for the next attempt to come soon."""

PRUNE: Final = 60.0
"""Seconds between two prunings by one process, more or less."""

PRUNING: Final = 30.0
"""Seconds that one may take."""

_Answer = TypeVar("_Answer")

_NAMED: Final = re.compile(r"^(?:cannot reach )?[a-z+]+://\S+(?: cannot be reached)?: ")

logger = logging.getLogger("hug")


class EngineThread:
    """Begins when it is made, and ends when it is closed.

    Attributes:
        outbox: What is published.
        followers: What is read.
        older: Older events that are read.
        owed: What those are to be answered who ask; in any thread.
        link: The connection, if there is one.
        since: When it came, or when it was lost.
        error: Why there is none.
        home: See `hug.eventstream.engines.engine.Within`, of the newest connection.
    """

    def __init__(
        self,
        url: str,
        make: Callable[[], Engine],
        patience: float,
        counts: Counts,
        quiet: Callable[[], object],
    ) -> None:
        """Begin.

        Args:
            url: Of the engine, for messages.
            make: Makes an engine, which is not connected.
            patience: See `Outbox`.
            counts: Where it is counted what happens.
            quiet: Whether somebody waits to be told that we cannot connect, and so the log need not be.
        """
        self.link: Link | None = None
        self.since = 0.0
        self.error = ""
        self.home: object | None = None
        self._counts = counts
        self.outbox = Outbox(url, patience, self._wake, self._counts)
        self.followers = Followers(self)
        self.owed = OwedAnswers(f"{url} has been left")
        self.older = OlderEvents(self)
        self._url = url
        self._make = make
        self._patience = patience
        self._quiet = quiet
        self._calls: deque[Callable[[], object]] = deque()
        self._woken = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._linked = asyncio.Event()
        self._hurry = asyncio.Event()
        self._stop = asyncio.Event()
        self._refused: BrokerError | None = None
        self._awaited = 0  # how many wait for a connection; see `connect`
        self._news = asyncio.Event()
        self._told = False  # whether the log has that we cannot
        self._begun = threading.Event()
        self._stopped = _thread.allocate_lock()
        self._stopped.acquire()

    def start(self) -> None:
        """Start the thread. Not one of `threading`, whose start waits, and a finalizer must not."""
        _thread.start_new_thread(self._run, ())

    # Any thread

    def await_beginning(self, timeout: float) -> None:
        """Wait for imports and the first attempt to connect; what is forked off before has halves of them."""
        self._begun.wait(timeout)

    def call(self, function: Callable[[], object]) -> None:
        """Have a function called on the event loop, soon."""
        self._calls.append(function)
        self._wake()

    def ask(
        self,
        question: Callable[[Link], Awaitable[_Answer]],
        seconds: float = math.inf,
    ) -> Future[_Answer]:
        """Ask the engine, and again on the next connection if this one breaks.

        Args:
            question: Asks it.
            seconds: After so many the future fails with `Unreachable`.
        """
        answer: Future[_Answer] = Future()
        self.owed.add(answer)
        self.call(lambda: self.spawn(self._ask(question, seconds, answer)))
        return answer

    def close(self, timeout: float) -> None:
        """Bring away what is in the outbox, no longer than so many seconds; then end."""
        self.call(lambda: self.spawn(self._finish(timeout)))
        ended = self._stopped.acquire(timeout=timeout + 2)
        self.outbox.end("the connection was closed before")
        if ended:
            self._stopped.release()
        if failed := self.outbox.lost:
            logger.error(
                "%s still waiting for %s when it was closed, and lost: %s",
                "1 event was" if failed == 1 else f"{failed} events were",
                self._url,
                self.error or "it was too slow",
            )

    def _wake(self) -> None:
        if not self._woken:
            self._woken = True
            loop = self._loop
            if loop is not None:
                try:
                    loop.call_soon_threadsafe(self._awake)
                except RuntimeError:  # it has been closed: see `Outbox.put`
                    self._woken = False

    # The event loop

    def _awake(self) -> None:
        self._woken = False
        while self._calls and not self._stop.is_set():
            function = self._calls.popleft()
            try:
                function()
            except Exception:
                logger.exception("a call to a broker has failed")
        self.outbox.take()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(self._main())
        except BaseException:
            logger.exception("the thread of %s has failed", self._url)
        finally:
            self._begun.set()
            self.owed.end()
            self.outbox.end("the connection was closed before")
            self._stopped.release()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.outbox.thread = _thread.get_ident()
        self.since = monotonic()
        self._awake()
        self.spawn(self.outbox.send(self._reach))
        self.spawn(self._prune())
        supervision = self.spawn(self._supervise())
        await self._stop.wait()
        supervision.cancel()
        await asyncio.wait({supervision})
        for task in tuple(self._tasks):
            task.cancel()
        self.followers.end()

    def spawn(self, coroutine: Coroutine[Any, Any, _Answer]) -> asyncio.Task[_Answer]:
        """Have a coroutine run, until it ends or the thread does."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._spent)
        return task

    def _spent(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a task of the broker %s has failed", self._url, exc_info=error)

    async def linked(self) -> Link:
        """Return the connection, when there is one."""
        while (link := self.link) is None or link.over.done():
            if link is None:
                await self._linked.wait()
            else:
                await asyncio.sleep(0)  # it is lost, which the supervision is about to see
        return link

    def heard(self, link: Link, channel: str, life: str, events: Sequence[Kept]) -> None:
        """See `hug.eventstream.brokers.link.Listener`."""
        self.followers.heard(link, channel, life, events)

    def changed(self, link: Link, channel: str, deleted: Deleted | None) -> None:
        """See there."""
        self.followers.changed(link, channel, deleted)

    async def _supervise(self) -> None:
        """Keep up a connection."""
        pause = FIRST_PAUSE
        while True:
            began = monotonic()
            link = None
            try:
                link = Link(self._make(), self)
                await self._live(link)
            except BrokerError as error:
                self._refuse(error)
                await self._rest(REFUSED_PAUSE)
                continue
            finally:
                self.link = None
                self._linked.clear()
                if link is not None:
                    await link.close()
            if monotonic() - began > LASTING:
                pause = FIRST_PAUSE
            await self._rest(pause * _chance.uniform(0.7, 1))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _live(self, link: Link) -> None:
        """Connect, and stay so for as long as it lasts."""
        try:
            await link.open()
        except Unreachable as error:
            self._lose(error, "cannot be reached")
            return
        if self.error and self._told:
            logger.warning("%s can be reached again", self._url)
        self._counts.connections.add()
        self.since, self.error, self._refused = monotonic(), "", None
        self.outbox.refuse("")
        self.home = getattr(link.engine, "home", None)
        self.link = link
        self._linked.set()
        self._tell()
        self.followers.linked()
        self._lose(await link.over, "is not reachable any more")

    def _lose(self, error: BaseException, what: str) -> None:
        self._refused = None
        if not self.error:
            self.since = monotonic()
            self._told = False
        if not self._told and not self._quiet():
            self._told = True
            logger.warning("%s %s: %s. It is tried again until it can be", self._url, what, _reason(error))
        self.error = _reason(error)
        self._tell()

    def _refuse(self, error: BrokerError) -> None:
        if self._refused is None or str(self._refused) != str(error):
            self._told = False
        if not self._told and not self._quiet() and not self._awaited:
            self._told = True
            logger.error("%s. It is tried again each %g s", error, REFUSED_PAUSE)
        if not self.error:
            self.since = monotonic()
        self._refused = error
        self.error = str(error)
        self.outbox.refuse(str(error))
        self._tell()

    async def _rest(self, seconds: float) -> None:
        """Wait, unless somebody is in a hurry."""
        self._hurry.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()

    async def _reach(self) -> Append:
        link = await self.linked()

        async def append(entries: Sequence[Entry]) -> Sequence[int | Exception]:
            return await link.call(link.engine.append(entries))

        return append

    async def _ask(
        self, question: Callable[[Link], Awaitable[_Answer]], seconds: float, answer: Future[_Answer]
    ) -> None:
        """Give the engine's answer to a future."""
        try:
            async with asyncio.timeout(None if seconds == math.inf else seconds):
                while True:
                    link = await self.linked()
                    try:
                        result = await question(link)
                        break
                    except Failed:
                        raise
                    except Unreachable:
                        continue
        except TimeoutError:
            fail(answer, self._refused or Unreachable(f"{self._url} has not answered for {seconds:g} s"))
        except asyncio.CancelledError:
            fail(answer, Unreachable(f"{self._url} has been left"))
            raise
        except (NotTaken, BrokerError, Failed) as error:
            fail(answer, error)
        except BaseException as error:
            fail(answer, error)
            raise
        else:
            if answer.set_running_or_notify_cancel():
                answer.set_result(result)

    def connect(self, seconds: float, connected: Future[None]) -> None:
        """Tell a future when there is a connection, or that there is none in this time; from any thread."""
        self.owed.add(connected)
        self.call(lambda: self.spawn(self._connect(seconds, connected)))

    async def _connect(self, seconds: float, connected: Future[None]) -> None:
        refused: BrokerError | None = None
        self._awaited += 1
        try:
            async with asyncio.timeout(None if seconds == math.inf else seconds):
                self._hurry.set()
                while self.link is None and refused is None:
                    await self._news.wait()
                    refused = self._refused
        except TimeoutError:
            pass
        finally:
            self._awaited -= 1
        if self.link is not None:
            if connected.set_running_or_notify_cancel():
                connected.set_result(None)
        else:
            self._told = self._told or seconds != math.inf  # it is, by the one who has asked
            why = self.error or f"no answer within {seconds:g} s"
            fail(connected, refused or Unreachable(f"{self._url} cannot be reached: {why}"))

    def _tell(self) -> None:
        """Tell those who wait for it how an attempt to connect has ended."""
        news, self._news = self._news, asyncio.Event()
        news.set()
        self._begun.set()

    async def _prune(self) -> None:
        while True:
            await asyncio.sleep(PRUNE * _chance.uniform(0.8, 1.2))
            link = self.link
            if link is not None:
                try:
                    await link.call(link.engine.prune(), PRUNING)
                except Unreachable:
                    pass  # which the supervision has noticed
                except BrokerError as error:
                    logger.error("what is too old cannot be dropped: %s", error)

    async def _finish(self, timeout: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self.outbox.empty()
        self._stop.set()


def _reason(error: BaseException) -> str:
    """Return what an engine says of its connection, without its URL, which we name ourselves."""
    return _NAMED.sub("", str(error)) or type(error).__name__
