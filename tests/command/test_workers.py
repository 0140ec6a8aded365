"""The command with several workers: how they are started, replaced, told from each other, and ended."""

import contextlib
import http.client
import os
import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ..waiting import Stopwatch
from .running import ENVIRONMENT, PROGRAM, Running, until

Start = Callable[..., Running]

KILLED_AS_THE_SECOND = """
import os, pathlib, signal
pathlib.Path(f"process-{os.getpid()}").touch()
if len(list(pathlib.Path().glob("process-*"))) == 2:
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command puts its temporary files: whatever is left there, the test has left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setitem(ENVIRONMENT, "TMPDIR", str(folder))
    for name in ("HUG_BROKER", "WEB_CONCURRENCY"):
        monkeypatch.delitem(ENVIRONMENT, name, raising=False)
    return folder


def kept_in(temporary: Path) -> list[Path]:
    """Return what is there of ours: who looks for a temporary folder tries it with a file of any name."""
    return list(temporary.glob("hug-*"))


def process(running: Running) -> int:
    return int(running.get().split()[2])


def processes(running: Running, count: int) -> set[int]:
    """Wait until that many processes have answered; return them."""
    seen: set[int] = set()

    def look() -> bool:
        with contextlib.suppress(ConnectionResetError, http.client.BadStatusLine):
            seen.add(process(running))
        return len(seen) >= count

    until(look, f"{count} processes")
    return seen


def processes_now(running: Running, count: int, wanted: Callable[[set[int]], bool]) -> set[int]:
    """Wait until the ``count`` processes that there are, and no others, are as ``wanted``."""

    def look() -> set[int]:
        there = children(running)
        return there if len(there) == count and wanted(there) else set()

    return until(look, f"{count} processes")


def children(running: Running) -> set[int]:
    """Return the processes that serve: all below the command but the one that cleans up behind Python."""
    path = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
    found = set()
    for word in path.read_text().split():
        with contextlib.suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{word}/cmdline").read_bytes():
                found.add(int(word))
    return found


def asked(running: Running, path: str) -> None:
    """Ask for something that ends whoever is asked."""
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        running.get(path)


def unreachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return True
    return False


def test_several(hug: Start) -> None:
    """Several processes serve one port below one banner, each named in the log; SIGTERM ends all."""
    running = hug("-f", "app.py", "-w", "3", "-ma")
    seen = processes(running, 3)
    assert seen == children(running)
    assert running.process.pid not in seen
    assert running.stdout.count("hug serves app: 0 routes, 3 workers\n") == 1
    assert running.stdout.count("http://") == 1
    for each in seen:
        assert re.search(rf'INFO: +\[{each}\] 127.0.0.1:\d+ - "GET / HTTP/1.1" 200 OK', running.stdout)
    port = running.port
    watch = Stopwatch()
    assert running.end() == 0, running.stderr
    assert watch.seconds < 2
    assert running.stderr == ""
    assert unreachable(port)


def test_what_is_logged_elsewhere(hug: Start, folder: Path) -> None:
    """Lines of hug's own log have level and process; if the program sets up logging they are as it says."""
    log = "import logging\nlogging.getLogger('hug').warning('of %s', 'a source')\n"
    (folder / "app.py").write_text(PROGRAM + log)
    named = hug("-f", "app.py", "-w", "2", "-ma")
    own = "import logging\nlogging.basicConfig(format='mine %(message)s')\n"
    (folder / "other.py").write_text(own + PROGRAM + log)
    other = hug("-f", "other.py", "-w", "2", "-ma")
    alone = hug("-f", "app.py", "-ma")
    for each in processes(named, 2):
        assert re.search(rf"^WARNING: +\[{each}\] of a source$", named.stderr, re.MULTILINE)
    processes(other, 2)
    assert other.stderr == "mine of a source\n" * 2
    assert alone.stderr == "WARNING:  of a source\n"


def test_interrupt(hug: Start, folder: Path) -> None:
    """Ctrl-C ends the workers, those that have just been started, too, without a word."""
    starting = hug("-f", "app.py", "-w", "4")
    until(lambda: len(children(starting)) == 4)
    assert starting.interrupt() == 0
    serving = hug("-f", "app.py", "-w", "2")
    assert serving.port
    assert serving.interrupt() == 0
    assert starting.stderr == serving.stderr == ""


