"""`hug.test.sse` waits for no longer than it is told to, and says what has come instead."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

import hug


def test_message_that_does_not_come(api: hug.API) -> None:
    """A test that waits for one event more than there is fails in time, with what has come."""

    @hug.sse("/stream", api=api)
    async def stream() -> AsyncIterator[int]:
        yield 1
        await asyncio.Event().wait()

    with hug.test.sse(api, "/stream", timeout=0.1) as opened:
        assert next(opened).data == "1"
        with pytest.raises(hug.test.StreamTimeout, match=r"a message did not come within 0\.1 s"):
            next(opened)


def test_answer_that_does_not_begin(api: hug.API) -> None:
    """So does one whose handler never returns."""

    @hug.sse("/stream", api=api)
    async def stream() -> Any:
        await asyncio.Event().wait()

    with (
        pytest.raises(hug.test.StreamTimeout, match="the head of the response did not come"),
        hug.test.sse(api, "/stream", timeout=0.1),
    ):
        raise AssertionError("there is no answer")
