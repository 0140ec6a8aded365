"""Neither framework nor server: a protocol on uvloop that writes encoded bytes to each reader's transport.

It parses no more of a request than its URL, and does not care whether anybody reads: the floor for Python.
"""

import asyncio
import sys
from collections import defaultdict
from urllib.parse import parse_qsl, urlsplit

import uvloop
from fanout_work import publish_all

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

readers = defaultdict(set)
publishing = set()


class Protocol(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.channel = None

    def data_received(self, data):
        url = urlsplit(data.split(b" ", 2)[1].decode())
        query = dict(parse_qsl(url.query))
        if url.path == "/publish":
            task = asyncio.get_running_loop().create_task(self.publish(query))
            publishing.add(task)
            task.add_done_callback(publishing.discard)
        elif url.path == "/readers":
            self.answer(sum(map(len, readers.values())))
        else:
            self.channel = int(query.get("number", 0))
            self.transport.write(STREAM)
            readers[self.channel].add(self.transport)

    def connection_lost(self, _error):
        if self.channel is not None:
            readers[self.channel].discard(self.transport)

    async def publish(self, query):
        numbers = {name: float(value) if name == "rate" else int(value) for name, value in query.items()}
        self.answer(await publish_all(publish, **numbers))

    def answer(self, number):
        body = str(number).encode()
        self.transport.write(ANSWER % (len(body), body))


def publish(channel, data):
    event = b"data: %s\n\n" % data.encode()
    chunk = b"%x\r\n%s\r\n" % (len(event), event)
    for transport in readers[channel]:
        transport.write(chunk)


async def main():
    server = await asyncio.get_running_loop().create_server(
        Protocol, "127.0.0.1", int(sys.argv[1]), backlog=2048
    )
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
