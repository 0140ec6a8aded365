"""The channels of a broker: one for each name, made on first use, forgotten when nobody can miss them."""

import gc
import linecache
import math
import re
import sys
import threading
import weakref
from typing import Any

import pytest

import hug
from hug.eventstream.channels.channel import Channel
from hug.eventstream.channels.options import HISTORY, MAX_AGE, MAX_BYTES
from hug.eventstream.channels.registry import Channels
from hug.eventstream.channels.stream_reader import MOST
from hug.eventstream.history.log import Bounds

from .stalling import all_is_quiet, connected, log_of, run

MOMENT = 1e-9
"""Seconds of an age that is over before it can be looked at."""

NAMES = 20_000


def count(api: Any) -> int:
    """Return how many channels there are, once what is forgotten has been freed, too."""
    api.channels.forget_idle()
    gc.collect()
    return len(api.channels)


def alive(references: list[weakref.ref[Channel]]) -> int:
    gc.collect()
    return sum(reference() is not None for reference in references)


def test_one_for_each_name(api: Any) -> None:
    """The same name gives the same channel, with its options or without; another name another one."""
    news = hug.sse.channel("news", history=5, max_bytes=1000, max_age=2, on_gap="disconnect", api=api)
    assert hug.sse.channel("news", api=api) is news
    assert (
        hug.sse.channel("news", history=5, max_bytes=1000, max_age=2.0, on_gap="disconnect", api=api) is news
    )
    assert hug.sse.channel("News", api=api) is not news
    assert (news.name, news.bounds, news.on_gap) == ("news", Bounds(5, 1000, 2), "disconnect")


@pytest.mark.parametrize(
    ("options", "bounds"),
    [
        ({}, Bounds(HISTORY, MAX_BYTES, MAX_AGE, given=False)),
        ({"history": 7}, Bounds(7, MAX_BYTES, None)),
        ({"history": 7, "max_age": 3}, Bounds(7, MAX_BYTES, 3)),
        ({"max_age": None}, Bounds(HISTORY, MAX_BYTES, None)),
        ({"max_bytes": 1}, Bounds(HISTORY, 1, MAX_AGE)),
        ({"history": 0}, Bounds(0, MAX_BYTES, None)),
    ],
)
def test_defaults(api: Any, options: dict[str, Any], bounds: Bounds) -> None:
    """Without options a channel keeps some events for minutes; who names a count keeps them for good."""
    channel = hug.sse.channel("a", api=api, **options)
    assert channel.bounds == bounds
    assert channel.on_gap == "event"
    assert (Bounds(HISTORY, MAX_BYTES, MAX_AGE)) == Bounds(100, 16 * 1024 * 1024, 300.0)


@pytest.mark.parametrize(
    ("option", "value", "other"),
    [
        ("history", 5, 6),
        ("max_bytes", 1000, 1),
        ("max_age", None, 5),
        ("max_age", 5, None),
        ("on_gap", "event", "disconnect"),
    ],
)
def test_options_conflict(api: Any, option: str, value: Any, other: Any) -> None:
    """Who asks for another option than somebody else did is told what both said, and where."""
    channel = hug.sse.channel("news", api=api, **{option: value})
    with pytest.raises(ValueError, match="channel 'news' cannot have") as failure:
        hug.sse.channel("news", api=api, **{option: other})
    said = re.search(
        r"have (.*), given at (.*):(\d+): it has (.*), given at (.*):(\d+)\.", str(failure.value)
    )
    assert said is not None
    assert said.group(1, 2, 4, 5) == (f"{option}={other!r}", __file__, f"{option}={value!r}", __file__)
    lines = [linecache.getline(__file__, int(said[number])) for number in (3, 6)]
    assert ["{option: other}" in lines[0], "{option: value}" in lines[1]] == [True, True]
    assert hug.sse.channel("news", api=api, **{option: value}) is channel


def test_options_given_later(api: Any) -> None:
    """A channel made without options takes those that come later, each from wherever it comes."""
    news = hug.sse.channel("news", api=api)
    first = news.publish("x").id
    for number in range(150):
        news.publish(number)
    assert log_of(news).position(first) == 1
    assert log_of(news).resumable == 51
    assert hug.sse.channel("news", history=120, api=api) is news
    assert news.bounds == Bounds(120, MAX_BYTES, None)
    for number in range(150):
        news.publish(number)
    assert log_of(news).last - log_of(news).resumable == 120
    assert hug.sse.channel("news", on_gap="disconnect", api=api) is news
    assert hug.sse.channel("news", max_age=60, history=120, api=api) is news
    assert (news.bounds, news.on_gap) == (Bounds(120, MAX_BYTES, 60), "disconnect")
    with pytest.raises(ValueError, match="it has max_age=60"):
        hug.sse.channel("news", max_age=61, api=api)
    assert news.bounds == Bounds(120, MAX_BYTES, 60)


