"""What is SQLite's own: processes that share a file, and what may happen to a file."""

# ruff: noqa: ASYNC240 (these files are small, and nobody else is on the event loop)

import asyncio
import logging
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hug.eventstream.engines.sqlite import SQLite, maker
from hug.eventstream.engines.sqlite.file import _LOG, PATIENCE
from hug.eventstream.history.log import Bounds
from hug.exceptions import BrokerError, Refused, Unreachable

from ...waiting import Stopwatch, eventually
from ..conftest import Ear
from ..entries import entries, entry, kept, put
from ..servers import started

pytestmark = pytest.mark.anyio

Opened = tuple[SQLite, Ear]
Open = Callable[[Path], Awaitable[Opened]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


@pytest.fixture
async def opening() -> AsyncIterator[Open]:
    opened: list[SQLite] = []

    async def open_(path: Path) -> Opened:
        one, ear = maker(f"sqlite:///{path}", "hug")(), Ear()
        opened.append(one)
        await one.connect(ear)
        return one, ear

    yield open_
    for one in opened:
        await one.close()


@pytest.fixture
async def opened(opening: Open, path: Path) -> Opened:
    return await opening(path)


PROGRAM = """
import asyncio, os, sys, time
from hug.eventstream.engines.engine import Entry
from hug.eventstream.engines.sqlite import maker
from hug.eventstream.history.log import Bounds

PATH, BOUNDS = sys.argv[1], Bounds(1_000_000, 1 << 30)

class Ear:
    def __init__(self): self.positions = []
    def heard(self, channel, life, events): self.positions += [event.position for event in events]
    def changed(self, channel): print("changed", flush=True)
    def lost(self, error): print("lost", error, flush=True)

def entries(count):
    global number
    first, number = number, number + count
    return [Entry("news", f"{os.getpid()}.{n}", b"data: %d\\n" % n, BOUNDS) for n in range(first, number)]

number = 0
"""


@pytest.fixture
def run(path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Run another process on the same file."""
    running: list[subprocess.Popen[str]] = []

    def start(code: str) -> subprocess.Popen[str]:
        whole = PROGRAM + textwrap.dedent(code) + "\nasyncio.run(main())\n"
        process = subprocess.Popen(
            [sys.executable, "-c", whole, str(path)], stdout=subprocess.PIPE, text=True, bufsize=1
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait(10)
        assert process.stdout
        process.stdout.close()


WRITING = """
async def main():
    one = maker(f"sqlite:///{PATH}", "hug")()
    await one.connect(Ear())
    print("ready", flush=True)
    while True:
        print(*await one.append(entries(20)), flush=True)
"""


async def test_two_processes(opened: Opened, run: Callable[[str], subprocess.Popen[str]]) -> None:
    """What a process appends another is told of; both append to one order, without holes."""
    one, ear = opened
    await one.follow("news")
    other = run(
        """
        async def main():
            ear = Ear()
            one = maker(f"sqlite:///{PATH}", "hug")()
            await one.connect(ear)
            await one.follow("news")
            print("ready", flush=True)
            for _ in range(100):
                await one.append(entries(3))
                await asyncio.sleep(0)
            while len(ear.positions) < 600:
                await asyncio.sleep(0.01)
            print(ear.positions == list(range(1, 601)), flush=True)
            await one.close()
        """
    )
    assert other.stdout
    assert await asyncio.to_thread(other.stdout.readline) == "ready\n"
    for _ in range(100):
        await put(one, *entries(3))
        await asyncio.sleep(0.001)
    await eventually(lambda: len(ear.events["news"]) >= 600)
    assert ear.positions("news") == list(range(1, 601))
    assert await asyncio.to_thread(other.stdout.readline) == "True\n"


async def test_killed_in_the_middle(
    opened: Opened, opening: Open, path: Path, run: Callable[[str], subprocess.Popen[str]]
) -> None:
    """A process that is killed takes nothing with it that it was told is taken, and holds up nobody."""
    one, ear = opened
    await one.follow("news")
    told = 0
    for _ in range(3):
        other = run(WRITING)
        assert other.stdout
        assert await asyncio.to_thread(other.stdout.readline) == "ready\n"
        for _ in range(20):
            *_, told = map(int, (await asyncio.to_thread(other.stdout.readline)).split())
        other.send_signal(signal.SIGKILL)
        await asyncio.to_thread(other.wait)
        lines = other.stdout.read().splitlines(keepends=True)
        told = max([told, *(int(line.split()[-1]) for line in lines if line.endswith("\n"))])
        watch = Stopwatch()
        last = (await put(one, entry()))[0]
        assert watch.seconds < PATIENCE
        assert told < last
    events = await kept(one)
    assert [event.position for event in events] == list(range(1, last + 1))
    await eventually(lambda: ear.positions("news")[-1:] == [last])
    assert ear.positions("news") == list(range(1, last + 1))
    own = {event.request for event in events}
    assert len(own) == len(events)
    assert (last - 3) % 20 == 0, "part of a batch was taken"


async def test_back_with_older_data() -> None:
    """A file that is restored from a copy has the life that it had, and ends where it ended."""
    with started("sqlite") as server:
        one = maker(server.url, "hug")()
        await one.connect(Ear())
        await put(one, *entries(5))
        life = (await one.ends("news")).life
        await one.close()
        server.save()
        await one.connect(Ear())
        await put(one, *entries(5))
        await one.close()
        server.restore()
        ear = Ear()
        again = maker(server.url, "hug")()
        await again.connect(ear)
        ends = await again.ends("news")
        assert (ends.life, ends.last) == (life, 5)
        await again.follow("news")
        assert await put(again, entry()) == [6]
        await eventually(lambda: ear.positions("news") == [6])
        await again.close()
        server.erase()
        server.start()
        await again.connect(ear)
        assert (await again.ends("news")).life == ""
        await again.close()


@pytest.mark.parametrize("how", ["removed", "replaced", "its folder is gone"])
async def test_the_file_goes(how: str, opened: Opened, opening: Open, path: Path, tmp_path: Path) -> None:
    """When the file is removed or replaced, who follows is told, and nothing is written in vain."""
    one, ear = opened
    await one.follow("news")
    await put(one, *entries(3))
    publisher, _ = await opening(path)
    if how == "its folder is gone":
        tmp_path.rename(tmp_path.with_name(tmp_path.name + "-gone"))
    else:
        for each in tmp_path.iterdir():
            each.unlink()
    if how == "replaced":
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE t (a)")
    with pytest.raises(Unreachable, match="removed or replaced"):
        await publisher.append([entry()])
    await eventually(lambda: ear.losses)
    assert [type(error) for error in ear.losses] == [Unreachable]
    assert "removed or replaced" in str(ear.losses[0])
    with pytest.raises(Unreachable):
        await one.append([entry()])
    if how == "its folder is gone":
        with pytest.raises(BrokerError, match="no directory"):
            await opening(path)
        tmp_path.mkdir()
    else:
        again, _ = await opening(path)
        assert (await again.ends("news")).life == ""
        assert await put(again, entry()) == [1]


# Errors at the start


async def failing(path: Path) -> str:
    one = maker(f"sqlite:///{path}", "hug")()
    with pytest.raises(BrokerError) as caught:
        await one.connect(Ear())
    await one.close()
    assert str(path) in str(caught.value)
    return str(caught.value)


async def test_no_directory(tmp_path: Path) -> None:
    """A directory that is missing is named, and is not made."""
    assert "there is no directory" in await failing(tmp_path / "missing" / "events.db")
    assert not list(tmp_path.iterdir())


async def test_a_directory(tmp_path: Path) -> None:
    """A directory is no file."""
    assert "able to write" in await failing(tmp_path)


async def test_no_database(path: Path) -> None:
    """A file that is no database is left as it is."""
    path.write_text("Dear diary, " * 1000)
    assert "no SQLite database" in await failing(path)
    assert path.read_text() == "Dear diary, " * 1000


@pytest.mark.parametrize("what", ["file", "directory"])
def test_not_writable(what: str) -> None:
    """Who may not write to the file, or to its directory, is told what must be writable."""
    code = """
import asyncio, os, sys
from hug.exceptions import BrokerError
from hug.eventstream.engines.sqlite import maker
if os.geteuid() == 0:  # who may write everything
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    asyncio.run(maker(f"sqlite:///{sys.argv[1]}", "hug")().connect(None))
except BrokerError as error:
    print(error)
"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.db"
        with closing(sqlite3.connect(path)) as there:
            there.execute("CREATE TABLE t (a)")
        path.chmod(0o444 if what == "file" else 0o666)
        path.parent.chmod(0o777 if what == "file" else 0o555)
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
        )
        path.parent.chmod(0o777)
    assert "must be able to write" in done.stdout, done.stderr


async def test_foreign_tables(path: Path) -> None:
    """Tables of the application's that have our names are left alone; another prefix helps."""
    with closing(sqlite3.connect(path)) as there:
        there.execute("CREATE TABLE hug_events (what TEXT)")
    assert "another prefix" in await failing(path)
    one = maker(f"sqlite:///{path}", "other")()
    await one.connect(Ear())
    assert await put(one, entry()) == [1]
    await one.close()


async def test_another_version(opened: Opened, path: Path) -> None:
    """Tables of a later hug are left alone."""
    await opened[0].close()
    with closing(sqlite3.connect(path)) as there:
        there.execute("UPDATE hug_state SET version = 7")
        there.commit()
    assert "version 7, not 2" in await failing(path)


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://host/x", "sqlite:///a/", "file:///x"]
)
def test_urls_that_name_no_file(url: str) -> None:
    """A URL without a path is an error that shows what one looks like."""
    with pytest.raises(BrokerError, match=r"sqlite:////absolute/path\.db"):
        maker(url, "hug")()


