"""Which broker a channel is on: one default for the process, or one that an API has for itself."""

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import hug
from hug.eventstream.brokers.memory import MemoryBroker

from .stalling import log_of, own_api

WITHOUT_API = """
import hug
news = hug.sse.channel("default news")
def make(name):
    return hug.sse.channel(name)
def directory():
    return hug.sse.channels
"""

WITH_API = (
    WITHOUT_API
    + """
@hug.get("/x")
def x():
    return 1
"""
)

WITH_BROKER = """
import hug
from hug.eventstream.brokers.memory import MemoryBroker
hug.API(__name__).broker = MemoryBroker()
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], ModuleType]:
    """Make a module of this name and code."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, code: str) -> ModuleType:
        (tmp_path / f"{name}.py").write_text(code)
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return make


def test_one_for_all_modules(module: Callable[[str, str], ModuleType]) -> None:
    """The same name is the same channel in every module, with an API or without; whoever asks."""
    orders, streams = module("default_orders", WITHOUT_API), module("default_streams", WITH_API)
    assert orders.news is streams.news is hug.sse.channel("default news")
    assert orders.make("default more") is streams.make("default more")
    assert hug.sse.channel("default news", api=streams) is orders.news
    assert hug.sse.channel("default news", api=hug.API()) is orders.news
    assert hug.route.API(streams).sse.channel("default news") is orders.news
    assert not hasattr(orders, "__hug__")
    assert not hasattr(orders, "__hug_asgi__")


def test_broker_of_an_api(module: Callable[[str, str], ModuleType]) -> None:
    """An API with a broker of its own has names of its own, which `api=` gives to others, too."""
    own = module("default_own", WITH_BROKER + WITH_API)
    assert own.news is not hug.sse.channel("default news")
    assert own.make("default news") is own.news
    for api in (own, "default_own", hug.API(own)):
        assert hug.sse.channel("default news", api=api) is own.news
    assert hug.API(own).broker is hug.API(own).channels.broker
    assert hug.API(own).broker.url == "memory:"
    own.news.publish("x")
    assert log_of(hug.sse.channel("default news")).last == 0


def test_apis_on_one_broker() -> None:
    """APIs on the same broker share its names: the same object, or the same URL."""
    broker = MemoryBroker()
    one, two, three = hug.API(), hug.API(), own_api()
    one.broker = two.broker = broker
    assert one.broker is two.broker is broker
    news = hug.sse.channel("news", api=one)
    assert hug.sse.channel("news", api=two) is news
    assert hug.sse.channel("news", api=three) is not news
    four, five = hug.API(), hug.API()
    four.broker, five.broker = "memory:", " memory: "
    assert hug.sse.channel("default 4", api=four) is hug.sse.channel("default 4", api=five)


def test_broker_comes_too_late(module: Callable[[str, str], ModuleType]) -> None:
    """A broker that is set when there are channels already is refused, with the place of the first."""
    with pytest.raises(hug.exceptions.BrokerError, match=r"default_late.py:3, and are on memory:\. Set the"):
        module(
            "default_late", WITHOUT_API.replace("def make", WITH_BROKER + "def make").replace("\n\n", "\n")
        )


def test_broker_that_is_none() -> None:
    """What is no broker is refused where it is set, and the API goes on without."""
    api = hug.API()
    with pytest.raises(TypeError, match="given as a URL, such as 'redis://localhost', not 5"):
        api.broker = 5  # type: ignore[assignment]
    with pytest.raises(hug.exceptions.BrokerError, match="no broker that hug knows"):
        api.broker = "carrier-pigeon://roof"
    assert hug.sse.channel("default news", api=api) is hug.sse.channel("default news")


def test_directory(api: Any, module: Callable[[str, str], ModuleType]) -> None:
    """Looking for a channel makes none, and finds those that there are, in the caller's own broker."""
    own = module("default_directory", WITH_BROKER + WITHOUT_API)
    rooms = own.directory()
    assert list(rooms) == ["default news"]
    assert ("default news" in rooms, "room" in rooms, 5 in rooms, "\n" in rooms) == (
        True,
        False,
        False,
        False,
    )
    assert rooms["default news"] is own.news
    with pytest.raises(KeyError, match="room"):
        rooms["room"]
    assert rooms.get("room") is None
    assert len(rooms) == 1
    room = own.make("room")
    assert dict(rooms) == {"default news": own.news, "room": room}
    assert "room" not in hug.sse.channels
    assert "room" in hug.route.API(own).sse.channels
    assert repr(rooms) == "<2 channels on memory:>"


async def exists(name: Any) -> bool:
    return await hug.sse.channels.exists(name)


def test_exists(api: Any) -> None:
    """Whether there is a channel anywhere is answered in a thread and in a coroutine."""
    room = hug.sse.channel("default room")
    from .stalling import run

    assert hug.sse.channels.exists(room.name).result(1) is True
    assert run(exists(room.name)) is True
    for name in ("default none", "", "\n", "x" * 256, 5):
        assert run(exists(name)) is False


SCRIPT = """
import os, sys, threading
import hug
os.environ["HUG_BROKER"] = {url!r}  # after the import: it is looked at when it is needed
news = hug.sse.channel("news")
print(news.publish("x").id, hug.API().broker.url, "__hug__" in globals())
"""


@pytest.mark.slow
@pytest.mark.parametrize("url", ["memory:", " memory: "])
def test_script(url: str) -> None:
    """A script without an API publishes, and gets no API by that."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(url=url)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.split()[1:] == ["memory:", "False"]


BAD = """
import os, sys
import hug
sys.modules["redis"] = None
os.environ["HUG_BROKER"] = {url!r}
def here():
    {how}
here()
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ['hug.sse.channel("news")', "hug.API(__name__).broker = {url!r}"])
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redsi://:s3cr3t@x", "redsi://:***@x is no broker"),
        ("redis://:s3cr3t@x", "redis://:***@x needs a package"),
    ],
)
def test_bad_default(url: str, said: str, how: str) -> None:
    """A wrong URL is told where it is set, or the first channel made, with little more of a traceback."""
    program = BAD.format(url=url, how=how.format(url=url))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    *traceback, last = done.stderr.splitlines()
    assert f"BrokerError: {said}" in last
    frames = [line for line in traceback if line.lstrip().startswith("File ")]
    assert [line.rpartition("in ")[2] for line in frames[:-1]] == ["<module>", "here"]


def test_a_reply_is_no_answer() -> None:
    """Whoever forgets to await a reply is told so: it would be true whatever the answer is."""
    with pytest.raises(TypeError, match="await it"):
        bool(hug.sse.channels.exists("anything"))