def test_fewer_are_kept_at_once(api: Any) -> None:
    """A channel told late to keep less lets go of the rest at once, and is forgotten if that is all."""
    news = hug.sse.channel("news", api=api)
    for number in range(50):
        news.publish(number)
    hug.sse.channel("news", history=7, api=api)
    assert log_of(news).last - log_of(news).resumable == 7
    tick = hug.sse.channel("tick", api=api)
    tick.publish("x")
    hug.sse.channel("tick", history=0, api=api)
    del news, tick
    assert count(api) == 1


def test_history_given_to_one_without(api: Any) -> None:
    """A channel is kept for a history that it was given after it was made."""
    hug.sse.channel("news", max_bytes=5000, api=api).publish("x")
    event_id = hug.sse.channel("news", history=5, api=api).publish("y").id
    assert count(api) == 1
    assert hug.sse.channel("news", api=api).last_id == event_id


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("history", -1, "history must be a number of events, 0 to 1000000000000000, not -1"),
        ("history", 1.5, "history must be a number of events, 0 to 1000000000000000, not 1.5"),
        ("history", True, "history must be a number of events, 0 to 1000000000000000, not True"),
        ("history", None, "history must be a number of events, 0 to 1000000000000000, not None"),
        (
            "history",
            1 << 63,
            "history must be a number of events, 0 to 1000000000000000, not 9223372036854775808",
        ),
        ("max_age", math.inf, "max_age must be seconds above 0, up to 1e+10, or None for no limit, not inf"),
        ("max_bytes", 0, "max_bytes must be a number of bytes, 1 to 1000000000000000, not 0"),
        ("max_bytes", None, "max_bytes must be a number of bytes, 1 to 1000000000000000, not None"),
        ("max_bytes", "1", "max_bytes must be a number of bytes, 1 to 1000000000000000, not '1'"),
        (
            "max_age",
            0,
            "max_age must be seconds above 0, up to 1e+10, or None for no limit, not 0",
        ),
        (
            "max_age",
            True,
            "max_age must be seconds above 0, up to 1e+10, or None for no limit, not True",
        ),
        (
            "max_age",
            float("nan"),
            "max_age must be seconds above 0, up to 1e+10, or None for no limit, not nan",
        ),
        (
            "max_age",
            "5",
            "max_age must be seconds above 0, up to 1e+10, or None for no limit, not '5'",
        ),
        ("on_gap", "close", "on_gap must be 'event' or 'disconnect', not 'close'"),
        ("on_gap", None, "on_gap must be 'event' or 'disconnect', not None"),
    ],
)
def test_bad_options(api: Any, option: str, value: Any, message: str) -> None:
    """A value out of range is named, with what it must be; no channel is made."""
    with pytest.raises(ValueError) as failure:  # noqa: PT011  # the whole text is compared
        hug.sse.channel("a", api=api, **{option: value})
    assert str(failure.value) == message
    assert len(api.channels) == 0


@pytest.mark.parametrize("name", ["", "x" * 256, "a\nb", "a\0", "\ud800", "a\u2028b"])
def test_bad_names(api: Any, name: str) -> None:
    """A name is short and printable: it is in logs and in gap events. Bad ones have an error of their own."""
    with pytest.raises(
        ValueError, match=r"a channel's name has 1 to 255 printable characters, not '"
    ) as error:
        hug.sse.channel(name, api=api)
    assert isinstance(error.value, hug.exceptions.ChannelNameError)
    assert error.value.name == name


@pytest.mark.parametrize("name", [5, None, b"news"])
def test_name_is_text(api: Any, name: Any) -> None:
    """A name that is no text is a TypeError that says what it is."""
    with pytest.raises(TypeError, match=f"a channel's name is text, not {type(name).__name__}"):
        hug.sse.channel(name, api=api)


@pytest.mark.parametrize("name", ["a", "user:7", "x" * 255, "Größe 😀", "a/b?c=d&e"])
def test_names(api: Any, name: str) -> None:
    """Any short printable text is a name, and comes back in gap events as it is."""
    channel = hug.sse.channel(name, api=api)
    channel.publish("first")
    hug.sse("/a", api=api)(lambda: channel)
    with hug.test.sse(api, "/a", last_event_id="forged") as stream:
        assert next(stream).json()["channel"] == name
        assert next(stream).data == "first"


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{"history": 0}, {"max_age": MOMENT}], ids=["no history", "history is old"]
)
def test_idle_channels_are_forgotten(api: Any, options: dict[str, Any]) -> None:
    """Names made at run time do not pile up, though nobody ever asks how many there are."""
    references, most = [], 0
    for number in range(NAMES):
        channel = hug.sse.channel(f"user:{number}", api=api, **options)
        channel.publish("x")
        references.append(weakref.ref(channel))
        del channel
        if number % 5000 == 4999:
            most = max(most, alive(references))
    assert most < 10
    assert count(api) == 0
    assert list(api.channels) == []


def test_unused_channels_are_forgotten(api: Any) -> None:
    """A name that is only asked for leaves nothing behind."""
    references = [weakref.ref(hug.sse.channel(f"user:{number}", api=api)) for number in range(100)]
    assert alive(references) == 0
    assert len(api.channels) == 0