WITHOUT_STEADY_WORKERS = """
import sys
from hug.command import main
from hug.server import worker_supervisor

worker_supervisor.STEADY = 600.0
sys.exit(main())
"""
"""The command for machines on which a few workers do not start and end in ten seconds."""


def test_workers_that_die(python: Start) -> None:
    """A worker that dies is replaced, later each time if that is soon again, and it is told."""
    running = python("-c", WITHOUT_STEADY_WORKERS, "-p", "0", "-f", "app.py", "-w", "2", "-ma")
    for times in range(1, 4):
        before = processes_now(running, 2, lambda _: True)
        asked(running, "/die")
        processes_now(running, 2, lambda seen, before=before: len(seen - before) == 1)
        until(running.get)
        told = re.findall(
            r"Worker \d \(process \d+\) ended with exit code 5 .+ s after its start", running.stderr
        )
        assert len(told) == times
    os.kill(process(running), signal.SIGKILL)
    until(lambda: "was ended by SIGKILL" in running.stderr)
    assert re.search("2 times in a row so soon: another one is started in 1 s", running.stderr)


@pytest.mark.parametrize(
    ("source", "code", "word"),
    [("import nowhere", 1, "No module named 'nowhere'"), ("1 + 1", 1, "contains no Hug API"),
     ("raise SystemExit(7)", 7, "")],
    ids=["broken", "empty", "ends itself"],
)  # fmt: skip
def test_cannot_be_loaded(hug: Start, folder: Path, source: str, code: int, word: str) -> None:
    """A program that cannot be loaded says so once, however many workers it has, and ends the command."""
    (folder / "app.py").write_text(source)
    running = hug("-f", "app.py", "-w", "4")
    assert running.process.wait(30) == code
    assert running.stderr.count(word) == 1 if word else running.stderr == ""
    assert running.stdout == ""


def test_later_failure(hug: Start, folder: Path) -> None:
    """Workers that die when the program cannot be loaded any more are started again until it can."""
    (folder / "app.py").write_text("import os\nif os.path.exists('broken'):\n    os._exit(9)\n" + PROGRAM)
    running = hug("-f", "app.py", "-w", "2", "-ma")
    processes(running, 2)
    (folder / "broken").touch()
    asked(running, "/die")
    until(lambda: re.search(r"ended with exit code 9 .+, 3 times in a row", running.stderr))
    assert len(children(running)) < 3
    assert running.get()
    (folder / "broken").unlink()
    processes_now(running, 2, lambda _: True)
    processes(running, 2)


def test_killed_while_it_starts(hug: Start, folder: Path) -> None:
    """A worker that is killed before it serves, while another one does, is replaced, too."""
    (folder / "app.py").write_text(KILLED_AS_THE_SECOND + PROGRAM)
    running = hug("-f", "app.py", "-w", "2", "-ma")
    until(lambda: "2 workers" in running.stdout)
    assert re.search(r"Worker 2 .+ was ended by SIGKILL .+: another one is started in 0.5 s", running.stderr)


def test_one_after_the_other(hug: Start) -> None:
    """SIGHUP replaces the workers one after the other, and nobody is refused meanwhile."""
    running = hug("-f", "app.py", "-w", "2", "-ma")
    before = processes(running, 2)
    running.process.send_signal(signal.SIGHUP)
    most = 2

    def replaced() -> bool:
        nonlocal most
        # What an ending process had accepted, but not read, is cut off: browsers ask again by themselves.
        with contextlib.suppress(ConnectionResetError):
            assert running.get()
        now = children(running)
        most = max(most, len(now))
        return len(now) == 2 and not now & before

    until(replaced)
    assert most == 3
    assert running.end() == 0, running.stderr
    assert running.stderr == ""


def test_more_and_fewer(hug: Start) -> None:
    """SIGTTIN adds a worker, SIGTTOU takes one away, down to one."""
    running = hug("-f", "app.py", "-w", "2", "-ma")
    processes(running, 2)
    running.process.send_signal(signal.SIGTTIN)
    processes(running, 3)
    for count in (2, 1, 1):
        running.process.send_signal(signal.SIGTTOU)
        processes_now(running, count, lambda _: True)
    assert running.get()
    assert running.stderr == ""


