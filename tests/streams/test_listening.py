"""`hug.sse.listening()`: a source that blocks asks whether anybody still listens."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import hug

from ..waiting import eventually

pytestmark = pytest.mark.usefixtures("no_errors")


@pytest.mark.parametrize("shared", [False, True])
def test_source_that_blocks(api: Any, shared: bool) -> None:
    """A sync generator that has nothing to yield ends soon after its client has left."""
    asked, ended = threading.Event(), threading.Event()

    @hug.sse("/tail", shared=shared, api=api)
    def tail() -> Iterator[str]:
        try:
            while hug.sse.listening():
                asked.set()
                time.sleep(0.001)
        finally:
            ended.set()
        yield "never"

    async def main() -> None:
        stream = hug.test.sse(api, "/tail")
        await stream.__aenter__()
        await asyncio.to_thread(asked.wait, 10)
        assert not ended.is_set()
        await stream.__aexit__()
        assert ended.is_set()

    asyncio.run(main())


@pytest.mark.parametrize("shared", [False, True])
def test_source_that_keeps_its_cancellation(api: Any, shared: bool) -> None:
    """An async generator and what it runs in threads may ask, too; time limits of its own change nothing."""
    answers: list[bool] = []
    begun = asyncio.Event()

    def ask() -> bool:
        answers.append(hug.sse.listening())
        return answers[-1]

    @hug.sse("/tail", shared=shared, api=api)
    async def tail() -> AsyncIterator[str]:
        yield "first"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.001):
                await asyncio.Event().wait()
        assert ask()
        assert await asyncio.to_thread(ask)
        begun.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.to_thread(ask)
        ask()

    async def main() -> None:
        async with hug.test.sse(api, "/tail") as stream:
            await anext(stream)
            await begun.wait()
        await eventually(lambda: len(answers) == 4)
        assert hug.sse.listening()

    asyncio.run(main())
    assert answers == [True, True, False, False]


def test_outside_of_a_source() -> None:
    """Whoever goes through a generator by hand listens to it."""

    def count() -> Iterator[int]:
        n = 0
        while hug.sse.listening():
            n += 1
            yield n

    numbers = count()
    assert [next(numbers) for _ in range(3)] == [1, 2, 3]


def test_limits() -> None:
    """`hug.sse.limits` has the limits by name, and refuses what is none."""
    assert hug.sse.limits.sync_sources == 2000
    for value in (-1, 1.5, True, "many"):
        with pytest.raises(ValueError, match="sync_sources must be a number of threads"):
            hug.sse.limits.sync_sources = value  # type: ignore[assignment]
    with pytest.raises(AttributeError, match="no limit of that name"):
        hug.sse.limits.sync_source = 3  # type: ignore[attr-defined]
