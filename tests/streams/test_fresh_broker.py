"""hug.test.broker: channels on a fresh broker for a while, the same objects, and nothing left."""

import _thread
import gc
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest

import hug
from hug.test.fixtures import hug_broker

from ..waiting import until
from .stalling import log_of, own_api

__all__ = ["hug_broker"]

news = hug.sse.channel("fresh news")


@pytest.fixture
def api() -> hug.API:
    """An API on the default broker, whose streams read the channel of this module."""
    api = hug.API()
    hug.sse("/news", api=api)(lambda: hug.sse.events(news, since="start"))
    return api


def read(api: Any, count: int) -> list[str]:
    with hug.test.sse(api, "/news") as stream:
        return [message.data for message in stream.take(count)]


def test_same_channel_on_another_broker(api: Any) -> None:
    """A channel made before is the same object within, without what it had, which is back afterwards."""
    before = news.publish("before").id
    with hug.test.broker() as broker:
        assert broker is hug.API().broker is api.broker
        assert hug.sse.channel("fresh news") is news
        news.publish("within")
        assert read(api, 1) == ["within"]
        with hug.test.broker() as inner:
            assert inner is hug.API().broker
            assert inner is not broker
            assert log_of(news).last == 0
            news.publish("inner")
        assert read(api, 1) == ["within"]
    assert hug.API().broker is not broker
    assert news.last_id == before
    assert news.publish("after").id.partition("-")[0] == before.partition("-")[0]


def test_apis_with_their_own(api: Any) -> None:
    """An API with a broker of its own has another fresh one in its place, whenever it has got its own."""
    own = own_api()
    channel = hug.sse.channel("fresh news", api=own)
    channel.publish("before")
    with hug.test.broker() as broker:
        assert own.broker not in (broker, None)
        assert log_of(channel).last == 0
        later = own_api()
        made = later.broker
        hug.sse.channel("fresh news", api=later).publish("x")
        assert log_of(hug.sse.channel("fresh news", api=later)).last == 1
    assert log_of(channel).last == 1
    assert later.broker is not made
    assert list(later.channels) == []


def test_options_given_within() -> None:
    """Options that one block gives are none of the next one's business, nor of what is outside."""
    with hug.test.broker():
        hug.sse.channel("fresh news", history=3)
        held = hug.sse.channel("fresh held", history=3)
        with pytest.raises(ValueError, match="history=3"):
            hug.sse.channel("fresh held", history=4)
    assert news.bounds.history == 100
    with hug.test.broker():
        assert hug.sse.channel("fresh held") is held  # as a module would be that was imported within
        assert held.bounds.history == 3
        hug.sse.channel("fresh held", history=4)
        hug.sse.channel("fresh news", history=4)
    assert news.bounds.history == 100


def test_nothing_is_left(api: Any) -> None:
    """Streams that are open in the end, end; channels that nobody holds are forgotten; no thread stays."""
    threads = _thread._count()
    with hug.test.broker():
        stream = hug.test.sse(api, "/news").__enter__()
        threads = _thread._count()  # with that of hug.test
        reference = weakref.ref(hug.sse.channel("fresh kept", history=5))
        news.publish("x")
        assert next(stream).data == "x"
        assert len(news.readers) == 1
    assert list(stream) == []
    stream.disconnect()
    assert len(news.readers) == 0
    gc.collect()
    assert reference() is None
    assert "fresh kept" not in hug.sse.channels
    assert _thread._count() == threads


def test_after_a_failure() -> None:
    """All is back also when the test fails."""
    outer = hug.API().broker
    with pytest.raises(ZeroDivisionError), hug.test.broker():
        _ = 1 / 0
    assert hug.API().broker is outer


@pytest.mark.usefixtures("hug_broker")
@pytest.mark.parametrize("number", [1, 2])
def test_fixture(number: int, hug_broker: Any) -> None:
    """Each test that asks for the fixture has a broker that no other one has used."""
    assert log_of(news).last == 0
    assert news.publish("x").id.endswith("-1")
    assert hug.API().broker is hug_broker


def test_on_an_engine(api: Any, tmp_path: Path) -> None:
    """Blocks on one engine see nothing of each other; in the end nothing is left there, and no thread."""
    url = f"sqlite:///{tmp_path}/channels.db"
    read(api, 0)  # hug.test has its thread by now
    threads = _thread._count()
    for text in ("one", "two"):
        with hug.test.broker(url) as broker:
            assert broker.reach == "machine"
            news.publish(text).result(10)
            hug.sse.channel(f"fresh {text}").publish(text).result(10)
            assert hug.sse.channels.exists(f"fresh {text}").result(10)
            assert not hug.sse.channels.exists("fresh one").result(10) or text == "one"
            assert read(api, 1) == [text]
    until(lambda: _thread._count() <= threads, "the end of the threads")
    from hug.eventstream.channels.default_broker import channels_on

    prefix = broker.url.partition("prefix=")[2]
    again = channels_on(f"{url}?prefix={prefix}").broker
    for name in ("fresh two", "fresh news"):
        exists: Any = again.exists(name)
        assert exists.result(10) is False
    again.close(5)


@pytest.mark.slow
def test_pytest_is_not_imported() -> None:
    """Nothing but the module of the fixtures imports pytest."""
    code = "import sys, hug; hug.test.broker; assert 'pytest' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
