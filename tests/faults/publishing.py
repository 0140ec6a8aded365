"""Publishers that number their events, and note what they are told of each; in a worker, or as a program.

A note is a line that is written at once, so that it is there also when the process is killed.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable

import hug
from hug.exceptions import FateUnknown, NotTaken

MUCH = {"history": 500_000, "max_bytes": 1 << 29, "max_age": 3600.0}
"""Options of the channels: nothing is lost because of them."""

AT_ONCE = 3000
"""Most events of one publisher that it has not been told of."""


class Notes:
    """What a publisher was told.

    A line is a sign, the number of the event, the time, and more: ``+`` it is published, ``=`` taken with
    this id, ``-`` not taken, ``?`` nobody knows.
    """

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, sign: str, number: int, more: object = "") -> None:
        line = " ".join(str(more).split())
        os.write(self._file, f"{sign} {number} {time.monotonic():.4f} {line}\n".encode())

    def close(self) -> None:
        os.close(self._file)


class Publisher:
    """Publishes on one channel, so many events a second, until it is stopped.

    Attributes:
        told: Whether it was told of all that it has published.
    """

    def __init__(self, name: str, by: str, rate: float, notes: str) -> None:
        self._channel = hug.sse.channel(name, **MUCH)
        self._by = by
        self._rate = rate
        self._notes = Notes(notes)
        self._number = 0
        self._stopped = False
        self._open = 0
        self.told = False

    def stop(self) -> None:
        self._stopped = True

    def _publish(self) -> tuple[int, "Awaitable[str] | None"]:
        self._number += 1
        number = self._number
        self._notes.note("+", number)
        self._open += 1
        try:
            at = round(time.monotonic(), 4)
            return number, self._channel.publish({"by": self._by, "number": number, "at": at})
        except NotTaken as error:
            self._tell("-", number, error)
            return number, None

    def _tell(self, sign: str, number: int, more: object) -> None:
        self._open -= 1
        self._notes.note(sign, number, more)

    async def _wait(self, number: int, publication: Awaitable[str]) -> None:
        try:
            self._tell("=", number, await publication)
        except FateUnknown as error:
            self._tell("?", number, error)
        except NotTaken as error:
            self._tell("-", number, error)

    async def awaited(self) -> None:
        """Publish one after the other has been taken."""
        while not self._stopped:
            number, publication = self._publish()
            if publication is not None:
                await self._wait(number, publication)
            await asyncio.sleep(1 / self._rate)
        self._end()

    async def at_a_rate(self, most: float = float("inf")) -> None:
        """Publish however many were not taken yet."""
        tasks: set[asyncio.Task[None]] = set()
        while not self._stopped and self._number < most:
            if self._open < AT_ONCE:
                number, publication = self._publish()
                if publication is not None:
                    task = asyncio.create_task(self._wait(number, publication))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
            if most == float("inf"):
                await asyncio.sleep(1 / self._rate)
        while tasks:
            await asyncio.wait(tasks)
        self._end()

    def _end(self) -> None:
        self._notes.close()
        self.told = True


def main() -> None:
    """Publish as lines of the input say, and answer each with a line when it is done."""
    publisher: Publisher | None = None
    thread: threading.Thread | None = None

    def begin(run: Callable[[], Awaitable[None]]) -> threading.Thread:
        async def running() -> None:
            await run()

        made = threading.Thread(target=lambda: asyncio.run(running()), daemon=True)
        made.start()
        return made

    print("ready", flush=True)
    for line in sys.stdin:
        what, *words = line.split()
        if what == "start":
            name, by, rate, notes = words
            publisher = Publisher(name, by, float(rate), notes)
            thread = begin(publisher.at_a_rate)
        elif what == "publish":
            name, by, count, notes = words
            publisher = Publisher(name, by, 0, notes)
            asyncio.run(publisher.at_a_rate(float(count)))
        elif what == "stop":
            assert publisher is not None
            assert thread is not None
            publisher.stop()
            thread.join()
        print("done", flush=True)


if __name__ == "__main__":
    main()
