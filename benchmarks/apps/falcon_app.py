"""Bare Falcon on ASGI, with its defaults."""

import asyncio

import falcon.asgi
from falcon.asgi import SSEvent
from work import never, payload, tasks


class Stream:
    async def on_get(self, req, resp):
        n = req.get_param_as_int("n", required=True)

        async def events():
            for number in range(n):
                yield SSEvent(text=payload(number))

        resp.sse = events()


class IdleEvent:
    async def on_get(self, _req, resp):
        async def events():
            yield SSEvent(text="hello")
            await never.wait()

        resp.sse = events()


class IdleSleep:
    async def on_get(self, _req, resp):
        async def events():
            yield SSEvent(text="hello")
            await asyncio.sleep(3600)

        resp.sse = events()


class Add:
    async def on_get(self, req, resp):
        a = req.get_param_as_int("a", required=True)
        b = req.get_param_as_int("b", required=True)
        resp.media = {"sum": a + b}


class Tasks:
    async def on_get(self, _req, resp):
        resp.media = tasks()


app = falcon.asgi.App()
app.add_route("/stream", Stream())
app.add_route("/idle/event", IdleEvent())
app.add_route("/idle/sleep", IdleSleep())
app.add_route("/add", Add())
app.add_route("/tasks", Tasks())
