"""When to look whether another process has changed an SQLite file: a real one, and a second connection."""

# ruff: noqa: ASYNC240 (these files are small, and nobody else is on the event loop)

import asyncio
import errno
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hug.eventstream.engines.sqlite import polling
from hug.eventstream.engines.sqlite.file import File
from hug.eventstream.engines.sqlite.notices import Notices
from hug.eventstream.engines.sqlite.polling import IN_VAIN, MISSED, PAUSE, QUIET_PAUSE, UNENDED_PAUSE, Polling

from ...waiting import eventually

pytestmark = pytest.mark.anyio

with_notices = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of changes")


class Watching:
    """A file that is looked at, and what was seen."""

    def __init__(self, path: Path) -> None:
        self.file = File(path)
        self.seen: list[int] = []
        self.failed: list[Exception] = []
        self.more = 0  # times that there is more to be told of
        self.polling = Polling(self.file, self._changed, self._failed)

    def _changed(self) -> bool:
        self.seen += [
            row[0]
            for row in self.file.now(
                lambda database: database.execute(
                    "SELECT n FROM t WHERE n > ? ORDER BY n", (max(self.seen, default=0),)
                ).fetchall()
            )
        ]
        self.more -= 1
        return self.more >= 0

    def _failed(self, error: Exception) -> None:
        self.failed.append(error)
        self.polling.stop()

    @property
    def pause(self) -> float:
        timer = self.polling._timer
        assert timer is not None
        return timer.when() - asyncio.get_running_loop().time()

    def waits(self) -> bool:
        """Whether it looks seldom."""
        return self.polling.in_vain >= IN_VAIN and self.polling._timer is not None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.db"


@pytest.fixture
async def watching(path: Path) -> AsyncIterator[Watching]:
    one = Watching(path)
    await one.file.open(lambda cursor: cursor.execute("CREATE TABLE t (n INTEGER, text TEXT)"))
    one.polling.start()
    yield one
    one.polling.stop()
    one.file.close()


@pytest.fixture
def other(watching: Watching, path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who writes to the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


@pytest.fixture
def only_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "NOTICED_PAUSE", 3600.0)
    monkeypatch.setattr(polling, "UNENDED_PAUSE", 3600.0)
    monkeypatch.setattr(polling, "SHARE", 1e9)  # at once


