"""FastAPI with its own event streams, as its documentation shows them."""

import asyncio
from collections.abc import AsyncIterable, Iterable

from fastapi import FastAPI
from fastapi.sse import EventSourceResponse, ServerSentEvent
from work import never, payload, tasks

app = FastAPI()


@app.get("/stream", response_class=EventSourceResponse)
async def stream(n: int) -> AsyncIterable[ServerSentEvent]:
    for number in range(n):
        yield ServerSentEvent(raw_data=payload(number))


@app.get("/stream/sync", response_class=EventSourceResponse)
def stream_sync(n: int) -> Iterable[ServerSentEvent]:
    for number in range(n):
        yield ServerSentEvent(raw_data=payload(number))


@app.get("/idle/event", response_class=EventSourceResponse)
async def idle_event() -> AsyncIterable[ServerSentEvent]:
    yield ServerSentEvent(raw_data="hello")
    await never.wait()


@app.get("/idle/sleep", response_class=EventSourceResponse)
async def idle_sleep() -> AsyncIterable[ServerSentEvent]:
    yield ServerSentEvent(raw_data="hello")
    await asyncio.sleep(3600)


@app.get("/add")
async def add(a: int, b: int):
    return {"sum": a + b}


@app.get("/add/sync")
def add_sync(a: int, b: int):
    return {"sum": a + b}


@app.get("/tasks")
async def count_tasks():
    return tasks()
