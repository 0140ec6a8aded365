"""hug, with its defaults; `inline` is a second API, whose `def` handlers run on the event loop."""

import asyncio

from work import never, payload, tasks

import hug


@hug.sse("/stream")
async def stream(n: int):
    for number in range(n):
        yield payload(number)


@hug.sse("/stream/sync")
def stream_sync(n: int):
    for number in range(n):
        yield payload(number)


@hug.sse("/idle/event")
async def idle_event():
    yield "hello"
    await never.wait()


@hug.sse("/idle/sleep")
async def idle_sleep():
    yield "hello"
    await asyncio.sleep(3600)


@hug.get("/add")
async def add(a: int, b: int):
    return {"sum": a + b}


@hug.get("/add/sync")
def add_sync(a: int, b: int):
    return {"sum": a + b}


@hug.get("/tasks")
async def count_tasks():
    return tasks()


api = hug.API()
api.http.inline = True


@hug.get("/add/sync", api=api)
def add_inline(a: int, b: int):
    return {"sum": a + b}


app = hug.API(__name__).http.server()
inline = api.http.server()
