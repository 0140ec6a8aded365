"""Litestar, its channels kept in streams of Redis, as its documentation shows it."""

import os

from litestar import Litestar, get
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.redis import RedisChannelsStreamBackend
from litestar.response import ServerSentEvent
from redis.asyncio import Redis

reading = set()


def backend(url):
    return RedisChannelsStreamBackend(history=1000, redis=Redis.from_url(url))


@get("/events")
async def events(channels: ChannelsPlugin) -> ServerSentEvent:
    async def generate():
        async with channels.start_subscription(["events"]) as subscriber:
            reading.add(subscriber)
            try:
                async for message in subscriber.iter_events():
                    yield message.decode()
            finally:
                reading.discard(subscriber)

    return ServerSentEvent(generate())


@get("/readers")
async def readers() -> int:
    return len(reading)


if url := os.environ.get("BENCHMARK_ENGINE"):
    app = Litestar(
        [events, readers], plugins=[ChannelsPlugin(backend(url), channels=["events"])], openapi_config=None
    )
