"""The program under test where channels are concerned: it publishes as the tests ask, from where they ask."""

import asyncio
import concurrent.futures
import os
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hug
from hug.eventstream.channels.channel import Channel
from hug.eventstream.loop.open_streams import streams_of
from hug.exceptions import PublishRefused

api = hug.API(__name__)
api.sse.write_timeout = float(os.environ.get("WRITE_TIMEOUT", "30"))

OPTIONS: dict[str, dict[str, Any]] = {
    "long": {"history": 1_000_000, "max_bytes": 1 << 30},
    "short": {"history": 10},
    "none": {"history": 0},
    "strict": {"history": 10, "on_gap": "disconnect"},
}
"""What channels are made with, by the beginning of their names; others have the defaults."""

stopped: dict[str, asyncio.Event] = defaultdict(asyncio.Event)


def find(name: str) -> Channel:
    return hug.sse.channel(name, **OPTIONS.get(name.partition("-")[0], {}), api=api)


def item(by: str, number: int, size: int = 0) -> dict[str, Any]:
    return {"by": by, "number": number, "pad": (f"{number:x}." * size)[:size]}


# What the tests ask


@hug.get("/answer")
def answer():
    return "answer"


def memory() -> int:
    """Return the bytes of memory that Linux counts for this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@hug.get("/status")
async def status():
    return {
        "streams": streams_of(asyncio.get_running_loop()).count,
        "tasks": len(asyncio.all_tasks()),
        "memory": memory(),
    }


@hug.get("/readers")
async def readers(name: hug.types.text):
    return len(find(name).readers)


# Streams


@hug.sse("/read")
async def read(name: hug.types.text, since: hug.types.text = ""):
    return hug.sse.events(find(name), since=since or None)


@hug.sse("/merged")
async def merged(names: hug.types.multiple):
    return hug.sse.events(*map(find, names))


@hug.sse("/mine")
async def mine(name: hug.types.text, user: hug.types.text):
    """A filter for each reader, as an app has that looks who asks."""
    return find(name).where(lambda message: message.event == user)


# Publishing as fast as it goes; each answers with the ids


@hug.get("/publish_async")
async def publish_async(
    name: hug.types.text,
    by: hug.types.text = "async",
    count: hug.types.number = 1,
    size: hug.types.number = 0,
):
    channel = find(name)
    return [await channel.publish(item(by, number, size)) for number in range(count)]


@hug.get("/publish_thread")
def publish_thread(name: hug.types.text, count: hug.types.number = 1):
    channel = find(name)
    return [channel.publish(item("thread", number)).id for number in range(count)]


@hug.get("/publish_plain")
async def publish_plain(name: hug.types.text, count: hug.types.number = 1):
    done: concurrent.futures.Future[list[str]] = concurrent.futures.Future()

    def publish() -> None:
        channel = find(name)
        done.set_result([channel.publish(item("plain", number)).id for number in range(count)])

    jobs.put(publish)
    return await asyncio.wrap_future(done)


jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()


def work() -> None:
    while True:
        jobs.get()()


threading.Thread(target=work, daemon=True).start()


# Publishing in other ways


@hug.get("/publish_later")
async def publish_later(name: hug.types.text):
    """Publishes in a thread of the app's own once this is answered and nothing else goes on."""

    def publish() -> None:
        time.sleep(0.2)
        find(name).publish("later")

    jobs.put(publish)


@hug.get("/publish_empty")
async def publish_empty(name: hug.types.text):
    return await find(name).publish()


@hug.get("/publish_users")
async def publish_users(name: hug.types.text, users: hug.types.number, rounds: hug.types.number):
    """Something for each user in turn."""
    channel = find(name)
    for number in range(rounds):
        for user in range(users):
            await channel.publish(number, event=f"user{user}")


@hug.get("/publish_on")
async def publish_on(names: hug.types.multiple):
    """Several thousand events a second, on one channel after the other, until it is told to stop."""
    channels = [find(name) for name in names]
    number = 0
    while not stopped[names[0]].is_set():
        for channel in channels * 5:
            await channel.publish(item("on", number))
            number += 1
        await asyncio.sleep(0.002)
    return ":".join(channel.last_id for channel in channels)


@hug.get("/stop")
async def stop(names: hug.types.multiple):
    stopped[names[0]].set()


@hug.get("/until_refused_async")
async def until_refused_async(name: hug.types.text):
    channel = find(name)
    ids: list[str] = []
    try:
        while True:
            ids.append(await channel.publish(item("async", len(ids))))
            await asyncio.sleep(0.0005)
    except PublishRefused as refused:
        return {"ids": ids, "refused": refused.channel}


@hug.get("/until_refused_thread")
def until_refused_thread(name: hug.types.text):
    channel = find(name)
    ids: list[str] = []
    try:
        while True:
            ids.append(channel.publish(item("thread", len(ids))).id)
            time.sleep(0.0005)
    except PublishRefused as refused:
        return {"ids": ids, "refused": refused.channel}
