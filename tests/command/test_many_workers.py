"""The README's way from one process to many: a chat in several workers, and a script that speaks there."""

import http.client
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ..engines.servers import started
from ..waiting import PATIENCE
from .running import ENVIRONMENT, Running, until

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def shown(part: str) -> str:
    """Return the one command of the README that has this in it."""
    (command,) = re.findall(rf"^\$ (.*{re.escape(part)}.*)$", README, re.MULTILINE)
    return command


class Listener:
    """Somebody in the room, who comes back when the stream breaks off, as a browser does."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._last = ""
        self._connect()

    def _connect(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        self._connection.request("GET", "/room", headers={"Last-Event-ID": self._last} if self._last else {})
        self._answer = self._connection.getresponse()

    def close(self) -> None:
        self._answer.close()
        self._connection.close()

    def hears(self) -> str:
        """Return the text of what is said next."""
        text, deadline = "", time.monotonic() + PATIENCE
        while True:
            try:
                line = self._answer.readline().decode()
            except (OSError, http.client.HTTPException):
                line = ""
            if not line:
                assert time.monotonic() < deadline, "nothing was said"
                self.close()
                until(lambda: self._connect() or True)
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "data":
                text = json.loads(value)["text"]
            elif name == "id":
                self._last = value
                if text:
                    return text


def streams(running: Running) -> list[int]:
    """Return the worker of each stream that was ever opened, as the log has it."""
    return [int(pid) for pid in re.findall(r'\[(\d+)\] \S+ - "GET /room', running.stdout + running.stderr)]


@contextmanager
def listeners(running: Running) -> Iterator[list[Listener]]:
    """Listeners, on two workers at least."""
    until(lambda: re.search(r"http://\S+:\d+\n", running.stdout), "the banner", within=60)
    with ExitStack() as stack:
        opened: list[Listener] = []
        while len(set(streams(running))) < 2:
            assert len(opened) < 100
            opened.append(Listener(running.port))
            stack.callback(opened[-1].close)
            until(lambda: len(streams(running)) == len(opened), "the stream in the log")
        yield opened


def say(port: int, text: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        said = json.dumps({"name": "Ada", "text": text})
        connection.request("POST", "/say", said, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
    finally:
        connection.close()


@pytest.fixture(autouse=True)
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker from outside, and a temporary folder of the test's own."""
    monkeypatch.delitem(ENVIRONMENT, "HUG_BROKER", raising=False)
    monkeypatch.setitem(ENVIRONMENT, "TMPDIR", str(tmp_path))


def test_chat_on_redis(python: Callable[..., Running]) -> None:
    """The README's commands: what is said in one worker, or by a script, is read on all; who reads on one
    that dies comes back to another and has missed nothing."""
    with started("redis") as redis:
        command, *words = shlex.split(shown("chat.py -w").replace("redis://localhost", redis.url))
        assert command == "hug"
        assert words[words.index("-w") + 1] == "4"
        running = python("-m", "hug", *words, "-p", "0", "-ma", cwd=ROOT)
        with listeners(running) as opened:
            say(running.port, "hello")
            assert [each.hears() for each in opened] == ["hello"] * len(opened)

            variable, command, *words = shlex.split(
                shown("say.py").replace("redis://localhost", shlex.quote(redis.url))
            )
            assert command == "python"
            name, _, url = variable.partition("=")
            said = subprocess.run(
                [sys.executable, *words],
                cwd=ROOT,
                env={**ENVIRONMENT, name: url},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert (said.returncode, said.stderr) == (0, "")
            assert re.fullmatch(r"[\w.]+-2\n", said.stdout)  # its id: the second event of the room
            assert [each.hears() for each in opened] == ["Coffee is ready"] * len(opened)

            os.kill(streams(running)[0], signal.SIGKILL)
            say(running.port, "still here")
            assert [each.hears() for each in opened] == ["still here"] * len(opened)
            until(lambda: "SIGKILL" in running.stderr)
        assert running.end() == 0
        assert "Traceback" not in running.stderr


def test_chat_without_redis(python: Callable[..., Running]) -> None:
    """Without a broker what is said in one worker is read on all of this machine, too."""
    running = python("-m", "hug", "examples/chat.py", "-w", "2", "-p", "0", "-ma", cwd=ROOT)
    with listeners(running) as opened:
        say(running.port, "hello")
        assert [each.hears() for each in opened] == ["hello"] * len(opened)
    assert running.end() == 0


def test_script_without_broker() -> None:
    """The script that speaks says so when it has nobody to speak to."""
    done = subprocess.run(
        [sys.executable, "examples/say.py", "hello"],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "HUG_BROKER" in done.stderr
