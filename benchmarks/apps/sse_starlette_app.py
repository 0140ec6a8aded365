"""Starlette, with event streams by sse-starlette."""

import asyncio

from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from work import never, payload, tasks


async def stream(request):
    n = int(request.query_params["n"])

    async def events():
        for number in range(n):
            yield {"data": payload(number)}

    return EventSourceResponse(events())


async def idle_event(_request):
    async def events():
        yield {"data": "hello"}
        await never.wait()

    return EventSourceResponse(events())


async def idle_sleep(_request):
    async def events():
        yield {"data": "hello"}
        await asyncio.sleep(3600)

    return EventSourceResponse(events())


async def add(request):
    query = request.query_params
    return JSONResponse({"sum": int(query["a"]) + int(query["b"])})


async def count_tasks(_request):
    return JSONResponse(tasks())


app = Starlette(
    routes=[
        Route("/stream", stream),
        Route("/idle/event", idle_event),
        Route("/idle/sleep", idle_sleep),
        Route("/add", add),
        Route("/tasks", count_tasks),
    ]
)
