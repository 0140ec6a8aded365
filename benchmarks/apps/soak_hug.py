"""What soak.py visits: channels with publishers of their own, and one for each user, made when needed."""

import asyncio
import threading
import time

from work import tasks

import hug

FILLER = {"fast": "x" * 4000, "steady": "x" * 400, "slow": "x" * 40}
"""The system holds some 3 MB for a reader that does not read: only then its server notices."""

USER_AGE = 3.0
"""Seconds for which a user's events are kept."""

api = hug.API(__name__)
channels = {name: hug.sse.channel(name, history=500) for name in ("fast", "steady", "slow")}
told = dict.fromkeys(channels, 0)  # events so far, which are numbered from 1 on, as their ids are
publishers = []
stopped = threading.Event()


def tell(name):
    told[name] += 1
    return channels[name].publish(f"{told[name]} {FILLER[name]}")


async def publish(name, rate):
    start, first = time.monotonic(), told[name]
    while True:
        while told[name] - first < (time.monotonic() - start) * rate:
            await tell(name)
        await asyncio.sleep(1 / rate)


def publish_in_thread(name, rate):
    while not stopped.wait(1 / rate):
        tell(name)


@hug.sse("/channel")
async def channel(name: str):
    return channels[name]


@hug.sse("/user")
async def user(name: str):
    return hug.sse.channel(f"user {name}", history=100, max_age=USER_AGE)


@hug.get("/tell")
async def tell_user(name: str, first: int, n: int):
    """Publish to a user; the first event that is made for one has number 1."""
    for number in range(first, first + n):
        await hug.sse.channel(f"user {name}", history=100, max_age=USER_AGE).publish(f"{number} hello")


@hug.get("/start")
async def start(fast: float, steady: float, slow: float, write_timeout: float):
    api.sse.write_timeout = write_timeout
    loop = asyncio.get_running_loop()
    publishers.append(loop.create_task(publish("fast", fast)))
    publishers.append(loop.create_task(publish("slow", slow)))
    publishers.append(threading.Thread(target=publish_in_thread, args=("steady", steady), daemon=True))
    publishers[-1].start()


@hug.get("/stop")
async def stop():
    """End the publishers; return the number of the last event of each channel."""
    *running, thread = publishers
    publishers.clear()
    stopped.set()
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    await asyncio.to_thread(thread.join)
    return told


@hug.get("/state")
async def state():
    """What should be as it was before: this looks for channels that can be forgotten, too."""
    known = list(api.channels)
    return {
        "tasks": tasks(),
        "channels": len(known),
        "readers": sum(len(each.readers) for each in known),
        "threads": threading.active_count(),
    }


app = api.http.server()
