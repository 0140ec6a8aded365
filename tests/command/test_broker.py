"""`hug --broker`, and what a server says at its start when the broker cannot be used."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .running import ENVIRONMENT, Running, command

PROGRAM = """
import os, subprocess, sys
import hug

news = hug.sse.channel("news", history=10)
TELL = "import hug; print(hug.API().broker.url)"

@hug.get("/")
def tell():
    of_child = subprocess.run([sys.executable, "-c", TELL], capture_output=True, text=True).stdout.strip()
    return f"{hug.API(__name__).broker.url} {of_child} WORD"

@hug.sse("/news")
def stream():
    return hug.sse.events(news, since="start")

@hug.get("/publish")
def publish():
    return news.publish("hello").result(10)
"""

ABSENT = "redis://:geheim@127.0.0.1:1/0?wait=0.2"


@pytest.fixture
def folder(folder: Path) -> Path:
    """A folder whose program publishes."""
    (folder / "app.py").write_text(PROGRAM)
    return folder


def test_broker_of_the_command(hug: Callable[..., Running], folder: Path) -> None:
    """The option goes before the environment, for what the program starts and after reloads, too."""
    url = f"sqlite:///{folder}/channels.db"
    running = hug("-f", "app.py", "--broker", url)
    assert running.get().strip('"') == f"{url} {url} WORD"
    assert running.get("/publish").strip('"').endswith("-1")
    (folder / "app.py").write_text(PROGRAM.replace("WORD", "again"))
    assert running.says("again").startswith(f'"{url} ')
    assert running.get("/publish").strip('"').endswith("-2")
    assert running.end() == 0
    assert "Error" not in running.stderr


def test_broker_of_a_programs_command(folder: Path) -> None:
    """It is the option's for a command of the program, too; one that is no broker is refused."""
    (folder / "app.py").write_text(
        f"{PROGRAM}\n@hug.cli()\ndef say(word):\n    return news.publish(word).result(10)\n"
    )
    url = f"sqlite:///{folder}/channels.db"
    said = [command("app.py", "-b", url, "-c", "say", word, cwd=folder) for word in ("one", "two")]
    assert [each.stdout.strip().rpartition("-")[2] for each in said] == ["1", "2"], said
    done = command("app.py", "-b", ABSENT, "-c", "say", "--nothing", cwd=folder)
    assert done.returncode == 2
    assert "geheim" not in done.stderr
    assert "hug app.py -b 'redis://:***@127.0.0.1:1/0?wait=0.2' -c say: error" in done.stderr
    for wrong, why in (("", "--broker is empty"), ("redsi://x", "no broker that hug knows")):
        done = command("app.py", "-b", wrong, "-c", "say", "three", cwd=folder)
        assert (done.returncode, done.stdout) == (1, "")
        assert why in done.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redsi://x", "redsi://x is no broker that hug knows"),
        ("redis://:geheim@h/x?prefix=", "prefix has 1 to"),
    ],
)
def test_bad_url(folder: Path, url: str, said: str) -> None:
    """A URL that cannot be ends the command with a line, not a traceback, and without the password."""
    done = command("-f", "app.py", "--broker", url, cwd=folder)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "geheim" not in done.stderr


def test_bad_url_in_the_program(folder: Path) -> None:
    """So does one that the program gives an API."""
    (folder / "app.py").write_text("import hug\nhug.API(__name__).broker = 'redsi://x'\n")
    done = command("-f", "app.py", "-ma", cwd=folder)
    assert (done.returncode, done.stderr.splitlines()[0][:20]) == (1, "Error: redsi://x is ")


SERVERS = {
    "hug": ["-m", "hug", "-f", "app.py", "-p", "0", "-ma"],
    "hug reloading": ["-m", "hug", "-f", "app.py", "-p", "0"],
    "uvicorn": ["-m", "uvicorn", "app:__hug_asgi__", "--port", "0"],
    "hypercorn": ["-m", "hypercorn", "app:__hug_asgi__", "-b", "127.0.0.1:0"],
}


@pytest.mark.parametrize("words", SERVERS.values(), ids=SERVERS.keys())
def test_absent_broker(folder: Path, words: list[str]) -> None:
    """A server whose broker does not answer ends, and says why and what to do; never the password."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**ENVIRONMENT, "HUG_BROKER": ABSENT, "PYTHONPATH": os.fspath(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode or "hypercorn" in words  # which tells of it and ends with 0
    assert "redis://:***@127.0.0.1:1/0?wait=0.2 cannot be reached" in done.stderr
    assert "wait=inf starts without it" in done.stderr
    assert "geheim" not in done.stderr + done.stdout
    assert "http://" not in done.stdout  # no banner of a server that is not there


def test_start_without(hug: Callable[..., Running]) -> None:
    """With `wait=inf` the server starts without its broker."""
    running = hug("-f", "app.py", "-ma", "--broker", "redis://:geheim@127.0.0.1:1/0?wait=inf")
    assert "redis://:***@127.0.0.1:1/0?wait=inf" in running.get()
    assert running.end() == -signal.SIGTERM
    assert "geheim" not in running.stderr