@pytest.mark.slow
def test_kept_for_its_history(api: Any) -> None:
    """A channel lives on, and its ids with it, while it has events for those who come back."""
    ids = {
        options: hug.sse.channel(str(options), api=api, **dict(options)).publish("x").id
        for options in [(), (("history", 1),), (("max_age", 1000),), (("max_age", None),)]
    }
    for number in range(1000):  # each new one has old ones looked at
        hug.sse.channel(f"other {number}", max_age=MOMENT, api=api).publish("x")
    assert count(api) == len(ids)
    for options, event_id in ids.items():
        assert hug.sse.channel(str(options), api=api).last_id == event_id


def test_most_that_are_kept(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Of too many channels those are forgotten that nobody uses; who comes back to one is told of a gap."""
    api.channels.most = 100

    @hug.sse("/{name}", api=api)
    async def stream(name: str) -> Any:
        return hug.sse.channel(name, history=5, api=api)

    def publish(name: str) -> str:
        return hug.sse.channel(name, history=5, api=api).publish("x").id

    async def main() -> None:
        idle = publish("idle")
        async with connected(api, "/read") as reader:
            used = [publish("used"), publish("read")]
            for number in range(1000):
                publish(f"user:{number}")
                if number % 20 == 0:
                    used += [publish("used"), publish("read")]
            gc.collect()
            assert len(api.channels) == 100
            assert [each.partition("-")[0] for each in used[::2]] == [used[0].partition("-")[0]] * 51
            assert [message.id for message in await reader.take(51)] == used[1::2]
        async with connected(api, "/idle", idle) as late:
            gap = (await late.take(1))[0]
            assert gap.json() == {"channel": "idle", "lost": None, "resumed_at": None}

    run(main())
    assert caplog.text.count("give them a max_age, or allow more with hug.API(...).channels.most") == 1


@pytest.mark.slow
def test_kept_for_its_holder(api: Any) -> None:
    """A channel that somebody holds is the one that others get, whatever its history."""
    channel = hug.sse.channel("a", max_age=MOMENT, api=api)
    event_id = channel.publish("x").id
    api.channels.forget_idle()
    gc.collect()
    assert hug.sse.channel("a", api=api) is channel
    assert channel.last_id == event_id
    assert list(api.channels) == [channel]
    filtered = channel.where(bool)
    reference = weakref.ref(channel)
    del channel
    assert alive([reference]) == 1
    del filtered
    api.channels.forget_idle()
    assert alive([reference]) == 0


@pytest.mark.slow
def test_kept_for_its_readers(api: Any) -> None:
    """A channel that is held by its readers alone reaches them, and is gone after them."""

    @hug.sse("/{name}", api=api)
    async def stream(name: str) -> Any:
        return hug.sse.channel(name, history=0, api=api)

    async def main() -> None:
        async with connected(api, "/a") as client:
            gc.collect()
            channel = hug.sse.channel("a", api=api)
            channel.publish("found")
            reference = weakref.ref(channel)
            del channel
            await client.take(1)
            assert alive([reference]) == 1
        await all_is_quiet()
        assert alive([reference]) == 0
        assert count(api) == 0

    run(main())


def test_new_life_after_being_forgotten(api: Any) -> None:
    """When a forgotten name is used again its ids are others, so that none is taken for one of before."""
    old = hug.sse.channel("a", history=0, api=api).publish("x").id
    gc.collect()
    channel = hug.sse.channel("a", api=api)
    assert log_of(channel).position(old) is None
    assert channel.last_id.partition("-")[0] != old.partition("-")[0]


@pytest.mark.slow
def test_threads(api: Any) -> None:
    """Many threads may make, use, count and forget channels; a name is never two channels at once."""
    channels: Channels = api.channels
    failures: list[BaseException] = []
    held: list[Channel] = []
    begin = threading.Barrier(4)

    def use(number: int) -> None:
        try:
            held.append(hug.sse.channel("shared", api=api))
            begin.wait(10)
            for n in range(500):
                hug.sse.channel(f"own {number} {n}", max_age=MOMENT, api=api).publish("x")
                hug.sse.channel("shared", api=api).publish("x")
                if n % 10 == 0:
                    assert "shared" in [channel.name for channel in channels]
        except BaseException as failure:
            failures.append(failure)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert failures == []
    assert {id(channel) for channel in held} == {id(hug.sse.channel("shared", api=api))}
    assert log_of(hug.sse.channel("shared", api=api)).last == 2000
    held.clear()
    assert count(api) == 1


def test_most_channels_of_a_stream(api: Any) -> None:
    """As many channels as one id can hold the places of may be merged; one more is refused."""
    channels = [hug.sse.channel(f"channel {n}", api=api) for n in range(MOST + 1)]
    hug.sse("/most", api=api)(lambda: hug.sse.events(*channels[:MOST]))
    with hug.test.sse(api, "/most") as stream:
        event_id = channels[0].publish("a").id
        assert next(stream).id.startswith(event_id)
        stream.disconnect()
        channels[MOST - 1].publish("b")
        stream.reconnect()
        assert next(stream).data == "b"
    with pytest.raises(ValueError, match=f"can have {MOST} channels, not {MOST + 1}"):
        hug.sse.events(*channels)
