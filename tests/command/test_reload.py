"""The command when a source file changes while it serves."""

import contextlib
import http.client
import itertools
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from hug.server.program import Program

from ..waiting import Stopwatch
from .running import PROGRAM, Running, until

Start = Callable[..., Running]


def change(file: Path, word: str) -> None:
    file.write_text(PROGRAM.replace('"one"', repr(word)))


def test_change(hug: Start, folder: Path) -> None:
    """A change is served within the interval, 1 s by default, and about a second more."""
    running = hug("-f", "app.py", "-i", "1")
    running.says("one")
    watch = Stopwatch()
    change(folder / "app.py", "two")
    running.says("two")
    assert watch.seconds < 1 + 1.5
    assert "WARNING:  hug detected changes in 'app.py'. Reloading...\n" in running.stderr


def test_listed_once(hug: Start, folder: Path) -> None:
    """The routes are listed at the first start, and only counted after a reload."""
    routes = "import hug\nfor word in {}:\n    hug.get('/' + word)(lambda: word)\n"
    (folder / "app.py").write_text(routes.format("['one']"))
    running = hug("app.py")
    until(lambda: "hug serves app: 1 route\n" in running.stdout)
    (folder / "app.py").write_text(routes.format("['one', 'two']"))
    until(lambda: "hug serves app: 2 routes\n" in running.stdout)
    assert running.get("/two") == '"two"'
    assert running.stdout.count("  GET  /") == 1


def test_same_second(hug: Start, folder: Path) -> None:
    """Changes within one second that keep the size of a module are all served, not its old bytecode."""
    module = folder / "word.py"
    (folder / "app.py").write_text(PROGRAM.replace('WORD = "one"', "from word import WORD"))
    for fraction, word in enumerate(("one", "two", "six")):
        module.write_text(f"WORD = {word!r}")
        os.utime(module, ns=(0, 1_000_000_000 + fraction))
        if word == "one":
            running = hug("-f", "app.py")
        running.says(word)


def test_while_it_restarts(hug: Start, folder: Path) -> None:
    """A change made while the program restarts for an earlier one is not lost."""
    running = hug("-f", "app.py")
    running.says("one")
    change(folder / "app.py", "two")
    until(lambda: "Reloading" in running.stderr)
    change(folder / "app.py", "three")
    running.says("three")


def test_broken_and_mended(hug: Start, folder: Path) -> None:
    """A change that cannot be imported shows its error; the next one that can is served."""
    running = hug("-f", "app.py")
    running.says("one")
    (folder / "app.py").write_text("def broken(:\n")
    until(lambda: "SyntaxError: invalid syntax" in running.stderr)
    until(lambda: "ended with exit code 1. Waiting for a change..." in running.stderr)
    change(folder / "app.py", "two")
    running.says("two")
    assert running.end() == 0


def test_missing_and_added(hug: Start, folder: Path) -> None:
    """A program that misses a module is served as soon as the module appears."""
    running = hug("-f", "app.py")
    running.says("one")
    (folder / "app.py").write_text(PROGRAM.replace('WORD = "one"', "from added import WORD"))
    until(lambda: "No module named 'added'" in running.stderr)
    (folder / "added.py").write_text("WORD = 'two'")
    running.says("two")


def test_open_response(hug: Start, folder: Path) -> None:
    """A response that is still open ends with the process that gave it, and does not hold up the next."""
    running = hug("-f", "app.py")
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    connection.request("GET", "/endless")
    response = connection.getresponse()
    change(folder / "app.py", "two")
    running.says("two")
    while True:
        try:
            if not response.read1():
                break
        except (http.client.IncompleteRead, ConnectionError):
            break
    connection.close()


def test_hanging_program(hug: Start, folder: Path) -> None:
    """A program that hangs, deaf to signals, is killed to make way for the next."""
    running = hug("-f", "app.py")
    with socket.create_connection(("127.0.0.1", running.port)) as client:
        client.sendall(b"GET /hang HTTP/1.1\r\nHost: hug\r\n\r\n")
        change(folder / "app.py", "two")
        running.says("two")


