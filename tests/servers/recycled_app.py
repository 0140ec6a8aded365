"""The program under test where workers come and go: it tells when one begins, and when it has ended."""

import os
from pathlib import Path
from typing import Any

import hug

news = hug.sse.channel("news", history=1_000_000, max_bytes=1 << 30)

lives = Path(os.environ["LIVES"])
"""A line for each process that has begun and, later, ended."""


def tell(what: str) -> None:
    with lives.open("a") as file:
        file.write(f"{what} {os.getpid()}\n")


@hug.get("/answer")
def answer():
    return os.getpid()


@hug.sse("/news")
def stream():
    return news


application = __hug_asgi__  # type: ignore[name-defined]  # noqa: F821  # which hug has put here


async def __hug_asgi__(scope: Any, receive: Any, send: Any) -> None:
    async def heard(message: Any) -> None:
        await send(message)
        if message["type"] == "lifespan.startup.complete":
            tell("began")
        elif message["type"] == "lifespan.shutdown.complete":
            tell("ended")

    await application(scope, receive, heard if scope["type"] == "lifespan" else send)
