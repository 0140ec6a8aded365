"""Processes that publish and are no web application: pools of forked workers, and who makes them."""

import subprocess
import sys
from pathlib import Path

import pytest

import hug

SCRIPT = """
import asyncio, hug, multiprocessing, os

news = hug.sse.channel("news", history=10_000)

def task(number):
    for each in range(20):
        news.publish({"task": number, "each": each})

async def notebook():
    await news.publish("of a coroutine")
    news.publish("of a coroutine, not awaited")

news.publish("before")
asyncio.run(notebook())
with multiprocessing.get_context("fork").Pool(3) as pool:
    pool.map(task, range(20))
    pool.close()
    pool.join()
if not (job := os.fork()):  # as RQ does
    for each in range(50):
        last = news.publish({"task": 20, "each": each})
    last.result(10)
    os._exit(0)
os.waitpid(job, 0)
news.publish("after")
"""


@pytest.mark.parametrize("engine_name", ["sqlite", "redis"], indirect=True)
def test_pool(engine_url: str, tmp_path: Path) -> None:
    """What a script and the workers that it forks off publish is all there when they have ended, in order."""
    (tmp_path / "script.py").write_text(SCRIPT)
    url = f"{engine_url}{'&' if '?' in engine_url else '?'}prefix=pool"
    api = hug.API()
    api.broker = url
    news = hug.sse.channel("news", api=api, history=10_000)
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={"HUG_BROKER": url, "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    with news.subscribe(since="start") as messages:
        got = [messages.next_message(10) for _ in range(454)]
    assert [each.data for each in (*got[:3], got[-1]) if each] == [
        "before", "of a coroutine", "of a coroutine, not awaited", "after",
    ]  # fmt: skip
    tasks = [each.json() for each in got[3:-1] if each]
    for number in range(20):
        assert [each["each"] for each in tasks if each["task"] == number] == list(range(20))
    assert [each["each"] for each in tasks if each["task"] == 20] == list(range(50))
    api.http.channels.broker.close(2)
