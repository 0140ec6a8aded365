"""hug's channels, with their defaults unless told to keep more or less."""

from fanout_work import payload, publish_all

import hug

channels = {}
options = {}


def channel(number):
    if number not in channels:
        channels[number] = hug.sse.channel(f"channel {number}", **options)
    return channels[number]


@hug.sse("/events")
async def events(number: int = 0):
    return channel(number)


first_channel = channel(0)


@hug.sse("/all")
def all_of_it():
    return first_channel


@hug.sse("/all/async")
async def all_of_it_async():
    return first_channel


@hug.get("/publish")
async def publish(n: int, first: int = 0, rate: float = 0.0, channels: int = 1, size: int = 100):
    return await publish_all(lambda to, data: channel(to).publish(data), n, first, rate, channels, size)


@hug.get("/readers")
async def readers():
    return sum(len(each.readers) for each in channels.values())


@hug.get("/keep")
async def keep(history: int, size: int = 100):
    """Let channels keep that many events, and have the first one do so."""
    options.update(history=history, max_bytes=1 << 40)
    for number in range(history):
        channel(0).publish(payload(number, size))
    return history


app = hug.API(__name__).http.server()
