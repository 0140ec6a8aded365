"""A program that publishes and serves nobody: ``publisher.py KIND URL``.

It reads orders from its standard input, a line of JSON each, and answers each with a line when it is done.
``mode`` is ``pipelined`` (do not wait for an event's answer before the next), ``awaited`` (do), ``paced``
(``rate`` events a second, and do not wait), or ``spread`` (that, on each of some ``channels``, of hug only).
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from fanout_work import NUMBERS, payload

CHANNEL = "channel 0"

AT_ONCE = 500
"""Events that bare clients send together: as many as hug does."""


class Hug:
    """A script as a user would write it."""

    def __init__(self, url: str) -> None:
        import os

        os.environ["HUG_BROKER"] = url
        import hug

        self._make = hug.sse.channel
        self._channel = self._make(CHANNEL)
        self._others: dict[int, Any] = {}
        self._channel.publish("0 0 first").result()

    def one(self, data: str) -> None:
        self._channel.publish(data).result()

    def many(self, data: Iterable[str]) -> None:
        published = [self._channel.publish(each) for each in data]
        for each in published:
            each.result()

    def paced(self, data: str) -> None:
        self._channel.publish(data)

    def on(self, channel: int, data: str) -> None:
        if channel not in self._others:
            self._others[channel] = self._make(f"channel {channel}")
        self._others[channel].publish(data)


class Bare:
    """A client library and nothing else: what its engine takes in the smallest form that keeps an event."""

    def one(self, data: str) -> None:
        self.batch([data])

    def many(self, data: Iterable[str]) -> None:
        batch: list[str] = []
        for each in data:
            batch.append(each)
            if len(batch) == AT_ONCE:
                self.batch(batch)
                batch = []
        if batch:
            self.batch(batch)

    def paced(self, data: str) -> None:
        self.one(data)

    def batch(self, data: Sequence[str]) -> None:
        raise NotImplementedError


class BareRedis(Bare):
    """redis-py: XADD, of many in a pipeline."""

    def __init__(self, url: str) -> None:
        import redis

        self._redis = redis.Redis.from_url(url)

    def batch(self, data: Sequence[str]) -> None:
        with self._redis.pipeline(transaction=False) as pipeline:
            for each in data:
                pipeline.xadd("bare", {"d": each}, maxlen=1000, approximate=True)
            pipeline.execute()


class BareNats(Bare):
    """nats-py: JetStream's publish, of many without waiting for each."""

    def __init__(self, url: str) -> None:
        import nats

        self._loop = asyncio.new_event_loop()
        self._client = self._loop.run_until_complete(nats.connect(url))
        self._stream = self._client.jetstream()
        self._loop.run_until_complete(
            self._stream.add_stream(name="bare", subjects=["bare"], max_msgs_per_subject=1000)
        )

    def batch(self, data: Sequence[str]) -> None:
        self._loop.run_until_complete(self._batch(data))

    async def _batch(self, data: Sequence[str]) -> None:
        if len(data) == 1:
            await self._stream.publish("bare", data[0].encode())
        else:
            await asyncio.gather(*[await self._stream.publish_async("bare", each.encode()) for each in data])


class BarePostgres(Bare):
    """psycopg: INSERT, of many in one statement, with `unnest` and in binary: its fastest way but COPY."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._database = psycopg.connect(url, autocommit=True)
        self._database.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, data text)")

    def batch(self, data: Sequence[str]) -> None:
        self._database.execute("INSERT INTO bare (data) SELECT unnest(%b::text[])", (data,))


class TextPostgres(BarePostgres):
    """The same as text, which is what psycopg does unless it is told otherwise."""

    def batch(self, data: Sequence[str]) -> None:
        self._database.execute("INSERT INTO bare (data) SELECT unnest(%s::text[])", (data,))


class BareSQLite(Bare):
    """sqlite3: INSERT with `executemany`, in one transaction; a row an event, with what hug keeps of each.

    That is its channel and its position, by which it is found, its time, the bytes before it, and its id.
    """

    def __init__(self, url: str) -> None:
        import sqlite3

        path = url.partition("sqlite:///")[2] + ".bare"
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            """CREATE TABLE bare (channel INTEGER, position INTEGER, time REAL, before INTEGER, request TEXT,
            fields BLOB, PRIMARY KEY (channel, position)) WITHOUT ROWID"""
        )
        self._numbers = itertools.count(1)

    def batch(self, data: Sequence[str]) -> None:
        now, numbers = time.time(), self._numbers
        rows = [
            (1, number, now, number * 100, f"publisher.{number:x}", each.encode())
            for each, number in zip(data, numbers, strict=False)
        ]
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany("INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._database.execute("COMMIT")


class SmallestSQLite(Bare):
    """The same with the smallest table that keeps an event: its data, and a number that SQLite gives."""

    def __init__(self, url: str) -> None:
        import sqlite3

        path = url.partition("sqlite:///")[2] + ".bare"
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, data text)")

    def batch(self, data: Sequence[str]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany("INSERT INTO bare (data) VALUES (?)", [(each,) for each in data])
        self._database.execute("COMMIT")


class Litestar(Bare):
    """Litestar's backend on its own, without its application."""

    def __init__(self, url: str) -> None:
        from litestar_redis import backend

        self._loop = asyncio.new_event_loop()
        self._backend = backend(url)

    def batch(self, data: Sequence[str]) -> None:
        self._loop.run_until_complete(self._batch(data))

    async def _batch(self, data: Sequence[str]) -> None:
        for each in data:  # one after the other: it promises no order otherwise
            await self._backend.publish(each.encode(), ["events"])


class Django(Bare):
    """django-eventstream's `send_event`."""

    def __init__(self, _url: str) -> None:
        import django_eventstream_app  # noqa: F401  (settings, from the environment)
        from django_eventstream import send_event

        self._send: Callable[..., Any] = send_event

    def batch(self, data: Sequence[str]) -> None:
        for each in data:
            self._send("events", "message", each, json_encode=False)


KINDS = {
    "hug": Hug,
    "redis": BareRedis,
    "nats": BareNats,
    "postgres": BarePostgres,
    "text-postgres": TextPostgres,
    "sqlite": BareSQLite,
    "smallest-sqlite": SmallestSQLite,
    "litestar": Litestar,
    "django-eventstream": Django,
}


def obey(
    publisher: Any,
    mode: str,
    n: int,
    first: int = 0,
    rate: float = 0.0,
    size: int = 100,
    channels: int = 1,
) -> dict[str, Any]:
    """Do what was ordered; return what it took."""
    start, cpu = time.perf_counter(), time.process_time()
    waits = []
    if mode == "pipelined":
        publisher.many(payload(first + number, size) for number in range(n))
    elif mode == "spread":
        for number in range(n * channels):
            time.sleep(max(0.0, start + number / (rate * channels) - time.perf_counter()))
            channel = number % channels
            publisher.on(channel, payload(channel * NUMBERS + first + number // channels, size))
    else:
        do = publisher.paced if mode == "paced" else publisher.one
        for number in range(n):
            if rate:
                time.sleep(max(0.0, start + number / rate - time.perf_counter()))
            before = time.perf_counter()
            do(payload(first + number, size))
            waits.append(time.perf_counter() - before)
    seconds = time.perf_counter() - start
    waits.sort()
    return {
        "seconds": seconds,
        "cpu": time.process_time() - cpu,
        "p50": 1000 * waits[len(waits) // 2] if waits else 0.0,
    }


def main() -> None:
    kind, url = sys.argv[1:]
    publisher = KINDS[kind](url)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(obey(publisher, **json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
