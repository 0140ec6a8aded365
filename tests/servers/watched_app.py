"""The program under test where it is watched: by load balancers and by Prometheus."""

import asyncio
import os
from typing import Any

import hug

news = hug.sse.channel("news")

hug.sse.health("/health/streams")
hug.sse.metrics("/metrics", channels=["news"])

from prometheus_client import Counter  # noqa: E402  # behind hug's, so that hug may say where its files are

answers = Counter("answers", "Answers of this application.")


@hug.get("/answer")
def answer():
    answers.inc()
    return os.getpid()


@hug.get("/publish")
def publish() -> None:
    news.publish("news").result(10)


@hug.sse("/news")
def stream():
    return news


@hug.sse("/where")
async def where() -> Any:
    yield os.getpid()
    await asyncio.sleep(600)
