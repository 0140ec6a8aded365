"""The program of which several processes run, with sources that all of them share."""

import asyncio
import itertools
import os
import time
from pathlib import Path

import hug

gate = Path(os.environ["GATE"])
"""A file; once it exists the source that waits for it goes on."""

begun = itertools.count()


@hug.get("/answer")
def answer():
    return True


@hug.get("/status")
def status():
    return {"process": os.getpid()}


@hug.sse("/clock", shared=True)
async def clock():
    run = next(begun)
    for number in itertools.count():
        yield {"process": os.getpid(), "run": run, "number": number}
        await asyncio.sleep(0.01)


@hug.sse("/thread", shared=True)
def thread():
    run = next(begun)
    for number in itertools.count():
        yield {"process": os.getpid(), "run": run, "number": number}
        time.sleep(0.01)


@hug.sse("/letters", shared=True)
def letters():
    yield {"process": os.getpid(), "letter": "a"}
    while not gate.exists():
        time.sleep(0.01)
        yield {"process": os.getpid(), "letter": "a"}
    for letter in "bcd":
        yield {"process": os.getpid(), "letter": letter}


@hug.sse("/fails", shared=True)
async def fails():
    yield {"process": os.getpid()}
    raise LookupError("no more")
