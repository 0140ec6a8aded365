"""No framework at all: what uvicorn alone costs."""

from urllib.parse import parse_qs

from work import payload, tasks

EVENTS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    path = scope["path"]
    query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    if path == "/add":
        await answer(send, b'{"sum":%d}' % (int(query["a"]) + int(query["b"])))
    elif path == "/tasks":
        await answer(send, b"%d" % tasks())
    else:
        await send({"type": "http.response.start", "status": 200, "headers": EVENTS})
        if path == "/stream":
            for number in range(int(query["n"])):
                await write(send, payload(number))
        else:
            await write(send, "hello")
            while (await receive())["type"] != "http.disconnect":
                pass
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def write(send, data):
    await send({"type": "http.response.body", "body": b"data: %s\n\n" % data.encode(), "more_body": True})


async def answer(send, body):
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
