"""Leases: whose turn it is."""

import asyncio
import time

import pytest

from hug.eventstream.engines.engine import Engine
from hug.exceptions import LeaseLost

from ..conftest import Another
from ..entries import entry, put

pytestmark = pytest.mark.anyio


async def test_a_lease_has_one_holder(engine: Engine, another: Another) -> None:
    """One of those who ask has the lease, and keeps it with the same number as long as it asks again."""
    other, _ = await another()
    number = await engine.lease("turn", "me", 30)
    assert isinstance(number, int)
    assert await other.lease("turn", "you", 30) is None
    assert await engine.lease("turn", "me", 30) == number
    assert await other.lease("another turn", "you", 30) is not None


async def test_a_lease_that_is_given_back(engine: Engine, another: Another) -> None:
    """Who gives it back lets another have it, under a greater number; nobody can give back another's."""
    other, _ = await another()
    number = await engine.lease("turn", "me", 30)
    assert number is not None
    await other.release("turn", "you")
    assert await other.lease("turn", "you", 30) is None
    await engine.release("turn", "me")
    later = await other.lease("turn", "you", 30)
    assert later is not None
    assert later > number
    await engine.release("turn", "nobody")
    await engine.release("nothing", "me")


async def test_a_lease_expires(engine: Engine, another: Another) -> None:
    """A lease that is not extended is another's after its time, and no sooner; numbers grow."""
    other, _ = await another()
    began = time.monotonic()
    number = await engine.lease("turn", "me", 1)
    assert number is not None
    while (later := await other.lease("turn", "you", 30)) is None:
        assert time.monotonic() - began < 60
        await asyncio.sleep(0.05)
    assert time.monotonic() - began > 0.8
    assert later > number
    assert await engine.lease("turn", "me", 30) is None


async def test_a_lease_extended_lasts(engine: Engine, another: Another) -> None:
    """A lease that is extended in time is nobody else's."""
    other, _ = await another()
    number = await engine.lease("turn", "me", 2)
    for _ in range(8):
        await asyncio.sleep(0.3)
        assert await engine.lease("turn", "me", 2) == number
        assert await other.lease("turn", "you", 2) is None


async def test_who_has_lost_a_lease(engine: Engine, another: Another) -> None:
    """Events for a lease are refused once a later number was given, and those for the later one are taken."""
    other, _ = await another()
    first = await engine.lease("turn", "me", 30)
    assert first is not None
    assert await put(engine, entry(lease=("turn", first)), entry()) == [1, 2]
    await engine.release("turn", "me")
    assert await put(engine, entry(lease=("turn", first))) == [3]
    second = await other.lease("turn", "you", 30)
    assert second is not None
    answers = await engine.append([entry(lease=("turn", first)), entry(), entry(lease=("turn", second))])
    assert isinstance(answers[0], LeaseLost)
    assert list(answers[1:]) == [4, 5]
    answers = await other.append([entry(lease=("turn", second)), entry(lease=("turn", first))])
    assert answers[0] == 6
    assert isinstance(answers[1], LeaseLost)


async def test_one_of_many_gets_the_lease(engine: Engine, another: Another) -> None:
    """When many ask at once, one gets it."""
    connected = [engine, *[(await another())[0] for _ in range(4)]]
    got = await asyncio.gather(
        *(each.lease("turn", f"holder {number}", 30) for number, each in enumerate(connected * 3))
    )
    assert len([number for number in got if number is not None]) == 1
