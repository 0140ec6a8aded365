"""An API below a prefix of a Starlette application, which begins and ends it, and notes that in a file."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

import hug

api = hug.API()


def note(line: str) -> None:
    with Path(os.environ["MOUNTED_LOG"]).open("a") as log:
        log.write(f"{line}\n")


@hug.startup(api=api)
async def start():
    if os.environ.get("MOUNTED_FAILS"):
        raise ValueError("no database")
    note("started")


@hug.shutdown(api=api)
def stop():
    note("stopped")


@hug.sse("/stream", api=api)
async def stream() -> AsyncIterator[Any]:
    try:
        yield "first"
        await asyncio.Event().wait()
    finally:
        note("stream ended")


def answer(_: Any) -> JSONResponse:
    return JSONResponse(["answer"])


__hug_asgi__ = Starlette(
    routes=[Route("/answer", answer), Mount("/api", app=api.http.server())], lifespan=api.http.lifespan
)