def test_url_of_other_bytes() -> None:
    """A URL whose escapes are no UTF-8 is refused: two such names would be one file."""
    assert maker("sqlite:////x/%C3%BC.db", "hug")().file.path.name == "ü.db"
    with pytest.raises(BrokerError, match="no UTF-8"):
        maker("sqlite:////x/%FF.db", "hug")()


def test_urls() -> None:
    """Three slashes for a path from here, four for one from the root; odd characters are encoded."""
    assert maker("sqlite:///some/events.db", "hug")().file.path == Path.cwd() / "some" / "events.db"
    assert maker("sqlite:////some/events.db", "hug")().file.path == Path("/some/events.db")
    assert maker("sqlite:////some%20%3F/%C3%A4.db", "hug")().file.path == Path("/some ?/ä.db")


def test_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path leads nowhere from a folder that was removed: that is said in a line."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(BrokerError, match="is relative to a folder that is not there any more"):
        maker("sqlite:///events.db", "hug")


def test_process_that_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that goes to another folder, as daemons do, comes back to the same file."""
    monkeypatch.chdir(tmp_path)
    make = maker("sqlite:///events.db", "hug")
    make()
    monkeypatch.chdir("/")
    assert make().file.path == tmp_path / "events.db"


# Room


async def test_full(opened: Opened) -> None:
    """Without room events are refused, and taken again once there is some."""
    one, ear = opened
    await one.follow("news")
    await put(one, entry())
    one.file.now(lambda database: database.execute("PRAGMA max_page_count = 30").fetchone())
    large = [entry(fields=b"data: " + b"x" * 100_000 + b"\n") for _ in range(3)]
    answers = await one.append(large)
    assert [type(answer) for answer in answers] == [Refused] * 3
    assert "no room" in str(answers[0])
    one.file.now(lambda database: database.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert await put(one, *large) == [2, 3, 4]
    await eventually(lambda: ear.positions("news") == [1, 2, 3, 4])
    assert not ear.losses


async def test_the_log_is_bounded(
    opened: Opened, path: Path, run: Callable[[str], subprocess.Popen[str]]
) -> None:
    """While others look into the file all the time, its log is written back all the same."""
    one, _ = opened
    await one.follow("news")
    other = run(
        """
        async def main():
            ear = Ear()
            one = maker(f"sqlite:///{PATH}", "hug")()
            await one.connect(ear)
            await one.follow("news")
            print("ready", flush=True)
            while True:
                await one.read("news", (await one.ends("news")).life, 0, 1000, 1 << 20)
                await asyncio.sleep(0)
        """
    )
    assert other.stdout
    assert await asyncio.to_thread(other.stdout.readline) == "ready\n"
    log = path.with_name("events.db-wal")
    largest = 0
    for _ in range(150):
        await put(one, *(entry(fields=b"x" * 20_000) for _ in range(20)))
        largest = max(largest, log.stat().st_size)
    assert path.stat().st_size > 2 * _LOG
    assert largest < 3 * _LOG


async def test_a_log_that_cannot_be_written_back(
    opened: Opened, path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An application that keeps a transaction open is told, once; later the log is cut off."""
    one, _ = opened
    log = path.with_name("events.db-wal")
    monkeypatch.setattr("hug.eventstream.engines.sqlite.file._LOG", 1_000_000)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        await put(one, entry())
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM hug_events").fetchall()
        for _ in range(10):
            await put(one, *(entry(fields=b"x" * 100_000) for _ in range(10)))
        with caplog.at_level(logging.WARNING, "hug"):
            await one.prune()
            await one.prune()
        assert log.stat().st_size > 4_000_000
        assert len(caplog.records) == 1
        assert "find and end it" in caplog.records[0].getMessage()
    await asyncio.sleep(0.2)  # attempts have a pause between them
    await one.prune()
    assert log.stat().st_size <= 1_000_000


