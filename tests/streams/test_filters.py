"""Channel.where: filters are shared, fail alone, and leave the event loop to others."""

import asyncio
import sys
from functools import partial
from typing import Any

import pytest

import hug
from hug.eventstream.channels.channel import fanout_of

from .stalling import Client, connected, log_of, run, serve, until

pytestmark = pytest.mark.usefixtures("no_errors")

MANY = 20_000
ODD = (LookupError, asyncio.CancelledError, GeneratorExit, SystemExit)


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the ids of the events that filters have failed on, in the order in which that was logged."""
    ids = []
    for record in caplog.records:
        assert record.exc_info is not None
        assert isinstance(record.exc_info[1], ODD)
        assert "must take any event" in record.getMessage()
        ids.append(record.getMessage().partition("event ")[2].partition(",")[0])
    caplog.clear()
    return ids


@pytest.mark.parametrize("error", ODD)
def test_filter_that_fails(api: Any, error: type[BaseException], caplog: pytest.LogCaptureFixture) -> None:
    """Its readers get all events but the one that it fails on; that is logged, and nobody is cut off."""
    channel = serve(api)

    def picky(message: Any) -> bool:
        if message.data == "bad":
            raise error("no such thing")
        return True

    @hug.sse("/picky", api=api)
    async def filtered() -> Any:
        return channel.where(picky)

    async def main() -> None:
        async with connected(api, "/live") as other, connected(api, "/picky") as failing:
            for data in ("good", "bad", "later"):
                channel.publish(data)
            await failing.take(2)
            assert failing.texts == ["good", "later"]
            await other.take(3)
            assert other.texts == ["good", "bad", "later"]
            assert len(channel.readers) == 2

    run(main())
    assert failures(caplog) == [log_of(channel).id(2)]


def test_filter_that_fails_again(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    """An event is told of once for each function, though each request makes it anew and replays it."""
    channel = serve(api)

    @hug.sse("/own/{key}", api=api)
    async def own(key: str) -> Any:
        return channel.where(lambda message: message.json()[key])

    @hug.sse("/other/{key}", api=api)
    async def other(key: str) -> Any:
        return channel.where(lambda message: message.json()[key]).where(lambda message: True)

    async def come(url: str, count: int) -> None:
        async with connected(api, url, log_of(channel).id(0)) as client:
            assert [message.json()["a"] for message in await client.take(count)] == list(range(1, count + 1))

    async def main() -> None:
        for number in range(1, 4):
            channel.publish({"a": number})
            channel.publish({"b": number})
        for _ in range(3):
            await come("/own/a", 3)
        assert failures(caplog) == [log_of(channel).id(position) for position in (2, 4, 6)]
        await come("/other/a", 3)
        assert failures(caplog) == [log_of(channel).id(position) for position in (2, 4, 6)]
        channel.publish({"b": 4})
        channel.publish({"a": 4})
        await asyncio.gather(*[come("/own/a", 4) for _ in range(5)])
        assert failures(caplog) == [log_of(channel).id(7)]

    run(main())


@pytest.mark.slow
def test_many_functions_that_fail(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What is remembered of them is bounded."""
    channel = serve(api)

    async def main() -> None:
        channel.publish("x")
        for number in range(300):
            namespace: dict[str, Any] = {}
            exec(f"def fail{number}(message): raise LookupError({number})", namespace)
            hug.sse(f"/{number}", api=api)(lambda fail=namespace[f"fail{number}"]: channel.where(fail))
        for number in range(300):
            async with connected(api, f"/{number}", log_of(channel).id(0)) as client:
                await until(lambda: caplog.records, "an error")
                assert failures(caplog) == [log_of(channel).id(1)]
                assert client.messages == []
        assert len(fanout_of(channel)._failures._told) <= 100

    run(main())


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 5, 20])
def test_replays_let_others_be_served(api: Any, count: int) -> None:
    """While readers look through a long history, events go out on other channels and on this one."""
    big, other = (
        hug.sse.channel("big", history=MANY + 3, api=api), hug.sse.channel("other", history=0, api=api),
    )  # fmt: skip
    for number in range(MANY):
        big.publish(number)
    looked = 0

    def found(message: Any) -> bool:
        nonlocal looked
        looked += 1
        return message.data == "new"

    hug.sse("/other", api=api)(lambda: other)
    hug.sse("/big", api=api)(lambda: big)
    # A function for each, as an application has that looks who asks.
    hug.sse("/found", api=api)(lambda: big.where(partial(found)))

    async def main() -> None:
        async with connected(api, "/other") as first, connected(api, "/big") as second:
            replays = [Client(api, "/found", log_of(big).id(0)) for _ in range(count)]
            for each in replays:
                each.begin()
            for number in range(3):
                before = looked
                await until(lambda before=before: looked > before, "a replay that goes on")
                other.publish("new")
                big.publish("new")
                await first.take(number + 1)
                await second.take(number + 1)
                assert looked < count * MANY, "the replays are over"
            for each in replays:
                await each.take(3)
                assert each.texts == ["new"] * 3
                await each.leave()

    run(main())


@pytest.mark.slow
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


@pytest.mark.slow
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
