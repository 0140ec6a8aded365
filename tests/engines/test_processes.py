"""Processes that share an engine: what one publishes reaches the others, also when one of them ends."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hug.eventstream.brokers.remote import RemoteBroker
from hug.eventstream.brokers.url import broker
from hug.eventstream.history.log import Bounds

from ..streams.listening_to_topics import Listener
from ..waiting import Stopwatch, until
from .servers import ALL, started

BOUNDS = Bounds(1000, 1 << 24)

SCRIPT = """
import multiprocessing, os, sys
from hug.eventstream.brokers.url import broker
from hug.eventstream.history.log import Bounds

channel = broker(sys.argv[1]).topic("news", Bounds(1000, 1 << 24), lambda: None)

def publish():
    for number in range(100):
        channel.append(b"data: %d\\n" % number)
"""

FORK = """
multiprocessing.get_context("fork").Process(target=publish).start()
"""

AT_ONCE = """
channel.append(b"data: of the parent\\n")
process = multiprocessing.get_context("fork").Process(target=publish)
process.start()
process.join()
"""

AT_EXIT = """
import atexit
atexit.register(publish)
"""

AT_ITS_END = """
import atexit
atexit.register(lambda: publish())  # before hug is told of the end, and so called after it
"""

PARENTS = """
channel.append(b"data: of the parent\\n")
"""

AFTER = """
channel.append(b"data: of the parent\\n").result(10)
process = multiprocessing.get_context("fork").Process(target=publish)
process.start()
process.join()
channel.append(b"data: of the parent, after\\n").result(10)
"""


def with_options(url: str, **options: object) -> str:
    """Return a URL with options of hug's own."""
    query = "&".join(f"{name}={value}" for name, value in options.items())
    return f"{url}{'&' if '?' in url else '?'}{query}"


@pytest.fixture
def open_broker() -> Iterator[Callable[[str], RemoteBroker]]:
    """Makes brokers that end with the test."""
    made: list[RemoteBroker] = []

    def make(url: str) -> RemoteBroker:
        new = broker(url)
        assert isinstance(new, RemoteBroker)
        made.append(new)
        return new

    yield make
    for each in made:
        each.close(1)


def ran(script: str, url: str, within: float = 120) -> str:
    """Run a script to its end; return what it has said."""
    process = subprocess.run(
        [sys.executable, "-c", script, url], capture_output=True, text=True, timeout=within, check=False
    )
    assert process.returncode == 0, process.stderr
    return process.stderr


@pytest.mark.parametrize(
    ("script", "others"),
    [
        (SCRIPT + "publish()", 0),
        (SCRIPT + FORK, 0),
        (SCRIPT + AFTER, 2),
        (SCRIPT + AT_ONCE, 1),
        (SCRIPT + AT_EXIT, 0),
        (AT_ITS_END + SCRIPT + PARENTS, 1),
    ],
    ids=["script", "child", "child and parent", "child of one that has just begun", "at exit", "at its end"],
)
def test_script(
    engine_url: str, prefix: str, open_broker: Callable[[str], RemoteBroker], script: str, others: int
) -> None:
    """A script, or a process that it has made, may end at once: its events arrive, in their order."""
    url = with_options(engine_url, prefix=prefix)
    channel = open_broker(url).topic("news", BOUNDS, lambda: None)
    listener = Listener(channel, list)
    assert ran(script, url) == ""
    count = 100 + others
    until(lambda: listener.read() or len(listener.ids) == count, "all events")
    listener.check(listener.ids)
    rows = channel.log.after(channel.log.last - count, count)
    numbers = [frame.split()[1] for _, _, frame in rows if b"of the" not in frame]
    assert numbers == [b"%d" % number for number in range(100)]


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_script_with_closed_streams(
    closed: str, tmp_path: Path, open_broker: Callable[[str], RemoteBroker]
) -> None:
    """A script that is started without standard streams ends as any other, and its events arrive."""
    url = f"sqlite:///{tmp_path}/channels.db"
    channel = open_broker(url).topic("news", BOUNDS, lambda: None)
    listener = Listener(channel, list)
    words = [sys.executable, "-c", f"{SCRIPT}publish()", url]
    assert subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *words], check=False).returncode == 0
    until(lambda: listener.read() or len(listener.ids) == 100, "all events")


def test_script_without_an_engine() -> None:
    """A script whose engine is away ends nevertheless, in time, and says what is lost."""
    watch = Stopwatch()
    said = ran(SCRIPT + "publish()", "redis://:s3cr3t@127.0.0.1:1")
    assert watch.seconds < 30
    assert "100 events were still waiting for redis://:***@127.0.0.1:1" in said
    assert "s3cr3t" not in said


@pytest.mark.parametrize("name", [name for name, kind in ALL.items() if kind.needs])
def test_engine_that_dies(name: str, open_broker: Callable[[str], RemoteBroker]) -> None:
    """Whatever happens to an engine, readers go on by themselves, and miss nothing without being told."""
    with started(name) as server:
        publisher = open_broker(server.url).topic("news", BOUNDS, lambda: None)
        listener = Listener(open_broker(server.url).topic("news", BOUNDS, lambda: None), list)

        def publish(count: int) -> list[str]:
            published = [publisher.append(b"data: x\n") for _ in range(count)]
            ids = [each.result(30) for each in published]
            listener.read_until(ids[-1])
            return ids

        ids = publish(50)
        server.kill()
        waiting = [publisher.append(b"data: waits\n") for _ in range(10)]
        server.start()
        ids += [each.result(30) for each in waiting]
        ids += publish(10)
        assert listener.got == ids
        time.sleep(1.5)  # for what an engine writes each second only
        server.save()
        publish(20)
        server.kill()
        server.restore()
        server.start()
        ids += publish(5)
        assert [each for each in listener.got if isinstance(each, tuple)]
        assert not set(ids) - set(listener.ids)
        server.kill()
        server.erase()
        server.start()
        gaps = len(listener.got) - len(listener.ids)
        last = publish(30)
        assert listener.ids[-30:] == last
        assert len(listener.got) - len(listener.ids) == gaps + 1