async def test_a_locked_file(opened: Opened, path: Path) -> None:
    """While another connection writes for long, the event loop goes on, and what is there can be read."""
    one, _ = opened
    await put(one, entry())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.ensure_future(one.append([entry()]))
        stalls = []
        for _ in range(100):
            watch = Stopwatch()
            await asyncio.sleep(0.001)
            stalls.append(watch.seconds)
            assert len(await kept(one)) == 1
        assert not waiting.done()
        other.execute("COMMIT")
    assert list(await waiting) == [2]
    assert sorted(stalls)[50] < 0.1


# Processes


async def test_forked(path: Path, run: Callable[[str], subprocess.Popen[str]]) -> None:
    """A process that forks goes on with its connection, and the child can have one of its own."""
    process = run(
        """
        async def main():
            ear = Ear()
            one = maker(f"sqlite:///{PATH}", "hug")()
            await one.connect(ear)
            await one.follow("news")
            await one.append(entries(3))
            child = os.fork()
            if not child:
                locks = open("/proc/locks").read()
                print("inherited", locks.count(f" {os.getpid()} "), flush=True)
                asyncio._set_running_loop(None)  # the parent's
                async def child():
                    try:
                        await one.ends("news")
                    except Exception as error:
                        print(type(error).__name__, flush=True)
                    own = maker(f"sqlite:///{PATH}", "hug")()
                    await own.connect(Ear())
                    locks = open("/proc/locks").read().count(f" {os.getpid()} ")
                    print("locks", locks > 0, flush=True)
                    print(await own.append(entries(2)), flush=True)
                    await own.close()
                asyncio.new_event_loop().run_until_complete(child())
                os._exit(0)
            while os.waitpid(child, os.WNOHANG) == (0, 0):
                await asyncio.sleep(0.01)
            while len(ear.positions) < 5:
                await asyncio.sleep(0.01)
            print(ear.positions, await one.append(entries(1)), flush=True)
            await one.close()
        """
    )
    assert process.stdout
    lines = (await asyncio.to_thread(process.stdout.read)).splitlines()
    assert lines == ["inherited 0", "Unreachable", "locks True", "[4, 5]", "[1, 2, 3, 4, 5] [6]"]


