"""FastAPI with its own event streams, fed from a queue for each reader."""

from collections.abc import AsyncIterable

from fanout_work import Hub, publish_all
from fastapi import FastAPI
from fastapi.sse import EventSourceResponse, ServerSentEvent

app = FastAPI()
hub = Hub()


@app.get("/events", response_class=EventSourceResponse)
async def events(number: int = 0) -> AsyncIterable[ServerSentEvent]:
    with hub.queue(number) as queue:
        while True:
            yield ServerSentEvent(raw_data=await queue.get())


@app.get("/publish")
async def publish(n: int, first: int = 0, rate: float = 0.0, channels: int = 1, size: int = 100):
    return await publish_all(hub.publish, n, first, rate, channels, size)


@app.get("/readers")
async def readers():
    return len(hub)
