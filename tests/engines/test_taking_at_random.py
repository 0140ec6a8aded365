"""Batches at random, for engines that give those of a batch a row together: what becomes of each event."""

import random
from collections import defaultdict

import pytest

from hug.eventstream.engines.engine import Engine, Entry
from hug.exceptions import ChannelClosed, LeaseLost

from .entries import MUCH, kept

pytestmark = pytest.mark.anyio

CHANNELS = ("a", "b", "c 'd' {e}")


@pytest.fixture(params=["sqlite", "postgres"])
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.mark.parametrize("seed", range(3))
async def test_taken_once_or_refused(engine: Engine, seed: int) -> None:
    """Each is taken once, in its order, or refused, whatever is repeated, closed, or lost around it."""
    chance = random.Random(seed)
    lost = ("turn", await engine.lease("turn", "somebody", 60) or 0)
    await engine.release("turn", "somebody")
    held = ("turn", await engine.lease("turn", "me", 60) or 0)
    requests = [f"{publisher}.{number:x}" for publisher in ("p", "q.r") for number in range(1, 60)]
    requests += ["plain", "p.0", "p.01", "q.X"]
    made: dict[str, Entry] = {}
    known: dict[str, int] = {}
    taken: dict[str, list[Entry]] = defaultdict(list)
    closed: set[str] = set()
    for _ in range(60):
        start, most = chance.randrange(len(requests)), chance.choice([1, 3, 20])
        batch = []
        for request in chance.choice([requests[start : start + most], chance.sample(requests, most)]):
            fields = b"" if chance.random() < 0.01 else b"data: %d\n" % len(made)
            lease = chance.choice([None, None, None, None, held, lost])
            channel = chance.choice(CHANNELS if most > 3 else CHANNELS[:1])
            batch.append(made.setdefault(request, Entry(channel, request, fields, MUCH, lease)))
        batch += chance.sample(batch, len(batch) // 10)
        for entry, answer in zip(batch, await engine.append(batch), strict=True):
            if entry.request in known:
                assert answer == known[entry.request]
            elif entry.lease == lost:
                assert isinstance(answer, LeaseLost)
            elif entry.channel in closed:
                assert isinstance(answer, ChannelClosed)
            else:
                taken[entry.channel].append(entry)
                assert answer == known.setdefault(entry.request, len(taken[entry.channel]))
                if not entry.fields:
                    closed.add(entry.channel)
    for channel in CHANNELS:
        events = await kept(engine, channel)
        assert [(each.position, each.request, each.fields) for each in events] == [
            (position, each.request, each.fields) for position, each in enumerate(taken[channel], 1)
        ]
    assert len(known) > 60
