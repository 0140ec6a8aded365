"""Readers as browsers are: they come back by themselves, to whichever worker answers."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hug.eventstream.wire.decode import Decoder

RETRY: Final = 0.1
"""Seconds after which a reader comes back."""

SILENCE: Final = 25.0
"""Seconds without a byte, a heartbeat or anything, after which a reader takes its connection for dead."""

_LIKE_A_BROWSER: Final = "Accept: text/event-stream\r\nCache-Control: no-cache\r\n"

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Got:
    """An event, as a reader got it.

    Attributes:
        id: Its id.
        by: Who has published it.
        number: As his which.
        at: When, in seconds of the monotonic clock.
        time: When it was received.
    """

    id: str
    by: str
    number: int
    at: float
    time: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A reader was told that events are lost to it.

    Attributes:
        lost: How many; None if nobody knows.
        resumed_at: The id of the event that comes next, if that is known.
        id: From which the reader would resume.
        time: When it was told.
    """

    lost: int | None
    resumed_at: str | None
    id: str
    time: float


class Reader:
    """Reads one channel until it is told to leave.

    Attributes:
        workers: Where it connects, in turn; may be changed.
        items: What it has got.
        began: The id that its first stream began with.
        last_id: What it resumes from.
        streams: How often it has connected.
        present: Whether it reads. One that does not comes back when it is told so.
        over: Whether it is to come back no more.
        problems: What should not have happened.
    """

    def __init__(self, workers: list[Address], path: str, first: int, restless: float | None = None) -> None:
        """Make a reader.

        Args:
            workers: See there.
            path: What it asks for.
            first: Which worker it begins with.
            restless: Seconds after which it leaves, to come back at once.
        """
        self.workers = workers
        self.items: list[Got | Gap] = []
        self.began = self.last_id = ""
        self.streams = 0
        self.present = True
        self.over = False
        self.problems: list[str] = []
        self._path = path
        self._turn = first
        self._restless = restless
        self._task: asyncio.Task[None] | None = None

    @property
    def newest(self) -> Got | None:
        """The newest event it has."""
        return next((each for each in reversed(self.items) if isinstance(each, Got)), None)

    def first_since(self, moment: float) -> Got | None:
        """Return the first event it got that was published after this moment."""
        found = None
        for each in reversed(self.items):
            if isinstance(each, Got) and each.at > moment:
                found = each
            elif each.time < moment:
                break
        return found

    async def run(self) -> None:
        while not self.over:
            if not self.present:
                await asyncio.sleep(0.02)
                continue
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                async with asyncio.timeout(self._restless):
                    await self._read()
            self._turn += 1
            await asyncio.sleep(RETRY)

    async def _read(self) -> None:
        host, port = self.workers[self._turn % len(self.workers)]
        async with asyncio.timeout(5):
            source, sink = await asyncio.open_connection(host, port)
        try:
            more = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
            asked = f"GET {self._path} HTTP/1.1\r\nHost: {host}\r\n{_LIKE_A_BROWSER}{more}\r\n"
            sink.write(asked.encode())
            async with asyncio.timeout(10):
                head = (await source.readuntil(b"\r\n\r\n")).decode()
            status = head.split(" ", 2)[1]
            if status != "200":
                if status != "503":
                    self.problems.append(
                        f"a reader that came back with {self.last_id!r} was answered {head!r}"
                    )
                return
            self.streams += 1
            decoder = Decoder(self.last_id)
            while chunk := await _chunk(source):
                self._take(decoder, chunk)
                if not self.present:
                    return
        except _Silence:
            self.problems.append(f"nothing came for {SILENCE:g} s")
        finally:
            sink.transport.abort()

    def _take(self, decoder: Decoder, chunk: bytes) -> None:
        now = time.monotonic()
        for message in decoder.feed(chunk):
            content = json.loads(message.data)
            if message.event == "gap":
                self.items.append(Gap(content["lost"], content["resumed_at"], message.id, now))
            else:
                self.items.append(Got(message.id, content["by"], content["number"], content["at"], now))
        self.last_id = decoder.last_event_id
        if not self.began:
            self.began = self.last_id


class _Silence(Exception):
    """Nothing comes any more."""


async def _chunk(source: asyncio.StreamReader) -> bytes:
    """Return a chunk of a body; nothing at its end."""
    try:
        async with asyncio.timeout(SILENCE) as limit:
            size = int(await source.readuntil(b"\r\n"), 16)
            return (await source.readexactly(size + 2))[:-2]
    except TimeoutError:
        raise _Silence if limit.expired() else TimeoutError from None


class Audience:
    """An event loop in a thread, for readers."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _all_end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others)

    @contextlib.contextmanager
    def reading(self, readers: Sequence[Reader]) -> Iterator[None]:
        """Have these read meanwhile."""
        futures = [asyncio.run_coroutine_threadsafe(each.run(), self._loop) for each in readers]
        try:
            yield
        finally:
            for future, reader in zip(futures, readers, strict=True):
                if future.done() and not future.cancelled():
                    reader.problems.append(f"a reader has failed: {future.exception()!r}")
                reader.over = True
                future.cancel()
            self._run(self._all_end())

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