@pytest.fixture
def elsewhere(watching: Watching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another file, of which the kernel tells in place of the log."""
    path = tmp_path / "else"
    path.touch()
    watching.polling._forget_notices()
    monkeypatch.setattr(polling, "Notices", lambda _path: Notices(path))
    return path


@with_notices
@pytest.mark.usefixtures("only_notices")
async def test_told_by_the_kernel(watching: Watching, other: sqlite3.Connection) -> None:
    """While nothing changes nobody looks, and a change is seen all the same: once, and each time."""
    for number in range(1, 6):
        await eventually(watching.waits)
        assert watching.pause > 3000
        other.execute("INSERT INTO t VALUES (?, '')", (number,))
        await eventually(lambda: watching.seen == [*range(1, number + 1)])  # noqa: B023
        assert watching.pause <= PAUSE
    assert watching.polling.relied_on


@with_notices
@pytest.mark.usefixtures("only_notices")
async def test_a_transaction_that_takes_long(watching: Watching, other: sqlite3.Connection) -> None:
    """A transaction that has written to the log long before it ends is seen when it does."""
    other.execute("PRAGMA cache_size = 1")  # page, so that the others are written before
    await eventually(watching.waits)
    other.execute("BEGIN IMMEDIATE")
    for number in range(1, 100):
        other.execute("INSERT INTO t VALUES (?, ?)", (number, "x" * 4000))
    assert watching.file.log.stat().st_size > 100_000
    await eventually(lambda: not watching.waits())
    await eventually(watching.waits)
    assert watching.seen == []
    other.execute("COMMIT")
    await eventually(lambda: watching.seen == [*range(1, 100)])


@with_notices
async def test_a_disk_that_syncs_slowly(
    watching: Watching, other: sqlite3.Connection, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that the kernel told of long before it ended is looked for: the longer, the seldomer."""
    monkeypatch.setattr(polling, "NOTICED_PAUSE", 3600.0)
    await eventually(watching.waits)
    for number in range(1, MISSED + 2):
        elsewhere.write_text("written, and not yet synced")
        await eventually(lambda: not watching.waits())
        await eventually(lambda: watching.waits() and watching.polling.in_vain > 2 * IN_VAIN)
        assert watching.pause <= UNENDED_PAUSE
        other.execute("INSERT INTO t VALUES (?, '')", (number,))
        await eventually(lambda: watching.seen == [*range(1, number + 1)])  # noqa: B023
    assert watching.polling.relied_on


@with_notices
@pytest.mark.usefixtures("only_notices")
async def test_another_log(watching: Watching, other: sqlite3.Connection, path: Path) -> None:
    """After a connection was closed and opened again, as around a fork, its new log is watched."""
    await eventually(watching.waits)
    other.close()
    watching.file.suspend()  # the last one: SQLite removes the log
    assert not watching.file.log.exists()
    with closing(sqlite3.connect(path, isolation_level=None)) as another:
        another.execute("INSERT INTO t VALUES (1, '')")
        watching.polling._look_again()  # as whoever uses the file does sooner or later
        await eventually(lambda: watching.seen == [1])
        await eventually(watching.waits)
        another.execute("INSERT INTO t VALUES (2, '')")
        await eventually(lambda: watching.seen == [1, 2])


@with_notices
@pytest.mark.usefixtures("elsewhere")
async def test_notices_that_do_not_come(
    watching: Watching, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the kernel does not tell of changes though it was asked to, it is not relied on for long."""
    monkeypatch.setattr(polling, "NOTICED_PAUSE", 0.02)
    monkeypatch.setattr(polling, "SHARE", 1e9)
    for number in range(1, MISSED + 1):
        assert watching.polling.relied_on
        await eventually(lambda: watching.waits() and watching.pause > QUIET_PAUSE)
        other.execute("INSERT INTO t VALUES (?, '')", (number,))
        await eventually(lambda: watching.seen == [*range(1, number + 1)])  # noqa: B023
    await eventually(watching.waits)
    assert not watching.polling.relied_on
    assert watching.pause <= QUIET_PAUSE


async def test_without_notices(
    watching: Watching, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are no notices, or no more of them, it is looked for changes every few milliseconds."""

    def none(_path: Path) -> Notices:
        raise OSError("Too many open files")

    watching.polling._forget_notices()
    monkeypatch.setattr(polling, "Notices", none)
    await eventually(lambda: watching.polling.in_vain > 3 * IN_VAIN)
    assert watching.pause <= QUIET_PAUSE
    other.execute("INSERT INTO t VALUES (1, '')")
    await eventually(lambda: watching.seen == [1])
    assert watching.polling.in_vain <= IN_VAIN


@with_notices
async def test_no_room_to_wait(watching: Watching, other: sqlite3.Connection) -> None:
    """Where the event loop can wait for no more descriptors, it is looked for changes as without notices."""
    await eventually(watching.waits)
    with pytest.MonkeyPatch.context() as patching:

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patching.setattr(asyncio.get_running_loop(), "add_reader", full)
        await eventually(lambda: not watching.polling.relied_on)
    await eventually(watching.waits)
    assert watching.pause <= QUIET_PAUSE
    other.execute("INSERT INTO t VALUES (1, '')")
    await eventually(lambda: watching.seen == [1])


@pytest.mark.usefixtures("only_notices")
async def test_more_than_can_be_told_at_once(watching: Watching, other: sqlite3.Connection) -> None:
    """What could not be told of at once is told of soon: of others' changes, and of the connection's own."""
    await eventually(lambda: watching.polling.in_vain >= IN_VAIN)
    watching.more = 3
    other.execute("INSERT INTO t VALUES (1, '')")
    await eventually(lambda: watching.more < 0)
    await eventually(lambda: watching.polling.in_vain >= IN_VAIN)
    watching.more = 3
    watching.polling.soon()
    await eventually(lambda: watching.more < 0)


@pytest.mark.usefixtures("only_notices")
async def test_stopped(watching: Watching, other: sqlite3.Connection) -> None:
    """Who has stopped is called no more, and sees what has changed meanwhile when it starts again."""
    await eventually(lambda: watching.polling.in_vain >= IN_VAIN)
    watching.polling.soon()
    watching.polling.stop()
    other.execute("INSERT INTO t VALUES (1, '')")
    await asyncio.sleep(0.02)
    assert watching.seen == []
    watching.polling.start()
    await eventually(lambda: watching.seen == [1])


async def test_a_file_that_is_gone(watching: Watching, path: Path) -> None:
    """A file that was removed while nothing changed is told of."""
    await eventually(lambda: watching.polling.in_vain >= IN_VAIN)
    path.unlink()
    await eventually(lambda: watching.failed != [])
    assert "was removed" in str(watching.failed[0])


@with_notices
@pytest.mark.usefixtures("only_notices")
async def test_a_link(tmp_path: Path) -> None:
    """Of a file that a symbolic link leads to, the kernel tells as well."""
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "link.db"
    path.symlink_to(tmp_path / "elsewhere" / "t.db")
    watching = Watching(path)
    await watching.file.open(lambda cursor: cursor.execute("CREATE TABLE t (n INTEGER, text TEXT)"))
    assert watching.file.log.exists()
    watching.polling.start()
    await eventually(watching.waits)
    assert watching.polling.relied_on
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("INSERT INTO t VALUES (1, '')")
        await eventually(lambda: watching.seen == [1])
    watching.polling.stop()
    watching.file.close()


@with_notices
def test_forked(tmp_path: Path) -> None:
    """A process that is forked keeps no descriptor, and leaves what its parent waits for alone."""
    program = f"""
import asyncio, os, pathlib
from hug.eventstream.engines.sqlite.notices import Notices

path = pathlib.Path({str(tmp_path / "t.log")!r})
path.touch()

def watched():
    names = [f"/proc/self/fd/{{each}}" for each in os.listdir("/proc/self/fd")]
    return sum("inotify" in os.readlink(name) for name in names if os.path.islink(name))

async def main():
    notices, come = Notices(path), asyncio.Event()
    notices.await_one(asyncio.get_running_loop(), come.set)
    child = os.fork()
    if child == 0:
        notices.ignore()
        notices.close()
        os._exit(watched())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert watched() == 1
    path.write_text("x")
    await asyncio.wait_for(come.wait(), 10)
    notices.close()

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@with_notices
async def test_closed(path: Path) -> None:
    """Of what was closed nobody tells, and to close it again does nothing; what is not there has none."""
    path.touch()
    notices = Notices(path)
    assert not notices.take()
    path.write_text("x")
    assert notices.take()
    assert not notices.take()
    notices.close()
    notices.close()
    assert not notices.take()
    with pytest.raises(OSError, match="No such file"):
        Notices(path.with_name("none"))