def test_opened_by_connect_alone(path: Path) -> None:
    """To make an engine touches no file."""
    maker(f"sqlite:///{path}", "hug")()
    assert not path.exists()


async def test_no_polling_without_need(opened: Opened, opening: Open, path: Path) -> None:
    """The file is asked every few milliseconds while something is followed, and not otherwise."""
    one, ear = opened
    asked: list[str] = []
    one.file.now(lambda database: database.set_trace_callback(asked.append))
    await asyncio.sleep(0.1)
    assert not asked
    await one.follow("news")
    await eventually(lambda: len(asked) > 10)
    await one.unfollow("news")
    asked.clear()
    await asyncio.sleep(0.1)
    assert not asked
    other, _ = await opening(path)
    await put(other, *entries(3))
    await one.follow("news")
    await put(other, *entries(2))
    await eventually(lambda: ear.positions("news") == [4, 5])
    one.file.now(lambda database: database.set_trace_callback(None))


async def test_the_applications_own_database(opening: Open, path: Path) -> None:
    """The file may be the application's: its tables stay as they are, and ours have the prefix."""
    with closing(sqlite3.connect(path)) as application:
        application.execute("CREATE TABLE orders (number INTEGER)")
        application.execute("INSERT INTO orders VALUES (1)")
        application.commit()
        one, _ = await opening(path)
        await put(one, *entries(3))
        assert application.execute("SELECT number FROM orders").fetchall() == [(1,)]
        names = {row[0] for row in application.execute("SELECT tbl_name FROM sqlite_master")}
        assert {name for name in names if not name.startswith(("hug_", "sqlite_"))} == {"orders"}