def test_change(hug: Start, folder: Path) -> None:
    """A change replaces all workers; one that cannot be loaded leaves them as they are, and is mended."""
    running = hug("-f", "app.py", "-w", "2")
    before = processes(running, 2)
    (folder / "app.py").write_text(PROGRAM.replace('"one"', '"two"'))
    after = processes_now(running, 2, lambda seen: not seen & before)
    running.says("two")
    until(lambda: running.stdout.count("2 workers") == 2)
    (folder / "app.py").write_text("def broken(:\n")
    until(lambda: "the workers go on with the program as they have loaded it. Waiting for" in running.stderr)
    assert running.stderr.count("SyntaxError: invalid syntax") == 1
    assert processes(running, 2) == after
    (folder / "app.py").write_text(PROGRAM.replace('"one"', '"three"'))
    processes_now(running, 2, lambda seen: not seen & after)
    running.says("three")
    # A file that is being written may be seen empty, and changes once more then.
    assert running.stderr.count("WARNING") == running.stderr.count("hug detected changes in 'app.py'") >= 3


def test_told_to_end_while_replacing(hug: Start, folder: Path) -> None:
    """SIGTERM ends the command at once, also while it waits for a worker that takes long to start."""
    (folder / "app.py").write_text(
        "import os, time\nif os.path.exists('slow'):\n    time.sleep(60)\n" + PROGRAM
    )
    running = hug("-f", "app.py", "-w", "2", "-ma")
    processes(running, 2)
    (folder / "slow").touch()
    running.process.send_signal(signal.SIGHUP)
    until(lambda: len(children(running)) == 3)
    watch = Stopwatch()
    assert running.end() == 0, running.stderr
    assert watch.seconds < 2


def test_hanging_worker(hug: Start) -> None:
    """A worker that hangs, deaf to signals, is killed and told of when all are to end."""
    running = hug("-f", "app.py", "-w", "2", "-ma")
    with socket.create_connection(("127.0.0.1", running.port)) as client:
        client.sendall(b"GET /hang HTTP/1.1\r\nHost: hug\r\n\r\n")
        until(lambda: "hangs" in running.stderr)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(60) == 0, running.stderr
    assert "has not ended within 13 s: it is killed" in running.stderr


def test_killed(hug: Start, temporary: Path) -> None:
    """When the command itself is killed its workers end, too, and leave nothing behind."""
    running = hug("-f", "app.py", "-w", "2", "-ma")
    port, seen = running.port, processes(running, 2)
    assert len(kept_in(temporary)) == 1
    running.end(signal.SIGKILL)
    until(lambda: unreachable(port))
    until(lambda: not any(Path(f"/proc/{each}").exists() for each in seen))
    assert not list(temporary.iterdir())


BROKER = PROGRAM.replace('"one"', "os.environ.get('HUG_BROKER')")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_private_broker(hug: Start, folder: Path, temporary: Path, number: int) -> None:
    """Several workers share a file of their own for channels, which is gone with them; one has none."""
    (folder / "app.py").write_text(BROKER)
    running = hug("-f", "app.py", "-w", "2", "-ma")
    (private,) = until(lambda: kept_in(temporary))
    assert running.get().split()[0] == f"sqlite:///{private}/channels.sqlite"
    assert private.stat().st_mode & 0o777 == 0o700
    assert running.end(number) == 0
    assert not list(temporary.iterdir())


def test_broker_of_the_environment(
    hug: Start, folder: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers share the broker that the environment names, if it does; a single one needs none."""
    (folder / "app.py").write_text(BROKER)
    assert hug("-f", "app.py").get().split()[0] == "None"
    monkeypatch.setitem(ENVIRONMENT, "HUG_BROKER", "memory:")
    assert hug("-f", "app.py", "-w", "2").get().split()[0] == "memory:"
    assert not kept_in(temporary)


def test_recycling(hug: Start) -> None:
    """After so many requests a worker is replaced without a word, also if it is the only one."""
    running = hug("-f", "app.py", "--limit-max-requests", "5", "-ma")
    processes(running, 3)
    assert running.stderr == ""


def test_web_concurrency(hug: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment says how many workers there are unless the command does."""
    monkeypatch.setitem(ENVIRONMENT, "WEB_CONCURRENCY", "2")
    several, single = hug("-f", "app.py", "-ma"), hug("-f", "app.py", "-ma", "-w", "1")
    assert several.port
    assert single.port
    assert "2 workers" in several.stdout
    assert "workers" not in single.stdout
