"""Plain requests a second, and how soon a new client has the first bytes of a stream.

Requests come over keep-alive connections, each of which asks again once it is answered, with two numbers that
the server converts; the answer is JSON. "us a request" is the server's processor time. Where "server busy %"
is near 100, the rate is the server's own; the client, one Python process, reaches more than 50 000 a second.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time

from client import HEAD_END, answer, connect, count_answers, read_until, receive, request
from servers import Server, installed
from table import medians, progress, show

STREAMS = (
    ("hug", "async generator", "/stream?n=1"),
    ("hug", "generator in a thread", "/stream/sync?n=1"),
    ("falcon", "async generator", "/stream?n=1"),
    ("sse-starlette", "async generator", "/stream?n=1"),
    ("fastapi", "async generator", "/stream?n=1"),
    ("asgi", "async generator", "/stream?n=1"),
)

HANDLERS = (
    ("hug", "async def", "/add"),
    ("hug", "def in a thread", "/add/sync"),
    ("hug inline", "def on the loop", "/add/sync"),
    ("falcon", "async def", "/add"),
    ("fastapi", "async def", "/add"),
    ("fastapi", "def in a thread", "/add/sync"),
    ("asgi", "async def", "/add"),
)

NUMBERS = "?a=20&b=22"
SUM = b'{"sum":42}'

Case = tuple[str, str, str]


def first_bytes(case: Case, visits: int) -> tuple[float, float]:
    """Return median and 99th percentile, in ms, of the time from connecting to the body's first bytes."""
    name, _, path = case
    times: list[float] = []
    asking = request(path)
    with Server(name) as server:
        for _ in range(visits + 100):
            start = time.perf_counter()
            with connect(server.port) as client:
                client.sendall(asking)
                data = read_until(client, HEAD_END)
                if not data.partition(HEAD_END)[2]:
                    receive(client)
                times.append((time.perf_counter() - start) * 1000)
    times = times[100:]  # the server was warming up
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def answers(case: Case, connections: int, seconds: float) -> tuple[float, float, float]:
    """Return answers a second, the server's processor time for one in us, and its load in %."""
    name, _, path = case
    path += NUMBERS
    with Server(name) as server:
        if (said := answer(server.port, path).replace(b" ", b"")) != SUM:
            raise RuntimeError(f"{name} answered {said!r}")
        count_answers(server.port, path, connections, 0.5)
        before = server.cpu()
        rate = count_answers(server.port, path, connections, seconds)
        load = (server.cpu() - before) / seconds
        return rate, load / rate * 1e6, load * 100


def fastapi(results: dict[Case, tuple[float, ...]], path: str) -> float:
    """Return FastAPI's rate with the same kind of handler; NaN without FastAPI."""
    return next(
        (rate for (name, _, its), (rate, *_) in results.items() if (name, its) == ("fastapi", path)), math.nan
    )


def main() -> None:
    """Measure all that are installed, in turns, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visits", type=int, default=1000, help="clients a stream")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    streams = [case for case in STREAMS if installed(case[0])]
    handlers = [case for case in HANDLERS if installed(case[0])]
    runs: dict[Case, list[tuple[float, ...]]] = {case: [] for case in (*streams, *handlers)}
    for turn in range(arguments.repeat):
        for case in streams:
            progress(f"{turn + 1}/{arguments.repeat} first bytes: {case[0]}, {case[1]}")
            runs[case].append(first_bytes(case, arguments.visits))
        for case in handlers:
            progress(f"{turn + 1}/{arguments.repeat} answers: {case[0]}, {case[1]}")
            runs[case].append(answers(case, arguments.connections, arguments.seconds))
    show(
        ("server", "source", "first bytes: p50 ms", "p99 ms"),
        [(*case[:2], *medians(runs[case])) for case in streams],
    )
    print()
    results = {case: medians(runs[case]) for case in handlers}
    falcon = results["falcon", "async def", "/add"][0]
    show(
        ("server", "handler", "requests/s", "to falcon", "to fastapi's", "us a request", "server busy %"),
        [
            (name, kind, rate, rate / falcon, rate / fastapi(results, path), *others)
            for (name, kind, path), (rate, *others) in results.items()
        ],
    )


if __name__ == "__main__":
    main()
