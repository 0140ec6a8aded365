"""Channel.where: filters are shared, fail alone, and leave the event loop to others."""

import asyncio
import sys
from typing import Any

import pytest

import hug

from .stalling import Client, connected, run, serve, until

pytestmark = pytest.mark.usefixtures("no_errors")

MANY = 20_000


def test_filter_that_fails(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A filter that fails ends its streams, after what came before, cut off and logged; others go on."""
    channel = serve(api)

    def picky(message: Any) -> bool:
        if message.data == "bad":
            raise LookupError("no such thing")
        return True

    @hug.sse("/picky", api=api)
    async def filtered() -> Any:
        return channel.where(picky)

    async def main() -> None:
        async with connected(api, "/live") as other:
            failing = await Client(api, "/picky").open()
            for data in ("good", "bad", "later"):
                channel.publish(data)
            await failing.end()
            assert not failing.finished
            assert failing.texts == ["good"]
            await other.take(3)
            assert other.texts == ["good", "bad", "later"]
            assert len(channel.readers) == 1

    run(main())
    (record,) = caplog.records
    assert "filtered" in record.getMessage()
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)
    caplog.clear()


@pytest.mark.parametrize("history", [0, 5])
def test_filter_while_a_thread_publishes(api: Any, history: int) -> None:
    """Readers with filters get every event they want, though a thread publishes as fast as it can."""
    channel = serve(api, history=history)
    for step in (1, 7):
        wanted = channel.where(lambda message, step=step: message.json() % step == 0)
        hug.sse(f"/every/{step}", api=api)(lambda wanted=wanted: wanted)

    def publish() -> None:
        for n in range(MANY // 2):
            channel.publish(n)

    async def main() -> None:
        clients = [await Client(api, f"/every/{step}").open() for step in (1, 7)]
        await asyncio.to_thread(publish)
        for client, step in zip(clients, (1, 7), strict=True):
            await client.take(len(range(0, MANY // 2, step)))
            assert client.texts == [str(n) for n in range(0, MANY // 2, step)]
            await client.leave()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads take turns where they hardly ever do
    try:
        run(main())
    finally:
        sys.setswitchinterval(interval)


def test_filter_runs_once_for_all(api: Any) -> None:
    """Readers with the same filter share what it has found out about an event."""
    channel = serve(api)
    asked: list[str] = []

    def odd(message: Any) -> bool:
        asked.append(message.data)
        return message.json() % 2 == 1

    @hug.sse("/odd", api=api)
    async def filtered() -> Any:
        return channel.where(odd)

    async def main() -> None:
        clients = [await Client(api, "/odd").open() for _ in range(50)]
        for n in range(10):
            await channel.publish(n)
        for client in clients:
            await client.take(5)
            assert client.texts == ["1", "3", "5", "7", "9"]
            await client.leave()
        assert asked == [str(n) for n in range(10)]

    run(main())


def test_filter_lets_others_go_on(api: Any) -> None:
    """A reader whose filter refuses a long history does not keep the event loop to itself."""
    channel = serve(api, history=MANY)
    for n in range(MANY):
        channel.publish(n)
    turns: list[int] = []

    def none(message: Any) -> bool:
        if message.data == "0":
            asyncio.get_running_loop().call_soon(turns.append, 1)
        if message.data == str(MANY - 1):
            turns.append(2)
        return False

    @hug.sse("/none", api=api)
    async def filtered() -> Any:
        return hug.sse.events(channel.where(none), since="start")

    async def main() -> None:
        async with connected(api, "/none"):
            await until(lambda: 2 in turns, "the end of the history")
            assert turns == [1, 2]

    run(main())
