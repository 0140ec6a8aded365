"""Bare Falcon, its event streams fed from a queue for each reader."""

import falcon.asgi
from falcon.asgi import SSEvent
from fanout_work import Hub, publish_all

hub = Hub()


class Events:
    async def on_get(self, req, resp):
        number = req.get_param_as_int("number", default=0)

        async def events():
            with hub.queue(number) as queue:
                while True:
                    yield SSEvent(text=await queue.get())

        resp.sse = events()


class Publish:
    async def on_get(self, req, resp):
        resp.media = await publish_all(
            hub.publish,
            req.get_param_as_int("n", required=True),
            req.get_param_as_int("first", default=0),
            req.get_param_as_float("rate", default=0.0),
            req.get_param_as_int("channels", default=1),
            req.get_param_as_int("size", default=100),
        )


class Readers:
    async def on_get(self, _req, resp):
        resp.media = len(hub)


app = falcon.asgi.App()
app.add_route("/events", Events())
app.add_route("/publish", Publish())
app.add_route("/readers", Readers())
