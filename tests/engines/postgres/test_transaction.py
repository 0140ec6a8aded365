"""Publishing within transactions on channels that PostgreSQL keeps, as applications do."""

import gc
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest

import hug
from hug.test import broker

pytestmark = pytest.mark.anyio

THE_END = "the end of channel 'sales' was NOT published"
AN_EVENT = "an event on channel 'sales' was NOT published"


@pytest.fixture
def sales(engine_url: str) -> Iterator[Any]:
    """A channel whose broker nothing has connected yet."""
    with broker(engine_url):
        yield hug.sse.channel("sales")


@pytest.fixture
async def database(engine_url: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    async with await psycopg.AsyncConnection.connect(engine_url) as connection:
        yield connection


def line() -> int:
    """Return the number of the line that calls this."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


@pytest.mark.parametrize("connected", [False, True])
async def test_a_publication_that_nobody_awaits(
    sales: Any,
    database: psycopg.AsyncConnection[Any],
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
    connected: bool,
) -> None:
    """It is told which event was not published, and where that was to be: of hug's own parts nothing is."""
    if connected:
        await sales.publish("coffee", connection=database)
    gc.collect()  # of what other tests have left
    caplog.clear()
    recwarn.clear()
    lines = [line() + 1, line() + 2]
    sales.publish("tea", connection=database)
    sales.close(connection=database)
    gc.collect()
    told = [record for record in caplog.records if record.name == "hug"]
    assert [record.levelname for record in told] == ["ERROR", "ERROR"]
    for record, number, what in zip(told, lines, [AN_EVENT, THE_END], strict=True):
        assert record.getMessage().startswith(what)
        assert f"{__file__}:{number} was not" in record.getMessage()
    assert not recwarn.list


async def test_a_publication_that_is_awaited_later(
    sales: Any, database: psycopg.AsyncConnection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    """One that is awaited, or has failed, is told of by that alone."""
    later = sales.publish("tea", connection=database)
    await later
    await sales.close("last", connection=database)
    await database.commit()
    failing = sales.publish("too late", connection=database)
    with pytest.raises(hug.exceptions.ChannelClosed):
        await failing
    del failing
    gc.collect()
    assert "NOT published" not in caplog.text


async def test_counting(sales: Any, database: psycopg.AsyncConnection[Any], engine_url: str) -> None:
    """What is published within transactions is counted once its statement has succeeded."""

    def published() -> int:
        return hug.API(__name__).sse.status().broker.published

    assert published() == 0
    with psycopg.connect(engine_url) as connection:
        sales.publish("tea", connection=connection)
        assert published() == 1
    await sales.publish("coffee", connection=database)
    assert published() == 2
    await sales.close("last", connection=database)
    assert published() == 4  # the end is an event, too
    with pytest.raises(hug.exceptions.ChannelClosed):
        await sales.publish("too late", connection=database)
    assert published() == 4
