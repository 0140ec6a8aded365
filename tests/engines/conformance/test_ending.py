"""The end of a channel: closed, deleted."""

import pytest

from hug.eventstream.engines.engine import Deleted, Engine
from hug.eventstream.history.log import Bounds
from hug.exceptions import ChannelClosed, LeaseLost

from ...waiting import eventually
from ..conftest import Another, Ear
from ..entries import entries, entry, kept, put, request, requests

pytestmark = pytest.mark.anyio


async def test_closing(engine: Engine, ear: Ear, another: Another) -> None:
    """An event without fields closes the channel: it has a position, and no other is taken after it."""
    other, _ = await another()
    await engine.follow("news")
    closing = entry(fields=b"")
    assert await put(engine, first := entry(), closing) == [1, 2]
    for by in (engine, other):
        answers = await by.append([entry(), entry("open"), entry(fields=b"")])
        assert isinstance(answers[0], ChannelClosed)
        assert isinstance(answers[1], int)
        assert isinstance(answers[2], ChannelClosed)
        ends = await by.ends("news")
        assert (ends.last, ends.request, ends.closed) == (2, closing.request, True)
    await eventually(lambda: ear.positions("news") == [1, 2])
    assert [event.fields for event in ear.events["news"]] == [first.fields, b""]
    assert [event.fields for event in await kept(other)] == [first.fields, b""]


async def test_closing_within_a_batch(engine: Engine) -> None:
    """What follows in the same batch is refused, too; other channels are not concerned."""
    answers = await engine.append([entry(), entry(fields=b""), entry(), entry("open")])
    assert list(answers[:2]) == [1, 2]
    assert isinstance(answers[2], ChannelClosed)
    assert answers[3] == 1


async def test_closing_again(engine: Engine) -> None:
    """A closing that is repeated is the same closing, and what came before it can be repeated, too."""
    first, closing = entry(again=f"{request()}.unnumbered"), entry(fields=b"")
    await put(engine, first, closing)
    assert await put(engine, closing, first) == [2, 1]
    other, its_closing = entry("other", again=f"{first.request}7"), entry("other", fields=b"")
    await put(engine, other)
    await put(engine, its_closing)  # by another publisher, as far as requests tell
    assert await put(engine, its_closing, other) == [2, 1]


@pytest.mark.parametrize("history", [1, 3])
@pytest.mark.parametrize("given", [True, False])
async def test_the_end_takes_no_place(engine: Engine, another: Another, history: int, given: bool) -> None:
    """A channel that is closed keeps as many events as before, whoever closes it, and its end besides."""
    other, _ = await another()
    bounds = Bounds(history, 1_000_000)
    events = entries(5, bounds=bounds)
    await put(engine, *events)
    closing = entry(fields=b"", bounds=bounds if given else Bounds(1, 1000, given=False))
    await put(other, closing)
    expected = [*events[-history:], closing]
    assert requests(await kept(engine))[-len(expected) :] == requests(expected)


async def test_closed_for_good(engine: Engine, another: Another) -> None:
    """A channel stays closed when nobody is connected, without a history, too."""
    await put(engine, entry(bounds=Bounds(0, 1000)), entry(fields=b"", bounds=Bounds(0, 1000)))
    await engine.close()
    other, _ = await another()
    await other.prune()
    assert (await other.ends("news")).closed
    assert isinstance((await other.append([entry()]))[0], ChannelClosed)


async def test_deleting(engine: Engine, ear: Ear, another: Another) -> None:
    """A channel that is deleted is gone, with which newest event is told; then another life begins."""
    other, other_ear = await another()
    await engine.follow("news")
    await other.follow("news")
    await put(engine, *(batch := entries(3)))
    await eventually(lambda: len(ear.events["news"]) == len(other_ear.events["news"]) == 3)
    life = (await engine.ends("news")).life
    await engine.delete("news")
    assert (await other.ends("news")).life == ""
    assert (await other.ends("news")).last == 0
    assert list(await kept(other)) == []
    await eventually(lambda: "news" in ear.changes and "news" in other_ear.changes)
    assert ear.deleted == other_ear.deleted == [Deleted(life, 3, batch[-1].request)]
    assert await put(other, one := entry()) == [1]
    ends = await engine.ends("news")
    assert ends.life not in ("", life)
    assert ends.request == one.request
    await put(engine, entry())
    await eventually(lambda: ear.positions("news")[-1:] == other_ear.positions("news")[-1:] == [2])


async def test_deleting_at_once(engine: Engine, another: Another) -> None:
    """What is published just before a channel is deleted is told before that, each event with its life."""
    other, ear = await another()
    await other.follow("news")
    expected: list[object] = []
    for count in (1, 2, 600, 1, 1, 3, 1, 1):
        await put(engine, *(batch := entries(count)))
        life = (await engine.ends("news")).life
        await engine.delete("news")
        expected += [(life, each.request) for each in batch]
        expected.append(Deleted(life, count, batch[-1].request))
    await put(engine, last := entry())
    expected.append(((await engine.ends("news")).life, last.request))
    await eventually(lambda: requests(ear.events["news"][-1:]) == [last.request])
    assert ear.told_of["news"] == expected


async def test_again_after_deleting(engine: Engine, engine_name: str) -> None:
    """An event that is appended again is not taken again, also when its channel was deleted meanwhile.

    But on NATS: a stream that is deleted takes with it what was published on it.
    """
    first, second, third = entries(3)
    assert await put(engine, first, second) == [1, 2]
    await engine.delete("news")
    if engine_name == "nats":
        assert await put(engine, second) == [1]
        return
    assert await put(engine, second) == [2]
    assert (await engine.ends("news")).life == ""
    assert await put(engine, second, third, first) == [2, 1, 1]
    assert await put(engine, second, third, first) == [2, 1, 1]
    assert requests(await kept(engine)) == requests([third])


async def test_deleting_what_is_closed(engine: Engine) -> None:
    """A closed channel that is deleted is open again."""
    await put(engine, entry(fields=b""))
    await engine.delete("news")
    assert await put(engine, entry()) == [1]
    assert not (await engine.ends("news")).closed


async def test_refused_first_event(engine: Engine, ear: Ear) -> None:
    """A channel of which an event was refused, and none taken, does not exist, and nothing is told of it."""
    await engine.follow("news")
    await put(engine, entry())
    await engine.delete("news")
    await eventually(lambda: "news" in ear.changes)
    number = await engine.lease("it", "one", 10)
    await engine.release("it", "one")
    await engine.lease("it", "another", 10)
    assert number is not None
    (answer,) = await engine.append([entry(lease=("it", number))])
    assert isinstance(answer, LeaseLost)
    assert (await engine.ends("news")).life == ""
    await engine.delete("news")
    await put(engine, entry())
    await eventually(lambda: ear.positions("news") == [1, 1])
    assert len(ear.changes) == 1


async def test_deleting_nothing(engine: Engine) -> None:
    """A channel that does not exist can be deleted, and others are not concerned."""
    await put(engine, entry("other"))
    await engine.delete("nothing")
    assert (await engine.ends("nothing")).life == ""
    assert (await engine.ends("other")).last == 1
