"""Starlette, with event streams by sse-starlette, fed from a queue for each reader."""

from fanout_work import Hub, publish_all
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

hub = Hub()


async def events(request):
    number = int(request.query_params.get("number", 0))

    async def events():
        with hub.queue(number) as queue:
            while True:
                yield {"data": await queue.get()}

    return EventSourceResponse(events())


async def publish(request):
    query = request.query_params
    seconds = await publish_all(
        hub.publish,
        int(query["n"]),
        int(query.get("first", 0)),
        float(query.get("rate", 0)),
        int(query.get("channels", 1)),
        int(query.get("size", 100)),
    )
    return JSONResponse(seconds)


async def readers(_request):
    return JSONResponse(len(hub))


app = Starlette(
    routes=[Route("/events", events), Route("/publish", publish), Route("/readers", readers)],
)
