"""Publishing from finalizers and signal handlers, which begin between any two lines of anything."""

import os
import random
import subprocess
import sys
import threading
from typing import Any

import pytest

import hug
from hug.eventstream.brokers import memory
from hug.eventstream.channels import channel, fanout, registry
from hug.eventstream.history import log
from hug.eventstream.loop import pump

from ..between_lines import BetweenLines
from .stalling import assert_run, connected, log_of, number_of, run

pytestmark = pytest.mark.usefixtures("no_errors")

CODE = {module.__file__ for module in (channel, fanout, log, memory, pump, registry)}


@pytest.mark.parametrize("one_in", [1, 2, 5, 20])
@pytest.mark.parametrize("history", [0, 3, 100_000])
def test_between_any_two_lines(api: Any, history: int, one_in: int) -> None:
    """Each event has an id of its own, and readers get all in that order, wherever another comes between."""
    hug.sse("/a", api=api)(lambda: hug.sse.channel("a", history=history, api=api))
    numbers = iter(range(900))
    publications: dict[str, Any] = {}

    def publish() -> None:
        for number in numbers:
            publications[str(number)] = hug.sse.channel("a", history=history, api=api).publish(number)
            break

    async def main() -> None:
        async with connected(api, "/a") as client:
            with BetweenLines(CODE, one_in, random.Random(one_in), publish):
                for _ in range(100):
                    publish()
            await client.take(len(publications))
            assert_run(client.messages, 1, len(publications))
            for message in client.messages:
                assert publications[message.data].id == message.id

    run(main())


@pytest.mark.parametrize("one_in", [1, 3])
def test_making_the_same_channel(api: Any, one_in: int) -> None:
    """Who asks for a channel while this very thread makes it gets the one that is made."""
    made: list[hug.sse.Channel] = []
    names = iter(range(10_000))
    current = ""

    def ask() -> None:
        made.append(hug.sse.channel(current, history=5, api=api))
        made[-1].publish("x")

    for _ in range(50):
        current = f"user:{next(names)}"
        made.clear()
        with BetweenLines(CODE, one_in, random.Random(one_in), ask):
            one = hug.sse.channel(current, history=5, api=api)
        assert {id(each) for each in made} == {id(one)}
        assert log_of(one).last == len(made) > 0
    assert len(hug.API(api).channels) == 50


def test_id_of_an_event_in_the_middle_of_another(api: Any) -> None:
    """The id is not there before what was interrupted goes on; asking for it does not wait for ever."""
    news = hug.sse.channel("news", api=api)
    publications: list[Any] = []
    refusals: list[str] = []

    def publish() -> None:
        if len(publications) < 300:
            publication = news.publish("inner")
            publications.append(publication)
            if not publication.done():
                for ask in (publication.result, lambda: publication.id):
                    with pytest.raises(TimeoutError, match="goes on") as refusal:
                        ask()
                    refusals.append(str(refusal.value))

    with BetweenLines(CODE, 1, random.Random(1), publish):
        outer = news.publish("outer")
    assert refusals
    numbers = [number_of(publication.id) for publication in publications]
    assert sorted([*numbers, number_of(outer.id)]) == list(range(1, len(numbers) + 2))


def test_two_threads_in_the_middle(api: Any) -> None:
    """Two threads that publish on two channels, each in the middle of the other's, do not wait for ever."""
    channels = [hug.sse.channel(name, history=10, api=api) for name in "ab"]
    together = threading.Barrier(2)

    def publish(mine: Any, other: Any) -> None:
        together.wait(10)
        with BetweenLines(CODE, 3, random.Random(3), lambda: other.publish("inner")):
            for _ in range(300):
                mine.publish("outer")

    threads = [
        threading.Thread(target=publish, args=each, daemon=True) for each in (channels, channels[::-1])
    ]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
    finally:
        sys.setswitchinterval(interval)
    last = [log_of(each).last for each in channels]
    assert min(last) > 300


FINALIZER = """
import gc, itertools, hug
count = itertools.count()
class Session:
    def __init__(self): self.me = self
    def __del__(self): hug.sse.channel(f"user:{next(count) % 50}").publish("gone")
gc.set_threshold(7)
for number in range(3000):
    Session()
    hug.sse.channel(f"room:{number}").publish("x")
"""

SIGNAL = """
import signal, hug
channel = hug.sse.channel("c", history=100)
told = []
def tell(*_):
    if len(told) < 1000:
        told.append(channel.publish("told"))
        signal.setitimer(signal.ITIMER_REAL, 0.0001)
signal.signal(signal.SIGALRM, tell)
tell()
while len(told) < 1000:
    channel.publish("x")
signal.setitimer(signal.ITIMER_REAL, 0)
assert len({each.id for each in told}) == 1000
"""


@pytest.mark.slow
@pytest.mark.parametrize("program", [FINALIZER, SIGNAL], ids=["finalizer", "signal"])
def test_for_real(program: str) -> None:
    """A process whose finalizers, or signal handlers, publish goes on."""
    chosen = {**os.environ, "HUG_BROKER": "memory:"}  # else it would be told that nobody reads there
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, env=chosen, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


RAISING = """
import os, signal, threading
import hug
from hug.eventstream.brokers.lock import LOCK

class Stop(BaseException):
    pass

def raise_it(*_):
    global armed
    if armed:
        armed = False
        raise Stop

def free():
    if LOCK.acquire(timeout=5):
        LOCK.release()
        told.append(True)

def publish():
    global armed
    armed = True
    while armed:
        channel.publish("x")

channel = hug.sse.channel("news")
armed, told, stops = False, [], 0
signal.signal(signal.SIGALRM, raise_it)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
while stops < 1000:
    try:
        publish()
    except Stop:
        stops += 1
signal.setitimer(signal.ITIMER_REAL, 0)
thread = threading.Thread(target=free)
thread.start()
thread.join()
assert told and channel.publish("last").id == channel.last_id
"""


@pytest.mark.slow
def test_signals_that_raise() -> None:
    """An exception out of a signal handler, wherever publishing is, leaves the lock of channels to others."""
    chosen = {**os.environ, "HUG_BROKER": "memory:"}
    words = [sys.executable, "-c", RAISING]
    done = subprocess.run(words, env=chosen, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
