"""What a server says at its start about an engine that it cannot use."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ...ports import free_port
from ..servers import Server
from ..test_processes import with_options

SERVERS = {
    "hug": ["hug", "-f", "app.py", "-p", "0", "-ma"],
    "uvicorn": ["uvicorn", "app:__hug_asgi__", "--port", "0"],
}
FOLDER = Path(__file__).parent


def failing(words: list[str], url: str) -> str:
    """Start a server that must fail, soon; return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=FOLDER,
        env={**os.environ, "HUG_BROKER": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    return said


def lines(said: str, words: str) -> list[str]:
    return [line for line in said.splitlines() if words in line]


@pytest.mark.parametrize("words", SERVERS.values(), ids=SERVERS.keys())
@pytest.mark.parametrize("name", ["redis", "nats", "postgres"])
def test_wrong_password(running: Callable[[str], Server], name: str, words: list[str]) -> None:
    """It is said in one line, without the password, and the server ends."""
    url = re.sub(":[^:@/]*@", ":geheim@", running(name).url)
    said = failing(words, url)
    assert "geheim" not in said
    place = url.rpartition("@")[2].partition("/")[0]
    assert len(lines(said, place)) == 1, said
    assert said.count(place) == 1, said
    assert "tried again" not in said
    assert re.search("password", said, re.IGNORECASE)


@pytest.mark.parametrize("words", SERVERS.values(), ids=SERVERS.keys())
@pytest.mark.parametrize("name", ["redis", "nats", "postgres"])
def test_absent(running: Callable[[str], Server], name: str, words: list[str]) -> None:
    """So it is of one that does not answer; the URL is said once, and what to do."""
    server = running(name)
    url = with_options(server.url.replace(f":{server.port}", f":{free_port()}"), wait=0.3)
    said = failing(words, url)
    shown = re.sub(":[^:@/]*@", ":***@", url)
    assert len(lines(said, "cannot be reached")) == 1, said
    assert said.count(shown) == said.count("cannot be reached") == said.count("://") == 1, said
    assert "wait=inf starts without it" in said
    assert "It is tried again" not in said
