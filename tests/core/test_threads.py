"""Threads that sync functions run in: how many there are, and who waits for one."""

import asyncio
import threading

import pytest

from hug.web.threads import Threads


def test_threads_are_bounded() -> None:
    """No more than ``limit`` run at once; the others wait their turn, and all are done."""
    threads = Threads(3)
    running, most = 0, 0
    lock, gate = threading.Lock(), threading.Barrier(3, timeout=10)

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait()  # passes when three run at once, and breaks if that does not happen
        with lock:
            running -= 1
        return number

    async def main() -> list[int]:
        return await asyncio.gather(*(threads.run(work, number) for number in range(30)))

    assert asyncio.run(main()) == list(range(30))
    assert most == 3


def test_threads_are_reused() -> None:
    """A thread that is free is used before another is started."""
    threads = Threads(5)

    async def main() -> set[int]:
        used = set()
        for _ in range(20):
            used.add(await threads.run(threading.get_ident))
            while threads._spare < 1:  # noqa: ASYNC110  # the thread has answered, and is not free yet
                await asyncio.sleep(0)
        return used

    assert len(asyncio.run(main())) == 1


def test_cancelled_before_it_began() -> None:
    """A call that is cancelled while it waits for a thread is not made."""
    threads = Threads(1)
    go_on = threading.Event()
    calls: list[str] = []

    async def main() -> None:
        first = asyncio.create_task(threads.run(go_on.wait, 10))
        second = asyncio.create_task(threads.run(calls.append, "second"))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        go_on.set()
        assert await first
        await threads.run(calls.append, "third")

    asyncio.run(main())
    assert calls == ["third"]
