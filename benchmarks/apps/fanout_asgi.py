"""No framework at all: events that are encoded once, and a queue for each reader."""

from urllib.parse import parse_qs

from fanout_work import Hub, publish_all

EVENTS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]

hub = Hub()


async def app(scope, _receive, send):
    if scope["type"] != "http":
        return
    path = scope["path"]
    query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    if path == "/publish":
        numbers = {name: float(value) if name == "rate" else int(value) for name, value in query.items()}
        await answer(send, b"%f" % await publish_all(publish, **numbers))
    elif path == "/readers":
        await answer(send, b"%d" % len(hub))
    else:
        await send({"type": "http.response.start", "status": 200, "headers": EVENTS})
        with hub.queue(int(query.get("number", 0))) as queue:
            while True:
                await send(await queue.get())


def publish(channel, data):
    body = b"data: %s\n\n" % data.encode()
    hub.publish(channel, {"type": "http.response.body", "body": body, "more_body": True})


async def answer(send, body):
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
