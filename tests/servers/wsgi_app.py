"""What the tests of WSGI servers serve; what happens in it goes into a file, a line each."""

import asyncio
import os
import sys
import threading
import time
from pathlib import Path

import hug

api = hug.API(__name__)
api.http.max_body = 1_000_000
api.sse.heartbeat = 0.2
LOG = os.environ.get("WSGI_LOG", "")
connected: list[str] = []
together = threading.Barrier(8)


def note(line: str) -> None:
    with Path(LOG).open("a") as log:
        log.write(f"{line}\n")


@hug.startup()
async def start():
    if os.environ.get("WSGI_FAILS"):
        raise ValueError("no database")
    connected.append("connected")
    note("started")


@hug.shutdown()
def stop():
    note("stopped")


@hug.get()
def answer():
    return connected


@hug.get()
def marked():
    return "__hug_serving__" in globals()


@hug.get("/echo/{name}")
def echo(name, request, q="none"):
    return [name, q, request.remote_addr, request.get_header("x-name")]


@hug.get()
async def cancelled():
    raise asyncio.CancelledError


@hug.get()
def exits():
    sys.exit(3)


@hug.get()
async def odd():
    raise BaseException("no Exception")  # that is the point


@hug.post()
def size(body=None):
    return len(body) if body else 0


@hug.post()
async def size_later(body=None):
    return len(body["text"])


@hug.post()
def upload(file: hug.UploadedFile):
    return file.size


@hug.get()
def fails():
    raise ValueError("a mistake")


@hug.get("/fails/{name}")
def fails_by(name):
    raise ValueError("a named mistake")


@hug.get()
def meets():
    together.wait(10)
    return "met"


@hug.get()
async def sleeps():
    await asyncio.sleep(0.2)
    return "slept"


@hug.sse()
def three():
    for number in range(3):
        yield hug.sse.event(number, id=str(number))


@hug.sse()
async def ticks(key="stream"):
    try:
        yield "first"
        while True:
            await asyncio.sleep(60)
            yield "never"
    finally:
        note(f"closed {key}")


@hug.sse()
def torn():
    yield "first"
    raise ValueError("torn")


@hug.get("/slow")
def slow():
    time.sleep(0.3)
    return "slow"
