"""Handlers that are coroutines."""

import asyncio

import hug


@hug.get("/simple")
async def simple(name="x"):
    await asyncio.sleep(0)
    return f"hello {name}"


@hug.get("/typed")
async def typed(number: int, hug_timer=3):
    await asyncio.sleep(0.001)
    return [number, float(hug_timer) > 0]


@hug.post("/body")
async def body(body, request, response):
    response.status = hug.HTTP_201
    return [body, request.method]


@hug.get("/raise")
async def raising():
    await asyncio.sleep(0)
    raise hug.HTTPConflict("T", "D")


@hug.get("/fails")
async def failing():
    raise ValueError("unhandled")


@hug.get("/redirected")
async def redirected():
    hug.redirect.to("/simple")


@hug.get("/transformed", transform=str.upper)
async def transformed():
    return "loud"


@hug.get("/text", output=hug.output_format.text)
async def text() -> str:
    return 5


@hug.get("/nested")
async def nested():
    return await simple("nested")


@hug.get("/gathered")
async def gathered():
    return await asyncio.gather(*(simple(number) for number in range(3)))


@hug.object.urls("/class")
class Class:
    @hug.object.get()
    async def method(self, number: int = 1):
        return number

    @hug.object.post()
    async def other(self):
        await asyncio.sleep(0)
        return "posted"


@hug.get("/forwarded")
async def forwarded():
    return simple


@hug.startup()
def start_plain(api):
    started.append("plain")


started = []


@hug.get("/started")
async def was_started():
    return started


@hug.exception(KeyError)
async def handle(exception):
    return f"handled {exception.args[0]}"


@hug.get("/handled")
async def handled():
    raise KeyError("key")


@hug.not_found()
async def nothing(request):
    return f"nothing at {request.path}"


@hug.sink("/sink")
async def sink(request):
    return request.path