def test_no_connection_refused(hug: Start, folder: Path) -> None:
    """A client that comes while the program restarts waits for it; nobody is refused."""
    running = hug("-f", "app.py")
    running.says("one")
    change(folder / "app.py", "two")
    answers = []
    while "two" not in answers:
        # What the ending process had accepted, but not read, is cut off: browsers ask again by themselves.
        with contextlib.suppress(ConnectionResetError):
            answers.append(running.get().split()[0])
    assert set(answers) <= {"one", "two"}


def test_loaded(hug: Start, folder: Path) -> None:
    """A change counts if the program has loaded the file, also one that it imported later, and no other."""
    (folder / "later.py").write_text("LATER = 'early'")
    (folder / "never.py").write_text("")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "foreign.py").write_text("FOREIGN = 1")
    (folder / "app.py").write_text(
        "import sys\nsys.path.append('node_modules')\nimport foreign\n"
        + PROGRAM.replace("    said =", "    if scope['path'] == '/later':\n        import later\n    said =")
    )
    running = hug("-f", "app.py")
    process = running.says("one").split()[2]
    for name in ("later.py", "never.py", "new.py", "node_modules/foreign.py"):
        (folder / name).write_text("LATER = 'changed'")
    running.get("/later")
    numbers = itertools.count()

    def changed() -> bool:
        (folder / "later.py").write_text(f"LATER = {next(numbers)}")
        return "detected changes in 'later.py'. Reloading..." in running.stderr

    until(changed)
    until(lambda: running.get().split()[2] != process)
    assert running.stderr.count("Reloading") == 1
    assert len(re.findall("Other machines", running.stdout)) == 2


def test_watched(hug: Start, folder: Path) -> None:
    """When a program has ended, changes in its folder and the current one count, but of nothing foreign."""
    (folder / "deep").mkdir()
    (folder / "app.py").rename(folder / "deep" / "app.py")
    running = hug("-f", "deep/app.py")
    running.says("one")
    (folder / "deep" / "app.py").write_text("raise SystemExit(3)")
    until(lambda: "ended with exit code 3" in running.stderr)
    for name in (".hidden", "__pycache__", "node_modules", "environment"):
        (folder / name).mkdir()
        (folder / name / "pyvenv.cfg").touch()
        (folder / name / "ignored.py").touch()
    (folder / "notes.txt").touch()
    (folder / "beside.py").touch()
    until(lambda: "'beside.py'" in running.stderr)
    until(lambda: running.stderr.count("ended with exit code 3") == 2)
    (folder / "deep" / "deeper").mkdir()
    (folder / "deep" / "deeper" / "module.py").touch()
    until(lambda: "'deep/deeper/module.py'" in running.stderr)
    assert "ignored" not in running.stderr
    assert "notes" not in running.stderr


def test_package(hug: Start, folder: Path) -> None:
    """Of a module, its whole package is watched, wherever Python finds it."""
    package = folder / "elsewhere" / "package"
    (package / "deep").mkdir(parents=True)
    (package / "served.py").write_text(PROGRAM.replace('WORD = "one"', "from .deep.words import WORD"))
    (package / "deep" / "words.py").write_text("WORD = 'one'")
    (folder / "current").mkdir()
    running = hug("-m", "package.served", cwd=folder / "current", path=package.parent)
    running.says("one")
    (package / "deep" / "words.py").write_text("WORD = 'two'")
    running.says("two")


def test_manual(hug: Start) -> None:
    """With -ma the command serves in its own process: there is nobody to reload it."""
    running = hug("-f", "app.py", "-ma")
    assert running.get().split()[2] == str(running.process.pid)


def test_root_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The root of the file system is never watched, though a container may well run the command there."""
    monkeypatch.chdir("/")
    assert Program("app", Path("/app.py")).sources() == [Path("/app.py")]


BLOCKS = """
import asyncio, time, hug

@hug.sse("/blocks")
async def blocks():
    await asyncio.sleep(0.001)
    time.sleep(0.4)
    yield "item"

@hug.get("/")
async def root():
    return "one"
"""


def test_blocked_event_loop(hug: Start, folder: Path) -> None:
    """While it reloads, which is for development, it says which source holds up everybody else."""
    (folder / "app.py").write_text(BLOCKS)
    running = hug("-f", "app.py")
    running.says("one")
    assert "item" in running.get("/blocks")
    until(lambda: "the source blocks" in running.stderr)
    assert "held up its event loop for 0.4" in running.stderr