async def test_forgotten_while_followed(opened: Opened, opening: Open, path: Path) -> None:
    """A channel that somebody follows is not forgotten, however long nothing is published on it."""
    one, ear = opened
    other, _ = await opening(path)
    await one.follow("news")
    await put(one, *(entry(name, bounds=Bounds(0, 1000)) for name in ("news", "old")))

    def age(database: sqlite3.Connection) -> Any:
        database.execute("DELETE FROM hug_events")
        return database.execute("UPDATE hug_channels SET stored = last + 1, due = NULL, used = used - 90000")

    other.file.now(age)
    await one.prune()
    await other.prune()
    assert (await one.ends("old")).life == ""
    ends = await one.ends("news")
    assert (ends.first, ends.last) == (2, 1)
    assert not ear.changes


async def test_another_life_at_once(opened: Opened, opening: Open, path: Path) -> None:
    """A channel that is deleted and published on again before anybody looks has changed."""
    one, ear = opened
    other, _ = await opening(path)
    await one.follow("news")
    await put(other, *entries(3))
    await eventually(lambda: ear.positions("news") == [1, 2, 3])
    await other.delete("news")
    await put(other, *entries(2))
    await eventually(lambda: ear.positions("news")[-1:] == [2])
    assert ear.changes == ["news"]
    assert ear.positions("news") == [1, 2, 3, 1, 2]


async def test_a_life_between_two_looks(opened: Opened, opening: Open, path: Path) -> None:
    """A channel that came and was deleted since the one before was, with nobody looking, is told of, too."""
    one, ear = opened
    other, _ = await opening(path)
    await put(other, entry())
    await one.follow("news")
    await other.delete("news")
    await eventually(lambda: len(ear.deleted) == 1)
    await put(other, *entries(2))
    await other.delete("news")
    await put(other, *entries(3))
    await eventually(lambda: ear.positions("news") == [1, 2, 1, 2, 3])
    assert [deleted and deleted.last for deleted in ear.deleted] == [1, 2]


async def test_two_who_are_followed_at_once(
    opened: Opened, opening: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel is told of from when it is followed on, also while another one waits for a locked file."""
    one, ear = opened
    other, _ = await opening(path)
    unlocked = asyncio.Event()
    read, readers = one.file.read, iter([unlocked])

    async def read_late(work: Any) -> Any:
        for locked in readers:  # the first alone
            await locked.wait()
        return await read(work)

    monkeypatch.setattr(one.file, "read", read_late)
    following = asyncio.ensure_future(one.follow("a"))
    await asyncio.sleep(0)
    await one.follow("b")
    await put(other, entry("b"))
    unlocked.set()
    await following
    await eventually(lambda: ear.positions("b") == [1])
    await put(other, entry("a"))
    await eventually(lambda: ear.positions("a") == [1])
