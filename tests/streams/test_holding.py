"""A source that holds up its event loop is told of, by name and once."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

import hug
from hug.eventstream.sources import holding
from hug.eventstream.sources.iteration import Iteration

pytestmark = pytest.mark.slow

TOO_LONG = holding.HELD + 0.05


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No source has been told of by other tests."""
    monkeypatch.setattr(holding, "_told", set())


def block() -> None:
    time.sleep(TOO_LONG)


async def at_once() -> AsyncIterator[str]:
    block()
    yield "a"


async def after_a_wait() -> AsyncIterator[str]:
    await asyncio.sleep(0.001)
    block()
    yield "a"


async def in_cleanup() -> AsyncIterator[str]:
    try:
        yield "a"
        await asyncio.Event().wait()
    finally:
        block()


class Blocks:
    """An async iterator that is no generator."""

    def __aiter__(self) -> "Blocks":
        return self

    async def __anext__(self) -> str:
        await asyncio.sleep(0.001)
        block()
        return "a"


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "held up its event loop" in record.message]


def test_always(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    """One that blocks before an item, without a wait, is found wherever it runs."""
    hug.sse("/blocks", api=api)(at_once)
    for _ in range(2):
        with hug.test.sse(api, "/blocks") as stream:
            next(stream)
    (message,) = told(caplog)
    assert f"at_once ({__file__}:" in message
    assert float(message.partition("for ")[2].partition(" s")[0]) >= holding.HELD


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("source", [at_once, after_a_wait, in_cleanup, Blocks])
def test_in_development(
    api: Any, source: Any, shared: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In development every step is timed, of any async source."""
    monkeypatch.setattr(Iteration, "timed", True)

    @hug.sse("/blocks", shared=shared, api=api)
    def blocks() -> Any:
        return source()

    for _ in range(2):
        with hug.test.sse(api, "/blocks") as stream:
            assert next(stream).data == "a"
    (message,) = told(caplog)
    assert source.__name__ in message
