"""An engine for tests: started for them, killed by them, and gone afterwards. On Linux."""

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from ..ports import free_port
from ..waiting import until

MEMORY = Path("/dev/shm")

_place = MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 1 << 30 else None
"""Where folders are made, None for the usual place: who is killed loses nothing in memory either, and
the disk is spared what it writes through.
"""

_prepared = Path(tempfile.mkdtemp(prefix="hug-engines-", dir=_place))
"""What engines have when they begin, made once."""

atexit.register(shutil.rmtree, _prepared, ignore_errors=True)


class Server:
    """An engine on a port of its own, on loopback only, with its data in a folder of its own.

    The port and the folder stay the same however often it is stopped and started.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    """Programs without which it cannot be started."""

    host = "127.0.0.1"
    """The address that it listens on; another one is to be given before it is started, and starts with 10."""

    user: ClassVar[str | None] = None
    """Who runs it, if those who run the tests may do anything."""

    prepared_as: ClassVar[str] = ""
    """What its data are called that are made once for all tests, if not as its class."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hug-engine-", dir=_place))
        self.data = self.folder / "data"
        self.port = free_port()
        self._saved = self.folder / "saved"
        self._process: subprocess.Popen[bytes] | None = None
        if self._as_user:
            shutil.chown(self.folder, self.user, self.user)

    @property
    def url(self) -> str:
        """What hug is told."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """The words that start it, in the foreground."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Make what it needs before it is started without data; the folder for them is there, and empty."""

    def ready(self) -> bool:
        """Whether it answers; may raise `OSError`."""
        raise NotImplementedError

    @classmethod
    def missing(cls) -> list[str]:
        """Return the programs that it needs and this machine does not have."""
        return [program for program in cls.needs if which(program) is None]

    # Its life

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, with the data that it has, and wait until it answers."""
        assert not self.running
        if not self.data.exists():
            self._make_data()
        self._process = self.spawn(self.command())
        until(self._answers, f"{type(self).__name__} answers", within=30)

    def stop(self) -> None:
        """End it as an administrator does: it may write what it has in memory."""
        if self._process is not None:
            self._process.send_signal(self.polite)
            try:
                self._process.wait(60)
            finally:
                self.kill()

    polite: ClassVar[signal.Signals] = signal.SIGTERM

    def kill(self) -> None:
        """End it, and all processes that it has started, as a loss of power would."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def freeze(self) -> None:
        """Let it do nothing, with its connections open, until `thaw`."""
        for pid in self._processes():
            _signal(pid, signal.SIGSTOP)
            until(lambda pid=pid: _stands_still(pid), f"process {pid} stands still")

    def thaw(self) -> None:
        for pid in self._processes():
            _signal(pid, signal.SIGCONT)

    # Its data

    def save(self) -> None:
        """Remember the data as they are on disk at this moment, while it runs or not."""
        self.freeze()
        try:
            shutil.rmtree(self._saved, ignore_errors=True)
            _copy(self.data, self._saved)
        finally:
            self.thaw()

    def restore(self) -> None:
        """Have it start with the data of `save` the next time: it comes back younger."""
        self.erase()
        _copy(self._saved, self.data)

    def erase(self) -> None:
        """Have it start without data the next time."""
        assert not self.running
        shutil.rmtree(self.data, ignore_errors=True)

    def remove(self) -> None:
        """End it for good; nothing is left of it."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Within

    def _make_data(self) -> None:
        if (prepared := _prepared / (self.prepared_as or type(self).__name__)).exists():
            _copy(prepared, self.data)
            return
        self.data.mkdir(mode=0o700)
        if self._as_user:
            shutil.chown(self.data, self.user, self.user)
        self.prepare()
        if any(self.data.iterdir()):  # which took a while
            _copy(self.data, prepared)

    @property
    def log(self) -> Path:
        """What it has printed."""
        return self.folder / "log"

    def spawn(self, words: list[str]) -> subprocess.Popen[bytes]:
        """Start a program as the user who runs this engine; it ends with the tests, whatever happens."""
        words = [which(words[0]) or words[0], *words[1:]]
        if shutil.which("setpriv"):
            words = ["setpriv", "--pdeathsig", "KILL", "--", *words]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                words,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self.user if self._as_user else None,
                group=self.user if self._as_user else None,
                extra_groups=[] if self._as_user else None,
                start_new_session=True,  # an interrupt of the tests is not one of the engine
            )

    @property
    def _as_user(self) -> bool:
        return self.user is not None and os.geteuid() == 0

    def _answers(self) -> bool:
        assert self.running, (
            f"{type(self).__name__} has ended: {self.log.read_text(errors='replace')[-2000:]}"
        )
        return self.ready()

    def _processes(self) -> list[int]:
        return [] if self._process is None else list(_family(self._process.pid))


class File(Server):
    """A file, which no program serves: SQLite's."""

    name = "events.db"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.data / self.name}"  # the path's own slash is the fourth

    def start(self) -> None:
        self.data.mkdir(exist_ok=True)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process, and all that it has started, as a loss of power would."""
    for pid in list(_family(process.pid)):
        _signal(pid, signal.SIGKILL)
    process.wait(60)


def which(program: str) -> str | None:
    """Return where a program is, also one that is not in the path: Debian keeps PostgreSQL's elsewhere."""
    if found := shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin"):
        return found
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -float(folder.parent.name))
    return next((str(folder / program) for folder in folders if (folder / program).is_file()), None)


def _family(pid: int) -> Iterator[int]:
    """Return a process and all that descend from it, parents first."""
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))


def _stands_still(pid: int) -> bool:
    """Return whether all threads of a process have stopped, which takes them a moment, or it is gone."""
    states: list[str] = []
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):
            states.append(stat.read_text().rpartition(")")[2].split()[0])
    return set(states) <= {"T", "Z", "X"}


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _copy(source: Path, target: Path) -> None:
    # As cp -a: owners and permissions, too, which PostgreSQL insists on.
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
